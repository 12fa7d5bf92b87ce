"""The kernel: rules over columnar timelines, giving membership with its horizon.

Pure: numpy and nothing else, no clock, no reading or writing. What a rule means is decided here
alone; whatever loads timelines (the worker, a recompute, the command line) asks this.
"""

from integration.decide.kernel.courses import NEVER, Course
from integration.decide.kernel.evaluate import (
    NO_STAGE,
    StageVerdict,
    Verdict,
    Verdicts,
    courses,
    evaluate,
)
from integration.decide.kernel.happenings import Happening, awaited, happenings
from integration.decide.kernel.replay import BEGINNING, Replay, Stretch, occasions, replay
from integration.decide.kernel.timelines import (
    ContactId,
    EventRow,
    Joined,
    KindEvents,
    Timelines,
)

__all__ = [
    "BEGINNING",
    "NEVER",
    "NO_STAGE",
    "ContactId",
    "Course",
    "EventRow",
    "Happening",
    "Joined",
    "KindEvents",
    "Replay",
    "StageVerdict",
    "Stretch",
    "Timelines",
    "Verdict",
    "Verdicts",
    "awaited",
    "courses",
    "evaluate",
    "happenings",
    "occasions",
    "replay",
]
