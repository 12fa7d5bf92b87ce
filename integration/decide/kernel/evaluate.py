"""Evaluate a rule book over timelines: who is where, and when that changes by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from integration.decide.kernel.columns import Column
from integration.decide.kernel.courses import (
    Bools,
    Course,
    Ints,
    Values,
    inverse,
    merge,
    steady,
)
from integration.decide.kernel.measures import counted_apart, measured
from integration.decide.kernel.numbers import compare, every
from integration.decide.kernel.occurrences import Scene, Span, choose, lives, span_of
from integration.decide.kernel.properties import of_property
from integration.decide.kernel.timelines import ContactId, Timelines
from mappings.rules import (
    AllOf,
    AnyOf,
    Condition,
    EventCondition,
    InSegment,
    InStage,
    Lifecycle,
    Not,
    PropertyCondition,
    RatioCondition,
    RuleBook,
    Stage,
    event_properties_used,
    lookbacks,
)
from mappings.rules.links import evaluation_order
from mappings.rules.nodes import Bound

NO_STAGE: Final = -1


@dataclass(frozen=True)
class Verdict:
    """Of one segment: who is a member, each contact's next change, and the last one.

    `member` is bool (n,); `changes_at` and `changed_at` int64 (n,), epoch ms: NEVER where nothing
    changes any more, or changed in the time that was asked about.
    """

    member: Bools
    changes_at: Ints
    changed_at: Ints


@dataclass(frozen=True)
class StageVerdict:
    """Of the lifecycle: `stage` int64 (n,) is an index into `keys`, NO_STAGE for `otherwise`.

    Its changes are as those of a segment.
    """

    keys: tuple[str, ...]
    stage: Ints
    changes_at: Ints
    changed_at: Ints


@dataclass(frozen=True)
class Verdicts:
    """What holds for these contacts at the instant asked for, and until when."""

    contacts: tuple[ContactId, ...]
    segments: Mapping[str, Verdict]
    stages: StageVerdict | None


def evaluate(book: RuleBook, timelines: Timelines, now: int, since: int | None = None) -> Verdicts:
    """Evaluate every segment and the lifecycle of a book at an instant (epoch ms).

    With `since`, an earlier instant, it is also found what changed after that and how long ago:
    over what is known now, so that an event that was learnt later counts from its own instant on.
    """
    start = now if since is None else since
    asked = replace(book, triggers={})
    scene = Scene(timelines, book.catalogue, start, _recent(asked, timelines, start))
    return Evaluation(asked, scene).verdicts(now)


def _recent(book: RuleBook, timelines: Timelines, now: int) -> dict[tuple[str, str], Column]:
    """Read properties of events only where they can matter: most windows are short.

    An event that was outside of every window at `now` never comes back into one.
    """
    wanted: dict[tuple[str, int | None], dict[str, str]] = {}
    for (kind, name), longest in lookbacks(book).items():
        column_type = book.catalogue.type_of(kind, name)
        if column_type is not None and len(timelines.kind(kind).at):
            wanted.setdefault((kind, longest), {})[name] = column_type
    return {
        (kind, name): column
        for (kind, longest), types in wanted.items()
        for name, column in timelines.recent(
            kind, types, None if longest is None else now - longest
        ).items()
    }


def courses(book: RuleBook, timelines: Timelines, now: int) -> Callable[[Condition], Course]:
    """Give what tells the course of any condition of a book from an instant (epoch ms) on.

    From an instant before the first event, a course holds every change, past and to come.
    """
    return Evaluation(book, Scene(timelines, book.catalogue, now)).course


class Evaluation:
    """One evaluation. A condition that stands in several rules is evaluated once."""

    def __init__(self, book: RuleBook, scene: Scene) -> None:
        self.book = book
        self.scene = scene
        self.known: dict[Condition, Course] = {}
        for kind, names in event_properties_used(book).items():
            left = [name for name in names if (kind, name) not in scene.recent]
            types = {name: book.catalogue.type_of(kind, name) or "text" for name in left}
            scene.timelines.decode(kind, types)

    @property
    def _stages(self) -> dict[str, Stage]:
        stages = self.book.lifecycle.stages if self.book.lifecycle else ()
        return {stage.key: stage for stage in stages}

    def verdicts(self, now: int) -> Verdicts:
        """Give what holds at an instant, since when, and until when."""
        segments = {}
        for key, course in self.segments().items():
            ahead, changed_at = course.gone_on(now)
            segments[key] = Verdict(ahead.now, ahead.changes_at(), changed_at)
        stages = self._verdict_of_stages(self.book.lifecycle, now) if self.book.lifecycle else None
        return Verdicts(self.scene.timelines.contacts, segments, stages)

    def segments(self) -> dict[str, Course]:
        """Give the course of every segment, truths."""
        segments, stages = self.book.segments, self._stages
        # In this order no course asks for another that asks for another, a thousand deep.
        for sort, key in evaluation_order(segments, self.book.lifecycle):
            self.course(segments[key].when if sort == "segment" else stages[key].when)
        return {key: self.course(segment.when) for key, segment in segments.items()}

    def course(self, condition: Condition) -> Course:
        """Give the course of a condition, truths."""
        found = self.known.get(condition)
        if found is None:
            found = self.known[condition] = self._course(condition)
        return found

    def _course(self, condition: Condition) -> Course:
        if isinstance(condition, EventCondition):
            return measured(self.scene, lives(self.scene, condition), condition.measure)
        if isinstance(condition, RatioCondition):
            return of_ratio(self.scene, condition)
        if isinstance(condition, PropertyCondition):
            return of_property(self.scene, condition)
        return self._combined(condition)

    def _combined(self, condition: InSegment | InStage | AllOf | AnyOf | Not) -> Course:
        if isinstance(condition, InSegment):
            return self.course(self.book.segments[condition.key].when)
        if isinstance(condition, InStage):
            return self._in_stage(condition.key)
        if isinstance(condition, Not):
            return inverse(self.course(condition.condition))
        courses = [self.course(below) for below in condition.conditions]
        if len(courses) == 1:
            return courses[0]
        least = len(courses) if isinstance(condition, AllOf) else 1
        return merge(courses, [1] * len(courses), lambda true: true >= least)

    def _in_stage(self, key: str) -> Course:
        """Is it the first stage that holds? The stages above it have been evaluated before it."""
        place = list(self._stages).index(key)
        courses = [self.course(stage.when) for stage in list(self._stages.values())[: place + 1]]
        weights = [1 << rank for rank in range(place + 1)]
        return merge(courses, weights, lambda bits: bits == 1 << place)

    def _verdict_of_stages(self, lifecycle: Lifecycle, now: int) -> StageVerdict:
        ahead, changed_at = self.stages(lifecycle).gone_on(now)
        keys = tuple(stage.key for stage in lifecycle.stages)
        return StageVerdict(keys, ahead.now, ahead.changes_at(), changed_at)

    def stages(self, lifecycle: Lifecycle) -> Course:
        """Give the course of the lifecycle: places of stages, NO_STAGE for `otherwise`."""
        courses = [self.course(stage.when) for stage in lifecycle.stages]
        if not courses:
            return steady(np.full(self.scene.size, NO_STAGE, dtype=np.int64))
        return merge(courses, [1 << rank for rank in range(len(courses))], _first_bit)


def _first_bit(bits: Values) -> Values:
    """Give the place of the lowest bit set, NO_STAGE where none is."""
    lowest = bits & -bits
    place = np.log2(np.maximum(lowest, 1)).astype(np.int64)  # exact: a power of two below 2**60
    return np.where(bits == 0, NO_STAGE, place)


def of_ratio(scene: Scene, condition: RatioCondition) -> Course:
    """Give the course of a ratio: count over count in one window, compared without rounding."""
    sides = [
        span_of(choose(scene, side, condition.window), condition.window)
        for side in (condition.of, condition.to)
    ]
    enough = Bound("at_least", condition.minimum)

    def answer(part: Values, whole: Values) -> Values:
        shares = [compare(part, bound, whole, 1) for bound in condition.bounds]
        return every([compare(whole, enough, None, 1), *shares])

    part, whole = (side.where(_lasting(side, scene.now)) for side in sides)
    return counted_apart(scene, part, whole, answer)


def _lasting(span: Span, now: int) -> Bools:
    return (span.leave > now) & (span.arrive < span.leave)
