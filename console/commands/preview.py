"""`segue preview`: how big segments would be, before their rules are saved."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from console.commands import portal as accounts
from console.commands.preview_text import answer_of, page_of
from integration.flows.preview import preview as run
from integration.flows.unsaved import Unsaved, unsaved
from mappings.rules import RuleFaults
from mappings.rules.faults import nearest

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("preview")
@click.argument("segments", nargs=-1, metavar="[SEGMENT]...")
@click.option("--rules", type=_FILE, multiple=True, help="A rule file, not saved; repeatable.")
@click.option("--portal", type=int, help="The HubSpot account; needed only if there are several.")
@click.option(
    "--sample",
    type=click.IntRange(0, 1000),
    default=5,
    show_default=True,
    help="How many members to show of each segment.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, not text.")
def preview(
    segments: Sequence[str],
    rules: Sequence[Path],
    portal: int | None,
    sample: int,
    as_json: bool,
) -> None:
    """Say how big segments would be if rule files were saved, and what each condition does.

    Counts all contacts of the account as of now, and changes nothing. The files are read as if
    they were saved: they may refer to the account's segments, stages and settings, and take the
    place of rules with the same key. Shown are the SEGMENTs named, else all that the files say,
    else (without files) all of the account.

    Of each condition: for how many contacts it holds alone; then, for the parts of an `all`, how
    many are left after it, and for the parts of an `any`, how many are found with it. The members
    shown are drawn by lot, always the same ones.
    """
    with accounts.opened_tools() as tools:
        chosen = accounts.meant(tools, portal)
        try:
            found = unsaved(tools, chosen, accounts.texts_of(rules))
        except RuleFaults as error:
            raise accounts.refused(error) from error
        asked = (found.book, _keys(found, segments))
        seen = run(tools, chosen, asked, sample, accounts.tell_progress)
    if as_json:
        answer = {"portal": chosen, **answer_of(found.book, seen)}
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        click.echo(page_of(found.book, seen))


def _keys(found: Unsaved, named: Sequence[str]) -> tuple[str, ...]:
    for key in named:
        if key not in found.book.segments:
            raise click.UsageError(
                f'there is no segment "{key}"{nearest(key, found.book.segments)}'
            )
    keys = tuple(dict.fromkeys(named)) or found.segments
    if not keys:
        raise click.UsageError("there are no segments in these rules; name a SEGMENT")
    return keys
