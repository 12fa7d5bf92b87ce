"""The search endpoint, with its many limits."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from sandbox import facts
from sandbox.asking import body, strings, whole
from sandbox.errors import invalid
from sandbox.routes import route

from .search import find, read_query
from .views import kind_for, store_of
from .wire import Shape, write

blueprint = Blueprint("objects_search", __name__)
Json = dict[str, Any]


@route(blueprint, "POST", "objects", "/<object_type>/search")
def search(object_type: str) -> Json:
    """Answer one page of what is found; nothing beyond the 10,000th can be reached."""
    kind = kind_for(object_type, "read")
    given = body()
    _check_size(given)
    size = whole(given.get("limit", facts.PAGE_DEFAULT), 0, facts.SEARCH_PAGE_MAX, "limit")
    start = whole(given.get("after") or 0, 0, 2**63, "after")
    if start + size > facts.SEARCH_CAP:
        raise invalid(f"Paging beyond {facts.SEARCH_CAP} results is not possible")
    store = store_of(kind)
    found = find(store, read_query(store.book, given))
    shape = Shape(tuple(strings(given, "properties")))
    results = [write(kind, r, shape, values) for r, values in found[start : start + size]]
    answer: Json = {"total": len(found), "results": results}
    if start + size < len(found):
        answer["paging"] = {"next": {"after": str(start + size)}}
    return answer


def _check_size(given: Json) -> None:
    if len(request.get_data(as_text=True)) > facts.SEARCH_BODY_MAX:
        raise invalid(f"The request body may have {facts.SEARCH_BODY_MAX} characters at most")
    groups = given.get("filterGroups") or []
    sizes = [len(group.get("filters") or []) for group in groups]
    if len(groups) > facts.SEARCH_GROUPS_MAX:
        raise invalid(f"At most {facts.SEARCH_GROUPS_MAX} filterGroups are allowed")
    if sizes and max(sizes) > facts.SEARCH_FILTERS_PER_GROUP_MAX:
        raise invalid(f"A filterGroup may have {facts.SEARCH_FILTERS_PER_GROUP_MAX} filters")
    if sum(sizes) > facts.SEARCH_FILTERS_MAX:
        raise invalid(f"At most {facts.SEARCH_FILTERS_MAX} filters are allowed in all")
