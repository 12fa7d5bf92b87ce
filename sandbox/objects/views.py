"""Single records: list, read, create, update, archive, merge, delete for privacy."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flask import Blueprint, request

from sandbox import facts, gate
from sandbox.asking import after, body, flag, limit, next_page, text
from sandbox.errors import invalid
from sandbox.routes import route

from . import types, writing
from .merge import merge as merge_records
from .store import ObjectStore
from .types import ObjectType
from .wire import Shape, write, write_written

blueprint = Blueprint("objects", __name__)
Json = dict[str, Any]
_ONE = "/<object_type>/<record_id>"


def kind_for(object_type: str, action: str) -> ObjectType:
    """Find the type in the path, if the token may `read` or `write` its records."""
    kind = types.find(object_type)
    gate.check_scopes(*kind.scope(action))
    return kind


def store_of(kind: ObjectType) -> ObjectStore:
    """Return the portal's records of a type."""
    return gate.portal().stores[kind.type_id]


@route(blueprint, "GET", "objects", "/<object_type>")
def list_records(object_type: str) -> Json:
    """Answer one page of records in order of id."""
    kind = kind_for(object_type, "read")
    shape = Shape.of_query()
    size = limit(facts.PAGE_DEFAULT, shape.page_max)
    found = list(islice(store_of(kind).page(after(), flag("archived")), size + 1))
    answer: Json = {"results": [write(kind, record, shape) for record in found[:size]]}
    if len(found) > size:
        answer["paging"] = next_page(found[size - 1].id)
    return answer


@route(blueprint, "POST", "objects", "/<object_type>")
def create(object_type: str) -> tuple[Json, int]:
    """Create a record."""
    kind = kind_for(object_type, "write")
    record = writing.create(kind, body())
    filled = [name for name, value in record.properties.items() if value]
    return write_written(kind, record, filled), 201


@route(blueprint, "GET", "objects", _ONE)
def read(object_type: str, record_id: str) -> Json:
    """Answer one record; an id that was merged away answers with the survivor."""
    kind = kind_for(object_type, "read")
    record = store_of(kind).get(record_id, request.args.get("idProperty"), flag("archived"))
    return write(kind, record, Shape.of_query())


@route(blueprint, "PATCH", "objects", _ONE)
def update(object_type: str, record_id: str) -> Json:
    """Change one record; an id that was merged away changes the survivor."""
    kind = kind_for(object_type, "write")
    store = store_of(kind)
    found = store.get(record_id, request.args.get("idProperty"))
    given = writing.properties(body())
    return write_written(kind, store.update(found.id, given, gate.author()), given)


@route(blueprint, "DELETE", "objects", _ONE)
def archive(object_type: str, record_id: str) -> tuple[str, int]:
    """Archive one record; one that isn't there is no error."""
    kind = kind_for(object_type, "write")
    store = store_of(kind)
    record = store.find(record_id)
    if record and record.archived_at is None:
        store.archive(record.id, gate.author())
    return "", 204


@route(blueprint, "POST", "objects", "/<object_type>/merge")
def merge(object_type: str) -> Json:
    """Merge two records and answer the survivor."""
    kind = kind_for(object_type, "write")
    given = body()
    ids = (text(given, "primaryObjectId"), text(given, "objectIdToMerge"))
    return write(kind, merge_records(gate.portal(), kind, ids, gate.author()))


@route(blueprint, "POST", "objects", "/<object_type>/gdpr-delete")
def gdpr_delete(object_type: str) -> tuple[str, int]:
    """Delete a contact for privacy; an address nobody has can't be used from then on."""
    kind = kind_for(object_type, "write")
    if kind is not types.CONTACT:
        raise invalid(f"{kind.constant} records can't be deleted for privacy")
    portal, given = gate.portal(), body()
    wanted = text(given, "objectId")
    if given.get("idProperty") == "email":
        found = portal.contacts.by_email(wanted)
        if found is None:
            portal.contacts.blocked.add(wanted.strip().lower())
    else:
        found = portal.contacts.find(wanted)
    if found:
        portal.forget(found.id, gate.author())
    return "", 204
