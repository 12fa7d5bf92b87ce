"""Sizes over time: reckoning them from what moved, and asking them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from mappings.health import DaySize, Moves

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Course:
    """A segment's sizes by day, oldest first."""

    days: tuple[DaySize, ...] = ()

    @property
    def began(self) -> date | None:
        """The first day that is known."""
        return self.days[0].day if self.days else None

    def size_on(self, day: date) -> int | None:
        """Give the size at a day's end; None for a day before the first or one left out."""
        return next((each.size for each in reversed(self.days) if each.day == day), None)

    def moved_after(self, day: date) -> tuple[int, int]:
        """Count how often it was entered and left after a day."""
        after = [each for each in self.days if each.day > day]
        return sum(each.entered for each in after), sum(each.left for each in after)

    def empty_since(self) -> date | None:
        """Give the first of the days without a member that go on to the last one."""
        since = None
        for each in reversed(self.days):
            if each.size:
                break
            since = each.day
        return since


def courses(measured: Iterable[DaySize]) -> dict[str, Course]:
    """Sort sizes by segment; they come by day."""
    found: dict[str, list[DaySize]] = {}
    for each in measured:
        found.setdefault(each.segment, []).append(each)
    return {segment: Course(tuple(days)) for segment, days in found.items()}


def reckoned(
    sizes: Mapping[str, int],
    moves: Iterable[Moves],
    span: tuple[date, date],
    complete: Iterable[DaySize] = (),
) -> list[DaySize]:
    """Reckon sizes by day back from today's: what a day began with is what it ended with, less
    who entered, plus who left.

    `sizes` has every segment; `span` is the first day and today. The sizes of `complete` days
    stand as they are; only what moved is brought up to date there, since a move is dated when
    it fell due and may be stored on the day after.
    """
    first, today = span
    moved = {(each.segment, each.day): each for each in moves}
    known = {(each.segment, each.day): each.size for each in complete}
    found = []
    for segment, size in sizes.items():
        day = today
        while day >= first:
            move = moved.get((segment, day), Moves(segment, day, 0, 0))
            size = known.get((segment, day), size)
            found.append(DaySize(segment, day, size, move.entered, move.left))
            # Erased contacts left without a trace: never below nothing.
            size = max(size - move.entered + move.left, 0)
            day -= DAY
    return found
