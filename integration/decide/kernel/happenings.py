"""Which events came to qualify in a stretch of time: what triggers on events ask."""

from dataclasses import dataclass

import numpy as np

from integration.decide.kernel.courses import LAST, NEVER, Ints
from integration.decide.kernel.occurrences import Lives, Scene, lives
from integration.decide.kernel.timelines import ContactId, Timelines
from mappings.catalogue import Catalogue
from mappings.rules import EventCondition


@dataclass(frozen=True)
class Happening:
    """An event that came to qualify, and the instant (epoch ms) at which it did.

    That is the event's own instant, or later where the condition waits for what follows it.
    """

    contact: ContactId
    event_id: str
    at: int


def happenings(
    condition: EventCondition, timelines: Timelines, catalogue: Catalogue, since: int, now: int
) -> list[Happening]:
    """Give the events that came to qualify after `since` and do at `now`, by instant."""
    came = arrivals(condition, timelines, catalogue, (since, now))
    kept = came.where(came.span.leave > now)
    rows = np.concatenate([timelines.kind(kind).row[rows] for kind, rows in kept.events.parts])
    named = [
        Happening(timelines.contacts[contact], timelines.ids[row], at)
        for contact, row, at in zip(
            kept.events.contact.tolist(), rows.tolist(), kept.span.arrive.tolist(), strict=True
        )
    ]
    return sorted(named, key=lambda happening: (happening.at, happening.event_id))


def arrivals(
    condition: EventCondition, timelines: Timelines, catalogue: Catalogue, stretch: tuple[int, int]
) -> Lives:
    """Give the events that came to qualify in a stretch (after its start, up to its end).

    Those that had ceased to by its end are among them; `span.arrive` is when each came to.
    """
    start, end = stretch
    found = lives(Scene(timelines, catalogue, start), condition)
    return found.where((found.span.arrive > start) & (found.span.arrive <= end))


def awaited(
    condition: EventCondition, timelines: Timelines, catalogue: Catalogue, now: int
) -> Ints:
    """Give each contact's next instant at which an event comes to qualify (n,), NEVER for none.

    That is when a wait ends if nothing more happens, or an event lies in the future.
    """
    span = lives(Scene(timelines, catalogue, now), condition).span
    later = (span.arrive > now) & (span.arrive <= LAST)
    soonest = np.full(len(timelines.contacts), NEVER, dtype=np.int64)
    np.minimum.at(soonest, span.contact[later], span.arrive[later])
    return soonest
