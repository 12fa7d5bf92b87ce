"""Reads conditions. The grammar stands in nodes.py, its parts in patterns.py and wheres.py."""

from typing import Final

from mappings.rules.document import Entry, Table
from mappings.rules.faults import nearest
from mappings.rules.nodes import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    InSegment,
    InStage,
    Not,
    PropertyCondition,
)
from mappings.rules.patterns import EVENT_KEYS, read_event, read_ratio
from mappings.rules.reader import Reader
from mappings.rules.wheres import EQUALITY, ORDER, read_comparison

DEEPEST: Final = 20
HEADS: Final = ("event", "ratio", "property", "segment", "stage", "all", "any", "not")
_TESTS: Final = (*EQUALITY, "contains", *ORDER, "known")
_DATES: Final = ("within", "before", "in_next")
_ANYTHING: Final = frozenset({"json"})


def read_condition(reader: Reader, entry: Entry, depth: int = 1) -> Condition | None:
    """Read a condition; None where it, or anything in it, is wrong."""
    if depth > DEEPEST:
        reader.fault(entry, f"conditions nest at most {DEEPEST} deep")
        return None
    table = reader.any_table(entry, "a condition")
    head = _head(reader, table) if table else None
    if table is None or head is None:
        return None
    if head == "event":
        return read_event(reader, table, EVENT_KEYS)
    if head == "ratio":
        return read_ratio(reader, table)
    if head == "property":
        return _property(reader, table)
    reader.table(table, (head,), f'a condition "{head}"')
    below = table.items[head]
    if head in {"segment", "stage"}:
        key = reader.refer(head, below)
        made = InSegment if head == "segment" else InStage
        return made(key) if key is not None else None
    if head == "not":
        inner = read_condition(reader, below, depth + 1)
        return Not(inner) if inner is not None else None
    return _several(reader, below, head, depth)


def _head(reader: Reader, table: Table) -> str | None:
    heads = [word for word in table.items if word in HEADS]
    if len(heads) == 1:
        return heads[0]
    if heads:
        reader.fault(table, f"a condition is one of these, not several: {', '.join(heads)}")
        return None
    if not table.items:
        reader.fault(table, f"a condition is one of: {', '.join(HEADS)}")
        return None
    hints = {key: nearest(key, HEADS) for key in table.items}
    named = next((key for key, hint in hints.items() if hint), next(iter(hints)))
    choices = hints[named] or f"; it is one of: {', '.join(HEADS)}"
    reader.key_fault(table, named, f'no condition is called "{named}"{choices}')
    return None


def _several(reader: Reader, entry: Entry, head: str, depth: int) -> Condition | None:
    entries = reader.items(entry, head)
    if entries is None:
        return None
    read = [read_condition(reader, below, depth + 1) for below in entries]
    sound = tuple(condition for condition in read if condition is not None)
    if len(sound) < len(read):
        return None
    return AllOf(sound) if head == "all" else AnyOf(sound)


def _property(reader: Reader, table: Table) -> PropertyCondition | None:
    name = reader.text(table.items["property"], "a contact property")
    operators = [word for word in table.items if word != "property"]
    if not operators:
        reader.fault(table, f"a property condition needs one of: {', '.join(_TESTS + _DATES)}")
    tests: list[Comparison | None] = []
    spans: dict[str, int | None] = {}
    for word in operators:
        if word in _DATES:
            spans[word] = reader.duration(table.items[word])
        elif word in _TESTS:
            tests.append(read_comparison(reader, table, word, _ANYTHING))
        else:
            hint = nearest(word, _TESTS + _DATES)
            reader.key_fault(table, word, f'unknown operator "{word}"{hint}')
    if name is None:
        return None
    sound = tuple(test for test in tests if test is not None)
    return PropertyCondition(
        name, sound, spans.get("within"), spans.get("before"), spans.get("in_next")
    )
