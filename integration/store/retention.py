"""How long a portal keeps events of each kind."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import insert
from integration.store.tables import retention
from mappings.model import Event


@dataclass(frozen=True, slots=True)
class Term:
    """How long events of a kind are kept, and who said so when."""

    portal_id: int
    kind: str
    keep: timedelta
    set_at: datetime
    set_by: str


def every(connection: Connection, portal_id: int | None = None) -> list[Term]:
    """Read the terms of all portals, or of one."""
    query = sa.select(retention).order_by(retention.c.portal_id, retention.c.kind)
    if portal_id is not None:
        query = query.where(retention.c.portal_id == portal_id)
    return [
        Term(row.portal_id, row.kind, timedelta(milliseconds=row.keep_ms), row.set_at, row.set_by)
        for row in connection.execute(query)
    ]


def put(connection: Connection, term: Term) -> None:
    """Keep events of a kind for so long from now on."""
    values = {
        "keep_ms": term.keep // timedelta(milliseconds=1),
        "set_at": term.set_at,
        "set_by": term.set_by,
    }
    statement = insert(connection, retention).values(
        portal_id=term.portal_id, kind=term.kind, **values
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["portal_id", "kind"], set_=values)
    )


def drop(connection: Connection, portal_id: int, kind: str) -> bool:
    """Keep events of a kind for good again; False where they are anyway."""
    mine = sa.and_(retention.c.portal_id == portal_id, retention.c.kind == kind)
    return connection.execute(sa.delete(retention).where(mine)).rowcount == 1


def kept(
    connection: Connection, portal_id: int, events: Iterable[Event], now: datetime
) -> list[Event]:
    """Leave out the events that are too old to be kept."""
    found = list(events)
    terms = {each.kind: each.keep for each in every(connection, portal_id)} if found else {}
    return [each for each in found if each.kind not in terms or each.at >= now - terms[each.kind]]
