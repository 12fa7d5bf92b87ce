"""One contact before the kernel: what holds since when, and what would hold if."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from integration.decide.explaining.reach import Reach, reach
from integration.decide.explaining.story import Deed
from integration.decide.kernel import NEVER, Course, EventRow, Timelines, courses
from integration.decide.kernel.occurrences import Scene
from mappings.instants import to_ms
from mappings.model import Contact, Event
from mappings.rules import Condition, RuleBook

LONG_AGO: Final = -(2**62)  # before anything
_ROWS_AT_ONCE: Final = 100_000


@dataclass(frozen=True)
class Standing:
    """An answer now, since when it is so (ms; None: always) and until when (NEVER)."""

    holds: bool
    since: int | None
    until: int


@dataclass(frozen=True)
class Trial:
    """The contact as it would be: with these events (ms, event) and values too, asked then."""

    asked_at: int
    deeds: tuple[tuple[int, Deed], ...] = ()
    values: Mapping[str, str | None] = field(default_factory=dict)


class Ground:
    """One contact's timeline and properties under a book of rules at an instant (epoch ms).

    Every answer given is the kernel's own.
    """

    def __init__(self, book: RuleBook, contact: Contact, events: Sequence[Event], now: int) -> None:
        self.book = book
        self.contact = contact
        self.events = events
        self.now = now
        self.rows = [
            EventRow(0, event.id, event.kind, to_ms(event.at), event.properties) for event in events
        ]
        self.values = {name: value for name, (value, _) in contact.values.items()}
        self.timelines = Timelines.of((0,), self.rows, {0: self.values})
        self._reaches: dict[Condition, Reach] = {}

    @cached_property
    def scene(self) -> Scene:
        """The scene of now."""
        return Scene(self.timelines, self.book.catalogue, self.now)

    @cached_property
    def _course(self) -> Callable[[Condition], Course]:
        return courses(self.book, self.timelines, LONG_AGO)

    def standing(self, condition: Condition) -> Standing:
        """Say whether a condition holds now, since when and until when it is so."""
        course = self._course(condition)
        place = int(np.searchsorted(course.at, self.now, side="right"))
        holds = bool(course.then[place - 1]) if place else bool(course.now[0])
        since = int(course.at[place - 1]) if place else None
        until = int(course.at[place]) if place < len(course.at) else NEVER
        return Standing(holds, since, until)

    def reach(self, condition: Condition) -> Reach:
        """Say what a condition looks at."""
        if condition not in self._reaches:
            self._reaches[condition] = reach(self.book, condition)
        return self._reaches[condition]

    def rows_for(self, condition: Condition) -> list[EventRow]:
        """Give the events that can still matter to a condition, now or later."""
        found = self.reach(condition)
        oldest = LONG_AGO if found.memory is None else self.now - found.memory
        first: dict[str, EventRow] = {}
        for row in self.rows:
            first.setdefault(row.id, row)
        return [row for row in first.values() if row.kind in found.kinds and row.at > oldest]

    def answers(self, condition: Condition, trials: Sequence[Trial]) -> Iterator[bool]:
        """Say what a condition would answer in each of these trials, a few at a time."""
        rows = self.rows_for(condition)
        size = max(len(rows), max((len(trial.deeds) for trial in trials), default=0), 1)
        step = max(1, _ROWS_AT_ONCE // size // 4)
        for start in range(0, len(trials), step):
            yield from self._answers(condition, rows, trials[start : start + step])

    def _answers(
        self, condition: Condition, rows: Sequence[EventRow], trials: Sequence[Trial]
    ) -> list[bool]:
        """Let each trial be a contact of its own, and ask the kernel about all of them at once."""
        cast = [
            EventRow(number, row.id, row.kind, row.at, row.properties)
            for number in range(len(trials))
            for row in rows
        ]
        cast += [
            EventRow(number, f"\0{place}", deed.kind, at, deed.properties)
            for number, trial in enumerate(trials)
            for place, (at, deed) in enumerate(trial.deeds)
        ]
        values = {number: {**self.values, **trial.values} for number, trial in enumerate(trials)}
        asked = np.array([trial.asked_at for trial in trials], dtype=np.int64)
        timelines = Timelines.of(range(len(trials)), cast, values)
        course = courses(self.reach(condition).book, timelines, int(asked.min()))(condition)
        found: list[bool] = course.values_at(asked).tolist()
        return found
