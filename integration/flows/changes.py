"""Find what changed and nobody told: a look at HubSpot's newest changes, every few minutes.

Each look begins where the one before ended, and some minutes earlier, since search lags behind.
So after an outage of any length the first look reaches back to its beginning. Properties that
HubSpot calculates, of which no webhook tells, come in this way, too.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from integration.flows.page import Page, cursor_of
from integration.flows.reading import ObjectsRead, read_contacts, read_objects
from integration.flows.tools import Tools
from integration.store import contacts
from integration.store.sync import Source
from mappings.instants import from_ms, to_ms
from mappings.model import Contact, ContactRecord, Lane, Message, ObjectType, Versions
from mappings.values import Unreadable, instant
from mappings.words import MODIFIED_AT, TYPE_IDS

WATCHED: Final[Mapping[str, ObjectType]] = {
    "contact_changes": ObjectType.CONTACT,
    "order_changes": ObjectType.ORDER,
    "deal_changes": ObjectType.DEAL,
    "cart_changes": ObjectType.CART,
}
EVERY: Final = timedelta(minutes=5)
OVERLAP: Final = timedelta(minutes=5)  # search lags by seconds, under load by more
# HubSpot sends a webhook again for a day. Without a look for so long it may have given up, and of
# what is gone no search tells.
LATE: Final = timedelta(hours=6)


def read_changes(tools: Tools, source: Source) -> Page:
    """Read the next page of records that changed since the last look.

    Cursor: `through` is the end of the last look; of a look under way `since` and `until` bound
    it (ms), `behind` is the last id that was read, `late` whether nobody had looked for long.
    """
    kind = WATCHED[source.source]
    cursor = _begun(cursor_of(source), tools.now())
    between = (from_ms(cursor["since"]), from_ms(cursor["until"]))
    hub = tools.hub(source.portal_id, Lane.BULK)
    found = hub.search.changed(kind, between, cursor["behind"])
    ids = list(found.at)
    following = {"through": cursor["until"]} if found.is_last else cursor | {"behind": ids[-1]}
    late = bool(cursor["late"]) and cursor["behind"] == 0
    if kind is ObjectType.CONTACT:
        news = _news(tools, source.portal_id, found.at)
        # Of all of them: who is known as it is now may have been read past what it did meanwhile.
        told = history(tools, source.portal_id, ids, between) if cursor["late"] else ()
        records = read_contacts(tools, source.portal_id, news, Lane.BULK)
        read = tuple(records.values())
        return Page(following, len(ids), found.is_last, read, messages=told, late=late)
    objects, messages = read_changed(tools, (source.portal_id, Lane.BULK), kind, ids)
    people = _strangers(tools, source.portal_id, objects)
    return Page(
        following,
        len(ids),
        found.is_last,
        tuple(people),
        messages=messages,
        objects=objects,
        late=late,
    )


def _begun(cursor: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Begin a look where none is under way. The very first finds nothing: all was just read."""
    if "until" in cursor:
        return cursor
    until = to_ms(now)
    through = cursor.get("through", until)
    return {
        "through": through,
        "since": through - OVERLAP // timedelta(milliseconds=1),
        "until": until,
        "behind": 0,
        "late": until - through > LATE // timedelta(milliseconds=1),
    }


def _news(tools: Tools, portal_id: int, at: Mapping[int, datetime]) -> list[int]:
    """Leave out the contacts that were read as they are now."""
    with tools.store.read() as connection:
        stored = contacts.load(connection, portal_id, at)
    return [each for each, changed in at.items() if not _is_known(stored.get(each), changed)]


def _is_known(contact: Contact | None, changed: datetime) -> bool:
    text = contact.text(MODIFIED_AT[ObjectType.CONTACT]) if contact else ""
    try:
        return bool(text) and instant(text) == changed
    except Unreadable:
        return False


def history(
    tools: Tools, portal_id: int, ids: list[int], between: tuple[datetime, datetime]
) -> tuple[Message, ...]:
    """Read the changes of those properties of contacts whose change is an event."""
    names = sorted(tools.sources.contact_properties)
    hub = tools.hub(portal_id, Lane.BULK)
    return tuple(
        message
        for one in hub.contacts.histories(ids, names)
        for message in _told(portal_id, ObjectType.CONTACT, one.contact_id, one.versions)
        if between[0] <= message.occurred_at <= between[1]
    )


def read_changed(
    tools: Tools, of: tuple[int, Lane], kind: ObjectType, ids: list[int]
) -> tuple[ObjectsRead, tuple[Message, ...]]:
    """Read objects, and say of each what webhooks would have told.

    Where each change is an event, their instants come from the history of the properties that
    webhooks tell of: a record's own instant moves by HubSpot's calculations, too.
    """
    portal_id, lane = of
    objects = read_objects(tools, portal_id, {kind: ids} if ids else {}, lane)
    told = [
        _message(portal_id, kind, record.object_id, record.created_at) for record in objects.records
    ]
    source = tools.sources.objects[kind]
    if any(rule.at == ("@changes",) for rule in source.rules):
        hub = tools.hub(portal_id, lane)
        told += [
            message
            for one in hub.objects.read(kind, ids, (), HEARD[kind])
            for message in _told(portal_id, kind, one.object_id, one.history)
        ]
    return objects, tuple(told)


# The properties of each object whose changes webhooks and the journal tell of.
HEARD: Final[Mapping[ObjectType, tuple[str, ...]]] = {
    ObjectType.DEAL: ("dealstage", "amount", "closedate"),
    ObjectType.ORDER: ("hs_pipeline_stage", "hs_total_price", "hs_fulfillment_status"),
    ObjectType.CART: ("hs_external_status", "hs_total_price"),
}


def _told(
    portal_id: int, kind: ObjectType, object_id: int, kept: Mapping[str, Versions]
) -> Iterable[Message]:
    """Say of each version of a record's properties what a webhook would have told."""
    for name, versions in kept.items():
        for value, at in versions:
            yield _message(portal_id, kind, object_id, at, (name, value))


def _message(
    portal_id: int,
    kind: ObjectType,
    object_id: int,
    at: datetime,
    change: tuple[str, str | None] | None = None,
) -> Message:
    action = "propertyChange" if change else "creation"
    name, value = change or (None, None)
    return Message(
        portal_id=portal_id,
        type=f"{TYPE_IDS[kind]}.{action}",
        action=action,
        object_type=kind,
        object_id=object_id,
        occurred_at=at,
        event_id="",
        property_name=name,
        property_value=value,
    )


def _strangers(tools: Tools, portal_id: int, objects: ObjectsRead) -> Iterable[ContactRecord]:
    linked = {
        contact_id
        for record in objects.records
        for contact_id in record.associated.get(ObjectType.CONTACT, ())
    }
    with tools.store.read() as connection:
        unknown = linked - contacts.known(connection, portal_id, linked)
    return read_contacts(tools, portal_id, unknown, Lane.BULK).values()
