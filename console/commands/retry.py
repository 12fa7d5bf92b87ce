"""`segue retry`: once more what was given up."""

import os

import click

from console.times import plural
from integration.flows.retry import try_again, try_everything_again
from integration.settings import read
from integration.wiring import build


@click.command("retry")
@click.option("--portal", type=int, help="Only this HubSpot account's; otherwise everybody's.")
def retry(portal: int | None) -> None:
    """Try again what Segue gave up.

    Dead deliveries and dead writes become due again and paused lists are opened; a running worker
    takes them up. Do it once their cause is gone: the overview names it for each.
    """
    tools = build(read(os.environ)).tools
    revived = try_everything_again(tools) if portal is None else try_again(tools, portal)
    click.echo(
        f"Due again: {plural(revived.deliveries, 'delivery', 'deliveries')}, "
        f"{plural(revived.items, 'write', 'writes')}, {plural(revived.lists, 'list', 'lists')}."
    )
