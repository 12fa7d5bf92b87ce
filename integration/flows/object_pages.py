"""Pages of CRM objects: all there are at first, then those that changed since the last pass.

Cursor: `after` in the listing; `since` (ms) once it was read, and in a later pass `above`, the
highest id that was read. `began` is when the pass under way began: the next one starts there.
"""

from datetime import timedelta
from typing import Any

from integration.flows.page import Page, cursor_of, strangers
from integration.flows.reading import ObjectsRead, read_by_id, read_listing
from integration.flows.tools import Tools
from integration.store.sync import Source
from mappings.instants import from_ms, to_ms
from mappings.model import Lane, ObjectRecord, ObjectType
from mappings.sources import Sources, object_events
from mappings.words import PLURALS

# Search lags behind, by seconds and under load by minutes, and so may our clock: each pass looks
# back this far. What is read twice gives the same events.
OVERLAP = timedelta(minutes=10)

OBJECTS = {
    PLURALS[kind]: kind
    for kind in (
        ObjectType.ORDER,
        ObjectType.DEAL,
        ObjectType.CART,
        ObjectType.SUBSCRIPTION,
        ObjectType.MEETING,
        ObjectType.CALL,
        ObjectType.TICKET,
    )
}


def pause(sources: Sources, source: str) -> timedelta | None:
    """Say how long to wait before changes are asked for; None where webhooks tell of all."""
    minutes = sources.objects[OBJECTS[source]].poll_minutes
    return None if minutes is None else timedelta(minutes=minutes)


def read_objects_page(tools: Tools, source: Source) -> Page:
    """Read a page of one object type with whom its records belong to."""
    kind, cursor = OBJECTS[source.source], cursor_of(source)
    if "began" not in cursor:
        cursor |= {"began": to_ms(tools.now())}
    if "since" in cursor:
        return _changed(tools, source, kind, cursor)
    read, after = read_listing(tools, source.portal_id, kind, cursor.get("after"))
    if after is None:
        return _page(tools, source, read, {"since": cursor["began"]}, last=True)
    return _page(tools, source, read, cursor | {"after": after}, last=False)


def _changed(tools: Tools, source: Source, kind: ObjectType, cursor: dict[str, Any]) -> Page:
    hub = tools.hub(source.portal_id, Lane.BULK)
    # Up to this moment, not to when the pass began: what changes meanwhile is found as well.
    between = (from_ms(cursor["since"]) - OVERLAP, tools.now())
    found = hub.search.changed(kind, between, cursor.get("above", 0))
    ids = list(found.at)
    read = read_by_id(tools, source.portal_id, kind, ids, Lane.BULK)
    if found.is_last:
        return _page(tools, source, read, {"since": cursor["began"]}, last=True)
    return _page(tools, source, read, cursor | {"above": ids[-1]}, last=False)


def _page(
    tools: Tools, source: Source, read: ObjectsRead, cursor: dict[str, Any], *, last: bool
) -> Page:
    events = [
        event
        for record in read.records
        for event in object_events(
            tools.sources_of(source.portal_id),
            record,
            items_of(record, read),
            ground=read.ground(record.type),
        )
    ]
    people = strangers(tools, source.portal_id, {event.contact_id for event in events})
    return Page(cursor, len(read.records), last, tuple(people), tuple(events))


def items_of(record: ObjectRecord, read: ObjectsRead) -> list[ObjectRecord]:
    """Give a record's line items, as far as they could be read."""
    ids = record.associated.get(ObjectType.LINE_ITEM, ())
    return [read.items[item] for item in ids if item in read.items]
