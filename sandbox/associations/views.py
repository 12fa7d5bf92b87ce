"""Associations: batches and single ones."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flask import Blueprint, request

from sandbox import facts, gate
from sandbox.answers import complete, missing_error
from sandbox.asking import after, inputs, limit, next_page, text, whole
from sandbox.errors import ApiError, invalid
from sandbox.objects import types
from sandbox.objects.types import ObjectType
from sandbox.objects.writing import direction_of
from sandbox.routes import route

from .kinds import Direction, between

blueprint = Blueprint("associations", __name__)
Json = dict[str, Any]
_BATCH = "/<from_type>/<to_type>/batch"
_OF_ONE = "/<from_type>/<from_id>/associations/<to_type>"


def _direction(from_type: str, to_type: str, action: str) -> Direction:
    """Find the direction in the path, if the token may act on both ends."""
    direction = between(types.find(from_type), types.find(to_type))
    gate.check_scopes(*direction.from_kind.scope(action))
    # Linking a contact to an order writes the contact; the order need only be readable.
    gate.check_scopes(*direction.to_kind.scope("read"))
    return direction


@route(blueprint, "POST", "associations", f"{_BATCH}/read", old="v4")
def read_batch(from_type: str, to_type: str) -> tuple[Json, int]:
    """Answer many records' associations; records without any are simply absent."""
    direction = _direction(from_type, to_type, "read")
    results, missing = [], []
    for row in inputs(facts.ASSOCIATIONS_READ_MAX):
        from_id = text(row, "id")
        if not gate.portal().exists(direction.from_kind.type_id, from_id):
            missing.append(from_id)
            continue
        start = whole(row.get("after") or 0, 0, 2**63, "after")
        page, more = _page(direction, from_id, start, facts.ASSOCIATIONS_PAGE_MAX)
        if page:
            answer: Json = {"from": {"id": from_id}, "to": page}
            if more:
                answer["paging"] = {"next": {"after": page[-1]["toObjectId"], "link": ""}}
            results.append(answer)
    errors = _no_associations(direction.from_kind, missing)
    return complete(results, errors, gate.sandbox().clock.now())


@route(blueprint, "POST", "associations", f"{_BATCH}/create", old="v4")
def create_batch(from_type: str, to_type: str) -> tuple[Json, int]:
    """Associate many pairs with given types."""
    direction = _direction(from_type, to_type, "write")
    rows = inputs(facts.ASSOCIATIONS_CREATE_MAX)
    for row in rows:
        _check_types(direction, row.get("types"))
    return _associate(direction, rows)


@route(blueprint, "POST", "associations", f"{_BATCH}/associate/default", old="v4")
def create_default_batch(from_type: str, to_type: str) -> tuple[Json, int]:
    """Associate many pairs with HubSpot's plain type."""
    direction = _direction(from_type, to_type, "write")
    answer, status = _associate(direction, inputs(facts.ASSOCIATIONS_CREATE_MAX))
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": direction.type_id}
    answer["results"] = [
        {
            "from": {"id": row["fromObjectId"]},
            "to": {"id": row["toObjectId"]},
            "associationSpec": spec,
        }
        for row in answer["results"]
    ]
    return answer, 200 if status == 201 else status


@route(blueprint, "POST", "associations", f"{_BATCH}/archive", old="v4")
def archive_batch(from_type: str, to_type: str) -> tuple[str, int]:
    """Undo many associations; those that aren't there are no error."""
    direction = _direction(from_type, to_type, "write")
    for row in inputs(facts.ASSOCIATIONS_CREATE_MAX):
        from_id = text(row.get("from") or {}, "id")
        for end in row.get("to") or []:
            gate.portal().associations.unlink(direction, from_id, text(end, "id"), gate.author())
    return "", 204


@route(blueprint, "GET", "associations", "/<from_type>/<to_type>/labels", old="v4")
def list_labels(from_type: str, to_type: str) -> Json:
    """Answer the association types between two kinds of objects."""
    return {"results": [_direction(from_type, to_type, "read").to_json()]}


