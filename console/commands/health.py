"""`segue health`: how a portal's segments fare, and whether what is stored is right."""

import json
import os

import click

from console.commands.health_text import answer_of, page_of
from integration.flows.health import report
from integration.flows.tools import Tools
from integration.settings import read
from integration.store import portals
from integration.store.health import trouble
from integration.wiring import build


@click.command("health")
@click.option("--portal", type=int, help="The HubSpot account; needed only if there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, not text.")
def health(portal: int | None, as_json: bool) -> None:
    """Say how segments fare: sizes over time, what is worth a look, and what to do about it.

    Found are segments that are empty, too small to act on or to learn from, static, growing or
    shrinking fast, much like another by members or by rule; contacts that enter a segment again
    and again or are in very many; and what the continuous proof found stored wrong.

    Sizes over time come from the worker, which measures every hour. Days are UTC's.
    """
    tools = build(read(os.environ)).tools
    try:
        if reason := trouble(tools.store):
            raise click.ClickException(reason)
        chosen = _chosen(tools, portal)
        found = report(tools, chosen)
    finally:
        tools.store.engine.dispose()
    if as_json:
        click.echo(json.dumps({"portal": chosen, **answer_of(found)}, ensure_ascii=False))
    else:
        click.echo(page_of(chosen, found))


def _chosen(tools: Tools, portal: int | None) -> int:
    """Give the account that is meant, or end the command with which ones there are."""
    with tools.store.read() as connection:
        known = [each.portal_id for each in portals.every(connection)]
    if not known:
        raise click.ClickException(
            "no HubSpot account has installed Segue yet: open its first page and install it"
        )
    names = ", ".join(map(str, known))
    if portal is None:
        if len(known) > 1:
            raise click.UsageError(f"several accounts installed Segue; say --portal, of: {names}")
        return known[0]
    if portal not in known:
        raise click.UsageError(f"the account {portal} hasn't installed Segue; there is: {names}")
    return portal
