"""Reads what is said of events: which, when, followed by what, and how often or how much.

pattern = event: KIND or [KIND, ...], where: {...}
window  = within: D, before: D, from: INSTANT, to: INSTANT
sequel  = {event, where, inside: D, same: [PROPERTY, ...]}
measure = count: {CMP} | days: {CMP} | total|average|least|greatest|distinct: {of: PROPERTY, CMP}
CMP     = one or two of at_least, at_most, more_than, less_than; or exactly alone
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from mappings.catalogue import NUMBER_TYPES, OPEN_TYPE
from mappings.rules.document import Entry, Listing, Table
from mappings.rules.faults import nearest
from mappings.rules.nodes import (
    AT_LEAST_ONE,
    Bound,
    EventCondition,
    Measure,
    Pattern,
    RatioCondition,
    Sequel,
    Window,
)
from mappings.rules.reader import Reader
from mappings.rules.wheres import property_types, read_where

BOUNDS: Final = ("at_least", "at_most", "more_than", "less_than", "exactly")
WINDOW: Final = ("within", "before", "from", "to")
PATTERN: Final = ("event", "where")
SEQUEL: Final = (*PATTERN, "inside", "same")
OF_NOTHING: Final = ("count", "days")
OF_NUMBERS: Final = ("total", "average", "least", "greatest")
MEASURES: Final = (*OF_NOTHING, *OF_NUMBERS, "distinct")
EVENT_KEYS: Final = (*PATTERN, *WINDOW, "then", "without", *MEASURES)
RATIO_KEYS: Final = ("ratio", *WINDOW, *BOUNDS, "minimum")


def read_event(reader: Reader, table: Table, keys: Iterable[str]) -> EventCondition | None:
    """Read an event condition that may use these keys of the language."""
    reader.table(table, tuple(keys), "an event condition")
    pattern = read_pattern(reader, table)
    kinds = pattern.kinds if pattern else ()
    window = read_window(reader, table)
    sequels = {word: _sequel(reader, table, word, kinds) for word in ("then", "without")}
    measure = _measure(reader, table, kinds)
    if pattern is None:
        return None
    return EventCondition(pattern, window, sequels["then"], sequels["without"], measure)


def read_ratio(reader: Reader, table: Table) -> RatioCondition | None:
    """Read a ratio condition."""
    reader.table(table, RATIO_KEYS, "a ratio condition")
    sides = reader.table(table.items["ratio"], ("of", "to"), "ratio")
    bounds = _bounds(reader, table, RATIO_KEYS)
    minimum = reader.maybe(table, "minimum", _minimum) or 1
    window = read_window(reader, table)
    if sides is None:
        return None
    reader.require(sides, ("of", "to"), "ratio")
    of, to = (reader.maybe(sides, word, _side) for word in ("of", "to"))
    if of is None or to is None:
        return None
    return RatioCondition(of, to, window, bounds, Decimal(minimum))


def _minimum(reader: Reader, entry: Entry) -> int | None:
    return reader.whole(entry, 1)


def _side(reader: Reader, entry: Entry) -> Pattern | None:
    table = reader.table(entry, PATTERN, "a side of a ratio")
    return read_pattern(reader, table) if table else None


def read_pattern(reader: Reader, table: Table) -> Pattern | None:
    """Read `event` and `where`."""
    if not reader.require(table, ("event",), "an event condition"):
        return None
    kinds = _kinds(reader, table.items["event"])
    where = read_where(reader, table.items["where"], kinds) if "where" in table.items else ()
    return Pattern(kinds, where) if kinds else None


def _kinds(reader: Reader, entry: Entry) -> tuple[str, ...]:
    found = reader.settled(entry, ("text", "list"))
    if found is None:
        return ()
    entries = reader.items(found, "event") if isinstance(found, Listing) else [found]
    read = [_kind(reader, one) for one in entries or []]
    if None in read:
        return ()  # which properties there are can't be judged without knowing all kinds
    return tuple(dict.fromkeys(kind for kind in read if kind is not None))


def _kind(reader: Reader, entry: Entry) -> str | None:
    kind = reader.text(entry, "an event kind")
    if kind is not None and not reader.catalogue.knows(kind):
        hint = nearest(kind, reader.catalogue.kinds)
        reader.fault(entry, f'unknown event kind "{kind}"{hint}')
        return None
    return kind


def read_window(reader: Reader, table: Table) -> Window:
    """Read the window of a condition; without one, all time up to now."""
    within, before = (reader.maybe(table, word, Reader.duration) for word in ("within", "before"))
    start, end = (reader.maybe(table, word, Reader.instant) for word in ("from", "to"))
    return Window(within, before, start, end)


def _sequel(reader: Reader, table: Table, word: str, kinds: tuple[str, ...]) -> Sequel | None:
    if word not in table.items:
        return None
    below = reader.table(table.items[word], SEQUEL, word)
    if below is None:
        return None
    pattern = read_pattern(reader, below)
    inside = reader.maybe(below, "inside", Reader.duration)
    same = _same(reader, below, (kinds, pattern.kinds if pattern else ()))
    return Sequel(pattern, inside, same) if pattern else None


def _same(
    reader: Reader, table: Table, sides: tuple[tuple[str, ...], tuple[str, ...]]
) -> tuple[str, ...]:
    if "same" not in table.items:
        return ()
    entries = reader.items(table.items["same"], "same") or []
    names = [(entry, reader.text(entry, "a property")) for entry in entries]
    for entry, name in names:
        for kinds in sides:
            if name is not None:
                property_types(reader, Table(entry.line, entry.path), name, kinds)
    return tuple(dict.fromkeys(name for _, name in names if name is not None))


def _measure(reader: Reader, table: Table, kinds: tuple[str, ...]) -> Measure:
    named = [word for word in MEASURES if word in table.items]
    for extra in named[1:]:
        reader.key_fault(table, extra, f'a second measure beside "{named[0]}"')
    measures = [_one_measure(reader, table.items[word], word, kinds) for word in named]
    return measures[0] if measures and measures[0] else AT_LEAST_ONE


def _one_measure(reader: Reader, entry: Entry, name: str, kinds: tuple[str, ...]) -> Measure | None:
    extra = () if name in OF_NOTHING else ("of",)
    table = reader.table(entry, (*BOUNDS, *extra), name)
    if table is None:
        return None
    bounds = _bounds(reader, table, (*BOUNDS, *extra))
    if not extra:
        return Measure(name, None, bounds)
    if not reader.require(table, extra, name):
        return None
    of = reader.text(table.items["of"], "a property")
    if of is None:
        return None
    here = Table(table.items["of"].line, table.items["of"].path)
    types = property_types(reader, here, of, kinds)
    if types and name in OF_NUMBERS and not types & (NUMBER_TYPES | {OPEN_TYPE}):
        reader.fault(here, f'{name} needs a number, and "{of}" is not')
    return Measure(name, of, bounds)


def _bounds(reader: Reader, table: Table, allowed: Iterable[str]) -> tuple[Bound, ...]:
    named = [word for word in table.items if word in BOUNDS]
    if not named:
        if set(table.items) <= set(allowed):
            reader.fault(table, f"expected a comparison: {', '.join(BOUNDS)}")
        return ()
    if "exactly" in named and len(named) > 1:
        reader.fault(table, '"exactly" stands alone')
    elif len(named) > 2:
        reader.fault(table, "at most two comparisons")
    values = [(word, reader.number(table.items[word])) for word in named]
    return tuple(Bound(word, value) for word, value in values if value is not None)
