"""Reads the examples of a rule.

examples:
  - given: [{event: KIND, ago: D, properties: {...}, times: N}]   # ago, in or at
    contact: {PROPERTY: VALUE or {ago: D} or {in: D}}
    expect: in                                          # or out
    leaves_in: D or never                               # enters_in where `out` is expected
    now: INSTANT                                        # where from, to or days matter

Those of a trigger have instead of `expect` and what follows from it:

    enrolls: [D or now, ...]                            # how long ago each enrollment took place
    enrolls_in: D or never                              # when the next one does by itself
    goal: reached                                       # or open: of the last enrollment
"""

from collections.abc import Callable
from typing import Final, TypeVar

from mappings.rules.document import Entry, Listing, Scalar, Table
from mappings.rules.faults import nearest
from mappings.rules.nodes import Example, ExampleDate, ExampleEvent, TriggerExample
from mappings.rules.reader import Reader
from mappings.rules.values import read_number

_EXAMPLE: Final = ("given", "contact", "expect", "leaves_in", "enters_in", "now")
_TRIGGER_EXAMPLE: Final = ("given", "contact", "enrolls", "enrolls_in", "goal", "now")
_EVENT: Final = ("event", "ago", "in", "at", "properties", "id", "times")
_WHEN: Final = ("ago", "in", "at")
_MOST_TIMES: Final = 10_000

_Made = TypeVar("_Made")


def read_examples(reader: Reader, table: Table) -> tuple[Example, ...]:
    """Read the examples of a segment or stage, where it has any."""
    return _each(reader, table, _example)


def read_trigger_examples(reader: Reader, table: Table) -> tuple[TriggerExample, ...]:
    """Read the examples of a trigger, where it has any."""
    return _each(reader, table, _trigger_example)


def _each(
    reader: Reader, table: Table, read: Callable[[Reader, Entry], _Made | None]
) -> tuple[_Made, ...]:
    if "examples" not in table.items:
        return ()
    with reader.plain():
        entries = reader.items(table.items["examples"], "examples") or []
        made = [read(reader, entry) for entry in entries]
    return tuple(example for example in made if example is not None)


def _example(reader: Reader, entry: Entry) -> Example | None:
    table = reader.table(entry, _EXAMPLE, "an example")
    if table is None:
        return None
    reader.require(table, ("expect",), "an example")
    expect = reader.maybe(table, "expect", _expectation)
    changes_in, never = _change(reader, table, expect)
    return Example(
        given=_events(reader, table),
        contact=reader.maybe(table, "contact", _contact) or {},
        expect=expect == "in",
        now=reader.maybe(table, "now", Reader.instant),
        changes_in=changes_in,
        never_changes=never,
        line=entry.line,
    )


def _expectation(reader: Reader, entry: Entry) -> str | None:
    return reader.choice(entry, ("in", "out"), "expectation")


def _change(reader: Reader, table: Table, expect: str | None) -> tuple[int | None, bool]:
    word, other = ("leaves_in", "enters_in") if expect == "in" else ("enters_in", "leaves_in")
    if other in table.items:
        reader.key_fault(table, other, f'"{other}" does not go with "expect: {expect}"')
    return _wait(reader, table, word)


def _wait(reader: Reader, table: Table, word: str) -> tuple[int | None, bool]:
    """Read in how long something comes by itself, and whether it never does."""
    entry = table.items.get(word)
    if entry is None:
        return None, False
    if isinstance(entry, Scalar) and entry.text == "never":
        return None, True
    return reader.duration(entry), False


def _trigger_example(reader: Reader, entry: Entry) -> TriggerExample | None:
    table = reader.table(entry, _TRIGGER_EXAMPLE, "an example of a trigger")
    if table is None:
        return None
    reader.require(table, ("enrolls",), "an example of a trigger")
    enrolls = reader.maybe(table, "enrolls", _enrolls) or ()
    enrolls_in, never = _wait(reader, table, "enrolls_in")
    goal = reader.maybe(table, "goal", _goal)
    if goal is not None and not enrolls:
        reader.key_fault(table, "goal", "without an enrollment there is no goal to reach")
    return TriggerExample(
        given=_events(reader, table),
        contact=reader.maybe(table, "contact", _contact) or {},
        enrolls=enrolls,
        now=reader.maybe(table, "now", Reader.instant),
        enrolls_in=enrolls_in,
        never_enrolls=never,
        goal_reached=None if goal is None else goal == "reached",
        line=entry.line,
    )


