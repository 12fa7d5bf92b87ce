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


@dataclass(frozen=True, slots=True)
class Scenery:
    """What is known of the contacts that are looked at, and what properties of events are."""

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
    timelines = scenery.timelines
    fresh = _fresh(timelines, since, _kinds(waiting.values()))
    stirred = {contact_id for contact_id, _ in fresh.learnt}
    start = min([*since.values(), *(at for at, _ in fresh.learnt.values())]) - 1
    too_late = {
        name for name, (at, known) in fresh.learnt.items() if known - at > LATE // MILLISECOND
    }
    found = []
    for key, condition in waiting.items():
        stretch = (condition, scenery.catalogue, start, to_ms(now))
        names = _names(timelines, *stretch)
        # Where nothing was learnt, the timeline said before what it says now.
        said = {name: at for name, at in names.items() if name[0] not in stirred}
        said |= _names(fresh.before, *stretch)
        before = {name for name, at in said.items() if name[0] in since and at < since[name[0]]}
        found += [
            Occurred(*(name[0], key, name[1]), from_ms(at))
            for name, at in names.items()
            if name[0] in since and name not in before and name not in too_late
        ]
    return found


@dataclass(frozen=True, slots=True)
class _Fresh:
    """What was learnt since: instant and when it was learnt, of each (contact, id).

    `before` are the timelines of these contacts without it.
    """

    learnt: dict[tuple[int, str], tuple[int, int]]
    before: Timelines


def _fresh(timelines: Timelines, since: Mapping[int, int], kinds: set[str]) -> _Fresh:
    contacts = [int(each) for each in timelines.contacts]
    starts = np.array([since.get(each, NEVER) for each in contacts], dtype=np.int64)
    learnt: dict[tuple[int, str], tuple[int, int]] = {}
    new = {}
    stirred = np.zeros(len(contacts), dtype=np.bool_)
    for kind in sorted(kinds & timelines.kinds.keys()):
        events = timelines.kind(kind)
        known = timelines.known[events.row]
        new[kind] = known >= starts[events.contact]
        stirred[events.contact[new[kind]]] = True
        for place in np.flatnonzero(new[kind]).tolist():
            name = contacts[events.contact[place]], timelines.ids[events.row[place]]
            learnt[name] = int(events.at[place]), int(known[place])
    old = {kind: stirred[timelines.kind(kind).contact] & ~fresh for kind, fresh in new.items()}
    return _Fresh(learnt, timelines.where(old))


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
