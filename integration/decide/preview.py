"""How big the segments of a rule would be, and what each of its conditions does to that. Pure.

Results of several groups of contacts add up, so that a portal of any size is previewed in chunks.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from integration.decide.kernel import Timelines
from integration.decide.kernel.courses import Bools
from integration.decide.kernel.evaluate import Evaluation
from integration.decide.kernel.occurrences import Scene
from mappings.rules import AllOf, AnyOf, Condition, Not, RuleBook

Holds: TypeAlias = Callable[[Condition], Bools]
Ranked: TypeAlias = tuple[int, int]  # a contact's lot, and its id


@dataclass(frozen=True, slots=True)
class Part:
    """A condition of a rule, counted over all contacts.

    `holds` is for how many it is true by itself. `passed` is how many are left when the parts
    of an `all` have been asked up to this one, and how many are found when those of an `any`
    have; elsewhere it equals `holds`. `parts` are the conditions that this one combines.
    """

    condition: Condition
    holds: int
    passed: int
    parts: tuple["Part", ...] = ()

    def changes(self, everybody: int) -> list[int]:
        """Give what each part takes (negative) from an `all` or adds to an `any`.

        An `all` begins with everybody, an `any` with nobody.
        """
        passed = [everybody if isinstance(self.condition, AllOf) else 0]
        passed += [below.passed for below in self.parts]
        return [after - before for before, after in pairwise(passed)]

    def __add__(self, other: "Part") -> "Part":
        parts = tuple(one + two for one, two in zip(self.parts, other.parts, strict=True))
        return Part(self.condition, self.holds + other.holds, self.passed + other.passed, parts)


@dataclass(frozen=True, slots=True)
class SegmentPreview:
    """A segment's size, its rule counted part by part, and a few of its members by their lot.

    `leaving` is how many of its members leave by themselves some day, `entering` how many
    others enter so.
    """

    size: int
    rule: Part
    sample: Sequence[Ranked]
    leaving: int
    entering: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a preview found: among how many contacts, and of each segment asked for."""

    contacts: int = 0
    segments: Mapping[str, SegmentPreview] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: by which book, of which segments, at which instant, and how many to show."""

    book: RuleBook
    keys: tuple[str, ...]
    now: int
    sample: int


def preview(question: Question, timelines: Timelines) -> Preview:
    """Preview segments over some contacts, who go by number."""
    book = question.book
    evaluation = Evaluation(book, Scene(timelines, book.catalogue, question.now))
    courses = evaluation.segments()
    holds: Holds = lambda condition: evaluation.course(condition).now  # noqa: E731 -- a name for the type
    ids = np.array(timelines.contacts, dtype=np.int64)
    found = {}
    for key in question.keys:
        course = courses[key]
        moving = np.zeros(len(ids), dtype=np.bool_)
        moving[course.contact] = True
        found[key] = SegmentPreview(
            size=int(course.now.sum()),
            rule=_counted(book.segments[key].when, holds, course.now),
            sample=_drawn(ids[course.now], question.sample),
            leaving=int((moving & course.now).sum()),
            entering=int((moving & ~course.now).sum()),
        )
    return Preview(len(ids), found)


def together(parts: Iterable[Preview], sample: int) -> Preview:
    """Add up the previews of different contacts by one question."""
    return reduce(lambda one, other: _plus(one, other, sample), parts, Preview())


def _plus(one: Preview, other: Preview, sample: int) -> Preview:
    before = one.segments
    return Preview(
        one.contacts + other.contacts,
        {
            key: _united(before[key], each, sample) if key in before else each
            for key, each in other.segments.items()
        },
    )


def _united(one: SegmentPreview, other: SegmentPreview, sample: int) -> SegmentPreview:
    return SegmentPreview(
        one.size + other.size,
        one.rule + other.rule,
        heapq.nsmallest(sample, [*one.sample, *other.sample]),
        one.leaving + other.leaving,
        one.entering + other.entering,
    )


def _counted(condition: Condition, holds: Holds, passed: Bools) -> Part:
    own = int(holds(condition).sum())
    return Part(condition, own, int(passed.sum()), _parts(condition, holds))


def _parts(condition: Condition, holds: Holds) -> tuple[Part, ...]:
    """Count the conditions that a condition combines; a reference stands for what it leads to."""
    if isinstance(condition, Not):
        below = condition.condition
        return (_counted(below, holds, holds(below)),)
    if not isinstance(condition, AllOf | AnyOf):
        return ()
    join = np.logical_and if isinstance(condition, AllOf) else np.logical_or
    parts: list[Part] = []
    passed: Bools | None = None
    for below in condition.conditions:
        passed = holds(below) if passed is None else join(passed, holds(below))
        parts.append(_counted(below, holds, passed))
    return tuple(parts)


def _drawn(members: npt.NDArray[np.int64], number: int) -> list[Ranked]:
    """Draw members by lot: the same ones each time, and not the first that came to the portal."""
    lots = lots_of(members)
    chosen = np.argsort(lots, kind="stable")[:number]
    return [(int(lots[place]), int(members[place])) for place in chosen]


def lots_of(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Give each number its lot: the finalizer of SplitMix64 (Steele, Lea, Flood: OOPSLA 2014)."""
    mixed = ids.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)
