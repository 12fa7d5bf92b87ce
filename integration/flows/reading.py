"""Read from HubSpot in the fewest calls: contacts, and objects with whom they belong to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import structlog

from integration.errors import Forbidden
from integration.flows.tools import Tools
from mappings.model import ContactRecord, Lane, ObjectRecord, ObjectType
from mappings.properties import load_properties

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ObjectsRead:
    """Records with their links, their line items by id, and the types we may not read."""

    records: tuple[ObjectRecord, ...] = ()
    items: Mapping[int, ObjectRecord] = field(default_factory=dict)
    forbidden: frozenset[ObjectType] = frozenset()


def contact_properties(tools: Tools, portal_id: int) -> list[str]:
    """Name the contact properties to ask for: the ones always read and those rules speak of."""
    return sorted({*load_properties().read, *tools.rules(portal_id).properties})


def read_contacts(
    tools: Tools, portal_id: int, ids: Iterable[int], lane: Lane = Lane.LIVE
) -> dict[int, ContactRecord]:
    """Read contacts by id; those that HubSpot doesn't know are absent."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = tools.hub(portal_id, lane).contacts.read(wanted, contact_properties(tools, portal_id))
    return {record.contact_id: record for record in found}


def read_objects(
    tools: Tools,
    portal_id: int,
    wanted: Mapping[ObjectType, Iterable[int]],
    lane: Lane = Lane.LIVE,
) -> ObjectsRead:
    """Read objects with their contacts and line items.

    What the install has no permission for is left out, and the rest goes on: it is all read
    again after an install that grants it.
    """
    found: list[ObjectRecord] = []
    forbidden: set[ObjectType] = set()
    for kind, ids in sorted(wanted.items()):
        try:
            found += _read_kind(tools, (portal_id, lane), kind, sorted(ids))
        except Forbidden as error:
            _pass_over(portal_id, kind, error)
            forbidden.add(kind)
    items = read_items(tools, portal_id, found, lane)
    return ObjectsRead(tuple(found), items, frozenset(forbidden))


def _read_kind(
    tools: Tools, of: tuple[int, Lane], kind: ObjectType, ids: list[int]
) -> list[ObjectRecord]:
    portal_id, lane = of
    hub = tools.hub(portal_id, lane)
    records = hub.objects.read(kind, ids, list(tools.sources.objects[kind].read))
    known = [record.object_id for record in records]
    people = hub.associations.linked(kind, ObjectType.CONTACT, known)
    try:
        items = hub.associations.linked(kind, ObjectType.LINE_ITEM, known)
    except Forbidden as error:
        _pass_over(portal_id, ObjectType.LINE_ITEM, error)
        items = {}
    return [
        replace(
            record,
            associated={
                ObjectType.CONTACT: people.get(record.object_id, ()),
                ObjectType.LINE_ITEM: items.get(record.object_id, ()),
            },
        )
        for record in records
    ]


def read_page(
    tools: Tools, portal_id: int, kind: ObjectType, after: str | None
) -> tuple[list[ObjectRecord], str | None]:
    """Read a page of all objects of a kind with whom they belong to, and the next one's cursor.

    Without the permission for line items they come without them.
    """
    hub = tools.hub(portal_id, Lane.BULK)
    names = list(tools.sources.objects[kind].read)
    linked = [ObjectType.CONTACT, ObjectType.LINE_ITEM]
    try:
        return hub.objects.page(kind, after, names, linked)
    except Forbidden as error:
        _pass_over(portal_id, ObjectType.LINE_ITEM, error)
    return hub.objects.page(kind, after, names, [ObjectType.CONTACT])


def read_items(
    tools: Tools, portal_id: int, records: Iterable[ObjectRecord], lane: Lane
) -> dict[int, ObjectRecord]:
    """Read the line items of those records whose line items are events of their own.

    Without the permission for line items there are none, and purchases are read all the same.
    """
    ids = {
        item
        for record in records
        if tools.sources.objects[record.type].items
        for item in record.associated.get(ObjectType.LINE_ITEM, ())
    }
    if not ids:
        return {}
    names = list(tools.sources.objects[ObjectType.LINE_ITEM].read)
    try:
        found = tools.hub(portal_id, lane).objects.read(ObjectType.LINE_ITEM, sorted(ids), names)
    except Forbidden as error:
        _pass_over(portal_id, ObjectType.LINE_ITEM, error)
        return {}
    return {record.object_id: record for record in found}


def _pass_over(portal_id: int, kind: ObjectType, error: Forbidden) -> None:
    log.warning("not readable", portal_id=portal_id, what=kind.value, reason=str(error))
