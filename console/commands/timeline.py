"""`segue timeline`: what a contact did, newest first."""

import json
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any, Final

import click

from console.commands import portal as accounts
from console.commands.evaluate import Instant
from console.times import machine, number, zone_of
from integration.errors import SegueError
from integration.flows.explain import Asked, Case, NotThere, read
from integration.flows.tools import Tools
from integration.store import portals
from mappings.catalogue import Catalogue
from mappings.instants import from_ms
from mappings.model import ContactState, Event
from mappings.rules.faults import nearest

_SHOWN: Final = 50
_MACHINE: Final = "machine"  # the property that says whether a scanner or proxy did it


@click.command("timeline")
@click.argument("contact")
@click.option("--portal", type=int, help="Which HubSpot account; needed where there are several.")
@click.option("--kind", "kinds", multiple=True, help="Only this kind of event; repeatable.")
@click.option("--since", type=Instant(), help="Only what was done from this instant on, ISO 8601.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=_SHOWN,
    show_default=True,
    help="At most so many events; 0 for all.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, not a text.")
def timeline(
    contact: str,
    portal: int | None,
    kinds: tuple[str, ...],
    since: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """Print what CONTACT did, newest first, and where Segue knows it from.

    CONTACT is an id of HubSpot's or an e-mail address; an id that was merged leads to the contact
    that lives on. For each event: when, in the account's time zone; what kind; what it was in
    words; its properties; whether a machine did it (a scanner, a privacy proxy); and the source
    that told of it, with the event's id.

    \b
    segue timeline anna@example.com
    segue timeline 508369434347 --kind purchase --kind refund --since 2026-01-01
    """
    with accounts.opened_tools() as tools:
        unknown = [each for each in kinds if not tools.books.catalogue.knows(each)]
        try:
            if unknown:
                known = list(tools.books.catalogue.kinds)
                raise NotThere(f'there is no kind "{unknown[0]}"{nearest(unknown[0], known)}')
            case = read(tools, Asked(contact, accounts.meant(tools, portal)))
        except SegueError as error:
            raise accounts.refused(error) from error
        found = [
            event
            for event in case.events
            if (not kinds or event.kind in kinds) and (since is None or event.at >= from_ms(since))
        ]
        shown = found[:limit] if limit else found
        click.echo(answer(tools, case, (shown, len(found)), as_json))


def answer(tools: Tools, case: Case, found: tuple[list[Event], int], as_json: bool = False) -> str:
    """Write events of a contact as the command prints them; `found` is which, and of how many."""
    with tools.store.read() as connection:
        portal = portals.get(connection, case.portal_id)
    zone = zone_of(portal.time_zone if portal else "UTC")
    shown, total = found
    words = tools.books.catalogue
    if as_json:
        events = [_values(each, words) for each in shown]
        told = {
            "portal": case.portal_id,
            "contact": case.contact.contact_id,
            "state": case.contact.state.value,
            "merged_from": case.merged_from,
            "found": total,
            "events": events,
        }
        return json.dumps(told, ensure_ascii=False)
    return "\n".join(_text(case, (shown, total), words, zone))


def _values(event: Event, words: Catalogue) -> dict[str, Any]:
    return {
        "at": machine(event.at),
        "kind": event.kind,
        "what": words.line(event.kind),
        "source": event.source,
        "id": event.id,
        "machine": event.properties.get(_MACHINE) == "yes",
        "properties": dict(event.properties),
    }


def _text(
    case: Case, found: tuple[list[Event], int], words: Catalogue, zone: tzinfo
) -> Iterator[str]:
    who, (shown, total) = case.contact, found
    address = f" ({who.text('email')})" if who.text("email") else ""
    yield f"Contact {who.contact_id}{address}, portal {case.portal_id}, times in {zone}"
    if case.merged_from is not None:
        yield f"Contact {case.merged_from} was merged into {who.contact_id}."
    if who.state is ContactState.ERASED:
        yield f"It was deleted for privacy, at {machine(who.state_at)}: nothing of it is kept."
        return
    if not total:
        yield "No such events are known."
        return
    yield ""
    now = case.now
    for event in shown:
        yield _line(event, words, zone, now)
    if len(shown) < total:
        yield f"and {number(total - len(shown))} earlier ones (--limit 0 shows all)"


def _line(event: Event, words: Catalogue, zone: tzinfo, now: datetime) -> str:
    local = event.at.astimezone(zone)
    at = f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}"
    marks = " (machine)" if event.properties.get(_MACHINE) == "yes" else ""
    marks += " (to come)" if event.at > now else ""
    said = "".join(
        f"  {name}={value}" for name, value in event.properties.items() if name != _MACHINE
    )
    kind = f"{event.kind}: {words.line(event.kind)}{marks}"
    return f"{at}  {kind}{said}  [{event.source}, {event.id}]"
