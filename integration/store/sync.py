"""How far each source of a portal was read: a cursor a source, saved with what it brought."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from integration.store.engine import insert, locked
from integration.store.inbox import Claim
from integration.store.tables import sync

_UNDER_WAY = ("waiting", "running")
# Sources read a portal's past. From this position on are watches, which look for what was missed.
WATCH = 100


@dataclass(frozen=True, slots=True)
class Source:
    """One source of a portal and how far it was read."""

    portal_id: int
    source: str
    position: int
    cursor: str
    state: str  # waiting, running, done, off
    records: int
    attempts: int
    reason: str
    started_at: datetime | None
    finished_at: datetime | None
    total: int | None = None  # records there are, where that is known
    due_at: datetime | None = None

    @property
    def is_watch(self) -> bool:
        """Is it one that looks for what was missed, and no source of the past?"""
        return self.position >= WATCH


def begin(connection: Connection, portal_id: int, sources: list[str], now: datetime) -> None:
    """Set up a first sync. A source that was read to its end before stays read."""
    rows = [
        {
            "portal_id": portal_id,
            "source": source,
            "position": position,
            "state": "waiting",
            "due_at": now,
        }
        for position, source in enumerate(sources)
    ]
    connection.execute(insert(connection, sync).on_conflict_do_nothing(), rows)


def lacking(connection: Connection, sources: int) -> list[int]:
    """Name the portals that were set up with fewer sources than there are now."""
    query = (
        sa.select(sync.c.portal_id)
        .where(sync.c.position < WATCH)
        .group_by(sync.c.portal_id)
        .having(sa.func.count() < sources)
        .order_by(sync.c.portal_id)
    )
    return list(connection.scalars(query))


def watch(
    connection: Connection, portal_id: int, watches: Mapping[str, datetime], cursor: str
) -> None:
    """Set up watches, each due at its instant. Where they stand already they go on as they are."""
    rows = [
        {
            "portal_id": portal_id,
            "source": source,
            "position": WATCH + place,
            "cursor": cursor,
            "state": "done",
            "due_at": at,
        }
        for place, (source, at) in enumerate(watches.items())
    ]
    connection.execute(insert(connection, sync).on_conflict_do_nothing(), rows)


def hasten(connection: Connection, portal_id: int, source: str, now: datetime) -> bool:
    """Let a watch run as soon as may be; False where there is none of that name, or it is off."""
    mine = sa.and_(sync.c.portal_id == portal_id, sync.c.source == source, sync.c.state != "off")
    at = sa.literal(now, sync.c.due_at.type)
    earlier = sa.case((sync.c.due_at < at, sync.c.due_at), else_=at)
    return connection.execute(sa.update(sync).where(mine).values(due_at=earlier)).rowcount == 1


def restart(connection: Connection, portal_id: int, now: datetime) -> None:
    """Let every source be read again from its beginning (after a time without connection)."""
    connection.execute(
        sa.update(sync)
        .where(sync.c.portal_id == portal_id, sync.c.position < WATCH)
        .values(
            state="waiting",
            cursor="",
            records=0,
            total=None,
            attempts=0,
            reason="",
            started_at=None,
            finished_at=None,
            due_at=now,
            lease=None,
        )
    )


def wake(connection: Connection, portal_id: int, now: datetime) -> int:
    """Let what is off be read after all; give how many of it are sources of the past."""
    query = sa.update(sync).where(sync.c.portal_id == portal_id, sync.c.state == "off")
    values = {"state": "waiting", "due_at": now, "attempts": 0, "reason": "", "lease": None}
    woken = connection.scalars(query.values(**values).returning(sync.c.position))
    return sum(position < WATCH for position in woken)


def read_again(connection: Connection, portal_id: int, source: str, now: datetime) -> None:
    """Let one source be read again from its beginning; that it was read once stands."""
    connection.execute(
        sa.update(sync)
        .where(sync.c.portal_id == portal_id, sync.c.source == source, sync.c.state != "off")
        .values(state="waiting", cursor="", attempts=0, reason="", due_at=now, lease=None)
    )


def read_anew(connection: Connection, portal_id: int, source: str, now: datetime) -> bool:
    """Let one source be read from its beginning as in a first sync, also one that was off.

    False where the portal has no such source.
    """
    query = sa.update(sync).where(sync.c.portal_id == portal_id, sync.c.source == source)
    values = {
        "state": "waiting",
        "cursor": "",
        "records": 0,
        "attempts": 0,
        "reason": "",
        "started_at": None,
        "finished_at": None,
        "due_at": now,
        "lease": None,
    }
    return connection.execute(query.values(**values)).rowcount == 1


def is_read(connection: Connection, portal_id: int, source: str) -> bool:
    """Say whether the portal has a source and it isn't off."""
    query = sa.select(sync.c.state).where(
        sync.c.portal_id == portal_id, sync.c.source == source, sync.c.state != "off"
    )
    return connection.scalar(query) is not None


def is_through(connection: Connection, portal_id: int, source: str) -> bool:
    """Say whether a source was read to its end, or isn't read at all."""
    query = sa.select(sync.c.state).where(
        sync.c.portal_id == portal_id, sync.c.source == source, sync.c.state.in_(_UNDER_WAY)
    )
    return connection.scalar(query) is None


