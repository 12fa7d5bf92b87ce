"""A merge undone.

HubSpot's pages say that a merge can't be undone; people part contacts by taking the secondary
address off the survivor and creating a new contact with it (`ContactStore.drop_address`). Should
an old id ever live again all the same (a support case, a future feature), this is what it is
guessed to look like. Hypothesis, all of it; `unmerge_tells` says by which webhook.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from sandbox.clock import to_wire
from sandbox.errors import not_found
from sandbox.happening import SYSTEM, Author, Happening

from . import types
from .record import Record
from .store import Before, ObjectStore

if TYPE_CHECKING:
    from sandbox.portal import Portal


def remember(portal: Portal, store: ObjectStore, record: Record) -> None:
    """Keep how a record is before a merge takes its id."""
    seen = portal.marketing.occurrences.get(record.id, [])
    store.before_merge[record.id] = Before(
        deepcopy(record),
        tuple(portal.associations.ends(store.kind.type_id, record.id)),
        tuple(each.id for each in seen) if store.kind is types.CONTACT else (),
    )


def unmerge(portal: Portal, kind: types.ObjectType, record_id: str, author: Author) -> Record:
    """Let a record that was merged away live again under its id, as it was before the merge.

    Its associations, page visits and addresses leave the survivor; what came in meanwhile stays
    there, and so do list memberships and enrollments.
    """
    store = portal.stores[kind.type_id]
    if record_id not in store.merged_into:
        raise not_found(f"{record_id} was not merged into another record")
    survivor = store.records[store.merged_into.pop(record_id)]
    before, now = store.before_merge.pop(record_id), store.context.now()
    record = before.record
    _take_out(store, survivor, record)
    record.updated_at = now
    record.properties[store.kind.modified] = to_wire(now)
    store.adopt(record)
    for earlier in _parts(record, "hs_merged_object_ids"):
        store.merged_into[earlier] = record.id
    store.occupy(record)
    store.reindex(record, now)
    portal.associations.part(store.kind.type_id, (survivor.id, record.id), before.ends)
    portal.marketing.part(survivor.id, record.id, before.occurrences)
    action = portal.settings.unmerge_tells
    portal.context.tell(Happening(action, store.kind.type_id, record.id, now, author))
    return record


def _take_out(store: ObjectStore, survivor: Record, record: Record) -> None:
    """Take a record's id and addresses off the survivor."""
    now = store.context.now()
    store.release(survivor)
    theirs = {record.properties.get("email", ""), *_parts(record, "hs_additional_emails")}
    ids = {record.id, *_parts(record, "hs_merged_object_ids")}
    gone = {
        "hs_additional_emails": theirs,
        "hs_merged_object_ids": ids,
        "hs_calculated_merged_vids": ids,
    }
    for name, values in gone.items():
        if survivor.properties.get(name):
            left = [each for each in _parts(survivor, name) if each not in values]
            survivor.put(name, ";".join(left), now, SYSTEM)
    if survivor.properties.get("email") in theirs - {""}:
        survivor.put("email", "", now, SYSTEM)
    survivor.updated_at = now
    survivor.properties[store.kind.modified] = to_wire(now)
    store.occupy(survivor)
    store.reindex(survivor, now)


def _parts(record: Record, name: str) -> list[str]:
    return [part for part in record.properties.get(name, "").split(";") if part]
