"""The outbox: what shall stand in HubSpot, one row an effect, until it stands there.

Whoever changes several rows in one transaction does so in the order of their keys (`place_of`):
evaluation wishes while deliveries are settled, and rows locked in two orders would deadlock.
`sending` has what happens between an item's claim and its end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from integration.store import bulk
from integration.store.engine import among, chunks, insert, locks_rows, plain
from integration.store.tables import IS_DEAD, IS_DUE, outbox
from mappings.instants import to_ms
from mappings.model import Intent, IntentKind

KEY = ["portal_id", "contact_id", "kind", "target", "occurrence"]
WISH = (*KEY, "wanted", "state", "reason", "wanted_at", "due_at", "version", "attempts")
STATE = WISH.index("state")

Place: TypeAlias = tuple[int, str, str, str]


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
    lease: str | None = None
    leased_until: datetime | None = None


class Enrollment(NamedTuple):
    """What the ledger says of an enrollment: `wanted_ms` is when it was wished for last."""

    contact_id: int
    trigger: str
    occurrence: str
    state: str
    reason: str
    wanted_ms: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an item ended. `state`: done, skipped or dead."""

    item: Item
    state: str
    reason: str = ""


def wish(connection: Connection, portal_id: int, intents: list[Intent], now: datetime) -> None:
    """Put intents out; a newer wish for the same list or properties takes the older's place.

    An enrollment is its own ledger: one that was wished for its occurrence stands, unless it was
    skipped, so that nobody was enrolled for it.
    """
    at = to_ms(now)
    standing: dict[Place, bulk.Row] = {}
    once: dict[Place, bulk.Row] = {}
    # Thousands at a look: each place is made once.
    placed = sorted(((place_of(intent), intent) for intent in intents), key=itemgetter(0))
    for place, intent in placed:
        kept = intent.held_back
        state = "skipped" if kept else "due"
        row = (portal_id, *place, intent.wanted, state, kept, at, at, 1, 0)
        if intent.kind is not IntentKind.ENROLLMENT:
            standing[place] = row
        elif place not in once or (once[place][STATE] == "skipped" and not kept):
            once[place] = row
    bulk.put(connection, outbox, WISH, list(standing.values()), _replacing)
    bulk.put(connection, outbox, WISH, list(once.values()), _once)


def _replacing(statement: bulk.Insert) -> bulk.Insert:
    return statement.on_conflict_do_update(index_elements=KEY, set_=_newer(statement))


def _once(statement: bulk.Insert) -> bulk.Insert:
    skipped = outbox.c.state == sa.literal_column("'skipped'")
    due = statement.excluded.state == sa.literal_column("'due'")
    return statement.on_conflict_do_update(
        index_elements=KEY, set_=_newer(statement), where=sa.and_(skipped, due)
    )


def _newer(statement: bulk.Insert) -> dict[str, Any]:
    return {
        "wanted": statement.excluded.wanted,
        "state": sa.literal_column("'due'"),
        "wanted_at": statement.excluded.wanted_at,
        "due_at": statement.excluded.due_at,
        "attempts": sa.literal_column("0"),
        "reason": sa.literal_column("''"),
        "version": outbox.c.version + sa.literal_column("1"),
    }


def of(connection: Connection, portal_id: int, ids: list[int], kind: IntentKind) -> list[Item]:
    """Read the items of a kind for contacts, whatever their state."""
    found: list[Item] = []
    for part in chunks(ids, 2000):
        query = sa.select(outbox).where(
            outbox.c.portal_id == portal_id,
            among(outbox.c.contact_id, part),
            outbox.c.kind == kind.value,
        )
        found += [item_of(row) for row in connection.execute(query)]
    return found


def wished(
    connection: Connection, portal_id: int, ids: list[int]
) -> tuple[dict[int, str], list[Enrollment]]:
    """Read what was last wished for contacts' properties (JSON), and their enrollments."""
    properties: dict[int, str] = {}
    enrollments: list[Enrollment] = []
    of = outbox.c
    told = (of.contact_id, of.target, of.occurrence, of.state, of.reason, of.wanted_at, of.wanted)
    for part in chunks(ids, 2000):
        query = sa.select(*told, of.kind).where(
            of.portal_id == portal_id,
            among(of.contact_id, part),
            of.kind != IntentKind.LIST.value,
        )
        for *row, wanted, kind in plain(connection, query):
            if kind == IntentKind.PROPERTIES:
                properties[row[0]] = wanted
            else:
                enrollments.append(Enrollment(*row))
    return properties, enrollments


def in_state(connection: Connection, portal_id: int, state: str, limit: int) -> list[Item]:
    """Read items in a state, the oldest wish first."""
    query = (
        sa.select(outbox)
        .where(outbox.c.portal_id == portal_id, outbox.c.state == state)
        .order_by(outbox.c.wanted_at)
        .limit(limit)
    )
    return [item_of(row) for row in connection.execute(query)]


