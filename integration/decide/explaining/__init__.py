"""Why a contact is in a segment or not: what holds, since when, until when, what would flip it.

Pure. Every answer in it is the kernel's: since and until are read off the course of a condition
from before the first event on; what is said to flip an answer was put to the kernel as a trial.
"""

from integration.decide.explaining.explain import Explainer
from integration.decide.explaining.places import Differing, Places, differing, places, stage_of
from integration.decide.explaining.story import (
    Act,
    Deed,
    Doing,
    Edit,
    Evidence,
    Explanation,
    Held,
    Node,
    Reading,
)
from integration.decide.explaining.words import doing_in_words, reading_in_words

__all__ = [
    "Act",
    "Deed",
    "Differing",
    "Doing",
    "Edit",
    "Evidence",
    "Explainer",
    "Explanation",
    "Held",
    "Node",
    "Places",
    "Reading",
    "differing",
    "doing_in_words",
    "places",
    "reading_in_words",
    "stage_of",
]
