"""Whose events are: those of merged contacts are lent, those told by an address go by it."""

from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import chunks, insert
from integration.store.tables import events
from integration.store.timeline import address_key, event_of
from mappings.model import Event


def lend(connection: Connection, portal_id: int, contact_id: int, merged: Iterable[int]) -> None:
    """Let a contact's timeline hold its own events and those of all who were `merged` into it.

    The others keep theirs: should HubSpot let one of them live again, it takes them along. An
    event that several have stands once.
    """
    mine = sa.and_(events.c.portal_id == portal_id, events.c.contact_id == contact_id)
    connection.execute(sa.delete(events).where(mine, events.c.lent))
    others = [c for c in events.c if c.name not in ("portal_id", "contact_id", "lent")]
    names = ["portal_id", "contact_id", "lent", *(column.name for column in others)]
    newest = (events.c.known_at.desc(), events.c.contact_id, events.c.id)
    for part in chunks(sorted(merged)):
        theirs = sa.select(
            sa.literal(portal_id), sa.literal(contact_id, sa.BigInteger), sa.true(), *others
        ).where(
            events.c.portal_id == portal_id,
            events.c.contact_id.in_(part),
            sa.not_(events.c.lent),
        )
        statement = insert(connection, events).from_select(names, theirs.order_by(*newest))
        connection.execute(statement.on_conflict_do_nothing())


def told_by(connection: Connection, portal_id: int, ids: Iterable[int], email: str) -> list[Event]:
    """Read the contacts' own events that were told by an address."""
    query = sa.select(events).where(
        events.c.portal_id == portal_id,
        events.c.contact_id.in_(sorted(ids)),
        events.c.address == address_key(email),
        sa.not_(events.c.lent),
    )
    return [replace(event_of(row), address=email) for row in connection.execute(query)]


def forget_address(
    connection: Connection, portal_id: int, ids: Iterable[int], emails: Iterable[str]
) -> None:
    """Forget of contacts' events that they were told by some addresses."""
    keys = sorted({address_key(email) for email in emails})
    for part in chunks(sorted(ids)):
        which = sa.and_(
            events.c.portal_id == portal_id,
            events.c.contact_id.in_(part),
            events.c.address.in_(keys),
        )
        connection.execute(sa.update(events).where(which).values(address=None))


def take(connection: Connection, portal_id: int, event: Event) -> None:
    """Take an event off its contact's timeline."""
    connection.execute(
        sa.delete(events).where(
            events.c.portal_id == portal_id,
            events.c.contact_id == event.contact_id,
            events.c.id == event.id,
        )
    )
