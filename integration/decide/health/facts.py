"""What findings are made of, and what they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from integration.decide.health.course import Course
from integration.decide.health.thresholds import Thresholds
from mappings.health import Combination, Difference, Flapping, ProofDay
from mappings.rules import RuleBook


class Kind(StrEnum):
    """Kinds of findings, in the order in which they are told."""

    WRONG = "stored_wrong"
    EMPTY = "empty"
    TOO_SMALL = "too_small_to_act_on"
    TOO_FEW = "too_small_to_learn_from"
    GROWING = "growing_fast"
    SHRINKING = "shrinking_fast"
    STATIC = "static"
    SAME_MEMBERS = "same_members"
    INSIDE = "inside_another"
    ALIKE = "rules_alike"
    FLAPPING = "flapping"
    CROWDED = "too_many_segments"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth a look.

    `segments` are keys, `contacts` some of the contacts it concerns; `says` holds the figures
    in words, `figures` the same for machines; `suggestion` is what a person can do.
    """

    kind: Kind
    segments: tuple[str, ...]
    says: str
    suggestion: str
    figures: Mapping[str, float] = field(default_factory=dict)
    contacts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured of a portal.

    `sizes` are members now, of every segment; `heard` the kinds of events that the portal has
    any of; `crowded` some contacts in very many segments, with how many.
    """

    today: date
    contacts: int
    sizes: Mapping[str, int]
    courses: Mapping[str, Course] = field(default_factory=dict)
    combinations: tuple[Combination, ...] = ()
    flapping: tuple[Flapping, ...] = ()
    crowded: tuple[tuple[int, int], ...] = ()
    heard: frozenset[str] = frozenset()
    proofs: tuple[ProofDay, ...] = ()
    differences: tuple[Difference, ...] = ()

    def course(self, segment: str) -> Course:
        """Give a segment's sizes over time; empty where nothing was measured yet."""
        return self.courses.get(segment, Course())


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged: the facts by the rules and the limits."""

    facts: Facts
    book: RuleBook
    limits: Thresholds

    def name(self, segment: str) -> str:
        """Give a segment's name in quotation marks."""
        return f"“{self.book.segments[segment].name}”"


def share(part: float) -> str:
    """Write a part of 1 as `97 %`, small ones with a decimal."""
    digits = 0 if part >= 0.1 or part == 0 else 1
    return f"{100 * part:.{digits}f} %"
