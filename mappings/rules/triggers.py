"""Reads triggers: when to enroll a contact into which workflow."""

import re
from decimal import Decimal
from typing import Final

from mappings.rules.document import Entry, Table
from mappings.rules.examples import read_trigger_examples
from mappings.rules.keys import read_each, titled
from mappings.rules.nodes import (
    Enters,
    EventCondition,
    Happens,
    Leaves,
    Occasion,
    StageIs,
    Trigger,
)
from mappings.rules.patterns import PATTERN, read_event
from mappings.rules.reader import Reader
from mappings.rules.sections import read_family
from mappings.rules.values import read_duration

_TRIGGER: Final = (
    "name",
    "family",
    "description",
    "on",
    "enroll",
    "again",
    "consent",
    "priority",
    "split",
    "goal",
    "edits",
    "examples",
)
_OCCASIONS: Final = ("enters", "leaves", "stage", "event")
_AFTER = re.compile(r"after\s+(\S+)")


def read_triggers(reader: Reader, entry: Entry) -> dict[str, Trigger]:
    """Read the triggers of a file."""
    return read_each(reader, entry, "triggers", read_trigger)


def read_trigger(reader: Reader, key: str, entry: Entry) -> Trigger | None:
    """Read one trigger."""
    table = reader.table(entry, _TRIGGER, "a trigger")
    if table is None:
        return None
    reader.owner = ("trigger", key)
    reader.require(table, ("on", "enroll"), "a trigger")
    occasion = reader.maybe(table, "on", _occasion)
    workflow = reader.maybe(table, "enroll", _workflow)
    name = reader.maybe(table, "name", Reader.text)
    family = reader.maybe(table, "family", read_family)
    description = reader.maybe(table, "description", Reader.described)
    edits = reader.maybe(table, "edits", _edits)
    made = Trigger(
        key=key,
        name=name or titled(key),
        on=occasion or Enters(""),
        workflow=workflow or "",
        again=reader.maybe(table, "again", _again),
        consent=reader.maybe(table, "consent", Reader.text),
        priority=reader.maybe(table, "priority", _priority) or 0,
        control_percent=reader.maybe(table, "split", _control) or Decimal(0),
        goal=reader.maybe(table, "goal", _goal),
        description=description or "",
        family=family or "custom",
        edits=edits or "ignore",
        examples=read_trigger_examples(reader, table),
        source=reader.source,
    )
    return made if occasion is not None and workflow is not None else None


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
    if isinstance(entry, Table) and "setting" not in entry.items:
        below = _only(reader, entry, "after", "again")
        return reader.duration(below) if below else None
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


def _edits(reader: Reader, entry: Entry) -> str | None:
    return reader.choice(entry, ("ignore", "enroll"), "answer to edits")


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