def state_of(connection: Connection, portal_id: int, source: str) -> str | None:
    """Say how a source stands: waiting, running, done, off; None where there is none."""
    mine = sa.and_(sync.c.portal_id == portal_id, sync.c.source == source)
    return connection.scalar(sa.select(sync.c.state).where(mine))


def claim(connection: Connection, claim: Claim) -> Source | None:
    """Take the source that shall be read next; a portal's watches wait until its past is read."""
    query = _claimable(claim.now).order_by(sync.c.due_at, sync.c.position).limit(1)
    key = connection.execute(locked(connection, query)).first()
    if key is None:
        return None
    row = connection.execute(
        sa.update(sync)
        .where(sync.c.portal_id == key.portal_id, sync.c.source == key.source)
        .values(
            lease=claim.lease,
            leased_until=claim.until,
            state=sa.case((sync.c.state == "done", "done"), else_="running"),
            started_at=sa.func.coalesce(
                sync.c.started_at, sa.literal(claim.now, sync.c.started_at.type)
            ),
        )
        .returning(*sync.c)
    ).one()
    return _source(row)


def waiting(connection: Connection, now: datetime) -> int:
    """Count the sources that may be read now."""
    found = _claimable(now).subquery()
    return connection.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def _claimable(now: datetime) -> "sa.Select[Any]":
    other = sync.alias()
    unread = sa.exists().where(
        other.c.portal_id == sync.c.portal_id,
        other.c.position < WATCH,
        other.c.finished_at.is_(None),
        other.c.state != "off",
    )
    free = sa.or_(sync.c.lease.is_(None), sync.c.leased_until <= now)
    ready = sa.or_(sync.c.position < WATCH, ~unread)
    return sa.select(sync.c.portal_id, sync.c.source).where(
        sync.c.state != "off", sync.c.due_at <= now, free, ready
    )


def advance(
    connection: Connection, source: Source, lease: str, cursor: str, read: tuple[int, int | None]
) -> bool:
    """Save a cursor with the page it stands behind; False where another holds the source now.

    `read` is how many records the page held, which counts in the first reading alone (the polls
    after it see many a record again), and how many there are in all, where the page knows it.
    """
    records, total = read
    first = sa.case((sync.c.finished_at.is_(None), records), else_=0)
    values: dict[str, Any] = {"cursor": cursor, "records": sync.c.records + first}
    if total is not None:
        values["total"] = total
    result = connection.execute(_mine(source, lease).values(**values, attempts=0, reason=""))
    return result.rowcount == 1


def finish(
    connection: Connection, source: Source, lease: str, now: datetime, again: datetime | None
) -> None:
    """Mark a source read to its end, due again later (None: it needs no more reading)."""
    connection.execute(
        _mine(source, lease).values(
            state="done",
            finished_at=sa.func.coalesce(
                sync.c.finished_at, sa.literal(now, sync.c.finished_at.type)
            ),
            due_at=again or datetime.max.replace(year=9000, tzinfo=now.tzinfo, microsecond=0),
            lease=None,
        )
    )


def put_off(
    connection: Connection, source: Source, lease: str, until: datetime, how: tuple[bool, str]
) -> None:
    """Go on later; `how` is whether it was a real attempt, and the reason."""
    counts, reason = how
    connection.execute(
        _mine(source, lease).values(
            due_at=until, lease=None, attempts=source.attempts + (1 if counts else 0), reason=reason
        )
    )


def rewind(
    connection: Connection, source: Source, lease: str, cursor: str, until: datetime
) -> None:
    """Go on later from another place, after HubSpot refused the one that was reached."""
    connection.execute(_mine(source, lease).values(cursor=cursor, due_at=until, lease=None))


def switch_off(connection: Connection, source: Source, lease: str, reason: str) -> None:
    """Leave a source alone (no scope, no tier), with the reason a person sees."""
    connection.execute(_mine(source, lease).values(state="off", lease=None, reason=reason))


def every(connection: Connection, portal_id: int) -> list[Source]:
    """Read a portal's sources in their order."""
    query = sa.select(sync).where(sync.c.portal_id == portal_id).order_by(sync.c.position)
    return [_source(row) for row in connection.execute(query)]


def first_pass_done(connection: Connection, portal_id: int) -> bool:
    """Say whether every source of a portal was read to its end once, or is off."""
    mine = sa.and_(sync.c.portal_id == portal_id, sync.c.position < WATCH)
    query = sa.select(sa.func.count()).where(
        mine, sync.c.finished_at.is_(None), sync.c.state != "off"
    )
    return connection.scalar(query) == 0


def _mine(source: Source, lease: str) -> sa.Update:
    return sa.update(sync).where(
        sync.c.portal_id == source.portal_id, sync.c.source == source.source, sync.c.lease == lease
    )


def _source(row: Row[tuple[object, ...]]) -> Source:
    return Source(
        portal_id=row.portal_id,
        source=row.source,
        position=row.position,
        cursor=row.cursor,
        state=row.state,
        records=row.records,
        attempts=row.attempts,
        reason=row.reason,
        started_at=row.started_at,
        finished_at=row.finished_at,
        total=row.total,
        due_at=row.due_at,
    )
