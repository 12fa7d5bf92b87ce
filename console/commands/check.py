"""`segue check`: rule files held against their own examples."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from integration.decide.examples import examples_of, failing_examples
from mappings.catalogue import load_catalogue
from mappings.rules import (
    Own,
    RuleBook,
    RuleFaults,
    build_book,
    load_files,
    read_text,
    shipped_files,
)
from mappings.source_examples import failing_sources, source_examples
from mappings.sources import load_sources

FAILED: Final = 1
WRONG_INPUT: Final = 2

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("check")
@click.argument("files", type=_FILE, nargs=-1)
@click.option("--shipped", "on_shipped", is_flag=True, help="Read FILES together with what ships.")
def check(files: Sequence[Path], on_shipped: bool) -> None:
    """Read rule FILES (or else the rules that ship) and run the examples in them.

    With what ships go the examples of its sources: which HubSpot record becomes which event.

    With --shipped, FILES are read as a portal's own: they may refer to what ships, and what they
    say under a key that ships takes its place. The examples of all rules are run.

    Exits with 1 where an example fails, with 2 where a file is faulty.
    """
    try:
        book = _read(files, on_shipped)
    except RuleFaults as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(WRONG_INPUT) from error
    failures: list[object] = [*failing_examples(book)]
    tried = examples_of(book)
    if not files or on_shipped:
        failures += failing_sources(load_sources())
        tried += sum(1 for _ in source_examples())
    for failure in failures:
        click.echo(str(failure), err=True)
    if failures:
        click.echo(f"{len(failures)} of {tried} examples fail", err=True)
        raise click.exceptions.Exit(FAILED)
    click.echo(f"{summary(book)}; all {tried} examples hold")


def _read(files: Sequence[Path], on_shipped: bool) -> RuleBook:
    catalogue = load_catalogue()
    if files and not on_shipped:
        return load_files(files, catalogue)
    own = Own(files={str(path): read_text(path) for path in files})
    return build_book(shipped_files(), own, catalogue)


def summary(book: RuleBook) -> str:
    """Count what is in a book."""
    stages = book.lifecycle.stages if book.lifecycle else ()
    return (
        f"{len(book.segments)} segments, {len(stages)} stages, {len(book.triggers)} triggers, "
        f"{len(book.settings)} settings"
    )
