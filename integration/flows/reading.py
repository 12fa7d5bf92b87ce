"""Read from HubSpot in the fewest calls: contacts, and objects with whom they belong to."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from integration.flows.tools import Tools
from mappings.model import ContactRecord, Lane, ObjectRecord, ObjectType
from mappings.properties import load_properties
from mappings.rules import properties_used


def contact_properties(tools: Tools) -> list[str]:
    """Name the contact properties to ask for: the ones always read and those rules speak of."""
    return sorted({*load_properties().read, *properties_used(tools.book)})


def read_contacts(
    tools: Tools, portal_id: int, ids: Iterable[int], lane: Lane = Lane.LIVE
) -> dict[int, ContactRecord]:
    """Read contacts by id; those that HubSpot doesn't know are absent."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = tools.hub(portal_id, lane).contacts.read(wanted, contact_properties(tools))
    return {record.contact_id: record for record in found}


def read_objects(
    tools: Tools, portal_id: int, wanted: Mapping[ObjectType, Iterable[int]]
) -> tuple[list[ObjectRecord], dict[int, ObjectRecord]]:
    """Read objects with their contacts and line items; give them and the line items by id."""
    hub = tools.hub(portal_id, Lane.LIVE)
    found: list[ObjectRecord] = []
    for kind, ids in sorted(wanted.items()):
        source = tools.sources.objects[kind]
        records = hub.objects.read(kind, sorted(ids), list(source.read))
        known = [record.object_id for record in records]
        people = hub.associations.linked(kind, ObjectType.CONTACT, known)
        items = hub.associations.linked(kind, ObjectType.LINE_ITEM, known)
        found += [
            replace(
                record,
                associated={
                    ObjectType.CONTACT: people.get(record.object_id, ()),
                    ObjectType.LINE_ITEM: items.get(record.object_id, ()),
                },
            )
            for record in records
        ]
    return found, read_items(tools, portal_id, found, Lane.LIVE)


def read_items(
    tools: Tools, portal_id: int, records: Iterable[ObjectRecord], lane: Lane
) -> dict[int, ObjectRecord]:
    """Read the line items of those records whose line items are events of their own."""
    ids = {
        item
        for record in records
        if tools.sources.objects[record.type].items
        for item in record.associated.get(ObjectType.LINE_ITEM, ())
    }
    if not ids:
        return {}
    names = list(tools.sources.objects[ObjectType.LINE_ITEM].read)
    found = tools.hub(portal_id, lane).objects.read(ObjectType.LINE_ITEM, sorted(ids), names)
    return {record.object_id: record for record in found}
