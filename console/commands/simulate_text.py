"""A simulation as text for a terminal and as JSON."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from console.table import table
from console.times import machine, number, plural
from integration.decide.kernel import ContactId
from integration.decide.rehearsal import Enrollment
from integration.decide.simulation import OTHERWISE, Days, Movement, Simulation
from integration.flows.preview import Person
from mappings.instants import from_ms
from mappings.rules import RuleBook, Trigger

Answer: TypeAlias = dict[str, Any]
SHOWN: Final = 5  # enrollments of a trigger that the text shows

_A_DAY: Final = ("day", "members", "entered", "left")
_BUSY: Final = ("day", "enrolled", "held out")
_ENROLLED: Final = ("enrolled at", "contact", "name", "e-mail", "")


@dataclass(frozen=True)
class Simulated:
    """What a simulation of some days found, and who the contacts are that are shown."""

    days: Days
    found: Simulation
    people: Mapping[ContactId, Person]


def sample_of(found: Simulation) -> list[ContactId]:
    """Give the contacts of the enrollments that are shown."""
    chosen = (each.contact for those in found.triggers.values() for each in _drawn(those))
    return list(dict.fromkeys(chosen))


def _drawn(enrolled: Sequence[Enrollment]) -> list[Enrollment]:
    """Draw enrollments by the lot of their contacts; the earliest first."""
    by_lot = sorted(enrolled, key=lambda each: (_lot(each.contact), each.at))[:SHOWN]
    return sorted(by_lot, key=lambda each: (each.at, str(each.contact)))


def _lot(contact: ContactId) -> bytes:
    return hashlib.sha256(str(contact).encode()).digest()


def day_text(day: int) -> str:
    """Write days since 1970 as `2026-06-30`."""
    return str(np.datetime64(day, "D"))


def _day_names(days: Days) -> list[str]:
    return [day_text(days.first + place) for place in range(days.count)]


def answer_of(seen: Simulated) -> Answer:
    """Give all of a simulation in plain values; the stage of those in none is called ""."""
    days, found = seen.days, seen.found
    return {
        "from": day_text(days.first),
        "to": day_text(days.first + days.count - 1),
        "contacts": found.contacts,
        "segments": {key: _movement(one, days) for key, one in found.segments.items()},
        "stages": {key: _movement(one, days) for key, one in found.stages.items()},
        "triggers": {key: _enrollments(those, days) for key, those in found.triggers.items()},
    }


def _movement(one: Movement, days: Days) -> Answer:
    return {
        "before": one.before,
        "days": [dict(zip(_A_DAY, row, strict=True)) for row in _moves(one, days)],
    }


def _moves(one: Movement, days: Days) -> Iterator[tuple[str, int, int, int]]:
    columns = (one.members, one.entered, one.left)
    return zip(_day_names(days), *(column.tolist() for column in columns), strict=True)


def _enrollments(those: Sequence[Enrollment], days: Days) -> Answer:
    enrolled, held_out = _a_day(those, days)
    return {
        "days": [
            {"day": day, "enrolled": number_in, "held_out": number_out}
            for day, number_in, number_out in zip(_day_names(days), enrolled, held_out, strict=True)
        ],
        "enrollments": [
            {
                "contact": each.contact,
                "at": machine(from_ms(each.at)),
                "held_out": each.held_out,
                "goal_at": None if each.goal_at is None else machine(from_ms(each.goal_at)),
            }
            for each in those
        ],
    }


def _a_day(those: Sequence[Enrollment], days: Days) -> tuple[list[int], list[int]]:
    """Count a day's enrollments, and apart from them those of the control group."""
    instants = np.array([each.at for each in those], dtype=np.int64)
    held_out = np.array([each.held_out for each in those], dtype=np.bool_)
    return days.tally(instants[~held_out]).tolist(), days.tally(instants[held_out]).tolist()


def page_of(book: RuleBook, seen: Simulated) -> str:
    """Lay a simulation out for reading: first everything in short, then day by day."""
    days, found = seen.days, seen.found
    period = f"{day_text(days.first)} to {day_text(days.first + days.count - 1)}"
    parts = [f"{plural(found.contacts, 'contact', 'contacts')}, {period} (UTC days)"]
    for title, moved in _sections(book, found):
        rows = [_in_short(name, one) for name, one in moved.items()]
        head = (title, "before", "entered", "left", "members")
        parts += ["", table(f"{title.capitalize()}s over all days", head, rows)]
    for title, moved in _sections(book, found):
        for name, one in moved.items():
            lines = ((day, *map(number, counts)) for day, *counts in _moves(one, days))
            parts += ["", table(f"{title.capitalize()} {name}", _A_DAY, lines)]
    for key, those in found.triggers.items():
        parts += ["", _trigger(book.triggers[key], those, seen)]
    return "\n".join(parts)


def _sections(book: RuleBook, found: Simulation) -> Iterator[tuple[str, dict[str, Movement]]]:
    if found.segments:
        yield "segment", dict(found.segments)
    if found.stages and book.lifecycle is not None:
        otherwise = book.lifecycle.otherwise
        named = {key if key != OTHERWISE else otherwise: one for key, one in found.stages.items()}
        yield "stage", named


def _in_short(name: str, one: Movement) -> tuple[str, ...]:
    counts = (one.before, int(one.entered.sum()), int(one.left.sum()), int(one.members[-1]))
    return name, *map(number, counts)


def _trigger(trigger: Trigger, those: Sequence[Enrollment], seen: Simulated) -> str:
    enrolled, held_out = _a_day(those, seen.days)
    busy = [
        (day, number(inside), number(outside))
        for day, inside, outside in zip(_day_names(seen.days), enrolled, held_out, strict=True)
        if inside or outside
    ]
    parts = [f"Trigger {trigger.key}: {_summary(trigger, those)}"]
    if busy:
        parts += ["", table("Days on which it would have enrolled anybody", _BUSY, busy), ""]
        lines = (_line(each, seen.people) for each in _drawn(those))
        parts.append(table("Some of them, by lot", _ENROLLED, lines))
    return "\n".join(parts)


def _summary(trigger: Trigger, those: Sequence[Enrollment]) -> str:
    inside = [each for each in those if not each.held_out]
    contacts = len({each.contact for each in inside})
    words = (
        f"{plural(len(inside), 'enrollment', 'enrollments')} of "
        f'{plural(contacts, "contact", "contacts")} into "{trigger.workflow}"'
    )
    if trigger.control_percent:
        words += f", {number(len(those) - len(inside))} held out"
    if trigger.goal is None:
        return words
    words += f"; the goal was reached after {_reached(inside)} of them"
    if not trigger.control_percent:
        return words
    return f"{words}, and by {_reached([each for each in those if each.held_out])} held out"


def _reached(those: Sequence[Enrollment]) -> str:
    return number(sum(each.goal_at is not None for each in those))


def _line(each: Enrollment, people: Mapping[ContactId, Person]) -> tuple[str, ...]:
    person = people.get(each.contact)
    name, email = (person.name, person.email) if person else ("", "")
    note = "held out" if each.held_out else ""
    return machine(from_ms(each.at)), str(each.contact), name or "-", email or "-", note
