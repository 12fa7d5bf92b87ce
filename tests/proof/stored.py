"""Rules over contacts in a database: stored as intake does it, looked at as the worker does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from integration.decide.draft import Changes
from integration.flows.apply import apply
from integration.store import contacts, memberships, timeline
from integration.store.tables import due, metadata
from mappings.instants import from_ms, to_ms
from mappings.model import Contact, ContactState, Event
from tests.decide.kernel.plain_reading import PlainContact
from tests.flows.desk import PORTAL, Desk
from tests.proof.cases import Case
from tests.proof.expected import Change, Expected

FIRST_ID = 508_369_434_000


@dataclass(frozen=True)
class Kept:
    """What stands in the tables of one person: until when in which segments, the stage, when due.

    `stage` is None where there is no lifecycle; its key is "" where no stage holds.
    """

    segments: dict[str, Change]
    stage: tuple[str, Change] | None
    due: Change


def kept_of(expected: Expected) -> list[Kept]:
    """Say what has to stand in the tables."""
    number = len(next(iter(expected.segments.values())))
    return [_kept(expected, person) for person in range(number)]


def _kept(expected: Expected, person: int) -> Kept:
    answers = {key: found[person] for key, found in expected.segments.items()}
    stage = expected.stages[person] if expected.stages else None
    changes = [change for _, change in [*answers.values(), *([stage] if stage else [])]]
    return Kept(
        {key: change for key, (member, change) in answers.items() if member},
        (stage[0] or "", stage[1]) if stage else None,
        min((change for change in changes if change is not None), default=None),
    )


class Stored:
    """The people of one case in a database; `at(now)` lets the worker look at who is due."""

    def __init__(self, desk: Desk, case: Case) -> None:
        self.desk = desk
        self.ids = [FIRST_ID + number for number in range(len(case.people))]
        self._empty()
        desk.book = case.book
        desk.time.at = from_ms(case.palette.now)
        people = list(zip(self.ids, case.people, strict=True))
        changes = Changes(
            contacts=tuple(_contact(*one, desk.now) for one in people),
            touched=frozenset(self.ids),
        )
        with desk.store.write() as connection:
            contacts.take_turn(connection, PORTAL)
            apply(connection, PORTAL, changes, desk.now)
            # As they are: intake would mark what looks like a machine's.
            every = [event for one in people for event in _events(*one)]
            timeline.add(connection, PORTAL, every, desk.now)

    def at(self, now: int) -> list[Kept]:
        """Let time pass until `now` and the worker look; give what then stands in the tables."""
        self.desk.time.at = from_ms(now)
        self.desk.look()
        with self.desk.store.read() as connection:
            held = memberships.of(connection, PORTAL, self.ids)
            stages = memberships.stages_of(connection, PORTAL, self.ids)
            rows = connection.execute(sa.select(due.c.contact_id, due.c.due_at))
            due_at = {contact_id: to_ms(at) for contact_id, at in rows}
        return [
            Kept(
                {key: _ms(membership.until) for key, membership in held[each].items()},
                (stages[each].key, _ms(stages[each].changes_at)) if each in stages else None,
                due_at.get(each),
            )
            for each in self.ids
        ]

    def entered(self) -> dict[tuple[int, str], int]:
        """Give when everybody came into what they are in, by (person, segment)."""
        with self.desk.store.read() as connection:
            held = memberships.of(connection, PORTAL, self.ids)
        return {
            (place, key): to_ms(membership.entered_at)
            for place, each in enumerate(self.ids)
            for key, membership in held[each].items()
        }

    def _empty(self) -> None:
        with self.desk.store.write() as connection:
            for table in metadata.sorted_tables:
                if "contact_id" in table.c:
                    connection.execute(sa.delete(table))


def _ms(at: datetime | None) -> Change:
    return None if at is None else to_ms(at)


def _contact(contact_id: int, person: PlainContact, now: datetime) -> Contact:
    values = {name: (value, to_ms(now)) for name, value in person.properties.items()}
    return Contact(contact_id, ContactState.LIVE, now, None, now, values)


def _events(contact_id: int, person: PlainContact) -> Iterator[Event]:
    for event in person.events:
        yield Event(contact_id, event.id, event.kind, from_ms(event.at), "test", event.properties)
