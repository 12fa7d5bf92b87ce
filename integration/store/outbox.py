"""The outbox: what shall stand in HubSpot, one row an effect, until it stands there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from integration.store.engine import chunks, insert, locked
from integration.store.inbox import Claim
from integration.store.tables import outbox
from mappings.model import Intent, IntentKind


@dataclass(frozen=True, slots=True)
class Item:
    """An intent in the outbox, with how far it came."""

    intent: Intent
    version: int
    written: str | None
    wanted_at: datetime
    sent_at: datetime | None
    attempts: int
    state: str
    reason: str
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an item ended. `state`: done, skipped or dead."""

    item: Item
    state: str
    reason: str = ""


def wish(connection: Connection, portal_id: int, intents: list[Intent], now: datetime) -> None:
    """Put intents out; a newer wish for the same list or properties takes the older's place.

    An enrollment is its own ledger: one that was ever wished for its occurrence stands.
    """
    rows = [
        {
            "portal_id": portal_id,
            "contact_id": intent.contact_id,
            "kind": intent.kind.value,
            "target": intent.target,
            "occurrence": intent.occurrence,
            "wanted": intent.wanted,
            "state": "skipped" if intent.held_back else "due",
            "reason": intent.held_back,
            "wanted_at": now,
            "due_at": now,
        }
        for intent in intents
    ]
    keys = ["portal_id", "contact_id", "kind", "target", "occurrence"]
    newer = insert(connection, outbox)
    newer = newer.on_conflict_do_update(
        index_elements=keys,
        set_={
            "wanted": newer.excluded.wanted,
            "state": "due",
            "wanted_at": newer.excluded.wanted_at,
            "due_at": newer.excluded.due_at,
            "attempts": 0,
            "reason": "",
            "version": outbox.c.version + 1,
        },
    )
    once = insert(connection, outbox).on_conflict_do_nothing(index_elements=keys)
    for part in chunks([row for row in rows if row["kind"] != IntentKind.ENROLLMENT.value], 1000):
        connection.execute(newer, part)
    for part in chunks([row for row in rows if row["kind"] == IntentKind.ENROLLMENT.value], 1000):
        connection.execute(once, part)


def claim(
    connection: Connection, portal_id: int, kind: IntentKind, claim: Claim, limit: int
) -> list[Item]:
    """Take due items of a kind that nobody holds, longest due first."""
    free = sa.or_(outbox.c.lease.is_(None), outbox.c.leased_until <= claim.now)
    query = (
        sa.select(outbox.c.contact_id, outbox.c.target, outbox.c.occurrence)
        .where(
            outbox.c.portal_id == portal_id,
            outbox.c.state == "due",
            outbox.c.kind == kind.value,
            outbox.c.due_at <= claim.now,
            free,
        )
        .order_by(outbox.c.due_at, outbox.c.contact_id)
        .limit(limit)
    )
    keys = [tuple(row) for row in connection.execute(locked(connection, query))]
    taken: list[Item] = []
    for part in chunks(keys, 250):
        mine = sa.tuple_(outbox.c.contact_id, outbox.c.target, outbox.c.occurrence).in_(part)
        rows = connection.execute(
            sa.update(outbox)
            .where(outbox.c.portal_id == portal_id, outbox.c.kind == kind.value, mine)
            .values(lease=claim.lease, leased_until=claim.until)
            .returning(*outbox.c)
        )
        taken += [_item(row) for row in rows]
    return sorted(taken, key=lambda item: (item.wanted_at, item.intent.contact_id))


def mark_sent(connection: Connection, portal_id: int, item: Item, now: datetime | None) -> None:
    """Note, before an enrollment is sent, that its outcome may be unknown from here on.

    None takes that back: HubSpot surely did nothing.
    """
    connection.execute(_where(portal_id, item).values(sent_at=now))


def settle(
    connection: Connection, portal_id: int, outcomes: Iterable[Outcome], now: datetime
) -> None:
    """Record how items ended; one whose wish changed meanwhile stays due."""
    rows = [
        {
            "b_contact": outcome.item.intent.contact_id,
            "b_kind": outcome.item.intent.kind.value,
            "b_target": outcome.item.intent.target,
            "b_occurrence": outcome.item.intent.occurrence,
            "b_version": outcome.item.version,
            "b_state": outcome.state,
            "b_reason": outcome.reason,
            "b_written": outcome.item.intent.wanted
            if outcome.state == "done"
            else outcome.item.written,
        }
        for outcome in outcomes
    ]
    if not rows:
        return
    mine = sa.and_(
        outbox.c.portal_id == portal_id,
        outbox.c.contact_id == sa.bindparam("b_contact"),
        outbox.c.kind == sa.bindparam("b_kind"),
        outbox.c.target == sa.bindparam("b_target"),
        outbox.c.occurrence == sa.bindparam("b_occurrence"),
    )
    current = outbox.c.version == sa.bindparam("b_version")
    connection.execute(
        sa.update(outbox)
        .where(mine)
        .values(
            state=sa.case((current, sa.bindparam("b_state")), else_=outbox.c.state),
            reason=sa.case((current, sa.bindparam("b_reason")), else_=outbox.c.reason),
            written=sa.bindparam("b_written"),
            done_at=now,
            lease=None,
            sent_at=None,
        ),
        rows,
    )


