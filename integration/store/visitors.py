"""Visitors: who the ids that sites send turned out to be, and the events that wait for a name.

A mark is `anonymous:ID`, `user:ID`, `email:ADDRESS` or `contact:ID`; what marks mean is decided in
integration.decide.visitors.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store import timeline
from integration.store.engine import chunks, insert
from integration.store.tables import visitors, visits
from mappings.model import Event

_OF_EVENTS = ("id", "kind", "at", "source", "properties")

Visit = tuple[str, Event]  # of a mark: an event whose own `contact_id` is 0


def load(connection: Connection, portal_id: int, marks: Iterable[str]) -> dict[str, str]:
    """Read who these marks are, and who those are in turn."""
    known: dict[str, str] = {}
    wanted = set(marks)
    for _ in range(2):  # an anonymous id is a user, and a user a person
        for part in chunks(sorted(wanted)):
            query = sa.select(visitors.c.mark, visitors.c.is_who).where(
                visitors.c.portal_id == portal_id, visitors.c.mark.in_(part)
            )
            known |= dict(tuple(row) for row in connection.execute(query))
        wanted = set(known.values()) - known.keys()
    return known


def name(connection: Connection, portal_id: int, who: Mapping[str, str], now: datetime) -> None:
    """Store who marks are, in place of what was known."""
    rows = [
        {"portal_id": portal_id, "mark": mark, "is_who": person, "named_at": now}
        for mark, person in sorted(who.items())
    ]
    for part in chunks(rows):
        statement = insert(connection, visitors)
        statement = statement.on_conflict_do_update(
            index_elements=["portal_id", "mark"],
            set_={column: statement.excluded[column] for column in ("is_who", "named_at")},
        )
        connection.execute(statement, part)


def keep(connection: Connection, portal_id: int, waiting: Iterable[Visit], now: datetime) -> None:
    """Keep events of marks that nobody named; one that waits already stands."""
    rows = []
    for mark, event in waiting:
        told = timeline.columns_of(event)
        told = {name: told[name] for name in _OF_EVENTS}
        rows.append({"portal_id": portal_id, "mark": mark, "kept_at": now, **told})
    for part in chunks(rows, 1000):
        connection.execute(insert(connection, visits).on_conflict_do_nothing(), part)


def take(connection: Connection, portal_id: int, marks: Iterable[str]) -> list[Visit]:
    """Take out the events that wait for these marks."""
    found: list[Visit] = []
    for part in chunks(sorted(set(marks))):
        mine = sa.and_(visits.c.portal_id == portal_id, visits.c.mark.in_(part))
        for row in connection.execute(sa.select(visits).where(mine)):
            properties = json.loads(row.properties)
            found.append((row.mark, Event(0, row.id, row.kind, row.at, row.source, properties)))
        connection.execute(sa.delete(visits).where(mine))
    return found


def waiting(connection: Connection, portal_id: int) -> int:
    """Count the events that wait for a name."""
    query = sa.select(sa.func.count()).where(visits.c.portal_id == portal_id)
    return connection.scalar(query) or 0


def forget(connection: Connection, portal_id: int, persons: Iterable[str]) -> dict[str, int]:
    """Delete all that is known of persons' devices and users, and what waits for them.

    Gives how many rows went, by table.
    """
    marks = set(persons)
    for _ in range(2):
        for part in chunks(sorted(marks)):
            query = sa.select(visitors.c.mark).where(
                visitors.c.portal_id == portal_id, visitors.c.is_who.in_(part)
            )
            marks.update(connection.scalars(query))
    gone = {visitors.name: 0, visits.name: 0}
    for table in (visitors, visits):
        for part in chunks(sorted(marks)):
            mine = sa.and_(table.c.portal_id == portal_id, table.c.mark.in_(part))
            gone[table.name] += connection.execute(sa.delete(table).where(mine)).rowcount
    return gone


def prune(connection: Connection, before: datetime) -> None:
    """Drop what has waited for a name since before an instant."""
    connection.execute(sa.delete(visits).where(visits.c.kept_at < before))
