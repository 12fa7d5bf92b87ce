"""How large segments are and were, how they overlap, and who goes in and out of them."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import chunks, insert
from integration.store.tables import history, memberships, sizes
from mappings.health import Combination, DaySize, Flapping, Moves
from mappings.instants import EPOCH, MILLISECOND
from mappings.model import Cause

DAY = timedelta(days=1)
# What happened of itself: neither the first sync nor an edit nor a repair is anybody's doing.
LIVING = (Cause.BEHAVIOUR.value, Cause.TIME.value)
WORST = 5


def save(connection: Connection, portal_id: int, measured: Iterable[DaySize]) -> None:
    """Store sizes of days, over what was stored of the same segment and day."""
    rows = [
        {
            "portal_id": portal_id,
            "segment": each.segment,
            "day": each.day.isoformat(),
            "size": each.size,
            "entered": each.entered,
            "left": each.left,
        }
        for each in measured
    ]
    statement = insert(connection, sizes)
    statement = statement.on_conflict_do_update(
        index_elements=["portal_id", "segment", "day"],
        set_={name: statement.excluded[name] for name in ("size", "entered", "left")},
    )
    for part in chunks(rows):
        connection.execute(statement, part)


def since(connection: Connection, portal_id: int, first: date) -> list[DaySize]:
    """Read the sizes of a portal's segments from a day on, by segment and day."""
    query = (
        sa.select(sizes)
        .where(sizes.c.portal_id == portal_id, sizes.c.day >= first.isoformat())
        .order_by(sizes.c.segment, sizes.c.day)
    )
    return [
        DaySize(row.segment, date.fromisoformat(row.day), row.size, row.entered, row.left)
        for row in connection.execute(query)
    ]


def last_day(connection: Connection, portal_id: int) -> date | None:
    """Give the last day on which a portal was measured."""
    query = sa.select(sa.func.max(sizes.c.day)).where(sizes.c.portal_id == portal_id)
    day = connection.scalar(query)
    return None if day is None else date.fromisoformat(day)


def moves(connection: Connection, portal_id: int, first: date) -> list[Moves]:
    """Count by segment and day who entered and left, from a day on.

    Who was there already when Segue first looked entered nothing.
    """
    day = (sa.type_coerce(history.c.at, sa.BigInteger) // (DAY // MILLISECOND)).label("day")
    entered = sa.func.sum(sa.case((history.c.entered, 1), else_=0))
    query = (
        sa.select(history.c.segment, day, entered, sa.func.count())
        .where(
            history.c.portal_id == portal_id,
            history.c.at >= EPOCH + DAY * (first - EPOCH.date()).days,
            history.c.cause != Cause.FIRST_SYNC.value,
        )
        .group_by(history.c.segment, day)
    )
    return [
        Moves(segment, EPOCH.date() + DAY * number, ins, every - ins)
        for segment, number, ins, every in connection.execute(query)
    ]


def combinations(connection: Connection, portal_id: int) -> list[Combination]:
    """Count the contacts that are in exactly the same segments.

    Pairs of segments are counted from these. Joining memberships with themselves does the same
    in several times the time: it looks at every pair of every contact.
    """
    words = sa.func.aggregate_strings(memberships.c.segment, ",").label("words")
    each = (
        sa.select(words)
        .where(memberships.c.portal_id == portal_id)
        .group_by(memberships.c.contact_id)
        .subquery()
    )
    query = sa.select(each.c.words, sa.func.count()).group_by(each.c.words)
    return [
        Combination(tuple(words.split(",")), number) for words, number in connection.execute(query)
    ]


def crowded(connection: Connection, portal_id: int, least: int, most: int) -> list[tuple[int, int]]:
    """Find `most` of the contacts in `least` segments or more: contact and number, most first."""
    number = sa.func.count()
    query = (
        sa.select(memberships.c.contact_id, number)
        .where(memberships.c.portal_id == portal_id)
        .group_by(memberships.c.contact_id)
        .having(number >= least)
        .order_by(number.desc(), memberships.c.contact_id)
        .limit(most)
    )
    return [(contact_id, count) for contact_id, count in connection.execute(query)]


def flapping(connection: Connection, portal_id: int, first: datetime, least: int) -> list[Flapping]:
    """Find the segments that contacts entered `least` times or more since an instant."""
    times = sa.func.count().label("times")
    again = (
        sa.select(history.c.segment, history.c.contact_id, times)
        .where(
            history.c.portal_id == portal_id,
            history.c.at >= first,
            history.c.entered,
            history.c.cause.in_(LIVING),
        )
        .group_by(history.c.segment, history.c.contact_id)
        .having(times >= least)
        .subquery()
    )
    alike = again.c.segment
    order = (again.c.times.desc(), again.c.contact_id)
    ranked = sa.select(
        again,
        sa.func.row_number().over(partition_by=alike, order_by=order).label("rank"),
        sa.func.count().over(partition_by=alike).label("contacts"),
    ).subquery()
    query = sa.select(ranked).where(ranked.c.rank <= WORST)
    found: dict[str, Flapping] = {}
    for row in connection.execute(query.order_by(ranked.c.segment, ranked.c.rank)):
        before = found.get(row.segment, Flapping(row.segment, row.contacts, ()))
        worst = (*before.worst, (row.contact_id, row.times))
        found[row.segment] = Flapping(row.segment, row.contacts, worst)
    return list(found.values())
