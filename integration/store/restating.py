"""Events that stand and turn out to be otherwise: another mark, or nothing at all any more."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import chunks
from integration.store.tables import events
from integration.store.timeline import columns_of, event_of
from mappings.model import Event

_AT = sa.type_coerce(events.c.at, sa.BigInteger)


def around(
    connection: Connection,
    portal_id: int,
    ids: list[int],
    kinds: frozenset[str],
    between: tuple[int, int] | None = None,
) -> list[Event]:
    """Read contacts' events of some kinds, those between two instants (ms, included) if any."""
    found: list[Event] = []
    for part in chunks(ids):
        query = sa.select(events).where(
            events.c.portal_id == portal_id,
            events.c.contact_id.in_(part),
            events.c.kind.in_(sorted(kinds)),
        )
        if between is not None:
            query = query.where(_AT.between(*between))
        found += [event_of(row) for row in connection.execute(query)]
    return found


def restate(
    connection: Connection, portal_id: int, changed: Iterable[Event], now: datetime
) -> set[int]:
    """Let events that stand say something else; give the contacts whose timelines changed."""
    rows = [
        {
            "b_contact_id": event.contact_id,
            "b_id": event.id,
            "properties": columns_of(event)["properties"],
            "known_at": now,
        }
        for event in changed
    ]
    if rows:
        statement = sa.update(events).where(
            events.c.portal_id == portal_id,
            events.c.contact_id == sa.bindparam("b_contact_id"),
            events.c.id == sa.bindparam("b_id"),
        )
        connection.execute(statement, rows)
    return {event.contact_id for event in changed}


def withdraw(
    connection: Connection,
    portal_id: int,
    ids: Iterable[int],
    stems: frozenset[str],
    stand: frozenset[str],
) -> None:
    """Delete contacts' events that stem from these records and are not among those that stand.

    An event's id is its record's stem, with a colon and more where a record becomes several.
    """
    for part in chunks(sorted(set(ids))):
        query = sa.select(events.c.contact_id, events.c.id).where(
            events.c.portal_id == portal_id,
            events.c.contact_id.in_(part),
            events.c.source.in_(sorted({stem.partition(":")[0] for stem in stems})),
        )
        gone = [
            {"b_contact_id": contact_id, "b_id": name}
            for contact_id, name in connection.execute(query)
            if name not in stand and ":".join(name.split(":")[:2]) in stems
        ]
        if gone:
            mine = sa.and_(
                events.c.portal_id == portal_id,
                events.c.contact_id == sa.bindparam("b_contact_id"),
                events.c.id == sa.bindparam("b_id"),
            )
            connection.execute(sa.delete(events).where(mine), gone)
