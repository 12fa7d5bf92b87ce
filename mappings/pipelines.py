"""Pipelines: what a stage is, as the portal's own metadata says; its ids mean nothing elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import fields

from mappings.fields import Wire, load, text


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline: its name, its pipeline's name, and whether records end in it."""

    label: str
    pipeline: str
    is_closed: bool


class StageSchema(Wire):
    """One stage; its metadata differ by object type."""

    id = text(required=True)
    label = text(load_default=None)
    metadata = fields.Raw(load_default=None)


class PipelineSchema(Wire):
    """One pipeline with its stages."""

    id = text(required=True)
    label = text(load_default=None)
    stages = fields.List(fields.Nested(StageSchema), load_default=list)


PIPELINE: Final = PipelineSchema()


def stages_of(said: Any) -> dict[str, Stage]:
    """Read a pipeline: its stages by id."""
    read = load(PIPELINE, said)
    name = read["label"] or read["id"]
    return {
        one["id"]: Stage(one["label"] or one["id"], name, _is_closed(one["metadata"]))
        for one in read["stages"]
    }


def _is_closed(metadata: Any) -> bool:
    """Tickets say `ticketState`, the others `isClosed`; both travel as text."""
    said = metadata if isinstance(metadata, Mapping) else {}
    state = str(said.get("ticketState") or "").upper()
    return state == "CLOSED" if state else str(said.get("isClosed")).lower() == "true"
