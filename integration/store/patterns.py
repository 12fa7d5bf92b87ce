"""What a portal has set about its sources, with every version of it."""

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from integration.store.engine import insert
from integration.store.tables import source_versions
from mappings.patterns import Set


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a portal's patterns, and the edit that made it of the one before.

    `before` and `after` are the patterns of the name `target`; None stands for its default.
    """

    portal_id: int
    version: int
    made_at: datetime
    made_by: str
    target: str
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None
    own: Set


def versions(connection: Connection, portal_id: int) -> list[Version]:
    """Read every version, newest first."""
    return [_version(row) for row in connection.execute(_newest_first(portal_id))]


def latest(connection: Connection, portal_id: int) -> Version | None:
    """Read the newest version; None where nothing was ever set."""
    row = connection.execute(_newest_first(portal_id).limit(1)).first()
    return None if row is None else _version(row)


def own(connection: Connection, portal_id: int) -> Set:
    """Read what a portal has set."""
    last = latest(connection, portal_id)
    return last.own if last else {}


def add(connection: Connection, new: Version) -> bool:
    """Store a version; False where another edit took its number meanwhile."""
    statement = insert(connection, source_versions).values(
        portal_id=new.portal_id,
        version=new.version,
        made_at=new.made_at,
        made_by=new.made_by,
        target=new.target,
        before=_written(new.before),
        after=_written(new.after),
        own=json.dumps(dict(new.own), ensure_ascii=False, sort_keys=True),
    )
    added = connection.execute(
        statement.on_conflict_do_nothing().returning(source_versions.c.version)
    )
    return added.first() is not None


def _newest_first(portal_id: int) -> "sa.Select[tuple[object, ...]]":
    query = sa.select(source_versions).where(source_versions.c.portal_id == portal_id)
    return query.order_by(source_versions.c.version.desc())


def _written(patterns: tuple[str, ...] | None) -> str | None:
    return None if patterns is None else json.dumps(patterns, ensure_ascii=False)


def _read(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(json.loads(text))


def _version(row: Row[tuple[object, ...]]) -> Version:
    return Version(
        portal_id=row.portal_id,
        version=row.version,
        made_at=row.made_at,
        made_by=row.made_by,
        target=row.target,
        before=_read(row.before),
        after=_read(row.after),
        own={name: tuple(value) for name, value in json.loads(row.own).items()},
    )