def _enrolls(reader: Reader, entry: Entry) -> tuple[int, ...] | None:
    if not isinstance(entry, Listing):
        reader.fault(entry, "enrolls must be a list of how long ago each was, such as [5h, 35d]")
        return None
    read = [
        0 if isinstance(below, Scalar) and below.text == "now" else reader.duration(below)
        for below in entry.items
    ]
    return tuple(sorted(ago for ago in read if ago is not None))


def _goal(reader: Reader, entry: Entry) -> str | None:
    return reader.choice(entry, ("reached", "open"), "state of a goal")


def _events(reader: Reader, table: Table) -> tuple[ExampleEvent, ...]:
    entry = table.items.get("given")
    if entry is None or not (isinstance(entry, Scalar) or entry.items):
        return ()
    read = [_event(reader, below) for below in reader.items(entry, "given") or []]
    return tuple(event for events in read for event in events)


def _event(reader: Reader, entry: Entry) -> tuple[ExampleEvent, ...]:
    table = reader.table(entry, _EVENT, "an event of an example")
    if table is None or not reader.require(table, ("event",), "an event of an example"):
        return ()
    items = table.items
    kind = reader.text(items["event"], "an event kind") or ""
    if kind and not reader.catalogue.knows(kind):
        hint = nearest(kind, reader.catalogue.kinds)
        reader.fault(items["event"], f'unknown event kind "{kind}"{hint}')
    if len([word for word in _WHEN if word in items]) != 1:
        reader.fault(table, "an event of an example needs one of: ago, in, at")
    ago = _ago(reader, table)
    at = reader.maybe(table, "at", Reader.instant)
    properties = _properties(reader, items["properties"], kind) if "properties" in items else {}
    name = reader.maybe(table, "id", Reader.text)
    times = reader.maybe(table, "times", _times)
    return (ExampleEvent(kind, ago, at, properties, name),) * (times or 1)


def _times(reader: Reader, entry: Entry) -> int | None:
    times = reader.whole(entry, 1)
    if times is not None and times > _MOST_TIMES:
        reader.fault(entry, f"at most {_MOST_TIMES} times")
        return None
    return times


def _ago(reader: Reader, table: Table) -> int | None:
    if "ago" in table.items:
        return reader.duration(table.items["ago"])
    ahead = reader.duration(table.items["in"]) if "in" in table.items else None
    return -ahead if ahead is not None else None


def _properties(reader: Reader, entry: Entry, kind: str) -> dict[str, object]:
    table = reader.any_table(entry, "properties")
    values: dict[str, object] = {}
    for name, below in table.items.items() if table else ():
        if kind in reader.catalogue.kinds and reader.catalogue.type_of(kind, name) is None:
            hint = nearest(name, reader.catalogue.kinds[kind].properties)
            reader.fault(below, f'{kind}: unknown property "{name}"{hint}')
        values[name] = _value(reader, below)
    return values


def _value(reader: Reader, entry: Entry) -> object:
    """Give a value of the type that JSON would give it."""
    if isinstance(entry, Scalar) and entry.is_null:
        return None
    found = reader.scalar(entry, "a value")
    if found is None or not found.plain:
        return found.text if found else None
    if found.flag is not None:
        return found.flag
    number = read_number(found.text)
    return found.text if number is None else number


def _contact(reader: Reader, entry: Entry) -> dict[str, str | ExampleDate]:
    table = reader.any_table(entry, "contact")
    values: dict[str, str | ExampleDate] = {}
    for name, below in table.items.items() if table else ():
        if isinstance(below, Table):
            reader.table(below, ("ago", "in"), "a date of an example")
            if len(below.items) != 1:
                reader.fault(below, "a date of an example is {ago: D} or {in: D}")
            values[name] = ExampleDate(_ago(reader, below) or 0)
        else:
            text = reader.text(below, "a value")
            values[name] = text or ""
    return values
