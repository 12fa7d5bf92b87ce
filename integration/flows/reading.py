"""Read from HubSpot in the fewest calls: contacts, and objects with whom they belong to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import structlog

from integration.errors import Forbidden
from integration.flows.stages import Stages
from integration.flows.tools import Tools
from integration.store import portals
from mappings.model import ContactRecord, History, Lane, ObjectRecord, ObjectType
from mappings.properties import load_properties
from mappings.records import PLAIN, Ground
from mappings.values import Unreadable, id_of

CATEGORY = "category"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ObjectsRead:
    """Records with their links, their line items by id, and the types we may not read.

    `grounds` are what records are to be read with, by type.
    """

    records: tuple[ObjectRecord, ...] = ()
    items: Mapping[int, ObjectRecord] = field(default_factory=dict)
    forbidden: frozenset[ObjectType] = frozenset()
    grounds: Mapping[ObjectType, Ground] = field(default_factory=dict)

    def ground(self, kind: ObjectType) -> Ground:
        """Give what records of a type are read with."""
        return self.grounds.get(kind, PLAIN)


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
            found += _read_kind(tools, portal_id, kind, sorted(ids), lane)
        except Forbidden as error:
            _pass_over(portal_id, kind, error)
            forbidden.add(kind)
    return replace(_with_ground(tools, portal_id, found, lane), forbidden=frozenset(forbidden))


def read_by_id(
    tools: Tools, portal_id: int, kind: ObjectType, ids: list[int], lane: Lane
) -> ObjectsRead:
    """Read objects of one kind with their contacts and line items; Forbidden where we mayn't."""
    found = _read_kind(tools, portal_id, kind, ids, lane) if ids else []
    return _with_ground(tools, portal_id, found, lane)


def _read_kind(
    tools: Tools, portal_id: int, kind: ObjectType, ids: list[int], lane: Lane
) -> list[ObjectRecord]:
    hub, source = tools.hub(portal_id, lane), tools.sources.objects[kind]
    records = hub.objects.read(kind, ids, list(source.read), source.history)
    known = [record.object_id for record in records]
    people = hub.associations.linked(kind, ObjectType.CONTACT, known)
    items: Mapping[int, tuple[int, ...]] = {}
    try:
        if source.counts_items:
            items = hub.associations.linked(kind, ObjectType.LINE_ITEM, known)
    except Forbidden as error:
        _pass_over(portal_id, ObjectType.LINE_ITEM, error)
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


def read_listing(
    tools: Tools, portal_id: int, kind: ObjectType, after: str | None
) -> tuple[ObjectsRead, str | None]:
    """Read a page of all objects of a kind with whom they belong to, and the next one's cursor."""
    records, following = read_page(tools, portal_id, kind, after)
    return _with_ground(tools, portal_id, records, Lane.BULK), following


def read_page(
    tools: Tools, portal_id: int, kind: ObjectType, after: str | None
) -> tuple[list[ObjectRecord], str | None]:
    """Read a page of the bare records. Without the permission for line items they have none."""
    hub, source = tools.hub(portal_id, Lane.BULK), tools.sources.objects[kind]
    names = list(source.read)
    if source.counts_items:
        linked = [ObjectType.CONTACT, ObjectType.LINE_ITEM]
        try:
            return hub.objects.page(kind, after, names, linked, source.history)
        except Forbidden as error:
            _pass_over(portal_id, ObjectType.LINE_ITEM, error)
    return hub.objects.page(kind, after, names, [ObjectType.CONTACT], source.history)


def _with_ground(
    tools: Tools, portal_id: int, records: list[ObjectRecord], lane: Lane
) -> ObjectsRead:
    items = read_items(tools, portal_id, records, lane)
    return ObjectsRead(tuple(records), items, grounds=_grounds(tools, portal_id, records, lane))


def _grounds(
    tools: Tools, portal_id: int, records: list[ObjectRecord], lane: Lane
) -> dict[ObjectType, Ground]:
    """Read what the records are read with: the portal's time zone, the stages they name."""
    with tools.store.read() as connection:
        portal = portals.get(connection, portal_id)
    zone = portal.time_zone if portal else "UTC"
    return {
        kind: Ground(zone, _stages(tools, portal_id, kind, records, lane))
        for kind in sorted({record.type for record in records})
    }


def _stages(
    tools: Tools, portal_id: int, kind: ObjectType, records: list[ObjectRecord], lane: Lane
) -> Stages:
    name = tools.sources.objects[kind].stage
    mine = [record for record in records if record.type is kind]
    wanted = {record.properties.get(name) or "" for record in mine}
    wanted |= {value or "" for record in mine for value, _ in record.history.get(name, ())}
    if not wanted - {""}:
        return {}

    def fetch() -> Stages:
        try:
            return tools.hub(portal_id, lane).stages(kind)
        except Forbidden as error:
            _pass_over(portal_id, kind, error)
            return {}

    return tools.stages.of((portal_id, kind), wanted - {""}, tools.now(), fetch)


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
    return {item.object_id: item for item in _categorised(tools, portal_id, found, lane)}


def _categorised(
    tools: Tools, portal_id: int, items: list[ObjectRecord], lane: Lane
) -> list[ObjectRecord]:
    """Give line items without a category that of their product."""
    bare = [item for item in items if not item.properties.get(CATEGORY)]
    ids = {product for item in bare if (product := _product(item)) is not None}
    if not ids:
        return items
    names = list(tools.sources.objects[ObjectType.PRODUCT].read)
    try:
        found = tools.hub(portal_id, lane).objects.read(ObjectType.PRODUCT, sorted(ids), names)
    except Forbidden as error:
        _pass_over(portal_id, ObjectType.PRODUCT, error)
        return items
    known = {one.object_id: one.properties.get(CATEGORY) for one in found}
    return [
        item
        if item.properties.get(CATEGORY)
        else replace(item, properties={**item.properties, CATEGORY: known.get(_product(item) or 0)})
        for item in items
    ]


def _product(item: ObjectRecord) -> int | None:
    try:
        return id_of((item.properties.get("hs_product_id") or "").strip())
    except Unreadable:
        return None


def read_histories(tools: Tools, portal_id: int, ids: Iterable[int]) -> dict[int, History]:
    """Read what the properties of contacts were, of those whose change is an event."""
    wanted, names = sorted(set(ids)), sorted(tools.sources.contact_properties)
    if not wanted or not names:
        return {}
    found = tools.hub(portal_id, Lane.LIVE).contacts.histories(wanted, names)
    return {history.contact_id: history for history in found}


def _pass_over(portal_id: int, kind: ObjectType, error: Forbidden) -> None:
    log.warning("not readable", portal_id=portal_id, what=kind.value, reason=str(error))
