"""Preview rules that aren't saved over a portal's contacts: sizes, conditions, a few members.

1. everybody's timelines in chunks, each decided and forgotten; 2. the timelines of the sample once
more, for since when they are members. Nothing is written.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from integration.decide import preview as decide
from integration.decide.kernel import (
    BEGINNING,
    NEVER,
    ContactId,
    EventRow,
    Stretch,
    Timelines,
    replay,
)
from integration.decide.kernel.courses import Course
from integration.decide.preview import Preview, Question
from integration.flows.crowd import everyone
from integration.flows.tools import Tools
from integration.store import contacts, timeline
from mappings.instants import from_ms, to_ms
from mappings.rules import RuleBook, kinds_used, portion

Progress = Callable[[int, int], None]  # how many contacts were looked at, and of how many


@dataclass(frozen=True, slots=True)
class Person:
    """Who a contact is, as far as is known."""

    contact_id: ContactId
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A member shown: `since` is None where it has always been one, `until` where it stays."""

    person: Person
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Previewed:
    """What a preview found at an instant, and a few members of each segment."""

    at: datetime
    found: Preview
    shown: dict[str, tuple[Shown, ...]]


def preview(
    tools: Tools,
    portal_id: int,
    asked: tuple[RuleBook, tuple[str, ...]],
    sample: int,
    told: Progress,
) -> Previewed:
    """Preview segments (the keys asked for) of a book over a portal, as of now.

    `sample` is how many members of each to show; `told` hears of the progress.
    """
    at = tools.now()
    book, keys = asked
    question = Question(portion(book, keys), keys, to_ms(at), sample)
    with tools.store.read() as connection:
        total = contacts.live_count(connection, portal_id)
        crowd = watched(everyone(connection, portal_id, question.book), total, told)
        parts = (decide.preview(question, each) for each in crowd)
        found = decide.together(parts, sample)
        return Previewed(at, found, _shown(connection, portal_id, question, found))


def watched(crowd: Iterator[Timelines], total: int, told: Progress) -> Iterator[Timelines]:
    """Give the crowd on, and tell after each chunk how far it is."""
    done = 0
    for timelines in crowd:
        yield timelines
        done += len(timelines.contacts)
        told(done, total)


def people(connection: Connection, portal_id: int, ids: list[int]) -> dict[ContactId, Person]:
    """Read who these contacts are; those that live no longer are absent."""
    found = contacts.properties(connection, portal_id, ids)
    return {each: person_of(each, values) for each, values in found.items()}


def person_of(contact_id: ContactId, values: Mapping[str, str | None]) -> Person:
    """Say who a contact is by its properties."""
    names = [values.get("firstname"), values.get("lastname")]
    return Person(contact_id, " ".join(name for name in names if name), values.get("email") or "")


def _shown(
    connection: Connection, portal_id: int, question: Question, found: Preview
) -> dict[str, tuple[Shown, ...]]:
    chosen = {key: [each for _, each in one.sample] for key, one in found.segments.items()}
    ids = sorted({each for drawn in chosen.values() for each in drawn})
    values = contacts.properties(connection, portal_id, ids)
    lines = timeline.lines(connection, portal_id, ids, timeline.Wanted(kinds_used(question.book)))
    timelines = Timelines.of(ids, (EventRow(*line[:5]) for line in lines), values)
    played = replay(question.book, timelines, Stretch(BEGINNING, NEVER))
    place = {each: number for number, each in enumerate(ids)}
    return {
        key: tuple(
            Shown(
                person_of(each, values[each]),
                *_around(played.segments[key], place[each], question.now),
            )
            for each in drawn
        )
        for key, drawn in chosen.items()
    }


def _around(course: Course, contact: int, now: int) -> tuple[datetime | None, datetime | None]:
    """Give a contact's last change up to now and its first one later."""
    instants = course.at[course.contact == contact]
    past, later = instants[instants <= now], instants[instants > now]
    since = from_ms(int(past[-1])) if len(past) else None
    return since, from_ms(int(later[0])) if len(later) else None