def dead_reason(
    connection: Connection, portal_id: int, kind: IntentKind, beginning: str
) -> str | None:
    """Find the reason of a dead item of a kind that begins with these words; None for none."""
    query = (
        sa.select(outbox.c.reason)
        .where(
            outbox.c.portal_id == portal_id,
            IS_DEAD,
            outbox.c.kind == kind.value,
            outbox.c.reason.startswith(beginning, autoescape=True),
        )
        .limit(1)
    )
    return connection.scalar(query)


def counts(connection: Connection, portal_id: int) -> dict[tuple[str, str], int]:
    """Count items by (kind, state)."""
    query = (
        sa.select(outbox.c.kind, outbox.c.state, sa.func.count())
        .where(outbox.c.portal_id == portal_id)
        .group_by(outbox.c.kind, outbox.c.state)
    )
    return {(kind, state): number for kind, state, number in connection.execute(query)}


def lock(connection: Connection, portal_id: int, ids: Iterable[int]) -> None:
    """Lock all items of contacts before any of them are changed in another order than theirs."""
    for part in chunks(sorted(set(ids))):
        _lock(connection, outbox.c.portal_id == portal_id, outbox.c.contact_id.in_(part))


def _lock(connection: Connection, *which: sa.ColumnElement[bool]) -> None:
    if not locks_rows(connection):
        return
    # The order of `place_of`, whatever order of letters the database was made with.
    order = [outbox.c.contact_id, *(outbox.c[name].collate("C") for name in KEY[2:])]
    found = sa.select(sa.literal(1)).where(*which).order_by(*order).with_for_update().subquery()
    connection.execute(sa.select(sa.func.count()).select_from(found))


def revive(connection: Connection, portal_id: int, now: datetime) -> int:
    """Make a portal's dead items due again; give how many."""
    dead = sa.and_(outbox.c.portal_id == portal_id, IS_DEAD)
    _lock(connection, dead)
    result = connection.execute(
        sa.update(outbox)
        .where(dead)
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
                IS_DUE,
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
    """Forget what contacts' lists and properties were given, not which enrollments were made.

    The wish for properties stays, not to be done: should the contact come back, its values in
    HubSpot are what they were.
    """
    for part in chunks(ids):
        mine = sa.and_(outbox.c.portal_id == portal_id, outbox.c.contact_id.in_(part))
        listed = outbox.c.kind == IntentKind.LIST.value
        told = outbox.c.kind == IntentKind.PROPERTIES.value
        connection.execute(sa.delete(outbox).where(mine, listed))
        connection.execute(
            sa.update(outbox).where(mine, told).values(written=None, state="skipped", lease=None)
        )


def is_waiting(connection: Connection, portal_id: int, kind: IntentKind, target: str) -> bool:
    """Say whether anything of a kind and target is due."""
    query = (
        sa.select(sa.literal(1))
        .where(
            outbox.c.portal_id == portal_id,
            IS_DUE,
            outbox.c.kind == kind.value,
            outbox.c.target == target,
        )
        .limit(1)
    )
    return connection.scalar(query) is not None


def doubt(connection: Connection, portal_id: int, intents: list[Intent], now: datetime) -> None:
    """Wish what was wished before: it doesn't stand in HubSpot after all."""
    wish(connection, portal_id, intents, now)
    rows = [
        {
            "b_contact": intent.contact_id,
            "b_kind": intent.kind.value,
            "b_target": intent.target,
            "b_occurrence": intent.occurrence,
        }
        for intent in sorted(intents, key=place_of)
    ]
    if rows:
        connection.execute(by_key(portal_id).values(written=None), rows)


def doubt_written(connection: Connection, portal_id: int, now: datetime) -> None:
    """Let all of a portal's lists and properties be written anew: who knows what stands there."""
    standing = sa.and_(
        outbox.c.portal_id == portal_id,
        outbox.c.kind != IntentKind.ENROLLMENT.value,
        outbox.c.state != "skipped",
    )
    _lock(connection, standing)
    connection.execute(
        sa.update(outbox)
        .where(standing)
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


def by_key(portal_id: int) -> sa.Update:
    """Begin an update of rows one by one, by b_contact, b_kind, b_target and b_occurrence."""
    return sa.update(outbox).where(
        outbox.c.portal_id == portal_id,
        outbox.c.contact_id == sa.bindparam("b_contact"),
        outbox.c.kind == sa.bindparam("b_kind"),
        outbox.c.target == sa.bindparam("b_target"),
        outbox.c.occurrence == sa.bindparam("b_occurrence"),
    )


def place_of(intent: Intent) -> Place:
    """Give an intent's place in the order in which rows are changed."""
    return intent.contact_id, intent.kind.value, intent.target, intent.occurrence


def item_of(row: Row[tuple[object, ...]]) -> Item:
    """Read a whole row."""
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
        lease=row.lease,
        leased_until=row.leased_until,
    )
