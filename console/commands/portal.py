"""What commands about one portal share: which one is meant, its Segue, and how far it is."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from console.times import number
from integration.flows.tools import Tools
from integration.settings import read
from integration.store import portals
from integration.store.health import trouble
from integration.wiring import build
from mappings.rules import Fault, RuleFaults

WRONG_INPUT: Final = 2
QUIET_UP_TO: Final = 5_000  # contacts; fewer are looked at before anybody could wonder


@contextmanager
def opened_tools() -> Iterator[Tools]:
    """Open the Segue that the environment describes; end the command where it can't work."""
    tools = build(read(os.environ)).tools
    try:
        if reason := trouble(tools.store):
            raise click.ClickException(reason)
        yield tools
    finally:
        tools.store.engine.dispose()


def meant(tools: Tools, portal: int | None) -> int:
    """Give the account that is meant, or end the command with which ones there are."""
    with tools.store.read() as connection:
        known = [each.portal_id for each in portals.every(connection)]
    if not known:
        raise click.ClickException(
            "no HubSpot account has installed Segue yet: open its first page and install it"
        )
    names = ", ".join(map(str, known))
    if portal is None and len(known) > 1:
        raise click.UsageError(f"several accounts installed Segue; say --portal, one of: {names}")
    if portal is not None and portal not in known:
        raise click.UsageError(f"the account {portal} hasn't installed Segue; there is: {names}")
    return known[0] if portal is None else portal


def public_url() -> str:
    """Give the address at which this Segue is reached."""
    return read(os.environ).public_url


def texts_of(paths: Sequence[Path]) -> dict[str, str]:
    """Read rule files as texts by name. Raises RuleFaults where one isn't UTF-8 text."""
    texts = {}
    for path in paths:
        try:
            texts[path.name] = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise RuleFaults([Fault(str(path), 0, "", "not UTF-8 text")]) from error
    return texts


def refused(error: Exception) -> click.exceptions.Exit:
    """Say on stderr what is wrong with what was given; give what ends the command."""
    click.echo(str(error), err=True)
    return click.exceptions.Exit(WRONG_INPUT)


def tell_progress(done: int, total: int) -> None:
    """Say on stderr how many contacts have been looked at, where there are many."""
    if total > QUIET_UP_TO:
        click.echo(f"{number(min(done, total))} of {number(total)} contacts", err=True)