@route(blueprint, "GET", "objects", _OF_ONE, old="v4")
def read_one(from_type: str, from_id: str, to_type: str) -> Json:
    """Answer one page of a record's associations."""
    direction = _direction(from_type, to_type, "read")
    _check_exists(direction.from_kind, from_id)
    page, more = _page(direction, from_id, after(), limit(500, facts.ASSOCIATIONS_PAGE_MAX))
    answer: Json = {"results": page}
    if more:
        answer["paging"] = next_page(page[-1]["toObjectId"])
    return answer


@route(blueprint, "PUT", "objects", f"{_OF_ONE}/<to_id>", old="v4")
def create_one(from_type: str, from_id: str, to_type: str, to_id: str) -> tuple[Json, int]:
    """Associate one pair with given types."""
    direction = _direction(from_type, to_type, "write")
    _check_types(direction, request.get_json(force=True))
    gate.portal().associate(direction, (from_id, to_id), gate.author())
    return _pair(direction, from_id, to_id), 201


@blueprint.put("/crm/v4/objects/<from_type>/<from_id>/associations/default/<to_type>/<to_id>")
@blueprint.put("/crm/objects/2026-03/<from_type>/<from_id>/associations/default/<to_type>/<to_id>")
def create_default(from_type: str, from_id: str, to_type: str, to_id: str) -> Json:
    """Associate one pair with HubSpot's plain type."""
    direction = _direction(from_type, to_type, "write")
    gate.portal().associate(direction, (from_id, to_id), gate.author())
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": direction.type_id}
    row = {"from": {"id": from_id}, "to": {"id": to_id}, "associationSpec": spec}
    return complete([row], [], gate.sandbox().clock.now())[0]


@route(blueprint, "DELETE", "objects", f"{_OF_ONE}/<to_id>", old="v4")
def archive_one(from_type: str, from_id: str, to_type: str, to_id: str) -> tuple[str, int]:
    """Undo one association."""
    direction = _direction(from_type, to_type, "write")
    gate.portal().associations.unlink(direction, from_id, to_id, gate.author())
    return "", 204


def _page(direction: Direction, from_id: str, start: int, size: int) -> tuple[list[Json], bool]:
    ids = gate.portal().associated(direction.from_kind, from_id, direction.to_kind)
    rest = (id_ for id_ in sorted(ids, key=int) if int(id_) > start)
    found = list(islice(rest, size + 1))
    kinds = [direction.to_json()]
    rows = [{"toObjectId": id_, "associationTypes": kinds} for id_ in found[:size]]
    return rows, len(found) > size


def _associate(direction: Direction, rows: list[Json]) -> tuple[Json, int]:
    results: list[Json] = []
    errors: list[Json] = []
    for row in rows:
        from_id = text(row.get("from") or {}, "id")
        to_id = text(row.get("to") or {}, "id")
        try:
            gate.portal().associate(direction, (from_id, to_id), gate.author())
        except ApiError as error:
            entry = missing_error(error.message, [])
            context = {"fromObjectId": [from_id], "toObjectId": [to_id]}
            errors.append({**entry, "context": context})
        else:
            results.append(_pair(direction, from_id, to_id))
    return complete(results, errors, gate.sandbox().clock.now(), created=True)


def _pair(direction: Direction, from_id: str, to_id: str) -> Json:
    return {
        "fromObjectTypeId": direction.from_kind.type_id,
        "fromObjectId": from_id,
        "toObjectTypeId": direction.to_kind.type_id,
        "toObjectId": to_id,
        "labels": [],
    }


def _check_types(direction: Direction, given: object) -> None:
    if not isinstance(given, list) or not given:
        raise invalid("Some required fields were not set: [types]")
    for row in given:
        if direction_of(direction.from_kind, row) != direction:
            raise invalid(f"Association type {row} does not lead to {direction.to_kind.constant}")


def _check_exists(kind: ObjectType, record_id: str) -> None:
    gate.portal().stores[kind.type_id].get(record_id)


def _no_associations(kind: ObjectType, ids: list[str]) -> list[Json]:
    message = f"No {kind.constant} with these ids exists"
    return [missing_error(message, ids)] if ids else []
