"""Whom to enroll into which workflow: pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mappings.model import Cause, Intent, IntentKind, MembershipChange, Workflow
from mappings.rules import Enters, Leaves, StageIs, Trigger

# What only the first sync or the edit of a rule moved did nothing: it enrolls nobody.
ACTING = frozenset({Cause.BEHAVIOUR, Cause.TIME})
HELD_OUT = "held out as part of the control group"


@dataclass(frozen=True, slots=True)
class StageChange:
    """A contact came into a stage."""

    contact_id: int
    key: str
    at: datetime
    cause: Cause


@dataclass(frozen=True, slots=True)
class Ready:
    """A trigger whose workflow is there and switched on."""

    trigger: Trigger
    workflow: Workflow


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
    ready: Iterable[Ready],
    changes: Iterable[MembershipChange],
    stages: Iterable[StageChange],
    last: Mapping[tuple[int, str], datetime],
) -> list[Intent]:
    """Say whom the triggers enroll, given what changed.

    `last` is when (contact, trigger) was last enrolled. The intent's occurrence names the cause,
    so that the same cause can never enroll twice.
    """
    moved, staged = list(changes), list(stages)
    intents = []
    for each in ready:
        for contact_id, at in _occasions(each.trigger, moved, staged):
            occurrence = _occurrence(each.trigger, at, last.get((contact_id, each.trigger.key)))
            if occurrence is None:
                continue
            held = HELD_OUT if held_out(each.trigger, contact_id) else ""
            intents.append(
                Intent(
                    contact_id,
                    IntentKind.ENROLLMENT,
                    each.trigger.key,
                    occurrence,
                    each.workflow.flow_id,
                    held,
                )
            )
    return intents


def _occasions(
    trigger: Trigger, changes: list[MembershipChange], stages: list[StageChange]
) -> list[tuple[int, datetime]]:
    on = trigger.on
    if isinstance(on, Enters | Leaves):
        entered = isinstance(on, Enters)
        return [
            (change.contact_id, change.at)
            for change in changes
            if change.segment == on.key and change.entered is entered and change.cause in ACTING
        ]
    if isinstance(on, StageIs):
        return [
            (change.contact_id, change.at)
            for change in stages
            if change.key == on.key and change.cause in ACTING
        ]
    return []


def _occurrence(trigger: Trigger, at: datetime, last: datetime | None) -> str | None:
    if trigger.again is None:
        return "once"
    if last is not None and at < last + timedelta(milliseconds=trigger.again):
        return None
    return at.isoformat(timespec="milliseconds")


def held_out(trigger: Trigger, contact_id: int) -> bool:
    """Say whether a contact is in a trigger's control group: always the same answer."""
    if not trigger.control_percent:
        return False
    digest = hashlib.sha256(f"{trigger.key}:{contact_id}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100 < trigger.control_percent
