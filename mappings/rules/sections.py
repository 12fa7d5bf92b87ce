"""Reads the three sections of a rule file: segments, lifecycle and triggers."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final, TypeVar

from mappings.rules.conditions import read_condition
from mappings.rules.document import Entry, Scalar, Table
from mappings.rules.examples import read_examples
from mappings.rules.nodes import (
    Condition,
    Enters,
    EventCondition,
    Happens,
    Leaves,
    Lifecycle,
    Occasion,
    Segment,
    Stage,
    StageIs,
    Trigger,
)
from mappings.rules.patterns import PATTERN, read_event
from mappings.rules.reader import Reader
from mappings.rules.values import read_duration

FAMILIES: Final = ("purchase", "website", "engagement", "lifecycle", "custom")
MOST_STAGES: Final = 60  # the kernel keeps which of them hold in the bits of one word

_SEGMENT: Final = ("name", "family", "description", "when", "examples")
_STAGE: Final = ("name", "when", "hubspot", "examples")
_LIFECYCLE: Final = ("stages", "otherwise", "direction")
_TRIGGER: Final = ("name", "on", "enroll", "again", "consent", "priority", "split", "goal")
_OCCASIONS: Final = ("enters", "leaves", "stage", "event")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")
_AFTER = re.compile(r"after\s+(\S+)")

_Made = TypeVar("_Made")


def read_segments(reader: Reader, entry: Entry) -> dict[str, Segment]:
    """Read the segments of a file."""
    return dict(_each(reader, entry, "segments", read_segment))


def read_triggers(reader: Reader, entry: Entry) -> dict[str, Trigger]:
    """Read the triggers of a file."""
    return dict(_each(reader, entry, "triggers", read_trigger))


def _each(
    reader: Reader, entry: Entry, what: str, read: Callable[[Reader, str, Entry], _Made | None]
) -> Iterator[tuple[str, _Made]]:
    table = None if _is_nothing(entry) else reader.any_table(entry, what)
    for key, below in table.items.items() if table else ():
        if _KEY.fullmatch(key) is None:
            reader.fault(below, f'"{key}" is not a key: letters, digits, _ and - only')
        made = read(reader, key, below)
        if made is not None:
            yield key, made


def _is_nothing(entry: Entry) -> bool:
    return isinstance(entry, Scalar) and entry.is_null


def read_segment(reader: Reader, key: str, entry: Entry) -> Segment | None:
    """Read one segment."""
    reader.declared.add(("segment", key))
    table = reader.table(entry, _SEGMENT, "a segment")
    if table is None:
        return None
    reader.require(table, ("when",), "a segment")
    when = _when(reader, table, ("segment", key))
    family = reader.maybe(table, "family", _family) or "custom"
    description = _text(reader, table, "description", "")
    examples = read_examples(reader, table)
    name = _text(reader, table, "name", _titled(key))
    if when is None:
        return None
    return Segment(key, name, family, description, when, examples, reader.source)


def _when(reader: Reader, table: Table, owner: tuple[str, str]) -> Condition | None:
    reader.owner = owner
    when = reader.maybe(table, "when", read_condition)
    reader.owner = None
    return when


def _family(reader: Reader, entry: Entry) -> str | None:
    return reader.choice(entry, FAMILIES, "family")


def _text(reader: Reader, table: Table, word: str, default: str) -> str:
    return reader.text(table.items[word]) or default if word in table.items else default


def _titled(key: str) -> str:
    return key.replace("_", " ").replace("-", " ").strip().capitalize() or key


def read_lifecycle(reader: Reader, entry: Entry) -> Lifecycle | None:
    """Read the lifecycle: its stages from the top, and what a contact of none of them is."""
    table = None if _is_nothing(entry) else reader.table(entry, _LIFECYCLE, "lifecycle")
    if table is None:
        return None
    reader.require(table, ("stages",), "lifecycle")
    stages = reader.maybe(table, "stages", _stages) or ()
    direction = reader.maybe(table, "direction", _direction) or "forward"
    otherwise = reader.maybe(table, "otherwise", _otherwise) or "Other"
    return Lifecycle(stages, otherwise, direction, reader.source)


def _stages(reader: Reader, entry: Entry) -> tuple[Stage, ...]:
    stages = tuple(stage for _, stage in _each(reader, entry, "stages", read_stage))
    if len(stages) > MOST_STAGES:
        reader.fault(entry, f"at most {MOST_STAGES} stages")
    return stages


def _direction(reader: Reader, entry: Entry) -> str | None:
    return reader.choice(entry, ("forward", "any"), "direction")


def _otherwise(reader: Reader, entry: Entry) -> str | None:
    table = reader.table(entry, ("name",), "otherwise")
    return _text(reader, table, "name", "Other") if table else None


def read_stage(reader: Reader, key: str, entry: Entry) -> Stage | None:
    """Read one lifecycle stage."""
    reader.declared.add(("stage", key))
    table = reader.table(entry, _STAGE, "a stage")
    if table is None:
        return None
    reader.require(table, ("when",), "a stage")
    when = _when(reader, table, ("stage", key))
    hubspot = None
    if "hubspot" in table.items and not _is_nothing(table.items["hubspot"]):
        hubspot = reader.text(table.items["hubspot"])
    examples = read_examples(reader, table)
    name = _text(reader, table, "name", _titled(key))
    return Stage(key, name, when, hubspot, examples) if when is not None else None


def read_trigger(reader: Reader, key: str, entry: Entry) -> Trigger | None:
    """Read one trigger."""
    table = reader.table(entry, _TRIGGER, "a trigger")
    if table is None:
        return None
    reader.require(table, ("on", "enroll"), "a trigger")
    name = _text(reader, table, "name", _titled(key))
    occasion = reader.maybe(table, "on", _occasion)
    workflow = reader.maybe(table, "enroll", _workflow)
    again = reader.maybe(table, "again", _again)
    consent = reader.maybe(table, "consent", Reader.text)
    priority = reader.maybe(table, "priority", _priority) or 0
    control = reader.maybe(table, "split", _control) or Decimal(0)
    goal = reader.maybe(table, "goal", _goal)
    if occasion is None or workflow is None:
        return None
    return Trigger(key, name, occasion, workflow, again, consent, priority, control, goal)


def _workflow(reader: Reader, entry: Entry) -> str | None:
    below = _only(reader, entry, "workflow", "enroll")
    return reader.text(below, "a workflow's name or id") if below else None


def _only(reader: Reader, entry: Entry, word: str, what: str) -> Entry | None:
    """Give the one value of a mapping with the one key."""
    table = reader.table(entry, (word,), what)
    if table is None or not reader.require(table, (word,), what):
        return None
    return table.items[word]


def _occasion(reader: Reader, entry: Entry) -> Occasion | None:
    table = reader.table(entry, _OCCASIONS, "on")
    if table is None:
        return None
    named = [word for word in _OCCASIONS if word in table.items]
    if len(named) != 1:
        reader.fault(table, f"on is one of: {', '.join(_OCCASIONS)}")
        return None
    below = table.items[named[0]]
    if named[0] == "event":
        condition = _bare_event(reader, below, ("then", "without"))
        return Happens(condition) if condition else None
    key = reader.refer("stage" if named[0] == "stage" else "segment", below)
    if key is None:
        return None
    if named[0] == "stage":
        return StageIs(key)
    return Enters(key) if named[0] == "enters" else Leaves(key)


def _bare_event(reader: Reader, entry: Entry, extra: tuple[str, ...]) -> EventCondition | None:
    table = reader.any_table(entry, "an event condition")
    return read_event(reader, table, (*PATTERN, *extra)) if table else None


def _again(reader: Reader, entry: Entry) -> int | None:
    text = reader.text(entry, "never, always or after DURATION")
    if text in {None, "never"}:
        return None
    if text == "always":
        return 0
    found = _AFTER.fullmatch(text or "")
    wait = read_duration(found[1]) if found else None
    if wait is None:
        reader.fault(entry, f'"{text}" is none of: never, always, after DURATION')
    return wait


def _priority(reader: Reader, entry: Entry) -> int:
    value = reader.number(entry)
    if value is not None and value != value.to_integral_value():
        reader.fault(entry, "expected a whole number")
    return int(value) if value is not None else 0


def _control(reader: Reader, entry: Entry) -> Decimal:
    below = _only(reader, entry, "control", "split")
    percent = reader.number(below) if below else None
    if below is not None and percent is not None and not 0 <= percent <= 100:
        reader.fault(below, "expected a percentage from 0 to 100")
    return percent if percent is not None else Decimal(0)


def _goal(reader: Reader, entry: Entry) -> EventCondition | None:
    return _bare_event(reader, entry, ("within",))
