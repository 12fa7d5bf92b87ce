"""Reads segments and the lifecycle."""

from typing import Final

from mappings.rules.conditions import read_condition
from mappings.rules.document import Entry, Table
from mappings.rules.examples import read_examples
from mappings.rules.keys import is_nothing, read_each, titled
from mappings.rules.nodes import Condition, Lifecycle, Segment, Stage
from mappings.rules.reader import Reader

FAMILIES: Final = ("purchase", "website", "engagement", "lifecycle", "custom")
MOST_STAGES: Final = 60  # the kernel keeps which of them hold in the bits of one word

_SEGMENT: Final = ("name", "family", "description", "when", "examples")
_STAGE: Final = ("name", "description", "when", "hubspot", "examples")
_LIFECYCLE: Final = ("stages", "otherwise", "direction")


def read_segments(reader: Reader, entry: Entry) -> dict[str, Segment]:
    """Read the segments of a file."""
    return read_each(reader, entry, "segments", read_segment)


def read_segment(reader: Reader, key: str, entry: Entry) -> Segment | None:
    """Read one segment."""
    reader.declared.add(("segment", key))
    table = reader.table(entry, _SEGMENT, "a segment")
    if table is None:
        return None
    reader.require(table, ("when",), "a segment")
    when = _when(reader, table, ("segment", key))
    family = reader.maybe(table, "family", read_family) or "custom"
    description = reader.maybe(table, "description", Reader.described) or ""
    examples = read_examples(reader, table)
    name = reader.maybe(table, "name", Reader.text) or titled(key)
    if when is None:
        return None
    return Segment(key, name, family, description, when, examples, reader.source)


def _when(reader: Reader, table: Table, owner: tuple[str, str]) -> Condition | None:
    reader.owner = owner
    return reader.maybe(table, "when", read_condition)


def read_family(reader: Reader, entry: Entry) -> str | None:
    """Read what a rule is about."""
    return reader.choice(entry, FAMILIES, "family")


def read_lifecycle(reader: Reader, entry: Entry) -> Lifecycle | None:
    """Read the lifecycle: its stages from the top, and what a contact of none of them is."""
    table = None if is_nothing(entry) else reader.table(entry, _LIFECYCLE, "lifecycle")
    if table is None:
        return None
    reader.require(table, ("stages",), "lifecycle")
    stages = reader.maybe(table, "stages", _stages) or ()
    direction = reader.maybe(table, "direction", _direction) or "forward"
    otherwise = reader.maybe(table, "otherwise", _otherwise) or "Other"
    return Lifecycle(stages, otherwise, direction, reader.source)


def _stages(reader: Reader, entry: Entry) -> tuple[Stage, ...]:
    stages = tuple(read_each(reader, entry, "stages", read_stage).values())
    if len(stages) > MOST_STAGES:
        reader.fault(entry, f"at most {MOST_STAGES} stages")
    return stages


def _direction(reader: Reader, entry: Entry) -> str | None:
    return reader.choice(entry, ("forward", "any"), "direction")


def _otherwise(reader: Reader, entry: Entry) -> str | None:
    table = reader.table(entry, ("name",), "otherwise")
    return reader.maybe(table, "name", Reader.text) if table else None


def read_stage(reader: Reader, key: str, entry: Entry) -> Stage | None:
    """Read one lifecycle stage."""
    reader.declared.add(("stage", key))
    table = reader.table(entry, _STAGE, "a stage")
    if table is None:
        return None
    reader.require(table, ("when",), "a stage")
    when = _when(reader, table, ("stage", key))
    hubspot = None
    if "hubspot" in table.items and not is_nothing(table.items["hubspot"]):
        hubspot = reader.text(table.items["hubspot"])
    examples = read_examples(reader, table)
    name = reader.maybe(table, "name", Reader.text) or titled(key)
    description = reader.maybe(table, "description", Reader.described) or ""
    return Stage(key, name, when, hubspot, examples, description) if when is not None else None
