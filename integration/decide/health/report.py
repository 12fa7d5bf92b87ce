"""A portal's health: a line a segment, and what is worth a look."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from integration.decide.health import pairs, people, single
from integration.decide.health.facts import Case, Facts, Finding, Kind
from integration.decide.health.thresholds import Thresholds
from mappings.health import DaySize, Difference, ProofDay
from mappings.rules import RuleBook

WEEK, MONTH = timedelta(days=7), timedelta(days=30)

_SEARCHES: Final[tuple[Callable[[Case], Iterator[Finding]], ...]] = (
    single.by_size,
    single.by_learning,
    single.by_course,
    pairs.by_members,
    pairs.by_rules,
    people.by_flapping,
    people.by_crowd,
    people.by_proof,
)


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """A segment in figures. Changes are None where the size then isn't known.

    `entered` and `left` are of the last 7 days, today among them; `days` the last 30 measured.
    """

    key: str
    name: str
    size: int
    change_7: int | None
    change_30: int | None
    entered: int
    left: int
    days: tuple[DaySize, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """What `segue health` shows of a portal."""

    today: date
    contacts: int
    lines: tuple[SegmentLine, ...]
    findings: tuple[Finding, ...]
    proofs: tuple[ProofDay, ...]
    differences: tuple[Difference, ...]


def health(facts: Facts, book: RuleBook, limits: Thresholds | None = None) -> Health:
    """Judge a portal's segments by the facts; findings come by kind, in the order of Kind."""
    case = Case(facts, book, limits or Thresholds())
    found = [finding for search in _SEARCHES for finding in search(case)]
    order = list(Kind)
    return Health(
        facts.today,
        facts.contacts,
        tuple(_line(case, key) for key in book.segments),
        tuple(sorted(found, key=lambda each: order.index(each.kind))),
        facts.proofs,
        facts.differences,
    )


def _line(case: Case, key: str) -> SegmentLine:
    course, today = case.facts.course(key), case.facts.today
    size = case.facts.sizes.get(key, 0)
    before = [course.size_on(today - span) for span in (WEEK, MONTH)]
    changes = [None if each is None else size - each for each in before]
    entered, left = course.moved_after(today - WEEK)
    days = tuple(each for each in course.days if each.day > today - MONTH)
    name = case.book.segments[key].name
    return SegmentLine(key, name, size, changes[0], changes[1], entered, left, days)
