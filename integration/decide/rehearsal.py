"""Whom triggers would have enrolled in a stretch of history: the worker's own policy, replayed.

A rehearsal begins with nobody enrolled, and who is in a segment at its start doesn't enter it.
Consent is as good as unknown for the past, and a portal's workflows may be missing or switched
off: neither holds anybody back here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from integration.decide.kernel import ContactId, Replay, Stretch, Timelines, occasions
from integration.decide.kernel.courses import Course, Ints
from integration.decide.kernel.occurrences import Scene, choose
from integration.decide.triggers import News, Occurred, StageChange, Taken, held_out, taken
from mappings.instants import from_ms, to_ms
from mappings.model import Cause, MembershipChange
from mappings.rules import EventCondition, Happens, RuleBook, StageIs, Trigger
from mappings.rules.nodes import Window


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One enrollment that would have been (instants in epoch ms).

    With `held_out` the contact is of the control group: it would only have been noted.
    `goal_at` is when it reached the trigger's goal within the stretch, None where it didn't.
    """

    contact: ContactId
    at: int
    held_out: bool
    goal_at: int | None = None


def rehearse(
    trigger: Trigger, book: RuleBook, timelines: Timelines, played: Replay, stretch: Stretch
) -> list[Enrollment]:
    """Say whom a trigger of the book would have enrolled in a stretch, the earliest first.

    `played` is the replay of the same timelines over the same stretch.
    """
    # Contacts go by their places here: the policy wants numbers, and files name contacts by texts.
    news = _news(trigger, book, timelines, played, stretch)
    found = taken(trigger, news, {})
    goals = _goals(trigger.goal, book, timelines, found, stretch)
    return [
        Enrollment(contact, to_ms(each.at), held_out(trigger, contact), goal)
        for each, goal in zip(found, goals, strict=True)
        for contact in [timelines.contacts[each.contact_id]]
    ]


def _news(
    trigger: Trigger, book: RuleBook, timelines: Timelines, played: Replay, stretch: Stretch
) -> News:
    on = trigger.on
    if isinstance(on, Happens):
        came = occasions(on.condition, timelines, book.catalogue, stretch)
        return News(events=tuple(_occurred(trigger.key, *came)))
    if isinstance(on, StageIs):
        return News(stages=tuple(_staged(on.key, played)))
    return News(changes=tuple(_moved(on.key, played.segments[on.key])))


def _occurred(key: str, contacts: Ints, instants: Ints) -> Iterator[Occurred]:
    # An event comes to qualify but once, so its place names it well enough.
    rows = enumerate(zip(contacts.tolist(), instants.tolist(), strict=True))
    return (Occurred(contact, key, str(place), from_ms(at)) for place, (contact, at) in rows)


def _staged(key: str, played: Replay) -> Iterator[StageChange]:
    if played.stages is None:
        return
    into = played.stages.then == played.stage_keys.index(key)
    contacts, instants = played.stages.contact[into], played.stages.at[into]
    for contact, at in zip(contacts.tolist(), instants.tolist(), strict=True):
        yield StageChange(contact, key, from_ms(at), Cause.BEHAVIOUR)


def _moved(key: str, course: Course) -> Iterator[MembershipChange]:
    rows = zip(course.contact.tolist(), course.at.tolist(), course.then.tolist(), strict=True)
    for contact, at, entered in rows:
        yield MembershipChange(contact, key, entered, from_ms(at), Cause.BEHAVIOUR, "")


def _goals(
    goal: EventCondition | None,
    book: RuleBook,
    timelines: Timelines,
    found: list[Taken],
    stretch: Stretch,
) -> list[int | None]:
    """Give when each enrollment's goal was reached: after it, and within the goal's time."""
    if goal is None or not found:
        return [None] * len(found)
    chosen = choose(Scene(timelines, book.catalogue, stretch.start), goal.pattern, Window())
    order = np.lexsort((chosen.at, chosen.contact))
    contact, at = chosen.contact[order], chosen.at[order]
    bounds = np.searchsorted(contact, np.arange(len(timelines.contacts) + 1)).tolist()
    length = goal.window.within
    reached: list[int | None] = []
    for each in found:
        enrolled_at = to_ms(each.at)
        latest = stretch.end if length is None else min(stretch.end, enrolled_at + length)
        mine = at[bounds[each.contact_id] : bounds[each.contact_id + 1]]
        place = int(np.searchsorted(mine, enrolled_at, side="right"))
        hit = place < len(mine) and mine[place] <= latest
        reached.append(int(mine[place]) if hit else None)
    return reached
