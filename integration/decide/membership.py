"""Who enters, who leaves, who stays longer: verdicts against what is stored. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from integration.decide.kernel import NEVER, ContactId, StageVerdict, Verdict, Verdicts
from mappings.instants import from_ms, to_ms
from mappings.model import Cause, Membership, MembershipChange, StageHeld

ABSENT: Final = -(2**63)
_NOBODYS: Final = (  # neither behaviour nor time
    Cause.FIRST_SYNC,
    Cause.RULE,
    Cause.REPAIR,
    Cause.RETENTION,
)

Ints = npt.NDArray[np.int64]


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

    A verdict's `changed_at` says when time alone changed it: the change is dated then, not at the
    moment somebody looked, and whatever made the contact due.
    """
    outcome = Outcome([], {}, [], {}, {**dict.fromkeys(looks), **_soonest(verdicts)})
    stored = _Stored(verdicts.contacts, held)
    for key, verdict in verdicts.segments.items():
        for index in stored.different(key, verdict).tolist():
            contact_id = int(verdicts.contacts[index])
            ends = _instant(int(verdict.changes_at[index]))
            since = _instant(int(verdict.changed_at[index]))
            place = _Place(contact_id, key, bool(verdict.member[index]), ends, since)
            before = held.get(contact_id, {}).get(key)
            _segment(outcome, place, looks[contact_id], before, now)
    _drop_unknown(outcome, verdicts, held, now)
    if verdicts.stages is not None:
        rows = zip(verdicts.contacts, *_columns(verdicts.stages), strict=True)
        for contact, stage, changes_at, changed_at in rows:
            was, look = stages.get(int(contact)), looks[int(contact)]
            if was is None or was.key != stage or _ms(was.changes_at) != changes_at:
                since = _stage_since(look, now, (was, stage), _instant(changed_at))
                outcome.stages[int(contact)] = StageHeld(stage, since, _instant(changes_at))
    return outcome


def _soonest(verdicts: Verdicts) -> dict[int, datetime | None]:
    """Give for each contact the next instant at which any segment or the stage changes."""
    soonest = np.full(len(verdicts.contacts), NEVER, dtype=np.int64)
    for verdict in (*verdicts.segments.values(), verdicts.stages):
        if verdict is not None:
            soonest = np.minimum(soonest, verdict.changes_at)
    return {
        int(contact): _instant(at)
        for contact, at in zip(verdicts.contacts, soonest.tolist(), strict=True)
    }


class _Stored:
    """Memberships as they are stored, one column a segment: until when (ms), NEVER, or ABSENT.

    Most of what is looked at stands as it did. Columns say where it doesn't without a step of
    Python for each contact and segment.
    """

    def __init__(
        self, contacts: tuple[ContactId, ...], held: Mapping[int, Mapping[str, Membership]]
    ) -> None:
        self._size = len(contacts)
        self._untils: defaultdict[str, dict[int, int]] = defaultdict(dict)
        for index, contact in enumerate(contacts):
            for key, membership in held.get(int(contact), {}).items():
                until = membership.until_ms
                self._untils[key][index] = NEVER if until is None else until

    def different(self, key: str, verdict: Verdict) -> Ints:
        """Give the indices of the contacts for whom a segment's verdict is not what is stored."""
        until = np.full(self._size, ABSENT, dtype=np.int64)
        untils = self._untils[key]
        until[list(untils)] = list(untils.values())
        return np.flatnonzero(until != np.where(verdict.member, verdict.changes_at, ABSENT))


def _columns(found: StageVerdict) -> tuple[list[str], list[int], list[int]]:
    keys = [found.keys[index] if index >= 0 else "" for index in found.stage.tolist()]
    return keys, found.changes_at.tolist(), found.changed_at.tolist()


class _Place(NamedTuple):
    contact_id: int
    segment: str
    member: bool
    changes_at: datetime | None
    changed_at: datetime | None


def _segment(
    outcome: Outcome,
    place: _Place,
    look: Look,
    was: Membership | None,
    now: datetime,
) -> None:
    contact_id, key = place.contact_id, place.segment
    if place.member and was is not None:
        membership = Membership.between(was.entered_at, place.changes_at)
        outcome.kept.setdefault(contact_id, {})[key] = membership
        return
    cause, at = _cause_and_instant(look, now, was, place.changed_at)
    if place.member:
        outcome.kept.setdefault(contact_id, {})[key] = Membership.between(at, place.changes_at)
    else:
        outcome.left.append((contact_id, key))
    change = MembershipChange(contact_id, key, place.member, at, cause, "")
    outcome.changes.append(change)


def _cause_and_instant(
    look: Look, now: datetime, was: Membership | None, changed_at: datetime | None
) -> tuple[Cause, datetime]:
    """Say what made a change and when: time's at its own instant, all else at the look.

    A membership that had ended by itself did so, whatever else was done since.
    """
    if look.cause in _NOBODYS:
        return look.cause, now
    if was is not None and was.until is not None and was.until <= now:
        return Cause.TIME, was.until
    if changed_at is not None:
        return Cause.TIME, changed_at
    return Cause.BEHAVIOUR, now


def _stage_since(
    look: Look, now: datetime, was_is: tuple[StageHeld | None, str], changed_at: datetime | None
) -> datetime:
    was, key = was_is
    if was is not None and was.key == key:
        return was.since
    if changed_at is None or look.cause in _NOBODYS:
        return now
    return changed_at


def _drop_unknown(
    outcome: Outcome,
    verdicts: Verdicts,
    held: Mapping[int, Mapping[str, Membership]],
    now: datetime,
) -> None:
    """End memberships of segments that are no more."""
    if set().union(*held.values()) <= verdicts.segments.keys():
        return
    for contact_id, segments in held.items():
        for key in segments.keys() - verdicts.segments.keys():
            outcome.left.append((contact_id, key))
            change = MembershipChange(contact_id, key, False, now, Cause.RULE, "")
            outcome.changes.append(change)


def sooner(outcome: Outcome, contact_id: int, at: datetime | None) -> None:
    """Let a contact be due at an instant, if it isn't due before anyway."""
    known = outcome.due[contact_id]
    if at is not None and (known is None or at < known):
        outcome.due[contact_id] = at


def _instant(ms: int) -> datetime | None:
    return None if ms == NEVER else from_ms(ms)


def _ms(at: datetime | None) -> int:
    return NEVER if at is None else to_ms(at)
