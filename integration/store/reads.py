"""How far each contact was read, where HubSpot has to be asked contact by contact."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from integration.store.engine import chunks, insert
from integration.store.tables import contact_reads, contacts
from mappings.model import ContactState


@dataclass(frozen=True, slots=True)
class ContactRead:
    """How far one contact was read.

    `through` is the newest instant seen in a reading that came to its end; `after` is HubSpot's
    cursor inside the one under way (None: none is), `newest` the newest instant seen in that.
    """

    contact_id: int
    due_at: datetime
    active_at: datetime | None = None
    through: datetime | None = None
    after: str | None = None
    newest: datetime | None = None
    read_at: datetime | None = None


_KEY = ("portal_id", "contact_id", "source")
_CHANGING = ("due_at", "active_at", "through", "after", "newest", "read_at")


def plan(connection: Connection, portal_id: int, source: str, rows: Iterable[ContactRead]) -> None:
    """Let contacts be read that weren't known here; those that are stay as they are."""
    for part in chunks([_columns(portal_id, source, row) for row in rows]):
        connection.execute(insert(connection, contact_reads).on_conflict_do_nothing(), part)


def save(connection: Connection, portal_id: int, source: str, rows: Iterable[ContactRead]) -> None:
    """Store how far contacts were read."""
    for part in chunks([_columns(portal_id, source, row) for row in rows]):
        statement = insert(connection, contact_reads)
        told = {name: statement.excluded[name] for name in _CHANGING}
        connection.execute(
            statement.on_conflict_do_update(index_elements=list(_KEY), set_=told), part
        )


def stirred(
    connection: Connection, portal_id: int, source: str, active: Mapping[int, datetime]
) -> dict[int, datetime]:
    """Find who of these did something since they were last known to be active."""
    known: dict[int, datetime | None] = {}
    for part in chunks(sorted(active)):
        query = sa.select(contact_reads.c.contact_id, contact_reads.c.active_at).where(
            contact_reads.c.portal_id == portal_id,
            contact_reads.c.source == source,
            contact_reads.c.contact_id.in_(part),
        )
        known |= dict(tuple(row) for row in connection.execute(query))
    return {one: at for one, at in active.items() if (last := known.get(one)) is None or last < at}


def wake(
    connection: Connection,
    portal_id: int,
    source: str,
    active: Mapping[int, datetime],
    now: datetime,
) -> None:
    """Let contacts be read now that did something since they were last known to be active."""
    rows = [
        _columns(portal_id, source, ContactRead(contact_id, now, at))
        for contact_id, at in active.items()
    ]
    for part in chunks(rows):
        statement = insert(connection, contact_reads)
        told = statement.excluded
        later = sa.or_(
            contact_reads.c.active_at.is_(None), contact_reads.c.active_at < told.active_at
        )
        # Whose past was never read keeps its turn: it is due long since.
        sooner = sa.case(
            (contact_reads.c.due_at < told.due_at, contact_reads.c.due_at), else_=told.due_at
        )
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(_KEY),
                set_={"active_at": told.active_at, "due_at": sooner},
                where=later,
            ),
            part,
        )


def due(
    connection: Connection, portal_id: int, source: str, now: datetime, limit: int
) -> list[ContactRead]:
    """Find the live contacts that are to be read, the ones due longest first."""
    query = (
        sa.select(contact_reads)
        .join(
            contacts,
            sa.and_(
                contacts.c.portal_id == contact_reads.c.portal_id,
                contacts.c.contact_id == contact_reads.c.contact_id,
            ),
        )
        .where(
            contact_reads.c.portal_id == portal_id,
            contact_reads.c.source == source,
            contact_reads.c.due_at <= now,
            contacts.c.state == ContactState.LIVE.value,
        )
        .order_by(contact_reads.c.due_at, contact_reads.c.contact_id)
        .limit(limit)
    )
    return [_row(row) for row in connection.execute(query)]


def merge(connection: Connection, portal_id: int, pair: tuple[int, int], now: datetime) -> None:
    """Let the survivor of a merge be read from its beginning: HubSpot gives it the other's past."""
    old, new = pair
    mine = sa.and_(contact_reads.c.portal_id == portal_id, contact_reads.c.contact_id == old)
    gone = sa.delete(contact_reads).where(mine)
    sources = connection.scalars(gone.returning(contact_reads.c.source)).all()
    for source in sorted(sources):
        save(connection, portal_id, source, [ContactRead(new, now)])


def restart(connection: Connection, portal_id: int, source: str | None = None) -> None:
    """Forget how far contacts were read, of one source or of all."""
    query = sa.delete(contact_reads).where(contact_reads.c.portal_id == portal_id)
    if source is not None:
        query = query.where(contact_reads.c.source == source)
    connection.execute(query)


def forget(connection: Connection, portal_id: int, ids: list[int]) -> None:
    """Delete what is kept of contacts here."""
    for part in chunks(ids):
        connection.execute(
            sa.delete(contact_reads).where(
                contact_reads.c.portal_id == portal_id, contact_reads.c.contact_id.in_(part)
            )
        )


def progress(connection: Connection, portal_id: int, source: str) -> tuple[int, int]:
    """Count the contacts that were read to their end, and all that are to be."""
    query = sa.select(sa.func.count(contact_reads.c.read_at), sa.func.count()).where(
        contact_reads.c.portal_id == portal_id, contact_reads.c.source == source
    )
    read, every = connection.execute(query).one()
    return read, every


def _columns(portal_id: int, source: str, row: ContactRead) -> dict[str, object]:
    changing = {name: getattr(row, name) for name in _CHANGING}
    return {"portal_id": portal_id, "contact_id": row.contact_id, "source": source, **changing}


def _row(row: Row[tuple[object, ...]]) -> ContactRead:
    return ContactRead(
        contact_id=row.contact_id,
        due_at=row.due_at,
        active_at=row.active_at,
        through=row.through,
        after=row.after,
        newest=row.newest,
        read_at=row.read_at,
    )
