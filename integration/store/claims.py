"""Claims: which contacts a worker is looking at, one row for a whole look.

A mark on each contact's own row would write a thousand rows that lie far apart, twice a look. A
contact may be in one claim of a portal at a time; a claim whose time ran out is anybody's.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import locks_rows
from integration.store.inbox import Claim
from integration.store.tables import claims

_TURN = 1  # a space of lock numbers beside the one in which portals take turns


@dataclass(frozen=True, slots=True)
class Held:
    """A claim that stands: until when, and the contacts in it."""

    lease: str
    until: datetime
    contact_ids: frozenset[int]


def held(connection: Connection, portal_id: int) -> list[Held]:
    """Read a portal's claims, those whose time ran out among them."""
    query = sa.select(claims.c.lease, claims.c.leased_until, claims.c.contact_ids)
    rows = connection.execute(query.where(claims.c.portal_id == portal_id))
    return [Held(lease, until, frozenset(json.loads(ids))) for lease, until, ids in rows]


def taken(connection: Connection, portal_id: int, now: datetime) -> frozenset[int]:
    """Give the contacts that somebody holds, before others are claimed.

    No other claim of the portal is made until this transaction ends. Those whose time ran out
    are dropped: whoever made them finds that they hold nothing any more.
    """
    _take_turn(connection, portal_id)
    over = sa.and_(claims.c.portal_id == portal_id, claims.c.leased_until <= now)
    connection.execute(sa.delete(claims).where(over))
    everybody = (each.contact_ids for each in held(connection, portal_id))
    return frozenset[int]().union(*everybody)


def put(connection: Connection, portal_id: int, claim: Claim, ids: Iterable[int]) -> None:
    """Hold contacts that nobody holds."""
    connection.execute(
        sa.insert(claims).values(
            portal_id=portal_id,
            lease=claim.lease,
            leased_until=claim.until,
            contact_ids=_text(ids),
        )
    )


def mine(connection: Connection, portal_id: int, lease: str) -> frozenset[int]:
    """Give the contacts that a claim still holds, once the portal's turn was taken."""
    query = sa.select(claims.c.contact_ids)
    text = connection.scalar(query.where(*_one(portal_id, lease)))
    return frozenset(json.loads(text)) if text else frozenset()


def let_go(connection: Connection, portal_id: int, ids: Iterable[int], lease: str) -> None:
    """Free contacts that a claim may hold."""
    found = sa.select(claims.c.lease, claims.c.contact_ids).where(*_one(portal_id, lease))
    _without(connection, portal_id, found, frozenset(ids))


def forget(connection: Connection, portal_id: int, ids: Iterable[int]) -> None:
    """Take contacts out of whatever claim: who looks at them shall store nothing of it.

    No claim is made until this transaction ends: it would be of contacts that are still there for
    whoever makes it, and wouldn't be found here.
    """
    _take_turn(connection, portal_id)
    found = sa.select(claims.c.lease, claims.c.contact_ids).where(claims.c.portal_id == portal_id)
    _without(connection, portal_id, found, frozenset(ids))


def _take_turn(connection: Connection, portal_id: int) -> None:
    """Wait until nobody else claims contacts or takes them out (SQLite: it is so anyway).

    After the portal's turn, where a transaction takes both.
    """
    if locks_rows(connection):
        turn = sa.func.pg_advisory_xact_lock(_TURN, sa.func.hashint8(portal_id))
        connection.execute(sa.select(turn))


def _without(
    connection: Connection,
    portal_id: int,
    query: "sa.Select[Any]",
    gone: frozenset[int],
) -> None:
    if locks_rows(connection):
        query = query.order_by(claims.c.lease).with_for_update()
    for lease, text in connection.execute(query).all():
        before = frozenset(json.loads(text))
        left = before - gone
        which = _one(portal_id, lease)
        if not left:
            connection.execute(sa.delete(claims).where(*which))
        elif left != before:
            connection.execute(sa.update(claims).where(*which).values(contact_ids=_text(left)))


def _one(portal_id: int, lease: str) -> tuple[sa.ColumnElement[bool], ...]:
    return claims.c.portal_id == portal_id, claims.c.lease == lease


def _text(ids: Iterable[int]) -> str:
    return json.dumps(sorted(ids))
