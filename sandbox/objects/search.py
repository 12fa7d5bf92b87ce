"""Search: what it finds, in which order, and how far behind it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sandbox.clock import to_ms
from sandbox.errors import invalid
from sandbox.properties.book import PropertyBook
from sandbox.properties.model import Definition
from sandbox.properties.values import as_instant

from .record import Record
from .store import ObjectStore

Json = Mapping[str, Any]
_WORDS = re.compile(r"[^\w*@.+-]+")
_WITH_LIST = ("IN", "NOT_IN")
_WITHOUT_VALUE = ("HAS_PROPERTY", "NOT_HAS_PROPERTY")
_WITH_VALUE = (
    "EQ",
    "NEQ",
    "LT",
    "LTE",
    "GT",
    "GTE",
    "BETWEEN",
    "CONTAINS_TOKEN",
    "NOT_CONTAINS_TOKEN",
)


@dataclass(frozen=True)
class Filter:
    """One condition on one property, its values in comparable form."""

    definition: Definition
    operator: str
    value: Any = None
    high: Any = None
    values: frozenset[Any] = frozenset()


@dataclass(frozen=True)
class Query:
    """What is looked for: any group of filters, all filters of it, and words."""

    groups: tuple[tuple[Filter, ...], ...]
    words: tuple[str, ...]
    sort: Definition | None
    descending: bool


def read_query(book: PropertyBook, body: Json) -> Query:
    """Read a search body; raise the 400 for unknown properties or operators."""
    groups = [
        tuple(_filter(book, f) for f in group.get("filters") or [])
        for group in body.get("filterGroups") or []
    ]
    if body.get("filters"):
        groups.append(tuple(_filter(book, f) for f in body["filters"]))
    sort, descending = _sort(book, body.get("sorts") or [])
    words = tuple(_WORDS.sub(" ", str(body.get("query") or "")).lower().split())
    return Query(tuple(groups), words, sort, descending)


Found = tuple[Record, Mapping[str, str]]


def find(store: ObjectStore, query: Query) -> list[Found]:
    """Find live records, in order, each with the values that the index knows of it now."""
    now = store.context.now()
    found: list[Found] = []
    for record in store.page(0):
        values = record.indexed(now)
        if values is not None and _matches(query, values):
            found.append((record, values))
    if query.sort is not None:
        definition = query.sort
        found.sort(key=lambda pair: _order(definition, pair[1]), reverse=query.descending)
    return found


def _filter(book: PropertyBook, given: Json) -> Filter:
    name, operator = given.get("propertyName"), given.get("operator")
    definition = book.live(str(name))
    if definition is None:
        raise invalid(f"There was a problem with the request: no property {name!r}")
    if operator in _WITHOUT_VALUE:
        return Filter(definition, str(operator))
    if operator in _WITH_LIST:
        values = given.get("values")
        if not isinstance(values, list):
            raise invalid(f"{operator} needs values")
        # A string with capitals among them finds nothing: the index holds lower case.
        wanted = frozenset(_comparable(definition, str(v), lower=False) for v in values)
        return Filter(definition, str(operator), values=wanted)
    if operator not in _WITH_VALUE or given.get("value") is None:
        raise invalid(f"{operator} is not an operator, or has no value")
    value = str(given["value"])
    if operator.endswith("CONTAINS_TOKEN"):
        return Filter(definition, operator, value.lower())
    high = given.get("highValue")
    if operator == "BETWEEN" and high is None:
        raise invalid("BETWEEN needs a highValue")
    bound = _comparable(definition, str(high)) if high is not None else None
    return Filter(definition, operator, _comparable(definition, value), bound)


def _sort(book: PropertyBook, sorts: list[Any]) -> tuple[Definition | None, bool]:
    if not sorts:
        return None, False
    if len(sorts) > 1:
        raise invalid("Only one sort is allowed")
    given = sorts[0]
    if isinstance(given, str):
        given = {"propertyName": given.removeprefix("-"), "direction": given[:1] == "-"}
    definition = book.live(str(given.get("propertyName")))
    if definition is None:
        raise invalid(f"Can't sort by {given.get('propertyName')!r}")
    return definition, given.get("direction") in (True, "DESCENDING")


def _matches(query: Query, values: Mapping[str, str]) -> bool:
    if query.groups and not any(all(_holds(f, values) for f in g) for g in query.groups):
        return False
    text = " ".join(values.values()).lower() if query.words else ""
    return all(word in text for word in query.words)


def _holds(wanted: Filter, values: Mapping[str, str]) -> bool:
    text = values.get(wanted.definition.name, "")
    match wanted.operator:
        case "HAS_PROPERTY":
            return text != ""
        case "NOT_HAS_PROPERTY":
            return text == ""
        case "NEQ":
            return text == "" or _comparable(wanted.definition, text) != wanted.value
        case "NOT_IN":
            return text == "" or _comparable(wanted.definition, text) not in wanted.values
        case "NOT_CONTAINS_TOKEN":
            return not _contains(text, wanted.value)
    return text != "" and _compares(wanted, text)


def _compares(wanted: Filter, text: str) -> bool:
    if wanted.operator == "CONTAINS_TOKEN":
        return _contains(text, wanted.value)
    value = _comparable(wanted.definition, text)
    match wanted.operator:
        case "EQ":
            return bool(value == wanted.value)
        case "IN":
            return value in wanted.values
        case "LT":
            return bool(value < wanted.value)
        case "LTE":
            return bool(value <= wanted.value)
        case "GT":
            return bool(value > wanted.value)
        case "GTE":
            return bool(value >= wanted.value)
        case _:
            return bool(wanted.value <= value <= wanted.high)


def _comparable(definition: Definition, text: str, *, lower: bool = True) -> Any:
    """Turn a value into what it is compared as: ids and numbers exactly, instants in ms."""
    try:
        if definition.type == "number":
            return int(text) if text.lstrip("-").isdigit() else float(text)
        if definition.type in ("date", "datetime"):
            return to_ms(as_instant(text))
    except (ValueError, OverflowError) as error:
        raise invalid(f"{text!r} is not a {definition.type} for {definition.name}") from error
    return text.lower() if lower else text


def _contains(text: str, token: str) -> bool:
    words = _WORDS.sub(" ", text.lower()).split()
    return any(fnmatchcase(word, token) for word in [*words, text.lower()])


def _order(definition: Definition, values: Mapping[str, str]) -> tuple[bool, Any]:
    text = values.get(definition.name, "")
    return (True, _comparable(definition, text)) if text else (False, "")
