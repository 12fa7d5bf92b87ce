"""`segue sync`: how far the first sync is, with a bar to watch."""

import json
from threading import Event
from typing import Final

import click

from console.commands import portal as accounts
from console.commands.sync_text import answer_of, bar_of, lines_of
from integration.decide.progress import Progress, progress
from integration.flows.tools import Tools
from integration.store import portals, sync
from integration.store.sync import Source
from mappings.model import PortalState

EVERY: Final = 1.0  # seconds between two looks


@click.command("sync")
@click.option("--portal", type=int, help="The HubSpot account; needed only if there are several.")
@click.option("--watch", is_flag=True, help="Stay, with a bar, until everything is read.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, not text.")
def show(portal: int | None, watch: bool, as_json: bool) -> None:
    """Say how far the first sync is: each source's records, and about how long it still takes.

    A worker does the reading; this only looks. The estimate is from what was read so far. Where
    HubSpot doesn't say how much a source has (e-mail events, submissions) it takes at least so
    long. Reading may be stopped and killed at any time: it goes on where it was.
    """
    with accounts.opened_tools() as tools:
        chosen = accounts.meant(tools, portal)
        if watch:
            _watch(tools, chosen)
        sources, state = _read(tools, chosen)
        found = progress(sources, tools.now())
        if as_json:
            click.echo(json.dumps(answer_of(chosen, state, sources, found), ensure_ascii=False))
            return
        click.echo("\n".join(lines_of(chosen, state, sources, found)))


def _read(tools: Tools, portal_id: int) -> tuple[list[Source], PortalState]:
    with tools.store.read() as connection:
        every = sync.every(connection, portal_id)
        portal = portals.get(connection, portal_id)
    state = portal.state if portal else PortalState.DISCONNECTED
    return [each for each in every if not each.is_watch], state


def _watch(tools: Tools, portal_id: int) -> None:
    """Redraw the bar on stderr until all is read, or nothing goes on."""
    pause = Event()
    while True:
        sources, state = _read(tools, portal_id)
        found: Progress = progress(sources, tools.now())
        click.echo(f"\r{bar_of(found)}", nl=False, err=True)
        if found.is_through or state is PortalState.DISCONNECTED:
            click.echo("", err=True)
            return
        pause.wait(EVERY)
