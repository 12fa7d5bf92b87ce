"""The collector's inbox: requests as they came, until they are taken in.

A claim moves a request's due instant ahead: whoever dies with it leaves it due again then. What is
taken in is deleted in the same transaction; what can't be read stays, dead, with its reason.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.appending import Appending
from integration.store.engine import Store, chunks, locked
from integration.store.gathering import Settle
from integration.store.tables import calls


@dataclass(frozen=True, slots=True)
class Kept:
    """One request, claimed until `due_at`."""

    id: int
    portal_id: int
    key_id: str
    type: str
    body: bytes = field(repr=False)
    received_at: datetime
    due_at: datetime
    attempts: int  # this one included


@dataclass(frozen=True, slots=True)
class Dead:
    """A call that can't be read, as a request of its own, and why."""

    portal_id: int
    key_id: str
    type: str
    body: bytes = field(repr=False)
    received_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class DeadGroup:
    """Dead calls that are alike."""

    key_id: str
    reason: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request at the door: with which key it came, which call its path names, its JSON."""

    portal_id: int
    key_id: str
    type: str
    body: bytes = field(repr=False)
    at: datetime


def put(connection: Connection, arrived: list[Arrived]) -> None:
    """Keep requests, due at once."""
    connection.execute(sa.insert(calls), [_row(each) for each in arrived])


def appending(store: Store) -> Callable[[list[Arrived]], Settle]:
    """Give what does the same for a door, as `Gathering` puts it."""
    return Appending(store, calls, _row).add


def _row(arrived: Arrived) -> dict[str, Any]:
    return {
        "portal_id": arrived.portal_id,
        "key_id": arrived.key_id,
        "type": arrived.type,
        "body": arrived.body,
        "received_at": arrived.at,
        "due_at": arrived.at,
        "state": "due",
        "attempts": 0,
        "reason": "",
    }


def claim(connection: Connection, now: datetime, until: datetime, limit: int) -> list[Kept]:
    """Take the oldest due requests until an instant.

    Those that were claimed before and not finished come last, each alone: whoever took it up died
    or broke off, and if that was its doing, it takes no others with it.
    """
    due = sa.select(calls.c.id).where(calls.c.state == "due", calls.c.due_at <= now)
    in_turn = due.order_by(calls.c.due_at, calls.c.id)
    fresh = in_turn.where(calls.c.attempts == 0).limit(limit)
    again = in_turn.where(calls.c.attempts > 0).limit(1)
    ids = list(connection.scalars(locked(connection, fresh)))
    ids = ids or list(connection.scalars(locked(connection, again)))
    if not ids:
        return []
    rows = connection.execute(
        sa.update(calls)
        .where(calls.c.id.in_(ids))
        .values(due_at=until, attempts=calls.c.attempts + 1)
        .returning(*(calls.c[name] for name in Kept.__dataclass_fields__))
    )
    return sorted((Kept(*row) for row in rows), key=lambda each: each.id)


def still_there(connection: Connection, claimed: Iterable[Kept]) -> set[int]:
    """Give which of these nobody has taken in yet; they are locked until the end.

    Whoever comes first takes a request in, also one that another has claimed meanwhile: the other
    then finds it gone.
    """
    ids = sorted(each.id for each in claimed)
    query = sa.select(calls.c.id).where(calls.c.id.in_(ids), calls.c.state == "due")
    return set(connection.scalars(locked(connection, query)))


def let_go(connection: Connection, claimed: Iterable[Kept], now: datetime) -> None:
    """Give back what was claimed and not begun."""
    for each in claimed:
        connection.execute(
            sa.update(calls)
            .where(calls.c.id == each.id, calls.c.due_at == each.due_at)
            .values(due_at=now, attempts=each.attempts - 1)
        )


def finish(connection: Connection, ids: list[int]) -> None:
    """Drop requests that were taken in."""
    for part in chunks(ids):
        connection.execute(sa.delete(calls).where(calls.c.id.in_(part)))


def bury(connection: Connection, dead: Iterable[Dead]) -> None:
    """Keep calls that can't be read; `revive` brings them back."""
    rows = [
        {
            "portal_id": each.portal_id,
            "key_id": each.key_id,
            "type": each.type,
            "body": each.body,
            "received_at": each.received_at,
            "due_at": each.received_at,
            "state": "dead",
            "attempts": 0,
            "reason": each.reason,
        }
        for each in dead
    ]
    if rows:
        connection.execute(sa.insert(calls), rows)


def dead_groups(connection: Connection, portal_id: int) -> list[DeadGroup]:
    """Group a portal's dead calls by key and reason; the largest groups first."""
    alike = (calls.c.key_id, calls.c.reason)
    number = sa.func.count().label("number")
    query = (
        sa.select(*alike, number, sa.func.min(calls.c.received_at, type_=calls.c.received_at.type))
        .where(calls.c.state == "dead", calls.c.portal_id == portal_id)
        .group_by(*alike)
        .order_by(number.desc(), *alike)
    )
    return [DeadGroup(*row) for row in connection.execute(query)]


def waiting(connection: Connection, portal_id: int) -> int:
    """Count a portal's requests that aren't taken in yet."""
    query = sa.select(sa.func.count()).where(calls.c.state == "due", calls.c.portal_id == portal_id)
    return connection.scalar(query) or 0


def revive(connection: Connection, portal_id: int, now: datetime) -> int:
    """Make a portal's dead calls due again; give how many."""
    return connection.execute(
        sa.update(calls)
        .where(calls.c.state == "dead", calls.c.portal_id == portal_id)
        .values(state="due", due_at=now, attempts=0, reason="")
    ).rowcount


def forget(connection: Connection, portal_id: int, texts: Iterable[str]) -> int:
    """Delete a portal's dead calls that hold one of these texts, whatever their case."""
    wanted = [text.lower().encode() for text in texts if text]
    if not wanted:
        return 0
    query = sa.select(calls.c.id, calls.c.body).where(
        calls.c.state == "dead", calls.c.portal_id == portal_id
    )
    rows = connection.execute(query)
    found = [id_ for id_, body in rows if any(text in body.lower() for text in wanted)]
    finish(connection, found)
    return len(found)


def prune(connection: Connection, before: datetime) -> None:
    """Drop dead calls that came before an instant."""
    connection.execute(sa.delete(calls).where(calls.c.state == "dead", calls.c.due_at < before))
