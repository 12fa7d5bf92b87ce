"""`segue health`: how a portal's segments fare, and whether what is stored is right."""

import json

import click

from console.commands import portal as accounts
from console.commands.health_text import answer_of, page_of
from integration.flows.health import report


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
    with accounts.opened_tools() as tools:
        chosen = accounts.meant(tools, portal)
        found = report(tools, chosen)
    if as_json:
        click.echo(json.dumps({"portal": chosen, **answer_of(found)}, ensure_ascii=False))
    else:
        click.echo(page_of(chosen, found))
