"""A preview as text for a terminal and as JSON."""

import textwrap
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, TypeAlias

from console.table import table
from console.times import machine, number, plural
from integration.decide.preview import Part, SegmentPreview
from integration.flows.preview import Previewed, Shown
from mappings.rules import AllOf, AnyOf, Condition, Not, RuleBook, explain

Answer: TypeAlias = dict[str, Any]
_CONDITIONS: Final = ("condition", "alone", "so far", "change")
_MEMBERS: Final = ("contact", "name", "e-mail", "since", "until")
_WIDEST: Final = 72  # of a condition in words


def answer_of(book: RuleBook, seen: Previewed) -> Answer:
    """Give all of a preview in plain values."""
    return {
        "at": machine(seen.at),
        "contacts": seen.found.contacts,
        "segments": {
            key: {
                "name": book.segments[key].name,
                "members": one.size,
                "leave_by_themselves": one.leaving,
                "enter_by_themselves": one.entering,
                "rule": _part(one.rule, book, seen.found.contacts),
                "sample": [_member(shown) for shown in seen.shown[key]],
            }
            for key, one in seen.found.segments.items()
        },
    }


def _part(part: Part, book: RuleBook, contacts: int) -> Answer:
    answer: Answer = {"condition": explain(part.condition, book), "holds": part.holds}
    steps = [_part(below, book, contacts) for below in part.parts]
    if isinstance(part.condition, Not):
        return answer | {"not": steps[0]}
    if not isinstance(part.condition, AllOf | AnyOf):
        return answer
    for step, below, change in zip(steps, part.parts, part.changes(contacts), strict=True):
        if isinstance(part.condition, AllOf):
            step |= {"left": below.passed, "dropped": -change}
        else:
            step |= {"found": below.passed, "added": change}
    return answer | {"all" if isinstance(part.condition, AllOf) else "any": steps}


def _member(shown: Shown) -> Answer:
    person = shown.person
    return {
        "contact": person.contact_id,
        "name": person.name,
        "email": person.email,
        "since": _instant(shown.since, None),
        "until": _instant(shown.until, None),
    }


def _instant(at: datetime | None, nothing: str | None) -> str | None:
    return nothing if at is None else machine(at)


def page_of(book: RuleBook, seen: Previewed) -> str:
    """Lay a preview out for reading."""
    contacts = seen.found.contacts
    parts = [f"{plural(contacts, 'contact', 'contacts')} at {machine(seen.at)}"]
    for key, one in seen.found.segments.items():
        title = f"{key}: {book.segments[key].name}"
        parts += ["", "", title, "=" * len(title), _size(one, contacts), ""]
        rows = _rows(one.rule, contacts, book)
        parts.append(table("What each condition does", _CONDITIONS, rows))
        if seen.shown[key]:
            members = (_line(shown) for shown in seen.shown[key])
            parts += ["", table("Some of its members, by lot", _MEMBERS, members)]
    return "\n".join(parts)


def _size(one: SegmentPreview, contacts: int) -> str:
    share = f"{100 * one.size / contacts:.1f} %" if contacts else "none"
    return (
        f"{plural(one.size, 'member', 'members')} ({share}). By themselves, if nothing more is "
        f"done, {number(one.leaving)} leave some day and {number(one.entering)} enter."
    )


Row: TypeAlias = tuple[str, str, str, str]


def _rows(rule: Part, contacts: int, book: RuleBook) -> Iterator[Row]:
    yield from _row(_words(rule.condition, book), 0, (number(rule.holds), "", ""))
    yield from _below(rule, contacts, 1, book)


def _below(part: Part, contacts: int, depth: int, book: RuleBook) -> Iterator[Row]:
    combines = isinstance(part.condition, AllOf | AnyOf)
    for below, change in zip(part.parts, part.changes(contacts), strict=True):
        steps = (number(below.passed), f"{change:+,}") if combines else ("", "")
        yield from _row(_words(below.condition, book), depth, (number(below.holds), *steps))
        yield from _below(below, contacts, depth + 1, book)


def _row(words: str, depth: int, counts: tuple[str, str, str]) -> Iterator[Row]:
    """Give the rows of a condition: its words go on below where they are many."""
    first, *more = textwrap.wrap(
        words, _WIDEST, initial_indent="  " * depth, subsequent_indent="  " * (depth + 2)
    )
    yield first, *counts
    yield from ((line, "", "", "") for line in more)


def _words(condition: Condition, book: RuleBook) -> str:
    if isinstance(condition, AllOf):
        return "all of"
    if isinstance(condition, AnyOf):
        return "any of"
    return "not" if isinstance(condition, Not) else explain(condition, book)


def _line(shown: Shown) -> tuple[str, ...]:
    person = shown.person
    return (
        str(person.contact_id),
        person.name or "-",
        person.email or "-",
        _instant(shown.since, "always") or "",
        _instant(shown.until, "stays") or "",
    )
