"""Timelines: the events of each contact, and the strays that wait for their contact."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from integration.store.engine import among, chunks, insert, plain
from integration.store.tables import events, strays
from mappings.model import Event

_AT, _KNOWN_AT = (sa.type_coerce(events.c[name], sa.BigInteger) for name in ("at", "known_at"))

# One event: contact, id, kind, ms instant, JSON object of properties, ms when it was learnt.
Line = tuple[int, str, str, int, str, int]
# All events of a contact, one a line: contact, ms instants, kinds, JSON objects of properties, and,
# where asked for, ids and ms when each was learnt.
Gathered = tuple[int, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events to read of somebody: those of `kinds` (None: all).

    Of the kinds in `since` only the ones from an instant on (ms, included).
    """

    kinds: frozenset[str] | None = None
    since: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stray:
    """An event known by e-mail address (lower case) only; its own `contact_id` is 0."""

    email: str
    event: Event


def add(
    connection: Connection,
    portal_id: int,
    new: Iterable[Event],
    now: datetime,
    restating: frozenset[str] = frozenset(),
    *,
    lent: bool = False,
) -> set[int]:
    """Put events on timelines; give the contacts whose timelines changed.

    An event that is there already stands, or that comes first among the new ones; one of a source
    in `restating` takes over the properties, if they are others now. With `lent` they are put
    on the timelines of those who live on for whom they were told of.
    """
    rows: list[dict[str, object]] = [
        {
            "portal_id": portal_id,
            "contact_id": event.contact_id,
            "known_at": now,
            "lent": lent,
            "address": address_key(event.address) if event.address else None,
            **columns_of(event),
        }
        for event in new
    ]
    changed: set[int] = set()
    for part in chunks(_once(rows, restating), 1000):
        statement = insert(connection, events)
        told = statement.excluded.properties
        # No IN here: many rows in one statement allow no list of unknown length.
        restated = sa.or_(sa.false(), *(events.c.source == name for name in sorted(restating)))
        differs = sa.and_(restated, events.c.properties != told)
        # What was lent and is now told of the contact itself is its own from here on.
        owned = sa.and_(events.c.lent, sa.not_(statement.excluded.lent))
        statement = statement.on_conflict_do_update(
            index_elements=["portal_id", "contact_id", "id"],
            set_={
                "properties": sa.case((differs, told), else_=events.c.properties),
                "known_at": sa.case(
                    (differs, statement.excluded.known_at), else_=events.c.known_at
                ),
                "lent": sa.and_(events.c.lent, statement.excluded.lent),
            },
            where=sa.or_(differs, owned),
        )
        result = connection.execute(statement.returning(events.c.contact_id), part)
        changed.update(result.scalars())
    return changed


def _once(rows: list[dict[str, object]], restating: frozenset[str]) -> list[dict[str, object]]:
    """Give each event once: the engines refuse to touch a row twice in one statement."""
    first: dict[tuple[object, object], dict[str, object]] = {}
    for row in rows:
        stands = first.setdefault((row["contact_id"], row["id"]), row)
        if row["source"] in restating:
            stands["properties"] = row["properties"]
    return list(first.values())


def lines(connection: Connection, portal_id: int, ids: list[int], wanted: Wanted) -> list[Line]:
    """Read the events of contacts that are wanted."""
    found: list[Line] = []
    for part in chunks(ids, 2000):
        query = sa.select(
            events.c.contact_id, events.c.id, events.c.kind, _AT, events.c.properties, _KNOWN_AT
        ).where(events.c.portal_id == portal_id, among(events.c.contact_id, part), *_of(wanted))
        found += plain(connection, query)
    return found


def gathered(
    connection: Connection,
    portal_id: int,
    between: tuple[int, int],
    wanted: Wanted,
    *,
    named: bool = False,
) -> list[Gathered]:
    """Read the events that are wanted of contacts by id, the first and last of `between` included.

    Each contact is one row: the engine joins its events faster than a driver makes rows of them.
    All the texts of a row list its events in the same order, as they are joined in one pass; `\\n`
    stands in no properties, as JSON escapes it. What is only for `named` is empty otherwise.
    """
    told = [events.c.at, events.c.kind, events.c.properties]
    told += [events.c.id, events.c.known_at] if named else []
    query = _joined(
        connection, portal_id, told, events.c.contact_id.between(*between), *_of(wanted)
    )
    if not named:
        query = query.add_columns(sa.literal(""), sa.literal(""))
    return plain(connection, query)


def gathered_of(
    connection: Connection, portal_id: int, ids: list[int], wanted: Wanted
) -> list[Gathered]:
    """Do the same for contacts by id, named."""
    told = [events.c[name] for name in ("at", "kind", "properties", "id", "known_at")]
    found: list[Gathered] = []
    for part in chunks(ids, 2000):
        query = _joined(connection, portal_id, told, among(events.c.contact_id, part), *_of(wanted))
        found += plain(connection, query)
    return found


