"""`segue check`: rule files held against their own examples."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from integration.decide.examples import examples_of, failing_examples
from mappings.catalogue import load_catalogue
from mappings.rules import RuleBook, RuleFaults, load_files, shipped

FAILED: Final = 1
WRONG_INPUT: Final = 2

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("check")
@click.argument("files", type=_FILE, nargs=-1)
def check(files: Sequence[Path]) -> None:
    """Read rule FILES (or else the rules that ship) and run the examples in them."""
    try:
        book = load_files(files, load_catalogue()) if files else shipped(load_catalogue())
    except RuleFaults as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(WRONG_INPUT) from error
    failures = failing_examples(book)
    for failure in failures:
        click.echo(str(failure), err=True)
    if failures:
        click.echo(f"{len(failures)} of {examples_of(book)} examples fail", err=True)
        raise click.exceptions.Exit(FAILED)
    click.echo(f"{summary(book)}; all {examples_of(book)} examples hold")


def summary(book: RuleBook) -> str:
    """Count what is in a book."""
    stages = book.lifecycle.stages if book.lifecycle else ()
    return f"{len(book.segments)} segments, {len(stages)} stages, {len(book.triggers)} triggers"
