"""Whom to enroll into which workflow: pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mappings.model import Cause, MembershipChange
from mappings.rules import Enters, Happens, Leaves, StageIs, Trigger
from mappings.writing import Intent, IntentKind, Workflow

# What only the first sync or a repair moved did nothing: it enrolls nobody. Nor does what the edit
# of a rule moved, except by a trigger that says so.
ACTING = frozenset({Cause.BEHAVIOUR, Cause.TIME})
HELD_OUT = "held out as part of the control group"
ONCE = "once"


@dataclass(frozen=True, slots=True)
class StageChange:
    """A contact came into a stage."""

    contact_id: int
    key: str
    at: datetime
    cause: Cause


@dataclass(frozen=True, slots=True)
class Occurred:
    """An event came to qualify for a trigger."""

    contact_id: int
    trigger: str
    event_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class News:
    """What a look at some contacts brought."""

    changes: tuple[MembershipChange, ...] = ()
    stages: tuple[StageChange, ...] = ()
    events: tuple[Occurred, ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """What was wished before for a contact and a trigger.

    `last` is when it was enrolled last (None: never), `occurrences` all that was dealt with,
    what was skipped among it.
    """

    last: datetime | None = None
    occurrences: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ready:
    """A trigger whose workflow is there and switched on."""

    trigger: Trigger
    workflow: Workflow


@dataclass(frozen=True, slots=True)
class Taken:
    """An occasion that a trigger takes; `name` is the same whenever it is looked at."""

    contact_id: int
    at: datetime
    name: str


def match(
    triggers: Iterable[Trigger], workflows: Iterable[Workflow]
) -> tuple[list[Ready], dict[str, str]]:
    """Find each trigger's workflow by name (any case) or id.

    Gives the triggers that are ready, higher priority first, and why the others aren't.
    """
    by_id = {workflow.flow_id: workflow for workflow in workflows}
    by_name = {workflow.name.casefold(): workflow for workflow in by_id.values()}
    ready, idle = [], {}
    for trigger in triggers:
        found = by_id.get(trigger.workflow) or by_name.get(trigger.workflow.casefold())
        if found is None:
            idle[trigger.key] = f"HubSpot has no workflow named “{trigger.workflow}”"
        elif not found.enabled:
            idle[trigger.key] = f"the workflow “{found.name}” is switched off in HubSpot"
        else:
            ready.append(Ready(trigger, found))
    return sorted(ready, key=lambda each: -each.trigger.priority), idle


def enrollments(
    ready: Iterable[Ready], news: News, past: Mapping[tuple[int, str], Past]
) -> list[Intent]:
    """Say whom the triggers enroll, given what is new and what was wished for (contact, trigger).

    The intent's occurrence names what gave the occasion, so that it can never enroll twice.
    """
    return [
        _intent(each, occasion) for each in ready for occasion in taken(each.trigger, news, past)
    ]


def taken(trigger: Trigger, news: News, past: Mapping[tuple[int, str], Past]) -> list[Taken]:
    """Give the occasions that a trigger takes, the earliest first: what `again` lets through."""
    found = []
    last: dict[int, datetime] = {}
    for occasion in _occasions(trigger, news):
        contact_id = occasion.contact_id
        known = past.get((contact_id, trigger.key), Past())
        if _is_too_soon(trigger, occasion, last.get(contact_id, known.last)):
            continue
        if isinstance(trigger.on, Happens) and occasion.name in known.occurrences:
            continue
        last[contact_id] = occasion.at
        found.append(occasion)
    return found


def _intent(ready: Ready, occasion: Taken) -> Intent:
    return Intent(
        occasion.contact_id,
        IntentKind.ENROLLMENT,
        ready.trigger.key,
        occasion.name,
        ready.workflow.flow_id,
        HELD_OUT if held_out(ready.trigger, occasion.contact_id) else "",
    )


def _occasions(trigger: Trigger, news: News) -> list[Taken]:
    """Give what a trigger waits for, the earliest first."""
    on = trigger.on
    if isinstance(on, Happens):
        found = [
            Taken(event.contact_id, event.at, event.event_id)
            for event in news.events
            if event.trigger == trigger.key
        ]
    elif isinstance(on, StageIs):
        found = [
            Taken(change.contact_id, change.at, _name(trigger, change.at))
            for change in news.stages
            if change.key == on.key and _acts(trigger, change.cause)
        ]
    else:
        found = [
            Taken(change.contact_id, change.at, _name(trigger, change.at))
            for change in news.changes
            if _is_meant(on, change) and _acts(trigger, change.cause)
        ]
    return sorted(found, key=lambda occasion: (occasion.at, occasion.name))


def _acts(trigger: Trigger, cause: Cause) -> bool:
    return cause in ACTING or (cause is Cause.RULE and trigger.edits == "enroll")


def _is_meant(on: Enters | Leaves, change: MembershipChange) -> bool:
    return change.segment == on.key and change.entered is isinstance(on, Enters)


def _name(trigger: Trigger, at: datetime) -> str:
    return ONCE if trigger.again is None else at.isoformat(timespec="milliseconds")


def _is_too_soon(trigger: Trigger, occasion: Taken, last: datetime | None) -> bool:
    if last is None or trigger.again == 0:
        return False
    return trigger.again is None or occasion.at < last + timedelta(milliseconds=trigger.again)


def held_out(trigger: Trigger, contact_id: int | str) -> bool:
    """Say whether a contact is in a trigger's control group: always the same answer."""
    if not trigger.control_percent:
        return False
    digest = hashlib.sha256(f"{trigger.key}:{contact_id}".encode()).digest()
    return int.from_bytes(digest[:8]) * 100 < trigger.control_percent * 2**64