def _joined(
    connection: Connection,
    portal_id: int,
    told: list[sa.Column[Any]],
    *which: sa.ColumnElement[bool],
) -> sa.Select[Any]:
    # SQLite joins numbers as they are; casting each would be work for nothing.
    as_is = connection.dialect.name == "sqlite"
    texts = told if as_is else [sa.cast(each, sa.Text) for each in told]
    joined = [sa.func.aggregate_strings(each, "\n") for each in texts]
    return (
        sa.select(events.c.contact_id, *joined)
        .where(events.c.portal_id == portal_id, *which)
        .group_by(events.c.contact_id)
    )


def _of(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    if wanted.kinds is None:
        return []
    always = events.c.kind.in_(sorted(wanted.kinds - wanted.since.keys()))
    if not wanted.since:
        return [always]
    alike: dict[int, list[str]] = {}
    for kind, since in sorted(wanted.since.items()):
        alike.setdefault(since, []).append(kind)
    late = [sa.and_(events.c.kind.in_(kinds), since <= _AT) for since, kinds in alike.items()]
    return [sa.or_(always, *late)]


def of(connection: Connection, portal_id: int, contact_id: int) -> list[Event]:
    """Read one contact's timeline, newest first."""
    query = (
        sa.select(events)
        .where(events.c.portal_id == portal_id, events.c.contact_id == contact_id)
        .order_by(events.c.at.desc(), events.c.id)
    )
    return [event_of(row) for row in connection.execute(query)]


def event_of(row: Row[tuple[object, ...]]) -> Event:
    """Read a whole row."""
    return Event(
        contact_id=row.contact_id,
        id=row.id,
        kind=row.kind,
        at=row.at,
        source=row.source,
        properties=json.loads(row.properties),
    )


def keep_strays(connection: Connection, portal_id: int, waiting: list[Stray]) -> None:
    """Keep events whose contact isn't known yet."""
    rows = [
        {"portal_id": portal_id, "email": stray.email, **columns_of(stray.event)}
        for stray in waiting
    ]
    for part in chunks(rows, 1000):
        connection.execute(insert(connection, strays).on_conflict_do_nothing(), part)


def take_strays(connection: Connection, portal_id: int, emails: Iterable[str]) -> list[Stray]:
    """Take the events that wait for any of these addresses, for them to wait no more."""
    found: list[Stray] = []
    for part in chunks(sorted(emails)):
        mine = sa.and_(strays.c.portal_id == portal_id, strays.c.email.in_(part))
        for row in connection.execute(sa.select(strays).where(mine)):
            properties = json.loads(row.properties)
            event = Event(0, row.id, row.kind, row.at, row.source, properties)
            found.append(Stray(row.email, event))
        connection.execute(sa.delete(strays).where(mine))
    return found


def count(connection: Connection, portal_id: int) -> int:
    """Count the portal's events."""
    query = sa.select(sa.func.count()).where(events.c.portal_id == portal_id)
    return connection.scalar(query) or 0


def heard(connection: Connection, portal_id: int, kinds: Iterable[str]) -> frozenset[str]:
    """Find which of these kinds a portal has any event of: one probe of the index for each."""
    found = set()
    for kind in kinds:
        probe = sa.select(sa.literal(1)).where(
            events.c.portal_id == portal_id, events.c.kind == kind
        )
        if connection.scalar(probe.limit(1)):
            found.add(kind)
    return frozenset(found)


def drop_older(
    connection: Connection, portal_id: int, kind: str, before: datetime, limit: int
) -> list[int]:
    """Delete some events of a kind from before an instant; give whose each was."""
    old = sa.and_(events.c.portal_id == portal_id, events.c.kind == kind, events.c.at < before)
    some = sa.select(events.c.contact_id, events.c.id).where(old).order_by(events.c.at).limit(limit)
    gone = [tuple(row) for row in connection.execute(some)]
    for part in chunks(gone):
        which = sa.tuple_(events.c.contact_id, events.c.id).in_(part)
        connection.execute(sa.delete(events).where(events.c.portal_id == portal_id, which))
    return [contact_id for contact_id, _ in gone]


def drop_older_strays(connection: Connection, portal_id: int, kind: str, before: datetime) -> int:
    """Delete the events of a kind from before an instant that still wait for their contact."""
    old = sa.and_(strays.c.portal_id == portal_id, strays.c.kind == kind, strays.c.at < before)
    return connection.execute(sa.delete(strays).where(old)).rowcount


def address_key(email: str) -> int:
    """Give a number that stands for an address: one column of 8 bytes instead of a long text."""
    return int.from_bytes(hashlib.sha256(email.encode("utf-8", "surrogatepass")).digest()[:8]) >> 1


def columns_of(event: Event) -> dict[str, object]:
    """Write an event as its columns."""
    return {
        "id": event.id,
        "kind": event.kind,
        "at": event.at,
        "source": event.source,
        "properties": json.dumps(
            dict(event.properties), ensure_ascii=False, separators=(",", ":"), sort_keys=True
        ),
    }
