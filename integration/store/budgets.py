"""The calls each portal made of late: one row a bucket, shared by all processes."""

import json
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import insert
from integration.store.tables import budgets


@dataclass(frozen=True, slots=True)
class Spent:
    """What a bucket spent: (slot ms, calls) pairs of its last window, and HubSpot's own pause."""

    slots: tuple[tuple[int, int], ...]
    blocked_until: int


def load(connection: Connection, portal_id: int, bucket: str) -> Spent:
    """Read a bucket, locking it where the engine locks rows (in a write transaction)."""
    query = sa.select(budgets.c.slots, budgets.c.blocked_until).where(
        budgets.c.portal_id == portal_id, budgets.c.bucket == bucket
    )
    if connection.dialect.name == "postgresql":
        # The row must exist to be locked: two first calls would else both see an empty window.
        connection.execute(
            insert(connection, budgets)
            .values(portal_id=portal_id, bucket=bucket, slots="[]")
            .on_conflict_do_nothing()
        )
        query = query.with_for_update()
    row = connection.execute(query).first()
    if row is None:
        return Spent((), 0)
    return Spent(tuple((at, calls) for at, calls in json.loads(row.slots)), row.blocked_until)


def save(connection: Connection, portal_id: int, bucket: str, spent: Spent) -> None:
    """Store a bucket."""
    values = {"slots": json.dumps(spent.slots), "blocked_until": spent.blocked_until}
    statement = insert(connection, budgets).values(portal_id=portal_id, bucket=bucket, **values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["portal_id", "bucket"], set_=values)
    )
