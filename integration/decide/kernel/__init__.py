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
from integration.decide.kernel.examples import Failure, examples_of, failing_examples
from integration.decide.kernel.happenings import Happening, awaited, happenings
from integration.decide.kernel.timelines import EventRow, Timelines

__all__ = [
    "NEVER",
    "NO_STAGE",
    "Course",
    "EventRow",
    "Failure",
    "Happening",
    "StageVerdict",
    "Timelines",
    "Verdict",
    "Verdicts",
    "awaited",
    "courses",
    "evaluate",
    "examples_of",
    "failing_examples",
    "happenings",
]
