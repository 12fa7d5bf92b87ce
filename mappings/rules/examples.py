"""Reads the examples of a rule.

examples:
  - given: [{event: KIND, ago: D, properties: {...}, times: N}]   # ago, in or at
    contact: {PROPERTY: VALUE or {ago: D} or {in: D}}
    expect: in                                          # or out
    leaves_in: D or never                               # enters_in where `out` is expected
    now: INSTANT                                        # where from, to or days matter
"""

from typing import Final

from mappings.rules.document import Entry, Scalar, Table
from mappings.rules.faults import nearest
from mappings.rules.nodes import Example, ExampleDate, ExampleEvent
from mappings.rules.reader import Reader
from mappings.rules.values import read_number

_EXAMPLE: Final = ("given", "contact", "expect", "leaves_in", "enters_in", "now")
_EVENT: Final = ("event", "ago", "in", "at", "properties", "id", "times")
_WHEN: Final = ("ago", "in", "at")
_MOST_TIMES: Final = 10_000


def read_examples(reader: Reader, table: Table) -> tuple[Example, ...]:
    """Read the examples of a segment or stage, where it has any."""
    if "examples" not in table.items:
        return ()
    entries = reader.items(table.items["examples"], "examples") or []
    read = [_example(reader, entry) for entry in entries]
    return tuple(example for example in read if example is not None)


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
    entry = table.items.get(word)
    if entry is None:
        return None, False
    if isinstance(entry, Scalar) and entry.text == "never":
        return None, True
    return reader.duration(entry), False


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
