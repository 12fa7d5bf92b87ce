"""`segue privacy`: a person's data given out or erased, an account's deleted, the proof of it."""

import json
import os
import sys
from pathlib import Path
from typing import Final

import click

from console.commands import portal as accounts
from console.commands.privacy_text import going_in_words, line_of, outcome_in_words
from console.commands.retention import retention
from integration.decide import reports as signing
from integration.errors import SegueError
from integration.flows import erase, export, leaving
from integration.flows.erase_now import erase_now, look, standing, withdraw
from integration.flows.tools import Tools
from integration.flows.whom import find
from integration.settings import read
from integration.store import erasures, portals
from mappings.model import ContactState, Lane, PortalState

_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_PORTAL: Final = click.option(
    "--portal", type=int, help="The HubSpot account; needed only where several installed Segue."
)
_YES: Final = click.option("--yes", is_flag=True, help="Don't ask whether it is meant.")
NOT_GENUINE: Final = 1


@click.group("privacy")
def privacy() -> None:
    """Give out or erase what is kept of a person, and prove that it is gone.

    \b
    segue privacy export anna@example.com            all that is kept of a person, as JSON
    segue privacy erase anna@example.com             erase a person
    segue privacy erase-portal 62515001              delete all data of an account
    segue privacy reports                            what was erased, and what will be
    segue privacy report ID > report.json            one signed report
    segue privacy verify report.json                 is it genuine?
    segue privacy retention set email_opened 730d    how long events are kept

    A contact that is deleted for privacy in HubSpot is erased here by itself: that is the usual
    way, and the only one that erases it in both. docs/privacy.md says what goes, when, and what
    stays.
    """


privacy.add_command(retention)


@privacy.command("export")
@click.argument("contact")
@_PORTAL
@click.option("--out", type=_FILE, help="Write it into this file, which only you may read.")
def export_person(contact: str, portal: int | None, out: Path | None) -> None:
    """Print all that is kept of CONTACT as JSON: an id of HubSpot's or an e-mail address.

    The contact with its properties, its timeline with sources, segments and their history, lists,
    enrollments, and what still waits to be taken in or written. What HubSpot keeps of the person
    is not in it: HubSpot has an export of its own.
    """
    with accounts.opened_tools() as tools:
        chosen = accounts.meant(tools, portal)
        try:
            with tools.store.read() as connection:
                known, _ = find(connection, chosen, contact)
        except SegueError as error:
            raise accounts.refused(error) from error
        if known.state is ContactState.ERASED:
            raise click.ClickException("this contact was erased: nothing of it is kept")
        told = export.export(tools, chosen, known.contact_id)
    text = json.dumps(told, ensure_ascii=False, indent=2)
    if out is None:
        click.echo(text)
        return
    out.touch(mode=0o600)
    out.chmod(0o600)
    out.write_text(text + "\n", encoding="utf-8")


@privacy.command("erase")
@click.argument("contact")
@_PORTAL
@_YES
def erase_person(contact: str, portal: int | None, yes: bool) -> None:
    """Erase all that Segue keeps of CONTACT: an id of HubSpot's or an e-mail address.

    It is taken out of Segue's lists in HubSpot, then every row of it goes, what waits in
    deliveries, and the bytes in the database's files. Salted hashes stay, so that late webhooks
    and polls don't bring it back. It can't be undone.

    In HubSpot the contact stays. To erase it in both, delete it in HubSpot (Delete contact,
    "permanently delete"): Segue follows by itself.
    """
    with accounts.opened_tools() as tools:
        chosen = accounts.meant(tools, portal)
        try:
            with tools.store.read() as connection:
                known, _ = find(connection, chosen, contact)
            going = look(tools, chosen, known.contact_id)
            click.echo(going_in_words(chosen, known.contact_id, going), err=True)
            _confirm(yes, "Erase it for good?")
            kept = withdraw(tools, chosen, known.contact_id)
            ended = erase_now(tools, read(os.environ).secret_key, chosen, known.contact_id)
        except SegueError as error:
            raise accounts.refused(error) from error
    if kept:
        click.echo(f"In HubSpot it may still be in Segue's lists: {kept}", err=True)
    click.echo(outcome_in_words(ended))


@privacy.command("erase-portal")
@click.argument("portal", type=int)
@click.option("--uninstall", is_flag=True, help="Take Segue out of the HubSpot account first.")
@_YES
def erase_portal(portal: int, uninstall: bool, yes: bool) -> None:
    """Delete all data of the HubSpot account PORTAL at once, instead of waiting for its time.

    Contacts, timelines, segments, the account's own rules, its connection: everything but the
    signed report. An account that is still connected is disconnected by it. In HubSpot the lists
    and properties stay. It is done in chunks; should it be broken off, a worker goes on with it.
    """
    with accounts.opened_tools() as tools:
        chosen = accounts.meant(tools, portal)
        _confirm(yes, f"Delete all data of the account {chosen} for good?")
        try:
            if uninstall:
                _uninstall(tools, chosen)
            asked = leaving.ask(tools, chosen)
            leaving.delete(tools, asked)
            erase.finish(tools, read(os.environ).secret_key, ())
        except SegueError as error:
            raise accounts.refused(error) from error
        click.echo(outcome_in_words(standing(tools, asked)))


def _uninstall(tools: Tools, portal_id: int) -> None:
    with tools.store.read() as connection:
        known = portals.get(connection, portal_id)
    if known is not None and known.state is not PortalState.DISCONNECTED:
        tools.hub(portal_id, Lane.LIVE).uninstall()


@privacy.command("reports")
@click.option("--portal", type=int, help="Only this HubSpot account's, also of one that is gone.")
def reports(portal: int | None) -> None:
    """List what was erased, newest first, and what will be: deletions of accounts that left."""
    with accounts.opened_tools() as tools, tools.store.read() as connection:
        found = erasures.every(connection, portal)
    click.echo("\n".join(map(line_of, found)) or "Nothing was erased yet.")


@privacy.command("report")
@click.argument("erasure")
def report(erasure: str) -> None:
    """Print the signed report of ERASURE (its id, from `segue privacy reports`) as JSON.

    It says what was removed from where and when, in numbers of rows; nothing in it is of the
    person. The contact is called by its salted hash.
    """
    with accounts.opened_tools() as tools, tools.store.read() as connection:
        found = erasures.get(connection, erasure)
    if found is None:
        words = f'there is no erasure "{erasure}"; segue privacy reports lists them'
        raise click.ClickException(words)
    if found.report is None:
        raise click.ClickException(f"it isn't done yet, so there is no report: {line_of(found)}")
    click.echo(json.dumps(json.loads(found.report), indent=2))


@privacy.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(file: Path) -> None:
    """Say whether FILE is a report that this Segue signed, every word of it as it was then.

    It takes the SECRET_KEY that was set when the report was signed, and no database. Ends with
    exit code 0 for a genuine report, 1 for any other file.
    """
    key = read(os.environ).secret_key
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, dict) and signing.is_genuine(told, key):
        click.echo(f"Genuine: erasure {told.get('erasure')} of account {told.get('portal')}.")
        return
    click.echo("Not genuine: it was changed, or signed with another SECRET_KEY.", err=True)
    sys.exit(NOT_GENUINE)


def _confirm(yes: bool, question: str) -> None:
    if not yes:
        click.confirm(question, abort=True, err=True)
