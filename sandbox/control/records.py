"""Looking at what a portal holds, without a token, limits or lag."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from sandbox.errors import not_found
from sandbox.lists.book import CrmList
from sandbox.objects import types
from sandbox.objects.record import Record

from .asking import PORTAL, portal_of

blueprint = Blueprint("records", __name__)
Json = dict[str, Any]


@blueprint.get(f"{PORTAL}/<object_type>")
def list_records(hub_id: int, object_type: str) -> Json:
    """List all records of a type, live and archived."""
    store = portal_of(hub_id).stores[types.find(object_type).type_id]
    return {"records": [_shown(record) for record in store.records.values()]}


@blueprint.get(f"{PORTAL}/<object_type>/<record_id>")
def read(hub_id: int, object_type: str, record_id: str) -> Json:
    """Show one record with its history, live or archived."""
    store = portal_of(hub_id).stores[types.find(object_type).type_id]
    record = store.records.get(store.merged_into.get(record_id, record_id))
    if record is None:
        raise not_found(f"There is no {object_type} {record_id}")
    history = {
        name: [version.to_json() for version in versions]
        for name, versions in record.history.items()
    }
    return {**_shown(record), "history": history}


@blueprint.get(f"{PORTAL}/lists")
def list_lists(hub_id: int) -> Json:
    """List all lists with their members."""
    book = portal_of(hub_id).lists
    return {"lists": [_list(known, book.members(known)) for known in book.lists.values()]}


@blueprint.delete(f"{PORTAL}/lists/<list_id>")
def delete_list(hub_id: int, list_id: str) -> tuple[str, int]:
    """Delete a list, as a person does."""
    portal_of(hub_id).lists.delete(list_id)
    return "", 204


@blueprint.delete(f"{PORTAL}/properties/<object_type>/<name>")
def archive_property(hub_id: int, object_type: str, name: str) -> tuple[str, int]:
    """Archive a property, as an admin does."""
    portal = portal_of(hub_id)
    portal.properties[types.find(object_type).type_id].archive(name, portal.clock.now())
    return "", 204


def _shown(record: Record) -> Json:
    return {
        "id": record.id,
        "properties": record.properties,
        "archived": record.archived_at is not None,
    }


def _list(known: CrmList, members: list[str]) -> Json:
    return {
        "listId": known.id,
        "name": known.name,
        "processingType": known.processing_type,
        "deleted": known.deleted_at is not None,
        "members": members,
    }
