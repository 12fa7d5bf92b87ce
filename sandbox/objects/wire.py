"""CRM records as they travel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from sandbox import facts, gate
from sandbox.asking import names
from sandbox.associations.kinds import between
from sandbox.clock import to_wire
from sandbox.routes import DATED

from . import types
from .record import Record
from .types import ObjectType

Json = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """What of a record is asked for."""

    properties: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    associations: tuple[str, ...] = ()

    @classmethod
    def of_query(cls) -> Shape:
        """Read it from the query."""
        return cls(
            tuple(names("properties")),
            tuple(names("propertiesWithHistory")),
            tuple(names("associations")),
        )

    @property
    def page_max(self) -> int:
        """Return how many records fit in one answer of this shape."""
        return facts.BATCH_WITH_HISTORY_MAX if self.history else facts.PAGE_MAX


_DEFAULT = Shape()


def write(
    kind: ObjectType,
    record: Record,
    shape: Shape = _DEFAULT,
    values: Mapping[str, str] | None = None,
) -> Json:
    """Write a record: what was asked for, and what HubSpot always shows.

    Names that the portal doesn't define are left out; those without a value are null. `values`
    are those that search knows, where they may be older than the record's own.
    """
    held = record.properties if values is None else values
    wanted = shape.properties or (() if shape.history else kind.shown)
    always = (kind.created, kind.modified, "hs_object_id")
    shown = sorted({*wanted, *shape.history, *always})
    answer = frame(kind, record, {name: held.get(name) or None for name in known(kind, shown)})
    if shape.history:
        answer["propertiesWithHistory"] = {
            name: [version.to_json() for version in record.history.get(name, [])]
            for name in known(kind, shape.history)
        }
    if linked := _associations(kind, record, shape.associations):
        answer["associations"] = linked
    return answer


def write_written(kind: ObjectType, record: Record, written: Iterable[str]) -> Json:
    """Write a record as the answer to a write: the properties written and the system's own."""
    shown = sorted({*written, kind.created, kind.modified, "hs_object_id"})
    values = {name: record.properties.get(name) or None for name in known(kind, shown)}
    return frame(kind, record, values)


def frame(kind: ObjectType, record: Record, values: Mapping[str, str | None]) -> Json:
    """Write the parts that every answer with a record has."""
    answer: Json = {
        "id": record.id,
        "properties": dict(values),
        "createdAt": to_wire(record.created_at),
        "updatedAt": to_wire(record.updated_at),
        "archived": record.archived_at is not None,
    }
    if record.archived_at:
        answer["archivedAt"] = to_wire(record.archived_at)
    if DATED in request.path:
        portal = gate.portal()
        domain, hub_id = portal.account.ui_domain, portal.hub_id
        answer["url"] = f"https://{domain}/contacts/{hub_id}/record/{kind.type_id}/{record.id}"
    return answer


def known(kind: ObjectType, wanted: Iterable[str]) -> list[str]:
    """Keep the names that the portal defines."""
    book = gate.portal().properties[kind.type_id]
    return [name for name in wanted if book.live(name)]


def _associations(kind: ObjectType, record: Record, wanted: Iterable[str]) -> Json:
    answer: Json = {}
    for name in wanted:
        other = types.find(name)
        direction = between(kind, other)
        ids = gate.portal().associated(kind, record.id, other)
        if ids:
            label = direction.name.lower()
            rows = [{"id": id_, "type": label} for id_ in ids]
            answer[other.plural.replace("_", " ")] = {"results": rows}
    return answer
