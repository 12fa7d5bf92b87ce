"""Items of the outbox between their claim and their end.

Everything here but the claim itself changes only what the worker still holds: a slow worker whose
lease ran out finds that its items are somebody else's now, and leaves them alone.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import chunks, locked
from integration.store.inbox import Claim
from integration.store.outbox import Item, Outcome, by_key, item_of, place_of
from integration.store.tables import IS_DUE, outbox, portals
from mappings.writing import IntentKind


def portals_waiting(connection: Connection, now: datetime) -> set[int]:
    """Find the portals in which anything is due: one probe of the index for each and kind."""
    anything = sa.exists().where(
        outbox.c.portal_id == portals.c.portal_id,
        IS_DUE,
        outbox.c.kind.in_([kind.value for kind in IntentKind]),
        outbox.c.due_at <= now,
    )
    return set(connection.scalars(sa.select(portals.c.portal_id).where(anything)))


def targets(
    connection: Connection, portal_id: int, kind: IntentKind, now: datetime
) -> tuple[str, ...]:
    """Find for what anything of a kind is due that nobody holds, the longest due first."""
    query = sa.select(outbox.c.target).where(*_free(portal_id, kind, now))
    query = query.group_by(outbox.c.target).order_by(sa.func.min(outbox.c.due_at), outbox.c.target)
    return tuple(connection.scalars(query))


def claim(
    connection: Connection,
    portal_id: int,
    what: tuple[IntentKind, str | None],
    claim: Claim,
    limit: int,
) -> list[Item]:
    """Take due items of a kind, and of one target if that is given, that nobody holds.

    The longest due are taken first, and given with the oldest wish first.
    """
    kind, target = what
    query = (
        sa.select(outbox)
        .where(*_free(portal_id, kind, claim.now))
        .order_by(outbox.c.due_at, outbox.c.contact_id)
        .limit(limit)
    )
    if target is not None:
        query = query.where(outbox.c.target == target)
    found = [item_of(row) for row in connection.execute(locked(connection, query))]
    if not found:
        return []
    taken = by_key(portal_id).values(lease=claim.lease, leased_until=claim.until)
    connection.execute(taken, _bound(found))
    leased = [replace(item, lease=claim.lease, leased_until=claim.until) for item in found]
    return sorted(leased, key=lambda item: (item.wanted_at, item.intent.contact_id))


def _free(portal_id: int, kind: IntentKind, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        outbox.c.portal_id == portal_id,
        IS_DUE,
        outbox.c.kind == kind.value,
        outbox.c.due_at <= now,
        sa.or_(outbox.c.lease.is_(None), outbox.c.leased_until <= now),
    )


def hold(connection: Connection, portal_id: int, items: list[Item], until: datetime) -> list[Item]:
    """Lengthen the lease of items; give those still held, in their order, with newest wishes."""
    if not items:
        return []
    connection.execute(_mine(portal_id).values(leased_until=until), _bound(items))
    newest: dict[tuple[int, str, str, str], Item] = {}
    for part in chunks(sorted({item.intent.contact_id for item in items})):
        query = sa.select(outbox).where(
            outbox.c.portal_id == portal_id,
            outbox.c.contact_id.in_(part),
            outbox.c.kind == items[0].intent.kind.value,
            outbox.c.lease == items[0].lease,
            IS_DUE,
        )
        for row in connection.execute(query):
            item = item_of(row)
            newest[place_of(item.intent)] = item
    places = [place_of(item.intent) for item in items]
    return [newest[place] for place in places if place in newest]


def mark_sent(connection: Connection, portal_id: int, item: Item, now: datetime) -> bool:
    """Note, before an enrollment is sent, that its outcome may be unknown from here on.

    False where the item isn't held any more: then it must not be sent.
    """
    statement = _mine(portal_id).where(IS_DUE).values(sent_at=now)
    return connection.execute(statement, _bound([item])[0]).rowcount == 1


def mark_unsent(connection: Connection, portal_id: int, item: Item) -> None:
    """Take `mark_sent` back: HubSpot surely did nothing, or a person shall decide."""
    connection.execute(_mine(portal_id).values(sent_at=None), _bound([item])[0])


def settle(
    connection: Connection, portal_id: int, outcomes: Iterable[Outcome], now: datetime
) -> None:
    """Record how items ended; one whose wish changed meanwhile stays due.

    One that ended dead keeps the mark of an attempt whose outcome is unknown.
    """
    ended = {place_of(outcome.item.intent): outcome for outcome in outcomes}
    rows = _bound([outcome.item for outcome in ended.values()])
    if not rows:
        return
    for row, (_, outcome) in zip(rows, sorted(ended.items()), strict=True):
        done = outcome.state == "done"
        row["b_written"] = outcome.item.intent.wanted if done else outcome.item.written
        row |= {"b_state": outcome.state, "b_reason": outcome.reason}
    current = outbox.c.version == sa.bindparam("b_version")
    dead = sa.bindparam("b_state", type_=sa.Text) == "dead"
    statement = _mine(portal_id).values(
        state=sa.case((current, sa.bindparam("b_state")), else_=outbox.c.state),
        reason=sa.case((current, sa.bindparam("b_reason")), else_=outbox.c.reason),
        written=sa.bindparam("b_written"),
        done_at=now,
        lease=None,
        sent_at=sa.case((dead, outbox.c.sent_at), else_=None),
    )
    connection.execute(statement, rows)


def put_off(
    connection: Connection,
    portal_id: int,
    items: Iterable[Item],
    until: datetime,
    how: tuple[bool, str],
) -> None:
    """Make items due again later; `how` is whether it was a real attempt, and the reason.

    One whose wish changed meanwhile is only let go: the newer wish has its own time.
    """
    rows = _bound(items)
    if not rows:
        return
    counts, reason = how
    current = outbox.c.version == sa.bindparam("b_version")
    # Inside CASE a bare value has no column to take its type from.
    later = sa.literal(until, outbox.c.due_at.type)
    attempts = outbox.c.attempts + (1 if counts else 0)
    statement = _mine(portal_id).values(
        due_at=sa.case((current, later), else_=outbox.c.due_at),
        attempts=sa.case((current, attempts), else_=outbox.c.attempts),
        reason=sa.case((current, sa.literal(reason)), else_=outbox.c.reason),
        lease=None,
    )
    connection.execute(statement, rows)


def free(connection: Connection, portal_id: int, items: Iterable[Item]) -> None:
    """Give items back, unchanged."""
    rows = _bound(items)
    if rows:
        connection.execute(_mine(portal_id).values(lease=None), rows)


def _mine(portal_id: int) -> sa.Update:
    return by_key(portal_id).where(outbox.c.lease == sa.bindparam("b_lease"))


def _bound(items: Iterable[Item]) -> list[dict[str, object]]:
    """Name rows by their key, version and lease, in the order in which rows are changed."""
    return [
        {
            "b_contact": item.intent.contact_id,
            "b_kind": item.intent.kind.value,
            "b_target": item.intent.target,
            "b_occurrence": item.intent.occurrence,
            "b_version": item.version,
            "b_lease": item.lease,
        }
        for item in sorted(items, key=lambda item: place_of(item.intent))
    ]
