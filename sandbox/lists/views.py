"""Lists: create, find, rename, delete, restore."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from sandbox import facts, gate
from sandbox.asking import body, flag, names, strings, text, whole
from sandbox.clock import to_wire
from sandbox.errors import ApiError, invalid
from sandbox.routes import route

from .book import CrmList, ListBook

blueprint = Blueprint("lists", __name__)
Json = dict[str, Any]
READ = gate.require("crm.lists.read")
WRITE = gate.require("crm.lists.write")


def book() -> ListBook:
    """Return the portal's lists."""
    return gate.portal().lists


@route(blueprint, "POST", "lists")
@WRITE
def create() -> Json:
    """Create a list; with filters it is filled by HubSpot, which the stand-in doesn't do."""
    given = body()
    filters = given.get("filterBranch")
    made = book().create(
        text(given, "name"), text(given, "processingType"), text(given, "objectTypeId"), filters
    )
    return {"list": _write(made, with_filters=True)}


@route(blueprint, "GET", "lists")
@READ
def read_many() -> Json:
    """Answer the lists whose ids are asked for; unknown ones are absent."""
    found = [known for id_ in names("listIds") if (known := book().find(id_))]
    return {"lists": [_write(known, flag("includeFilters")) for known in found]}


@route(blueprint, "GET", "lists", "/<list_id>")
@READ
def read(list_id: str) -> Json:
    """Answer one list."""
    return {"list": _write(book().get(list_id), flag("includeFilters"))}


@route(blueprint, "GET", "lists", "/object-type-id/<type_id>/name/<path:name>")
@READ
def read_by_name(type_id: str, name: str) -> Json:
    """Answer the list of that name."""
    known = book().by_name(type_id, name)
    if known is None:
        extra = {"subCategory": "ILS.LIST_NOT_FOUND"}
        raise ApiError(404, f"List does not exist with name {name}.", "OBJECT_NOT_FOUND", extra)
    return {"list": _write(known, flag("includeFilters"))}


@route(blueprint, "POST", "lists", "/search")
@READ
def search() -> Json:
    """Answer lists by a part of their name, their type or their ids, newest last."""
    given = body()
    size = whole(given.get("count", facts.LIST_SEARCH_DEFAULT), 1, facts.LIST_SEARCH_MAX, "count")
    start = whole(given.get("offset", 0), 0, 2**31, "offset")
    found = [known for known in book().lists.values() if _is_wanted(known, given)]
    page = found[start : start + size]
    extra = strings(given, "additionalProperties")
    return {
        "lists": [_search_row(known, extra) for known in page],
        "hasMore": start + size < len(found),
        "offset": start + len(page),
        "total": len(found),
    }


@route(blueprint, "PUT", "lists", "/<list_id>/update-list-name")
@WRITE
def rename(list_id: str) -> Json:
    """Give a list another name."""
    name = request.args.get("listName", "")
    renamed = book().rename(list_id, name)
    return {"updatedList": _write(renamed, flag("includeFilters"))}


@route(blueprint, "PUT", "lists", "/<list_id>/update-list-filters")
@WRITE
def set_filters(list_id: str) -> Json:
    """Replace the filters of an active list."""
    filters = body().get("filterBranch")
    if not isinstance(filters, dict):
        raise invalid("Some required fields were not set: [filterBranch]")
    return {"updatedList": _write(book().set_filters(list_id, filters), with_filters=True)}


@route(blueprint, "DELETE", "lists", "/<list_id>")
@WRITE
def delete(list_id: str) -> tuple[str, int]:
    """Delete a list."""
    book().delete(list_id)
    return "", 204


@route(blueprint, "PUT", "lists", "/<list_id>/restore")
@WRITE
def restore(list_id: str) -> tuple[str, int]:
    """Bring a deleted list back."""
    book().restore(list_id)
    return "", 204


@route(blueprint, "GET", "lists", "/idmapping")
@READ
def map_one() -> Json:
    """Map a legacy id; here both are the same."""
    list_id = request.args.get("legacyListId", "")
    known = book().get(list_id)
    return {"listId": known.id, "legacyListId": known.id}


@route(blueprint, "POST", "lists", "/idmapping")
@READ
def map_many() -> Json:
    """Map legacy ids; here both are the same."""
    given = request.get_json(force=True)
    if not isinstance(given, list) or len(given) > facts.SEARCH_CAP:
        raise invalid("An array of at most 10,000 legacy list ids was expected")
    ids = [str(id_) for id_ in given]
    known = [{"listId": id_, "legacyListId": id_} for id_ in ids if book().find(id_)]
    missing = [id_ for id_ in ids if book().find(id_) is None]
    return {"legacyListIdsToIdsMapping": known, "missingLegacyListIds": missing}


@route(blueprint, "GET", "lists", "/<list_id>/size-and-edits-history/between")
@READ
def history(list_id: str) -> Json:
    """Answer when a list was edited, and its size now."""
    known = book().get(list_id)
    now = to_wire(gate.sandbox().clock.now())
    return {
        "editHistory": [to_wire(at) for at in known.edits],
        "sizeHistory": [{"size": len(book().members(known)), "timestamp": now}],
    }


def _write(known: CrmList, with_filters: bool) -> Json:
    answer = known.to_json(len(book().members(known)))
    if with_filters and known.filter_branch is not None:
        answer["filterBranch"] = known.filter_branch
    return answer


def _is_wanted(known: CrmList, given: Json) -> bool:
    kinds, ids = strings(given, "processingTypes"), strings(given, "listIds")
    return (
        known.deleted_at is None
        and str(given.get("query") or "").casefold() in known.name.casefold()
        and (not kinds or known.processing_type in kinds)
        and (not ids or known.id in ids)
        and given.get("objectTypeId") in (None, known.type_id)
    )


def _search_row(known: CrmList, extra: list[str]) -> Json:
    answer = known.to_json(0)
    del answer["size"]
    if "hs_list_size" in extra:
        size = len(book().members(known))
        answer["additionalProperties"] = {"hs_list_size": str(size)}
    return answer
