"""Merging two records into one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import facts
from sandbox.clock import to_wire
from sandbox.errors import invalid
from sandbox.happening import SYSTEM, Author, Happening

from . import types
from .record import Record
from .store import ObjectStore
from .unmerge import remember

if TYPE_CHECKING:
    from sandbox.portal import Portal


def merge(portal: Portal, kind: types.ObjectType, ids: tuple[str, str], author: Author) -> Record:
    """Merge the second record into the first and return the survivor.

    The first one's values win, the second fills what it lacks; associations and list
    memberships are united. The id that vanished goes on answering single reads. With the
    setting `merge_makes_third_id` both ids vanish and the survivor gets a new one, as in HubSpot
    since 2025 (https://developers.hubspot.com/changelog, "Updated merge functionality").
    """
    store = portal.stores[kind.type_id]
    primary, other = store.get(ids[0]), store.get(ids[1])
    _check(primary, other)
    remember(portal, store, other)
    if portal.settings.merge_makes_third_id:
        remember(portal, store, primary)
    moved = _unite(store, primary, other)
    vanished = [other.id]
    survivor = primary
    if portal.settings.merge_makes_third_id:
        survivor = _renumber(store, primary)
        vanished.append(primary.id)
    for old_id in vanished:
        _redirect(portal, store, old_id, survivor.id)
    _tell(store, (primary.id, other.id, survivor, moved), author)
    if portal.settings.deletion_after_merge:
        _tell_deletions(portal, store, vanished, author)
    return survivor


def _check(primary: Record, other: Record) -> None:
    if primary is other:
        raise invalid("Cannot merge an object with itself")
    if primary.merges + other.merges >= facts.MERGES_MAX:
        raise invalid(f"A record can take part in {facts.MERGES_MAX} merges at most")


def _unite(store: ObjectStore, primary: Record, other: Record) -> int:
    """Fill what the first record lacks from the second; return how many values moved."""
    now = store.context.now()
    addresses = [
        *_parts(primary, "hs_additional_emails"),
        other.properties.get("email", ""),
        *_parts(other, "hs_additional_emails"),
    ]
    store.remove(other)
    moved = 0
    for name, value in other.properties.items():
        definition = store.book.definitions[name]
        own = definition.read_only or definition.calculated
        if value and not own and not primary.properties.get(name):
            moved += primary.put(name, value, now, SYSTEM)
    if store.kind is types.CONTACT:
        extra = [a for a in dict.fromkeys(addresses) if a and a != primary.properties.get("email")]
        primary.put("hs_additional_emails", ";".join(extra), now, SYSTEM)
    merged_ids = [*_parts(primary, "hs_merged_object_ids"), other.id]
    merged_ids += _parts(other, "hs_merged_object_ids")
    for name in ("hs_merged_object_ids", "hs_calculated_merged_vids"):
        if store.book.live(name):
            primary.put(name, ";".join(merged_ids), now, SYSTEM)
    primary.merges += other.merges + 1
    primary.created_at = min(primary.created_at, other.created_at)
    primary.put(store.kind.created, to_wire(primary.created_at), now, SYSTEM)
    _touch(store, primary)
    return moved


def _renumber(store: ObjectStore, primary: Record) -> Record:
    """Give the survivor an id that neither of the two had."""
    store.remove(primary)
    survivor = Record(
        store.new_id(),
        primary.created_at,
        primary.updated_at,
        dict(primary.properties),
        primary.history,
        merges=primary.merges,
    )
    now = store.context.now()
    survivor.put("hs_object_id", survivor.id, now, SYSTEM)
    merged_ids = ";".join([primary.id, *_parts(primary, "hs_merged_object_ids")])
    survivor.put("hs_merged_object_ids", merged_ids, now, SYSTEM)
    store.adopt(survivor)
    _touch(store, survivor)
    return survivor


def _touch(store: ObjectStore, record: Record) -> None:
    record.updated_at = store.context.now()
    record.properties[store.kind.modified] = to_wire(record.updated_at)
    store.occupy(record)
    store.reindex(record, record.updated_at)


def _redirect(portal: Portal, store: ObjectStore, old_id: str, new_id: str) -> None:
    for earlier, target in store.merged_into.items():
        if target == old_id:
            store.merged_into[earlier] = new_id
    store.merged_into[old_id] = new_id
    portal.associations.move(store.kind.type_id, old_id, new_id)
    portal.lists.move(store.kind.type_id, old_id, new_id)
    if store.kind is types.CONTACT:
        portal.marketing.move(old_id, new_id)


def _tell(store: ObjectStore, what: tuple[str, str, Record, int], author: Author) -> None:
    primary_id, other_id, survivor, moved = what
    details = {
        "primaryObjectId": int(primary_id),
        "mergedObjectIds": [int(other_id)],
        "newObjectId": int(survivor.id),
        "numberOfPropertiesMoved": moved,
    }
    store.tell("merge", survivor, author, details)


def _tell_deletions(
    portal: Portal, store: ObjectStore, vanished: list[str], author: Author
) -> None:
    now = store.context.now()
    for old_id in vanished:
        portal.context.tell(Happening("deletion", store.kind.type_id, old_id, now, author))


def _parts(record: Record, name: str) -> list[str]:
    return [part for part in record.properties.get(name, "").split(";") if part]
