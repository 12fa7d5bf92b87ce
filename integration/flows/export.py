"""All that is kept of one person, as values for JSON: what the person may ask for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.engine import Connection

from integration.decide.erasure import said_of
from integration.flows.erase import PAGE, known_as
from integration.flows.tools import Tools
from integration.store import (
    addresses,
    contacts,
    erasing,
    inbox,
    memberships,
    outbox,
    portals,
    timeline,
)
from integration.store.outbox import Item
from mappings.catalogue import Catalogue
from mappings.instants import from_ms
from mappings.model import Contact
from mappings.privacy import Whom
from mappings.writing import IntentKind

VERSION: Final = 1
# What is told in words of its own; any other table's rows are told as they are.
_TOLD: Final = {"contacts", "addresses", "events", "memberships", "stages", "history", "outbox"}


def export(tools: Tools, portal_id: int, contact_id: int) -> dict[str, Any]:
    """Give all that is kept of a contact of a portal, with what was merged into it.

    Instants are ISO 8601 in UTC; what HubSpot keeps of the person is HubSpot's to tell.
    """
    with tools.store.read() as connection:
        portal = portals.get(connection, portal_id)
        whom = known_as(connection, portal_id, contact_id)
        known = contacts.load(connection, portal_id, [contact_id])[contact_id]
        return {
            "segue_export": VERSION,
            "portal": portal_id,
            "time_zone": portal.time_zone if portal else "UTC",
            "exported_at": iso(tools.now()),
            "contact": _contact(known, whom),
            "timeline": _timeline(connection, portal_id, contact_id, tools.books.catalogue),
            "addresses_over_time": _sightings(connection, portal_id, whom),
            **_places(connection, portal_id, contact_id, whom),
            **_writes(connection, portal_id, contact_id),
            "deliveries_waiting": _said(connection, portal_id, whom),
            "other": _other(connection, portal_id, whom),
        }


def iso(at: datetime | None) -> str | None:
    """Write an instant in UTC, to the millisecond."""
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _contact(known: Contact, whom: Whom) -> dict[str, Any]:
    return {
        "id": known.contact_id,
        "merged_ids": [each for each in whom.ids if each != known.contact_id],
        "state": known.state.value,
        "state_since": iso(known.state_at),
        "created_at": iso(known.created_at),
        "addresses": sorted(known.emails),
        "properties": {
            name: {"value": value, "changed_at": iso(from_ms(at))}
            for name, (value, at) in sorted(known.values.items())
        },
    }


def _sightings(connection: Connection, portal_id: int, whom: Whom) -> list[dict[str, Any]]:
    return [
        {"contact": one.contact_id, "address": one.email, "seen_at": iso(one.at)}
        for one in addresses.of_contacts(connection, portal_id, whom.ids)
    ]


def _timeline(
    connection: Connection, portal_id: int, contact_id: int, words: Catalogue
) -> list[dict[str, Any]]:
    return [
        {
            "at": iso(event.at),
            "kind": event.kind,
            "what": words.line(event.kind),
            "source": event.source,
            "id": event.id,
            "properties": dict(event.properties),
        }
        for event in timeline.of(connection, portal_id, contact_id)
    ]


def _places(connection: Connection, portal_id: int, contact_id: int, whom: Whom) -> dict[str, Any]:
    held = memberships.of(connection, portal_id, [contact_id])[contact_id]
    stage = memberships.stages_of(connection, portal_id, [contact_id]).get(contact_id)
    return {
        "segments": [
            {"segment": key, "entered_at": iso(each.entered_at), "until": iso(each.until)}
            for key, each in sorted(held.items())
        ],
        "stage": stage and {"stage": stage.key, "since": iso(stage.since)},
        "history": [
            {
                "contact": each.contact_id,
                "at": iso(each.at),
                "segment": each.segment,
                "entered": each.entered,
                "cause": each.cause.value,
                "why": each.why,
            }
            for one in whom.ids
            for each in memberships.changes_of(connection, portal_id, one)
        ],
    }


def _writes(connection: Connection, portal_id: int, contact_id: int) -> dict[str, Any]:
    def told(kind: IntentKind) -> list[dict[str, Any]]:
        return [_item(each) for each in outbox.of(connection, portal_id, [contact_id], kind)]

    return {
        "lists": told(IntentKind.LIST),
        "written_properties": told(IntentKind.PROPERTIES),
        "enrollments": told(IntentKind.ENROLLMENT),
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "target": item.intent.target,
        "occurrence": item.intent.occurrence,
        "wanted": item.intent.wanted,
        "written": item.written,
        "state": item.state,
        "reason": item.reason,
        "wanted_at": iso(item.wanted_at),
        "done_at": iso(item.done_at),
    }


def _said(connection: Connection, portal_id: int, whom: Whom) -> list[Any]:
    """Give what waits in deliveries that weren't taken in yet, or were given up."""
    found: list[Any] = []
    after = 0
    while page := inbox.kept_after(connection, after, PAGE):
        found += [entry for each in page for entry in said_of(each.body, portal_id, whom)]
        after = page[-1].id
    return found


def _other(connection: Connection, portal_id: int, whom: Whom) -> dict[str, Any]:
    rows = erasing.rows_of(connection, portal_id, whom)
    return {
        name: [_plain(row) for row in found]
        for name, found in rows.items()
        if found and name not in _TOLD
    }


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    return {name: _value(value) for name, value in row.items()}


def _value(value: object) -> object:
    if isinstance(value, datetime):
        return iso(value)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
