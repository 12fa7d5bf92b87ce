"""Batches of records: read, create, update, upsert, archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint

from sandbox import facts, gate
from sandbox.answers import complete, missing_error
from sandbox.asking import body, flag, inputs, strings, text
from sandbox.errors import ApiError, conflict, invalid
from sandbox.routes import route

from . import writing
from .record import Record
from .store import ObjectStore
from .types import CONTACT, ObjectType
from .views import kind_for, store_of
from .wire import Shape, write, write_written

blueprint = Blueprint("objects_batch", __name__)
Json = dict[str, Any]


@route(blueprint, "POST", "objects", "/<object_type>/batch/read")
def read(object_type: str) -> tuple[Json, int]:
    """Answer many records; ids that don't exist, or were merged away, are named in a 207."""
    kind = kind_for(object_type, "read")
    given = body()
    shape = Shape(
        tuple(strings(given, "properties")), tuple(strings(given, "propertiesWithHistory"))
    )
    store, archived = store_of(kind), flag("archived")
    found: dict[str, Record] = {}
    missing = []
    for row in inputs(shape.page_max):
        record = store.find(text(row, "id"), given.get("idProperty"))
        if record is None or (record.archived_at is not None) != archived:
            missing.append(text(row, "id"))
        else:
            found[record.id] = record
    rows = [write(kind, record, shape) for record in found.values()]
    return complete(rows, _not_found(kind, missing), gate.sandbox().clock.now())


@route(blueprint, "POST", "objects", "/<object_type>/batch/create")
def create(object_type: str) -> tuple[Json, int]:
    """Create many records, or none if one of them can't be."""
    kind = kind_for(object_type, "write")
    rows = inputs(facts.BATCH_MAX)
    settled = [writing.check_create(kind, row) for row in rows]
    _check_distinct(store_of(kind), settled)
    answer = []
    for row in rows:
        record = writing.create(kind, row)
        filled = [name for name, value in record.properties.items() if value]
        answer.append(_traced(write_written(kind, record, filled), row))
    return complete(answer, [], gate.sandbox().clock.now(), created=True)


@route(blueprint, "POST", "objects", "/<object_type>/batch/update")
def update(object_type: str) -> tuple[Json, int]:
    """Change many records: all inputs are checked first, so one bad value fails them all.

    Ids that don't exist, or were merged away, are named in a 207.
    """
    kind = kind_for(object_type, "write")
    store, rows = store_of(kind), inputs(facts.BATCH_MAX)
    _check_ids_distinct(rows)
    found = [(row, _live(store, text(row, "id"), row.get("idProperty"))) for row in rows]
    settled = [store.check(writing.properties(row), record) for row, record in found]
    _check_distinct(store, settled)
    answer, missing = [], []
    for row, record in found:
        if record is None:
            missing.append(text(row, "id"))
            continue
        changed = store.update(record.id, row["properties"], gate.author())
        answer.append(_traced(write_written(kind, changed, row["properties"]), row))
    return complete(answer, _not_found(kind, missing), gate.sandbox().clock.now())


@route(blueprint, "POST", "objects", "/<object_type>/batch/upsert")
def upsert(object_type: str) -> tuple[Json, int]:
    """Create or change many records by a property with unique values.

    By `email` one bad row fails all; by a custom property each row stands for itself.
    """
    kind = kind_for(object_type, "write")
    store, rows = store_of(kind), inputs(facts.BATCH_MAX)
    _check_ids_distinct(rows)
    id_properties = {str(row.get("idProperty") or "") for row in rows}
    partial = "email" not in id_properties
    for name in id_properties:
        _check_id_property(store, name)
    if not partial:
        for row in rows:
            _check_upsert(store, row)
    answer: list[Json] = []
    errors: list[Json] = []
    for row in rows:
        try:
            answer.append(_traced(_upsert(kind, store, row), row))
        except ApiError as error:
            if not partial:
                raise
            errors.append(missing_error(error.message, [text(row, "id")], error.category))
    return complete(answer, errors, gate.sandbox().clock.now())


@route(blueprint, "POST", "objects", "/<object_type>/batch/archive")
def archive(object_type: str) -> tuple[str, int]:
    """Archive many records; those that aren't there are no error."""
    kind = kind_for(object_type, "write")
    store = store_of(kind)
    for row in inputs(facts.BATCH_MAX):
        record = _live(store, text(row, "id"), None)
        if record:
            store.archive(record.id, gate.author())
    return "", 204


def _live(store: ObjectStore, record_id: str, id_property: str | None) -> Record | None:
    record = store.find(record_id, id_property)
    return record if record and record.archived_at is None else None


def _not_found(kind: ObjectType, ids: Sequence[str]) -> list[Json]:
    if not ids:
        return []
    message = (
        f"Could not get some {kind.constant} objects, they may be deleted or not exist. "
        "Check that ids are valid."
    )
    return [missing_error(message, ids)]


def _check_ids_distinct(rows: Sequence[Json]) -> None:
    ids = [text(row, "id") for row in rows]
    twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if twice:
        message = f"Duplicate IDs found in batch input: {twice}. Each entry must have unique ids."
        raise invalid(message)


def _check_distinct(store: ObjectStore, settled: Sequence[dict[str, str]]) -> None:
    """Refuse a batch in which two records would share what must be unique."""
    unique = [d.name for d in store.book.definitions.values() if d.has_unique_value]
    if store.kind is CONTACT:
        unique.append("email")
    for name in unique:
        given = [values[name] for values in settled if values.get(name)]
        if len(set(given)) != len(given):
            raise conflict(f"The values of {name} in this batch are not unique")


def _check_id_property(store: ObjectStore, name: str) -> None:
    definition = store.book.live(name)
    by_email = store.kind is CONTACT and name == "email"
    if not by_email and (definition is None or not definition.has_unique_value):
        raise invalid(f"idProperty {name!r} is not a property with unique values")


def _with_id(row: Json) -> Json:
    return {row["idProperty"]: row["id"], **writing.properties(row)}


def _check_upsert(store: ObjectStore, row: Json) -> None:
    store.check(_with_id(row), _live(store, text(row, "id"), row["idProperty"]))


def _upsert(kind: ObjectType, store: ObjectStore, row: Json) -> Json:
    record = _live(store, text(row, "id"), row["idProperty"])
    if record is None:
        made = store.create(_with_id(row), gate.author())
        return {**write_written(kind, made, _with_id(row)), "new": True}
    changed = store.update(record.id, writing.properties(row), gate.author())
    return {**write_written(kind, changed, writing.properties(row)), "new": False}


def _traced(answer: Json, row: Json) -> Json:
    """Give back the trace id that came with an input."""
    trace_id = row.get("objectWriteTraceId")
    return {**answer, "objectWriteTraceId": trace_id} if trace_id else answer
