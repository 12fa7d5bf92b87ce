"""The examples that stand beside the sources in data/sources.yml, held against the sources."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import yaml

from mappings.model import Event, ObjectRecord, ObjectType
from mappings.pipelines import Stage
from mappings.records import Ground
from mappings.sources import Sources, object_events
from mappings.values import instant, iso

# What of an example's record is no property.
_FRAME: Final = frozenset(
    {"id", "created", "updated", "contacts", "line_items", "stage", "stages", "history", "zone"}
)


@dataclass(frozen=True, slots=True)
class Example:
    """A record, what it is read with, and the events that it shall become, one a line."""

    record: ObjectRecord
    ground: Ground
    becomes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceFailure:
    """An example that doesn't hold."""

    source: str
    number: int
    wanted: tuple[str, ...]
    made: tuple[str, ...]

    def __str__(self) -> str:
        wanted, made = ("\n    ".join(some) or "nothing" for some in (self.wanted, self.made))
        return f"{self.source}, example {self.number} becomes\n    {made}\n  not\n    {wanted}"


def source_examples() -> Iterator[tuple[str, int, Example]]:
    """Read the examples that ship: source, number, example."""
    data = yaml.safe_load(files("mappings").joinpath("data/sources.yml").read_text("utf-8"))
    for name, entry in data["objects"].items():
        for number, one in enumerate(entry.get("examples", ()), 1):
            yield name, number, _example(ObjectType(name), one, entry.get("stage", ""))


def failing_sources(sources: Sources) -> list[SourceFailure]:
    """Try every example; give those that don't hold."""
    failures = []
    for name, number, example in source_examples():
        events = object_events(sources, example.record, ground=example.ground)
        made = tuple(_told(event) for event in events)
        if made != example.becomes:
            failures.append(SourceFailure(name, number, example.becomes, made))
    return failures


def _told(event: Event) -> str:
    held = ", ".join(f"{name}={value}" for name, value in event.properties.items())
    at = iso(event.at).replace(".000Z", "Z")
    return f"{event.kind} at {at}" + (f": {held}" if held else "")


def _example(kind: ObjectType, entry: Mapping[str, Any], stage: str) -> Example:
    said = entry["record"]
    created_at = instant(said["created"])
    properties = {name: value for name, value in said.items() if name not in _FRAME}
    stages = dict(said.get("stages", {}))
    if "stage" in said:
        properties[stage], stages["here"] = "here", said["stage"]
    record = ObjectRecord(
        type=kind,
        object_id=said["id"],
        properties=properties,
        created_at=created_at,
        updated_at=instant(said["updated"]) if "updated" in said else created_at,
        associated={
            ObjectType.CONTACT: tuple(said.get("contacts", (1,))),
            ObjectType.LINE_ITEM: tuple(said.get("line_items", ())),
        },
        history={
            name: tuple((value, instant(at)) for value, at in versions)
            for name, versions in said.get("history", {}).items()
        },
    )
    return Example(record, _ground(said.get("zone", "UTC"), stages), tuple(entry["becomes"]))


def _ground(zone: str, stages: Mapping[str, Mapping[str, Any]]) -> Ground:
    return Ground(
        zone,
        {
            name: Stage(one["label"], one.get("pipeline", ""), one.get("closed", False))
            for name, one in stages.items()
        },
    )
