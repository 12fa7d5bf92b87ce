"""`segue reconcile`: what the daily comparison with HubSpot found."""

import json

import click

from console.commands import portal as accounts
from console.commands.reconcile_text import answer_of, lines_of
from console.times import zone_of
from integration.flows.recheck import NAME
from integration.store import portals, reconciliations, sync


@click.command("reconcile")
@click.option("--portal", type=int, help="The HubSpot account; needed only if there are several.")
@click.option("--now", "at_once", is_flag=True, help="Compare now, not in the next quiet hour.")
@click.option("--last", default=1, show_default=True, help="How many reports to print.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, not text.")
def reconcile(portal: int | None, at_once: bool, last: int, as_json: bool) -> None:
    """Say what the comparison with HubSpot found, and what was put right.

    Once a day, at night where the account is, Segue lists all contacts of HubSpot and holds them
    against its own: contacts that one side lacks, values that differ, contacts that were deleted,
    merged or forgotten without Segue hearing of it; and it reads again the orders, deals and carts
    that changed. All of it is put right the way webhooks would have done.

    Doubtful are contacts that HubSpot knows nothing of any more, when they are too many to be
    believed: they stay until a person has had a look.

    With --now a running worker begins at once; come back for its report.
    """
    with accounts.opened_tools() as tools:
        chosen = accounts.meant(tools, portal)
        begun = False
        if at_once:
            with tools.store.write() as connection:
                begun = sync.hasten(connection, chosen, NAME, tools.now())
            if not begun:
                raise click.ClickException(f"the account {chosen} is not being kept up yet")
        with tools.store.read() as connection:
            reports = reconciliations.latest(connection, chosen, last)
            kept = portals.get(connection, chosen)
            watches = {each.source: each for each in sync.every(connection, chosen)}
        watch = watches.get(NAME)
    if as_json:
        click.echo(json.dumps(answer_of(chosen, reports, watch), ensure_ascii=False))
        return
    zone = zone_of(kept.time_zone if kept else "UTC")
    if begun:
        click.echo("A worker compares everything now; its report comes when it is through.")
    click.echo("\n".join(lines_of(chosen, reports, watch, zone)))
