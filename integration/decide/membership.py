"""Who enters, who leaves, who stays longer: verdicts against what is stored. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from integration.decide.kernel import NEVER, StageVerdict, Verdicts
from mappings.instants import from_ms
from mappings.model import Cause, Membership, MembershipChange, StageHeld


@dataclass(frozen=True, slots=True)
class Look:
    """Why a contact is looked at: since when it is due, and what made it so."""

    due_at: datetime
    cause: Cause


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a look at some contacts brought.

    `kept` are memberships to store (new ones and those whose end moved), `left` those to end,
    `due` the next instant at which anything changes by itself (None: never).
    """

    changes: list[MembershipChange]
    kept: dict[int, dict[str, Membership]]
    left: list[tuple[int, str]]
    stages: dict[int, StageHeld]
    due: dict[int, datetime | None]


def compare(
    verdicts: Verdicts,
    looks: Mapping[int, Look],
    held: Mapping[int, Mapping[str, Membership]],
    stages: Mapping[int, StageHeld],
    now: datetime,
) -> Outcome:
    """Compare the kernel's verdicts at `now` with what is stored.

    A change by the passing of time is dated at the instant at which it was due, not at the
    moment somebody looked.
    """
    outcome = Outcome([], {}, [], {}, dict.fromkeys(looks))
    for key, verdict in verdicts.segments.items():
        rows = zip(
            verdicts.contacts, verdict.member.tolist(), verdict.changes_at.tolist(), strict=True
        )
        for contact, member, changes_at in rows:
            contact_id = int(contact)
            place = _Place(contact_id, key, member, _instant(changes_at))
            _segment(outcome, place, looks[contact_id], held.get(contact_id, {}), now)
    _drop_unknown(outcome, verdicts, held, now)
    if verdicts.stages is not None:
        rows = zip(verdicts.contacts, *_columns(verdicts.stages), strict=True)
        for contact, stage, changes_at in rows:
            found = StageHeld(stage, now, _instant(changes_at))
            _stage(outcome, int(contact), found, looks[int(contact)], stages)
    return outcome


def _columns(found: StageVerdict) -> tuple[list[str], list[int]]:
    keys = [found.keys[index] if index >= 0 else "" for index in found.stage.tolist()]
    return keys, found.changes_at.tolist()


@dataclass(frozen=True, slots=True)
class _Place:
    contact_id: int
    segment: str
    member: bool
    changes_at: datetime | None


def _segment(
    outcome: Outcome,
    place: _Place,
    look: Look,
    held: Mapping[str, Membership],
    now: datetime,
) -> None:
    contact_id, key = place.contact_id, place.segment
    sooner(outcome, contact_id, place.changes_at)
    was = held.get(key)
    if place.member and was is not None:
        if was.until != place.changes_at:
            membership = Membership(was.entered_at, place.changes_at)
            outcome.kept.setdefault(contact_id, {})[key] = membership
        return
    if not place.member and was is None:
        return
    cause, at = _cause_and_instant(look, now, was)
    if place.member:
        outcome.kept.setdefault(contact_id, {})[key] = Membership(at, place.changes_at)
    else:
        outcome.left.append((contact_id, key))
    change = MembershipChange(contact_id, key, place.member, at, cause, "")
    outcome.changes.append(change)


def _cause_and_instant(look: Look, now: datetime, was: Membership | None) -> tuple[Cause, datetime]:
    """Say what made a change and when: time's at the instant it fell due, all else at the look.

    A membership that had ended by itself did so, whatever else was done since.
    """
    if look.cause in (Cause.FIRST_SYNC, Cause.RULE, Cause.REPAIR):
        return look.cause, now
    if was is not None and was.until is not None and was.until <= now:
        return Cause.TIME, was.until
    if look.cause is Cause.TIME:
        return Cause.TIME, min(look.due_at, now)
    return look.cause, now


def _drop_unknown(
    outcome: Outcome,
    verdicts: Verdicts,
    held: Mapping[int, Mapping[str, Membership]],
    now: datetime,
) -> None:
    """End memberships of segments that are no more."""
    for contact_id, segments in held.items():
        for key in segments.keys() - verdicts.segments.keys():
            outcome.left.append((contact_id, key))
            change = MembershipChange(contact_id, key, False, now, Cause.RULE, "")
            outcome.changes.append(change)


def _stage(
    outcome: Outcome,
    contact_id: int,
    found: StageHeld,
    look: Look,
    stages: Mapping[int, StageHeld],
) -> None:
    sooner(outcome, contact_id, found.changes_at)
    was = stages.get(contact_id)
    if was is not None and was.key == found.key:
        if was.changes_at != found.changes_at:
            outcome.stages[contact_id] = replace(found, since=was.since)
        return
    by_time = look.cause is Cause.TIME
    outcome.stages[contact_id] = (
        replace(found, since=min(look.due_at, found.since)) if by_time else found
    )


def sooner(outcome: Outcome, contact_id: int, at: datetime | None) -> None:
    """Let a contact be due at an instant, if it isn't due before anyway."""
    known = outcome.due[contact_id]
    if at is not None and (known is None or at < known):
        outcome.due[contact_id] = at


def _instant(ms: int) -> datetime | None:
    return None if ms == NEVER else from_ms(ms)
