"""When contacts last did anything."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import chunks
from integration.store.tables import events


def latest(connection: Connection, portal_id: int, ids: list[int]) -> dict[int, datetime]:
    """Say when each of these contacts last did anything; who never did is left out."""
    found: dict[int, datetime] = {}
    for part in chunks(ids):
        query = (
            sa.select(events.c.contact_id, sa.func.max(events.c.at, type_=events.c.at.type))
            .where(events.c.portal_id == portal_id, events.c.contact_id.in_(part))
            .group_by(events.c.contact_id)
        )
        found |= dict(tuple(row) for row in connection.execute(query))
    return found


def active_since(
    connection: Connection, portal_id: int, kinds: Iterable[str], since: datetime
) -> dict[int, datetime]:
    """Find who did something of these kinds since an instant, and when last (by the index)."""
    query = (
        sa.select(events.c.contact_id, sa.func.max(events.c.at, type_=events.c.at.type))
        .where(events.c.portal_id == portal_id, events.c.kind.in_(sorted(kinds)))
        .where(events.c.at >= since)
        .group_by(events.c.contact_id)
    )
    return dict(tuple(row) for row in connection.execute(query))
