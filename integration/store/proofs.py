"""The continuous proof: how much was checked on a day, what stood wrong, whom to pass over."""

from collections.abc import Iterable
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import chunks, insert
from integration.store.tables import differences as differences_table
from integration.store.tables import proofs
from mappings.health import Difference, ProofDay


def count(connection: Connection, portal_id: int, proved: ProofDay) -> None:
    """Add to what was checked on a day."""
    statement = insert(connection, proofs).values(
        portal_id=portal_id,
        day=proved.day.isoformat(),
        checked=proved.checked,
        differed=proved.differed,
    )
    more = {name: proofs.c[name] + statement.excluded[name] for name in ("checked", "differed")}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["portal_id", "day"], set_=more)
    )


def keep(connection: Connection, portal_id: int, found: Iterable[Difference]) -> None:
    """Keep what stood wrong."""
    rows = [
        {
            "portal_id": portal_id,
            "contact_id": each.contact_id,
            "found_at": each.found_at,
            "target": each.target,
            "stored": each.stored,
            "evaluated": each.evaluated,
        }
        for each in found
    ]
    for part in chunks(rows):
        connection.execute(insert(connection, differences_table).on_conflict_do_nothing(), part)


def days(connection: Connection, portal_id: int, first: date) -> list[ProofDay]:
    """Read what was checked from a day on, oldest first."""
    query = (
        sa.select(proofs)
        .where(proofs.c.portal_id == portal_id, proofs.c.day >= first.isoformat())
        .order_by(proofs.c.day)
    )
    return [
        ProofDay(date.fromisoformat(row.day), row.checked, row.differed)
        for row in connection.execute(query)
    ]


def differences(
    connection: Connection, portal_id: int, first: datetime, limit: int
) -> list[Difference]:
    """Read what stood wrong since an instant, newest first."""
    table = differences_table
    query = (
        sa.select(table)
        .where(table.c.portal_id == portal_id, table.c.found_at >= first)
        .order_by(table.c.found_at.desc(), table.c.contact_id, table.c.target)
        .limit(limit)
    )
    return [
        Difference(row.contact_id, row.found_at, row.target, row.stored, row.evaluated)
        for row in connection.execute(query)
    ]


def prune(connection: Connection, before: datetime) -> None:
    """Delete differences that were found before an instant; their counts stay."""
    table = differences_table
    connection.execute(sa.delete(table).where(table.c.found_at < before))
