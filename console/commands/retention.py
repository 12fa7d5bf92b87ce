"""`segue privacy retention`: how long an account keeps events of each kind."""

import getpass
from typing import Final

import click

from console.commands import portal as accounts
from console.times import machine
from integration.errors import SegueError
from integration.flows import retention as flow
from integration.store import retention as store

_PORTAL: Final = click.option(
    "--portal", type=int, help="The HubSpot account; needed only where several installed Segue."
)


@click.group("retention")
def retention() -> None:
    """Set how long events are kept, by their kind. Without a term they are kept for good.

    \b
    segue privacy retention show
    segue privacy retention set email_opened 730d    delete opens older than two years, every day
    segue privacy retention remove email_opened      keep them for good from now on

    Whose events go is looked at anew: who was in a segment for them leaves it, and is enrolled
    nowhere for that. A rule that looks back further than events are kept sees no further.
    """


@retention.command("show")
@_PORTAL
def show(portal: int | None) -> None:
    """Show how long which events are kept, and who set it when."""
    with accounts.opened_tools() as tools:
        chosen = accounts.meant(tools, portal)
        with tools.store.read() as connection:
            terms = store.every(connection, chosen)
    for each in terms:
        click.echo(f"{each.kind}  {each.keep.days}d  since {machine(each.set_at)} by {each.set_by}")
    click.echo("All other events are kept for good." if terms else "All events are kept for good.")


@retention.command("set")
@click.argument("kind")
@click.argument("age")
@_PORTAL
@click.option("--by", default=getpass.getuser, help="Who sets it; default: you.")
def set_(kind: str, age: str, portal: int | None, by: str) -> None:
    """Delete events of KIND (email_opened, custom.NAME ...) once they are older than AGE.

    AGE is days or weeks, such as 730d or 104w. A worker deletes them once a day, from now on; they
    don't come back with a later reading of HubSpot.
    """
    with accounts.opened_tools() as tools:
        try:
            term = flow.set_term(tools, accounts.meant(tools, portal), (kind, age), by)
        except SegueError as error:
            raise accounts.refused(error) from error
    click.echo(f"Events of the kind {term.kind} are kept for {term.keep.days} days.")


@retention.command("remove")
@click.argument("kind")
@_PORTAL
def remove(kind: str, portal: int | None) -> None:
    """Keep events of KIND for good from now on; what was deleted doesn't come back by itself."""
    with accounts.opened_tools() as tools:
        try:
            flow.drop_term(tools, accounts.meant(tools, portal), kind)
        except SegueError as error:
            raise accounts.refused(error) from error
    click.echo(f"Events of the kind {kind} are kept for good.")
