"""Writes that apps make: bodies checked, associations made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import gate
from sandbox.asking import text
from sandbox.associations.kinds import CATEGORY, Direction, by_type_id
from sandbox.errors import invalid

from .record import Record
from .types import ObjectType

Json = dict[str, Any]


def properties(body: Mapping[str, Any]) -> Json:
    """Return the `properties` of a body; raise the 400 if they aren't an object."""
    given = body.get("properties")
    if not isinstance(given, dict):
        raise invalid("Some required fields were not set: [properties]")
    return given


def create(kind: ObjectType, body: Mapping[str, Any]) -> Record:
    """Create a record and its associations, or nothing at all."""
    portal, author = gate.portal(), gate.author()
    links = _links(kind, body)
    record = portal.stores[kind.type_id].create(properties(body), author)
    for direction, to_id in links:
        portal.associate(direction, (record.id, to_id), author)
    return record


def check_create(kind: ObjectType, body: Mapping[str, Any]) -> dict[str, str]:
    """Check all of a creation without doing it; return the settled values."""
    _links(kind, body)
    return gate.portal().stores[kind.type_id].check(properties(body), None)


def _links(kind: ObjectType, body: Mapping[str, Any]) -> list[tuple[Direction, str]]:
    links = []
    for row in body.get("associations") or []:
        to_id = text(row.get("to") or {}, "id")
        for given in row.get("types") or []:
            direction = direction_of(kind, given)
            if not gate.portal().exists(direction.to_kind.type_id, to_id):
                raise invalid(f"{direction.to_kind.constant} {to_id} does not exist")
            links.append((direction, to_id))
    return links


def direction_of(kind: ObjectType, given: Mapping[str, Any]) -> Direction:
    """Find the direction that an association type id names; raise the 400 otherwise."""
    if given.get("associationCategory") != CATEGORY:
        raise invalid(f"associationCategory must be {CATEGORY}")
    found = by_type_id(kind, given.get("associationTypeId"))
    if found is None:
        wanted = given.get("associationTypeId")
        raise invalid(f"No association type {wanted} exists from {kind.constant}")
    return found