def put_off(
    connection: Connection,
    portal_id: int,
    items: Iterable[Item],
    until: datetime,
    how: tuple[bool, str],
) -> None:
    """Make items due again later; `how` is whether it was a real attempt, and the reason."""
    counts, reason = how
    # Inside CASE a bare value has no column to take its type from.
    later = sa.literal(until, outbox.c.due_at.type)
    for item in items:
        attempts = item.attempts + (1 if counts else 0)
        connection.execute(
            _where(portal_id, item).values(
                due_at=sa.case((outbox.c.version == item.version, later), else_=outbox.c.due_at),
                lease=None,
                attempts=attempts,
                reason=reason,
            )
        )


def free_lease(connection: Connection, portal_id: int, lease: str) -> None:
    """Give back what a lease still holds, unchanged."""
    connection.execute(
        sa.update(outbox)
        .where(outbox.c.portal_id == portal_id, outbox.c.lease == lease)
        .values(lease=None)
    )


def of(connection: Connection, portal_id: int, ids: list[int], kind: IntentKind) -> list[Item]:
    """Read the items of a kind for contacts, whatever their state."""
    found: list[Item] = []
    for part in chunks(ids):
        query = sa.select(outbox).where(
            outbox.c.portal_id == portal_id,
            outbox.c.contact_id.in_(part),
            outbox.c.kind == kind.value,
        )
        found += [_item(row) for row in connection.execute(query)]
    return found


def in_state(connection: Connection, portal_id: int, state: str, limit: int) -> list[Item]:
    """Read items in a state, the oldest wish first."""
    query = (
        sa.select(outbox)
        .where(outbox.c.portal_id == portal_id, outbox.c.state == state)
        .order_by(outbox.c.wanted_at)
        .limit(limit)
    )
    return [_item(row) for row in connection.execute(query)]


def counts(connection: Connection, portal_id: int) -> dict[tuple[str, str], int]:
    """Count items by (kind, state)."""
    query = (
        sa.select(outbox.c.kind, outbox.c.state, sa.func.count())
        .where(outbox.c.portal_id == portal_id)
        .group_by(outbox.c.kind, outbox.c.state)
    )
    return {(kind, state): number for kind, state, number in connection.execute(query)}


def revive(connection: Connection, portal_id: int, now: datetime) -> int:
    """Make a portal's dead items due again; give how many."""
    result = connection.execute(
        sa.update(outbox)
        .where(outbox.c.portal_id == portal_id, outbox.c.state == "dead")
        .values(state="due", due_at=now, attempts=0, reason="", lease=None)
    )
    return result.rowcount


def withdraw(connection: Connection, portal_id: int, ids: list[int], reason: str) -> None:
    """Skip what is still due for contacts that are no more."""
    for part in chunks(ids):
        connection.execute(
            sa.update(outbox)
            .where(
                outbox.c.portal_id == portal_id,
                outbox.c.contact_id.in_(part),
                outbox.c.state == "due",
            )
            .values(state="skipped", reason=reason, lease=None, version=outbox.c.version + 1)
        )


def forget_contacts(connection: Connection, portal_id: int, ids: list[int]) -> None:
    """Delete everything kept for contacts."""
    for part in chunks(ids):
        connection.execute(
            sa.delete(outbox).where(outbox.c.portal_id == portal_id, outbox.c.contact_id.in_(part))
        )


def forget_written(connection: Connection, portal_id: int, ids: list[int]) -> None:
    """Forget contacts' wishes for lists and properties, not which enrollments were made."""
    for part in chunks(ids):
        connection.execute(
            sa.delete(outbox).where(
                outbox.c.portal_id == portal_id,
                outbox.c.kind != IntentKind.ENROLLMENT.value,
                outbox.c.contact_id.in_(part),
            )
        )


def doubt_written(connection: Connection, portal_id: int, now: datetime) -> None:
    """Let all of a portal's lists and properties be written anew: who knows what stands there."""
    connection.execute(
        sa.update(outbox)
        .where(outbox.c.portal_id == portal_id, outbox.c.kind != IntentKind.ENROLLMENT.value)
        .values(written=None, state="due", due_at=now, attempts=0, reason="", lease=None)
    )


def move_enrollments(connection: Connection, portal_id: int, old: int, new: int) -> None:
    """Hand a merged contact's enrollments to the one that lives on, so that none is repeated."""
    mine = sa.and_(
        outbox.c.portal_id == portal_id,
        outbox.c.contact_id == old,
        outbox.c.kind == IntentKind.ENROLLMENT.value,
    )
    others = [column for column in outbox.c if column.name not in ("portal_id", "contact_id")]
    moved = sa.select(sa.literal(portal_id), sa.literal(new, sa.BigInteger), *others).where(mine)
    names = ["portal_id", "contact_id", *(column.name for column in others)]
    connection.execute(
        insert(connection, outbox).from_select(names, moved).on_conflict_do_nothing()
    )
    connection.execute(
        sa.delete(outbox).where(outbox.c.portal_id == portal_id, outbox.c.contact_id == old)
    )


def _where(portal_id: int, item: Item) -> sa.Update:
    return sa.update(outbox).where(
        outbox.c.portal_id == portal_id,
        outbox.c.contact_id == item.intent.contact_id,
        outbox.c.kind == item.intent.kind.value,
        outbox.c.target == item.intent.target,
        outbox.c.occurrence == item.intent.occurrence,
    )


def _item(row: Row[tuple[object, ...]]) -> Item:
    return Item(
        intent=Intent(row.contact_id, IntentKind(row.kind), row.target, row.occurrence, row.wanted),
        version=row.version,
        written=row.written,
        wanted_at=row.wanted_at,
        sent_at=row.sent_at,
        attempts=row.attempts,
        state=row.state,
        reason=row.reason,
        done_at=row.done_at,
    )
