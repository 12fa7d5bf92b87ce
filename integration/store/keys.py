"""The collector's write keys, by digest, and how much came with each."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from integration.store.engine import insert
from integration.store.tables import collected, write_keys

_SHOWN = 10  # hexadecimal digits of the digest that name a key


@dataclass(frozen=True, slots=True)
class WriteKey:
    """A key with which a site or app may send calls. The key itself isn't kept."""

    portal_id: int
    key_id: str
    name: str
    origins: tuple[str, ...]
    consent: str
    rate: int
    made_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """What came: calls taken in, refused for want of consent, and unreadable."""

    calls: int = 0
    refused: int = 0
    unread: int = 0


def digest_of(key: str) -> str:
    """Give what is kept of a key. It is long and random, so nobody can try all keys."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def id_of(key: str) -> str:
    """Give what people call a key by."""
    return digest_of(key)[:_SHOWN]


def add(connection: Connection, key: str, made: WriteKey) -> None:
    """Store a key."""
    connection.execute(
        sa.insert(write_keys).values(
            portal_id=made.portal_id,
            key_id=made.key_id,
            digest=digest_of(key),
            name=made.name,
            origins=json.dumps(made.origins),
            consent=made.consent,
            rate=made.rate,
            made_at=made.made_at,
        )
    )


def find(connection: Connection, key: str) -> WriteKey | None:
    """Find a key that may be used."""
    query = sa.select(write_keys).where(
        write_keys.c.digest == digest_of(key), write_keys.c.revoked_at.is_(None)
    )
    row = connection.execute(query).first()
    return None if row is None else _key(row)


def every(connection: Connection, portal_id: int) -> list[WriteKey]:
    """Read a portal's keys, revoked ones too, oldest first."""
    query = sa.select(write_keys).where(write_keys.c.portal_id == portal_id)
    rows = connection.execute(query.order_by(write_keys.c.made_at, write_keys.c.key_id))
    return [_key(row) for row in rows]


def revoke(connection: Connection, portal_id: int, key_id: str, now: datetime) -> bool:
    """Let a key be used no more; False where there is none that may be."""
    mine = sa.and_(write_keys.c.portal_id == portal_id, write_keys.c.key_id == key_id)
    changed = connection.execute(
        sa.update(write_keys).where(mine, write_keys.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    return changed.rowcount > 0


def count(connection: Connection, portal_id: int, key_id: str, day: date, more: Count) -> None:
    """Add to what came with a key on a day."""
    numbers = {"calls": more.calls, "refused": more.refused, "unread": more.unread}
    statement = insert(connection, collected).values(
        portal_id=portal_id, key_id=key_id, day=day.isoformat(), **numbers
    )
    sums = {name: collected.c[name] + statement.excluded[name] for name in numbers}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["portal_id", "key_id", "day"], set_=sums)
    )


def counts(connection: Connection, portal_id: int, first: date) -> dict[str, Count]:
    """Add up what came with each key from a day on."""
    sums = [sa.func.sum(collected.c[name]) for name in ("calls", "refused", "unread")]
    query = (
        sa.select(collected.c.key_id, *sums)
        .where(collected.c.portal_id == portal_id, collected.c.day >= first.isoformat())
        .group_by(collected.c.key_id)
    )
    return {row[0]: Count(*map(int, row[1:])) for row in connection.execute(query)}


def consents(connection: Connection, ids: Iterable[tuple[int, str]]) -> dict[tuple[int, str], str]:
    """Read which category each of these keys (portal, key id) asks agreement to."""
    wanted = set(ids)
    if not wanted:
        return {}
    query = sa.select(write_keys.c.portal_id, write_keys.c.key_id, write_keys.c.consent).where(
        write_keys.c.portal_id.in_(sorted({portal_id for portal_id, _ in wanted}))
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def _key(row: Row[tuple[object, ...]]) -> WriteKey:
    return WriteKey(
        portal_id=row.portal_id,
        key_id=row.key_id,
        name=row.name,
        origins=tuple(json.loads(row.origins)),
        consent=row.consent,
        rate=row.rate,
        made_at=row.made_at,
        revoked_at=row.revoked_at,
    )
