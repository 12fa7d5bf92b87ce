"""The kernel: rules over columnar timelines, giving membership with its horizon.

Pure: numpy and nothing else, no clock, no reading or writing. What a rule means is decided here
alone; whatever loads timelines (the worker, a recompute, the command line) asks this.
"""

from integration.decide.kernel.courses import NEVER
from integration.decide.kernel.evaluate import (
    NO_STAGE,
    StageVerdict,
    Verdict,
    Verdicts,
    evaluate,
)
from integration.decide.kernel.examples import Failure, examples_of, failing_examples
from integration.decide.kernel.happenings import Happening, awaited, happenings
from integration.decide.kernel.timelines import ContactId, EventRow, Joined, Timelines

__all__ = [
    "NEVER",
    "NO_STAGE",
    "ContactId",
    "EventRow",
    "Failure",
    "Happening",
    "Joined",
    "StageVerdict",
    "Timelines",
    "Verdict",
    "Verdicts",
    "awaited",
    "evaluate",
    "examples_of",
    "failing_examples",
    "happenings",
]
