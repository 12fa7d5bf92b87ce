"""The continuous proof: what is stored of contacts against what their timelines say. Pure.

This compares by itself, not by `membership.compare`: what a look forgets to store, a proof that
reckons as the look does would never see.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from integration.decide import occasions
from integration.decide.kernel import NEVER, StageVerdict, Verdicts, evaluate
from integration.decide.occasions import Scenery
from mappings.health import Difference
from mappings.instants import from_ms, to_ms
from mappings.rules import RuleBook
from mappings.values import iso


@dataclass(frozen=True, slots=True)
class StageUntil:
    """A lifecycle stage ("" for `otherwise`) and when it changes by itself (None: never)."""

    key: str
    changes_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a contact stands.

    `segments` maps each segment it is in to when that ends by itself; `stage` is None where
    there is none; `due_at` is when it is looked at next, or when anything changes next.
    """

    segments: Mapping[str, datetime | None] = field(default_factory=dict)
    stage: StageUntil | None = None
    due_at: datetime | None = None


def standings(book: RuleBook, scenery: Scenery, now: datetime) -> dict[int, Standing]:
    """Evaluate contacts from scratch: where each stands, and when anything changes next."""
    verdicts = evaluate(book, scenery.timelines, to_ms(now))
    waiting = occasions.conditions(book.triggers.values())
    awaited = occasions.next_ones(waiting, scenery, now)
    stages = _stages(verdicts)
    return {
        contact_id: _standing(verdicts, place, stages, awaited.get(contact_id))
        for place, contact_id in enumerate(map(int, verdicts.contacts))
    }


def _stages(verdicts: Verdicts) -> list[StageUntil] | None:
    found: StageVerdict | None = verdicts.stages
    if found is None:
        return None
    return [
        StageUntil(found.keys[index] if index >= 0 else "", _instant(changes_at))
        for index, changes_at in zip(found.stage.tolist(), found.changes_at.tolist(), strict=True)
    ]


def _standing(
    verdicts: Verdicts, place: int, stages: list[StageUntil] | None, awaited: datetime | None
) -> Standing:
    changes = {
        key: _instant(int(verdict.changes_at[place])) for key, verdict in verdicts.segments.items()
    }
    stage = stages[place] if stages is not None else None
    instants = [*changes.values(), stage.changes_at if stage else None, awaited]
    return Standing(
        {key: changes[key] for key, each in verdicts.segments.items() if each.member[place]},
        stage,
        min((at for at in instants if at is not None), default=None),
    )


def differences(
    contact_id: int, stored: Standing, evaluated: Standing, now: datetime
) -> Iterator[Difference]:
    """Give what is stored of a contact otherwise than its evaluation at `now` says.

    It may be looked at sooner than anything changes, but not later.
    """
    for key in sorted({*stored.segments, *evaluated.segments}):
        said = [_membership(each.segments, key) for each in (stored, evaluated)]
        if said[0] != said[1]:
            yield Difference(contact_id, now, f"segments.{key}", *said)
    if evaluated.stage is not None and stored.stage != evaluated.stage:
        said = [_stage(each.stage) for each in (stored, evaluated)]
        yield Difference(contact_id, now, "stage", *said)
    if evaluated.due_at is not None and (stored.due_at is None or stored.due_at > evaluated.due_at):
        said = [_due(each.due_at) for each in (stored, evaluated)]
        yield Difference(contact_id, now, "due", *said)


def _membership(segments: Mapping[str, datetime | None], key: str) -> str:
    return f"member {_until(segments[key])}" if key in segments else "no member"


def _stage(stage: StageUntil | None) -> str:
    if stage is None:
        return "none"
    return f"{stage.key or 'the one of `otherwise`'} {_until(stage.changes_at)}"


def _until(at: datetime | None) -> str:
    return f"until {iso(at)}" if at else "without end"


def _due(at: datetime | None) -> str:
    return iso(at) if at else "never"


def _instant(ms: int) -> datetime | None:
    return None if ms == NEVER else from_ms(ms)
