"""All places of a contact at once: where it is, what is nearest, and what is stored otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from integration.decide.explaining.explain import Explainer
from integration.decide.explaining.story import Explanation
from mappings.model import Membership, StageHeld
from mappings.rules import InSegment, InStage

_SOON: Final = timedelta(days=30)
_FAR: Final = 10**6


@dataclass(frozen=True, slots=True)
class Places:
    """A contact's stage (None: the one named by `otherwise`), its segments, and the others.

    None of them has evidence or parts; the others come nearest first.
    """

    stage: Explanation | None
    inside: tuple[Explanation, ...]
    others: tuple[Explanation, ...]


@dataclass(frozen=True, slots=True)
class Differing:
    """Something that is stored otherwise than it is evaluated: a segment's key, or `stage`."""

    target: str
    stored: str
    evaluated: str


def places(explainer: Explainer) -> Places:
    """Say where a contact is, and what is nearest."""
    every = [explainer.segment(key, whole=False) for key in explainer.book.segments]
    inside = tuple(each for each in every if each.node.holds)
    others = sorted((each for each in every if not each.node.holds), key=_distance)
    key = stage_of(explainer)
    stage = explainer.stage(key, whole=False) if key else None
    return Places(stage, inside, tuple(others))


def stage_of(explainer: Explainer) -> str:
    """Give the key of the stage that the contact is in; "" for the one named by `otherwise`."""
    lifecycle = explainer.book.lifecycle
    stages = lifecycle.stages if lifecycle else ()
    held = (each.key for each in stages if explainer.holds(InStage(each.key)))
    return next(held, "")


def _distance(explanation: Explanation) -> tuple[int, str, str]:
    """Order by what it takes: what comes by itself soon needs nothing."""
    node = explanation.node
    if node.until is not None and node.until - explanation.at <= _SOON:
        return 0, node.until.isoformat(), explanation.key
    effort = node.doings[0].effort if node.doings else _FAR
    return effort, node.until.isoformat() if node.until else "~", explanation.key


def differing(
    explainer: Explainer, held: Mapping[str, Membership], stage: StageHeld | None
) -> list[Differing]:
    """Say where what is stored isn't what is evaluated now."""
    found = []
    for key in sorted({*explainer.book.segments, *held}):
        known = key in explainer.book.segments
        evaluated = known and explainer.holds(InSegment(key))
        if evaluated != (key in held):
            words = ("in" if key in held else "out"), ("in" if evaluated else "out")
            found.append(Differing(key, *words))
    lifecycle = explainer.book.lifecycle
    if lifecycle is not None and (stage is None or stage.key != stage_of(explainer)):
        names = {"": lifecycle.otherwise, **{each.key: each.name for each in lifecycle.stages}}
        stored = "none yet" if stage is None else names.get(stage.key, stage.key)
        found.append(Differing("stage", stored, names[stage_of(explainer)]))
    return found
