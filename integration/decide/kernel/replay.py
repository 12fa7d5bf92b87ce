"""History over again: who was where in a stretch of time, with the exact instants of each change.

Nothing is looked at day by day. The courses as of the start of a stretch, over timelines that hold
the events up to its end, say it all: an event that lies ahead counts from its instant on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from integration.decide.kernel.courses import Course, Ints
from integration.decide.kernel.evaluate import Evaluation
from integration.decide.kernel.happenings import arrivals
from integration.decide.kernel.occurrences import Scene
from integration.decide.kernel.timelines import ContactId, Timelines
from mappings.catalogue import Catalogue
from mappings.rules import EventCondition, RuleBook

BEGINNING: Final = -62_135_596_800_000  # the year 1: before anything that anybody did


@dataclass(frozen=True)
class Stretch:
    """From after `start` up to `end` (both epoch ms): what changes at `end` is in it."""

    start: int
    end: int


@dataclass(frozen=True)
class Replay:
    """How everything went in a stretch: `now` of each course is what held at its start.

    `segments` are truths; `stages` (None without a lifecycle) are places in `stage_keys`,
    NO_STAGE for `otherwise`.
    """

    contacts: tuple[ContactId, ...]
    segments: Mapping[str, Course]
    stage_keys: tuple[str, ...]
    stages: Course | None


def replay(book: RuleBook, timelines: Timelines, stretch: Stretch) -> Replay:
    """Say how every segment and the lifecycle of a book went in a stretch.

    The timelines hold all events up to the stretch's end; later ones change nothing.
    """
    evaluation = Evaluation(book, Scene(timelines, book.catalogue, stretch.start))
    segments = {key: _up_to(course, stretch.end) for key, course in evaluation.segments().items()}
    if book.lifecycle is None:
        return Replay(timelines.contacts, segments, (), None)
    keys = tuple(stage.key for stage in book.lifecycle.stages)
    stages = _up_to(evaluation.stages(book.lifecycle), stretch.end)
    return Replay(timelines.contacts, segments, keys, stages)


def _up_to(course: Course, end: int) -> Course:
    early = course.at <= end
    return Course(course.now, course.contact[early], course.at[early], course.then[early])


def occasions(
    condition: EventCondition, timelines: Timelines, catalogue: Catalogue, stretch: Stretch
) -> tuple[Ints, Ints]:
    """Give the contact index and the instant (m,) of each event that came to qualify."""
    came = arrivals(condition, timelines, catalogue, (stretch.start, stretch.end))
    return came.span.contact, came.span.arrive
