"""A stretch of days over again: sizes, entries and exits of each day, and who is enrolled. Pure.

Days are UTC days. A day ends a millisecond before the next one's midnight, so a change at midnight
is of the day that begins then. Results of several groups of contacts add up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from integration.decide.kernel import NO_STAGE, Replay, Stretch, Timelines, replay
from integration.decide.kernel.courses import Course, Ints, Values
from integration.decide.rehearsal import Enrollment, rehearse
from mappings.rules import RuleBook
from mappings.rules.values import DAY

OTHERWISE = ""  # the key of the stage of those in none


@dataclass(frozen=True, slots=True)
class Days:
    """Whole UTC days one after the other: the first as days since 1970, and how many."""

    first: int
    count: int

    @property
    def stretch(self) -> Stretch:
        """Give the stretch from just before the first day to the end of the last."""
        return Stretch(self.first * DAY - 1, (self.first + self.count) * DAY - 1)

    def tally(self, instants: Ints) -> Ints:
        """Count instants of the stretch a day (count,)."""
        return np.bincount(instants // DAY - self.first, minlength=self.count).astype(np.int64)


@dataclass(frozen=True)
class Movement:
    """How a segment or stage went: its members before, and who entered and left a day (days,)."""

    before: int
    entered: Ints
    left: Ints

    @property
    def members(self) -> Ints:
        """Give the members at each day's end."""
        return np.asarray(self.before + np.cumsum(self.entered - self.left), dtype=np.int64)

    def __add__(self, other: "Movement") -> "Movement":
        return Movement(
            self.before + other.before, self.entered + other.entered, self.left + other.left
        )


@dataclass(frozen=True)
class Simulation:
    """What a simulation brought: of how many contacts, and by key.

    `stages` has OTHERWISE too, and is empty without a lifecycle. `triggers` holds whom each of
    them would have enrolled.
    """

    contacts: int = 0
    segments: Mapping[str, Movement] = field(default_factory=dict)
    stages: Mapping[str, Movement] = field(default_factory=dict)
    triggers: Mapping[str, Sequence[Enrollment]] = field(default_factory=dict)


def simulate(book: RuleBook, timelines: Timelines, days: Days) -> Simulation:
    """Replay some contacts' days by a book."""
    stretch = days.stretch
    played = replay(book, timelines, stretch)
    return Simulation(
        len(timelines.contacts),
        {key: _of_segment(course, days) for key, course in played.segments.items()},
        _of_stages(played, days),
        {
            key: rehearse(trigger, book, timelines, played, stretch)
            for key, trigger in book.triggers.items()
        },
    )


def together(parts: Iterable[Simulation]) -> Simulation:
    """Add up the simulations of different contacts by one book over the same days."""
    return reduce(_plus, parts, Simulation())


def _plus(one: Simulation, other: Simulation) -> Simulation:
    return Simulation(
        one.contacts + other.contacts,
        _united(one.segments, other.segments),
        _united(one.stages, other.stages),
        {key: [*one.triggers.get(key, ()), *found] for key, found in other.triggers.items()},
    )


def _united(one: Mapping[str, Movement], other: Mapping[str, Movement]) -> dict[str, Movement]:
    return {key: one[key] + each if key in one else each for key, each in other.items()}


def _of_segment(course: Course, days: Days) -> Movement:
    return Movement(
        int(course.now.sum()),
        days.tally(course.at[course.then]),
        days.tally(course.at[~course.then]),
    )


def _of_stages(played: Replay, days: Days) -> dict[str, Movement]:
    course = played.stages
    if course is None:
        return {}
    earlier = _before_each(course)
    places = [*enumerate(played.stage_keys), (NO_STAGE, OTHERWISE)]
    return {
        key: Movement(
            int((course.now == place).sum()),
            days.tally(course.at[course.then == place]),
            days.tally(course.at[earlier == place]),
        )
        for place, key in places
    }


def _before_each(course: Course) -> Values:
    """Give the value that each change ended."""
    if not len(course.at):
        return course.then
    earlier = np.append(course.then[:1], course.then[:-1])
    first = np.append(True, course.contact[1:] != course.contact[:-1])
    return np.where(first, course.now[course.contact], earlier)
