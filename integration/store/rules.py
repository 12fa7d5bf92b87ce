"""A portal's own rules with every version of them, and how far a change of them has come."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from integration.store.engine import insert
from integration.store.tables import portals, recounts, rule_versions, shipped_rules
from mappings.rules import Files, Own


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a portal's rules, and the edit that made it of the one before.

    `what` is setting, file, switch, shipped or undo; `target` what was edited; `before` and
    `after` are its texts (None: there was, or is, none). `shipped` is the fingerprint of the
    rules that ship which it stands on.
    """

    portal_id: int
    version: int
    made_at: datetime
    made_by: str
    what: str
    target: str
    before: str | None
    after: str | None
    shipped: str
    own: Own


@dataclass(frozen=True, slots=True)
class Recount:
    """Which version a portal stands on, and how far the change to `target` has come.

    Contacts up to id `cursor` have been looked at by the target's rules; `moved` counts the
    memberships that the edit changed. `target` None: nothing is changing.
    """

    version: int
    target: int | None
    cursor: int
    total: int
    looked_at: int
    moved: int
    started_at: datetime | None
    finished_at: datetime | None

    def of(self, contact_id: int) -> int:
        """Say which version a contact stands on."""
        if self.target is None or contact_id > self.cursor:
            return self.version
        return self.target


def versions(connection: Connection, portal_id: int) -> list[Version]:
    """Read every version of a portal's rules, newest first."""
    query = sa.select(rule_versions).where(rule_versions.c.portal_id == portal_id)
    rows = connection.execute(query.order_by(rule_versions.c.version.desc()))
    return [_version(row) for row in rows]


def version(connection: Connection, portal_id: int, number: int) -> Version | None:
    """Read one version."""
    query = sa.select(rule_versions).where(
        rule_versions.c.portal_id == portal_id, rule_versions.c.version == number
    )
    row = connection.execute(query).first()
    return None if row is None else _version(row)


def latest(connection: Connection, portal_id: int) -> Version | None:
    """Read the newest version; None where none was ever made."""
    query = sa.select(rule_versions).where(rule_versions.c.portal_id == portal_id)
    row = connection.execute(query.order_by(rule_versions.c.version.desc()).limit(1)).first()
    return None if row is None else _version(row)


def latest_numbers(connection: Connection) -> dict[int, int]:
    """Give each portal's newest version: one probe of the key for each portal."""
    newest = (
        sa.select(sa.func.max(rule_versions.c.version))
        .where(rule_versions.c.portal_id == portals.c.portal_id)
        .scalar_subquery()
    )
    rows = connection.execute(sa.select(portals.c.portal_id, newest))
    return {portal_id: number for portal_id, number in rows if number is not None}


def behind(connection: Connection, shipped: str) -> set[int]:
    """Find the portals that have no version yet on the rules that ship under a fingerprint."""
    on_it = sa.exists().where(
        rule_versions.c.portal_id == portals.c.portal_id, rule_versions.c.shipped == shipped
    )
    return set(connection.scalars(sa.select(portals.c.portal_id).where(~on_it)))


def add(connection: Connection, new: Version) -> bool:
    """Store a version; False where another edit took its number meanwhile."""
    statement = insert(connection, rule_versions).values(
        portal_id=new.portal_id,
        version=new.version,
        made_at=new.made_at,
        made_by=new.made_by,
        what=new.what,
        target=new.target,
        before=new.before,
        after=new.after,
        shipped=new.shipped,
        own=write_own(new.own),
    )
    added = connection.execute(
        statement.on_conflict_do_nothing().returning(rule_versions.c.version)
    )
    return added.first() is not None


def keep_files(connection: Connection, fingerprint: str, files: Files, now: datetime) -> None:
    """Keep the rules that ship, once."""
    statement = insert(connection, shipped_rules).values(
        fingerprint=fingerprint, files=json.dumps(files, ensure_ascii=False), seen_at=now
    )
    connection.execute(statement.on_conflict_do_nothing())


def files(connection: Connection, fingerprint: str) -> Files | None:
    """Read the rules that shipped under a fingerprint."""
    query = sa.select(shipped_rules.c.files).where(shipped_rules.c.fingerprint == fingerprint)
    text = connection.scalar(query)
    return None if text is None else tuple((name, text) for name, text in json.loads(text))


def recount(connection: Connection, portal_id: int) -> Recount | None:
    """Read how far the change of a portal's rules has come; None where there never was one."""
    query = sa.select(recounts).where(recounts.c.portal_id == portal_id)
    row = connection.execute(query).first()
    return None if row is None else _recount(row)


def recounts_of(connection: Connection, ids: Iterable[int]) -> dict[int, Recount]:
    """Read how far the changes of several portals have come."""
    query = sa.select(recounts).where(recounts.c.portal_id.in_(list(ids)))
    return {row.portal_id: _recount(row) for row in connection.execute(query)}


def stand_on(connection: Connection, portal_id: int, number: int, now: datetime) -> None:
    """Let a portal stand on a version at once, nobody being looked at for it."""
    values = {"version": number, "target": None, "finished_at": now}
    statement = insert(connection, recounts).values(portal_id=portal_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["portal_id"], set_=values))


def begin(connection: Connection, portal_id: int, target: int, total: int, now: datetime) -> None:
    """Begin to look at everybody by the target's rules."""
    connection.execute(
        sa.update(recounts)
        .where(recounts.c.portal_id == portal_id, recounts.c.target.is_(None))
        .values(
            target=target,
            cursor=-1,
            total=total,
            looked_at=0,
            moved=0,
            started_at=now,
            finished_at=None,
        )
    )


def advance(
    connection: Connection, portal_id: int, step: tuple[int, int], done: tuple[int, int]
) -> bool:
    """Move the cursor on by a `step` (from, to) that looked at and moved so many (`done`).

    False where another worker moved it.
    """
    before, after = step
    looked_at, moved = done
    result = connection.execute(
        sa.update(recounts)
        .where(
            recounts.c.portal_id == portal_id,
            recounts.c.target.is_not(None),
            recounts.c.cursor == before,
        )
        .values(
            cursor=after,
            looked_at=recounts.c.looked_at + looked_at,
            moved=recounts.c.moved + moved,
        )
    )
    return result.rowcount == 1


def finish(connection: Connection, portal_id: int, now: datetime) -> None:
    """Let the portal stand on the target."""
    connection.execute(
        sa.update(recounts)
        .where(recounts.c.portal_id == portal_id, recounts.c.target.is_not(None))
        .values(version=recounts.c.target, target=None, finished_at=now)
    )


def write_own(own: Own) -> str:
    """Write what a portal has of its own, always alike."""
    return json.dumps(
        {"settings": dict(own.settings), "files": dict(own.files), "off": sorted(own.off)},
        ensure_ascii=False,
        sort_keys=True,
    )


def read_own(text: str) -> Own:
    """Read what a portal has of its own, as it is stored."""
    found = json.loads(text)
    return Own(found["settings"], found["files"], frozenset(found["off"]))


def _version(row: Row[tuple[object, ...]]) -> Version:
    return Version(
        portal_id=row.portal_id,
        version=row.version,
        made_at=row.made_at,
        made_by=row.made_by,
        what=row.what,
        target=row.target,
        before=row.before,
        after=row.after,
        shipped=row.shipped,
        own=read_own(row.own),
    )


def _recount(row: Row[tuple[object, ...]]) -> Recount:
    return Recount(
        version=row.version,
        target=row.target,
        cursor=row.cursor,
        total=row.total,
        looked_at=row.looked_at,
        moved=row.moved,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
