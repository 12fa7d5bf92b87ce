"""Which events came to qualify for triggers since their contact was looked at last: pure.

A trigger acts on an event once it qualifies: at the event's own instant, when what `then` asks
for has followed, or when the wait of `without` is over. One that arrives late counts when it
arrives, unless it is older than LATE by then: a past that is read in later (an import of old
orders) is history, not behaviour.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from integration.decide.kernel import NEVER, Timelines, awaited, happenings
from integration.decide.membership import Look
from integration.decide.triggers import Occurred
from mappings.catalogue import Catalogue
from mappings.instants import MILLISECOND, from_ms, to_ms
from mappings.rules import EventCondition, Happens, Trigger

LATE = timedelta(days=7)

# An event as it is stored: contact, id, kind, ms instant, properties, ms when it was learnt.
Line = tuple[int, str, str, int, str, int]


@dataclass(frozen=True, slots=True)
class Scenery:
    """What is known of the contacts that are looked at: the same as lines and as timelines."""

    lines: list[Line]
    timelines: Timelines
    catalogue: Catalogue


def conditions(triggers: Iterable[Trigger]) -> dict[str, EventCondition]:
    """Give the conditions of those triggers that act on events."""
    return {
        trigger.key: trigger.on.condition for trigger in triggers if isinstance(trigger.on, Happens)
    }


def occurred(
    waiting: Mapping[str, EventCondition],
    scenery: Scenery,
    looks: Mapping[int, Look],
    now: datetime,
) -> list[Occurred]:
    """Give the events that qualify at `now` and didn't when their contact was looked at last.

    A look's `due_at` lies after that: what was learnt since, and what came to qualify since by
    the passing of time, is new. An event is compared with what the timeline without the new ones
    said, so that a late one that completes an old one counts as well.
    """
    if not waiting or not looks:
        return []
    since = {contact_id: to_ms(look.due_at) for contact_id, look in looks.items()}
    kinds = _kinds(waiting.values())
    mine = [line for line in scenery.lines if line[2] in kinds and line[0] in since]
    fresh = {(line[0], line[1]): line for line in mine if line[5] >= since[line[0]]}
    stirred = {contact_id for contact_id, _ in fresh}
    old = Timelines.of(
        scenery.timelines.contacts,
        [line for line in mine if line[0] in stirred and (line[0], line[1]) not in fresh],
        {},
        stored=True,
    )
    start = min([*since.values(), *(line[3] for line in fresh.values())]) - 1
    too_late = {name for name, line in fresh.items() if line[5] - line[3] > LATE // MILLISECOND}
    found = []
    for key, condition in waiting.items():
        stretch = (condition, scenery.catalogue, start, to_ms(now))
        names = _names(scenery.timelines, *stretch)
        # Where nothing was learnt, the timeline said before what it says now.
        said = {name: at for name, at in names.items() if name[0] not in stirred}
        said |= _names(old, *stretch)
        before = {name for name, at in said.items() if name[0] in since and at < since[name[0]]}
        found += [
            Occurred(*(name[0], key, name[1]), from_ms(at))
            for name, at in names.items()
            if name[0] in since and name not in before and name not in too_late
        ]
    return found


def _kinds(conditions: Iterable[EventCondition]) -> set[str]:
    """Give the kinds of events that conditions look at: no other can make a difference."""
    kinds: set[str] = set()
    for condition in conditions:
        kinds.update(condition.pattern.kinds)
        for sequel in (condition.then, condition.without):
            kinds.update(sequel.pattern.kinds if sequel is not None else ())
    return kinds


def _names(
    timelines: Timelines, condition: EventCondition, catalogue: Catalogue, start: int, now: int
) -> dict[tuple[int, str], int]:
    return {
        (int(each.contact), each.event_id): each.at
        for each in happenings(condition, timelines, catalogue, start, now)
    }


def next_ones(
    waiting: Mapping[str, EventCondition], scenery: Scenery, now: datetime
) -> dict[int, datetime]:
    """Give when, for whom, an event will next come to qualify by the passing of time."""
    soonest = np.full(len(scenery.timelines.contacts), NEVER, dtype=np.int64)
    for condition in waiting.values():
        at = awaited(condition, scenery.timelines, scenery.catalogue, to_ms(now))
        soonest = np.minimum(soonest, at)
    return {
        int(contact): from_ms(at)
        for contact, at in zip(scenery.timelines.contacts, soonest.tolist(), strict=True)
        if at != NEVER
    }
