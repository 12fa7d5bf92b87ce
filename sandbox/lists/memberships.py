"""Who is on a list: read, add, remove."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flask import Blueprint, request

from sandbox import facts, gate
from sandbox.asking import after, body, inputs, limit, next_page, strings, text
from sandbox.clock import to_wire
from sandbox.errors import invalid
from sandbox.objects import types
from sandbox.routes import route

from .book import CrmList
from .views import READ, WRITE, book

blueprint = Blueprint("memberships", __name__)
Json = dict[str, Any]


@route(blueprint, "GET", "lists", "/<list_id>/memberships")
@READ
def read(list_id: str) -> Json:
    """Answer one page of the members, in order of record id."""
    known = book().get(list_id)
    ids = sorted(book().members(known), key=int)
    start, size = after(), _page_size()
    return _page(known, [id_ for id_ in ids if int(id_) > start], size)


@route(blueprint, "GET", "lists", "/<list_id>/memberships/join-order")
@READ
def read_by_time(list_id: str) -> Json:
    """Answer one page of the members, in the order in which they joined."""
    known = book().get(list_id)
    ids = sorted(book().members(known), key=lambda id_: known.members[id_].last_added_at)
    start = request.args.get("after")
    if start in ids:
        ids = ids[ids.index(start) + 1 :]
    return _page(known, ids, _page_size())


@route(blueprint, "PUT", "lists", "/<list_id>/memberships/add")
@READ
@WRITE
def add(list_id: str) -> Json:
    """Add records: a bare JSON array of ids."""
    added, missing = book().add(list_id, _bare_ids())
    return _written(recordsIdsAdded=added, recordIdsMissing=missing, recordIdsRemoved=[])


@route(blueprint, "PUT", "lists", "/<list_id>/memberships/remove")
@READ
@WRITE
def remove(list_id: str) -> Json:
    """Take records off: a bare JSON array of ids."""
    removed, missing = book().remove(list_id, _bare_ids())
    return _written(recordIdsRemoved=removed, recordIdsMissing=missing, recordsIdsAdded=[])


@route(blueprint, "PUT", "lists", "/<list_id>/memberships/add-and-remove")
@READ
@WRITE
def add_and_remove(list_id: str) -> Json:
    """Add some records and take others off, in one call."""
    given = body()
    to_add, to_remove = strings(given, "recordIdsToAdd"), strings(given, "recordIdsToRemove")
    _check_ids([*to_add, *to_remove])
    added, unknown = book().add(list_id, to_add)
    removed, also_unknown = book().remove(list_id, to_remove)
    missing = list(dict.fromkeys([*unknown, *also_unknown]))
    return _written(recordsIdsAdded=added, recordIdsRemoved=removed, recordIdsMissing=missing)


@route(blueprint, "PUT", "lists", "/<list_id>/memberships/add-from/<source_id>")
@READ
@WRITE
def add_from(list_id: str, source_id: str) -> tuple[str, int]:
    """Add all members of another list."""
    source = book().get(source_id)
    if source.type_id != book().get(list_id).type_id:
        raise invalid("Both lists must hold the same type of object")
    book().add(list_id, book().members(source))
    return "", 204


@route(blueprint, "DELETE", "lists", "/<list_id>/memberships")
@READ
@WRITE
def remove_all(list_id: str) -> tuple[str, int]:
    """Take all members off."""
    book().remove(list_id, book().members(book().get(list_id)))
    return "", 204


@route(blueprint, "GET", "lists", "/records/<type_name>/<record_id>/memberships")
@READ
def of_record(type_name: str, record_id: str) -> Json:
    """Answer the lists that a record is on."""
    type_id = types.find(type_name).type_id
    if not gate.portal().exists(type_id, record_id):
        return {"results": [], "total": 0}
    rows = _rows(type_id, record_id)
    return {"results": rows, "total": len(rows)}


@route(blueprint, "POST", "lists", "/records/memberships/batch/read")
@READ
def of_records() -> Json:
    """Answer the lists that each of many records is on."""
    results = []
    for row in inputs(facts.BATCH_MAX):
        type_id, record_id = text(row, "objectTypeId"), text(row, "recordId")
        results.append(
            {
                "objectTypeId": type_id,
                "recordId": record_id,
                "recordListMemberships": _rows(type_id, record_id),
            }
        )
    now = to_wire(gate.sandbox().clock.now())
    return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


def _page_size() -> int:
    return limit(facts.MEMBERSHIPS_PAGE_DEFAULT, facts.MEMBERSHIPS_PAGE_MAX)


def _page(known: CrmList, ids: list[str], size: int) -> Json:
    page = list(islice(ids, size))
    rows = [
        {"recordId": id_, "membershipTimestamp": to_wire(known.members[id_].last_added_at)}
        for id_ in page
    ]
    answer: Json = {"results": rows, "total": len(book().members(known))}
    if len(ids) > size:
        answer["paging"] = next_page(page[-1])
    return answer


def _bare_ids() -> list[str]:
    given = request.get_json(force=True)
    if not isinstance(given, list):
        raise invalid("Invalid input JSON: an array of record ids was expected")
    return _check_ids([str(id_) for id_ in given])


def _check_ids(ids: list[str]) -> list[str]:
    if len(ids) > facts.LIST_IDS_MAX:
        raise invalid(f"At most {facts.LIST_IDS_MAX} record ids fit in one request")
    if not all(id_.isdecimal() for id_ in ids):
        raise invalid("Record ids must be numbers")
    return ids


def _written(**ids: list[str]) -> Json:
    """Answer a write; HubSpot was seen leaving empty arrays out."""
    if not gate.portal().settings.omit_empty_arrays:
        return dict(ids)
    return {name: value for name, value in ids.items() if value}


def _rows(type_id: str, record_id: str) -> list[Json]:
    return [
        {
            "listId": known.id,
            "listVersion": known.version,
            "isPublicList": True,
            "firstAddedTimestamp": to_wire(known.members[record_id].first_added_at),
            "lastAddedTimestamp": to_wire(known.members[record_id].last_added_at),
        }
        for known in book().of(type_id, record_id)
    ]
