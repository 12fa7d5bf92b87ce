"""Contacts: what HubSpot told of each, with the instant of every value; merged ids redirect."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from integration.store import tombstones
from integration.store.engine import among, chunks, insert, locks_rows, plain
from integration.store.tables import addresses, contacts
from mappings.model import Contact, ContactState


def take_turn(connection: Connection, portal_id: int) -> None:
    """Wait until no other transaction changes this portal's contacts (SQLite: it is so anyway).

    To be called before contacts are read that shall be changed by what is read. Locking their
    rows isn't enough: one that isn't stored yet has no row, and two who learn of it at once
    would each store it without the other's news.
    """
    if locks_rows(connection):
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(portal_id)))


def load(connection: Connection, portal_id: int, ids: Iterable[int]) -> dict[int, Contact]:
    """Read contacts by id; of those that were erased, that they were."""
    found: dict[int, Contact] = {}
    wanted = sorted(set(ids))
    for part in chunks(wanted):
        query = sa.select(contacts).where(
            contacts.c.portal_id == portal_id, contacts.c.contact_id.in_(part)
        )
        found |= {row.contact_id: _contact(row) for row in connection.execute(query)}
    erased = tombstones.of_contacts(connection, portal_id, (i for i in wanted if i not in found))
    return found | {each: Contact(each, ContactState.ERASED, at) for each, at in erased.items()}


def load_following(
    connection: Connection, portal_id: int, ids: Iterable[int]
) -> dict[int, Contact]:
    """Read contacts by id, and all those that merges lead to from them."""
    found: dict[int, Contact] = {}
    asked: set[int] = set()
    wanted = set(ids)
    while wanted:
        asked |= wanted
        found |= load(connection, portal_id, wanted)
        ahead = {each.merged_into for each in found.values()} - asked
        wanted = {each for each in ahead if each is not None}
    return found


def live(connection: Connection, portal_id: int, ids: Iterable[int]) -> set[int]:
    """Find which of these contacts live."""
    found: set[int] = set()
    for part in chunks(sorted(set(ids))):
        query = sa.select(contacts.c.contact_id).where(
            contacts.c.portal_id == portal_id,
            contacts.c.contact_id.in_(part),
            contacts.c.state == ContactState.LIVE.value,
        )
        found.update(connection.scalars(query))
    return found


def properties(
    connection: Connection, portal_id: int, ids: list[int]
) -> dict[int, dict[str, str | None]]:
    """Read the property values of the live ones among these contacts."""
    return as_learnt(connection, portal_id, ids)[0]


def as_learnt(
    connection: Connection, portal_id: int, ids: list[int]
) -> tuple[dict[int, dict[str, str | None]], dict[int, int]]:
    """Do the same, and say when (epoch ms) a value was last news, where that is known."""
    found: dict[int, dict[str, str | None]] = {}
    learnt: dict[int, int] = {}
    at = sa.type_coerce(contacts.c.learnt_at, sa.BigInteger)
    for part in chunks(ids, 2000):
        query = sa.select(contacts.c.contact_id, contacts.c.properties, at).where(
            contacts.c.portal_id == portal_id,
            among(contacts.c.contact_id, part),
            contacts.c.state == ContactState.LIVE.value,
        )
        rows = plain(connection, query)
        found |= _values([row[:2] for row in rows])
        learnt |= {row[0]: row[2] for row in rows if row[2] is not None}
    return found, learnt


def live_after(
    connection: Connection, portal_id: int, after: int, limit: int
) -> dict[int, dict[str, str | None]]:
    """Read the next live contacts by id, with their property values."""
    query = _live_after(portal_id, after, limit).add_columns(contacts.c.properties)
    return _values(plain(connection, query))


def live_ids_after(connection: Connection, portal_id: int, after: int, limit: int) -> list[int]:
    """Read the next live contacts by id, without their property values."""
    query = _live_after(portal_id, after, limit)
    return [contact_id for (contact_id,) in plain(connection, query)]


def _live_after(portal_id: int, after: int, limit: int) -> "sa.Select[Any]":
    return (
        sa.select(contacts.c.contact_id)
        .where(
            contacts.c.portal_id == portal_id,
            contacts.c.contact_id > after,
            contacts.c.state == ContactState.LIVE.value,
        )
        .order_by(contacts.c.contact_id)
        .limit(limit)
    )


def _values(rows: list[tuple[int, str]]) -> dict[int, dict[str, str | None]]:
    """Read many contacts' properties: all JSON in one go takes half the time of one by one."""
    told = json.loads(f"[{','.join(text for _, text in rows)}]")
    return {
        contact_id: {name: value for name, (value, _) in properties.items()}
        for (contact_id, _), properties in zip(rows, told, strict=True)
    }


def save(
    connection: Connection,
    portal_id: int,
    changed: list[Contact],
    learnt: Mapping[int, datetime] = MappingProxyType({}),
) -> None:
    """Store contacts whole; one that was erased leaves a tombstone alone.

    `learnt` says of whom a value is news, and when it came.
    """
    for each in changed:
        if each.state is ContactState.ERASED:
            tombstones.bury(connection, portal_id, [each.contact_id], (), each.state_at)
            forget(connection, portal_id, [each.contact_id])
    for part in chunks([each for each in changed if each.state is not ContactState.ERASED]):
        statement = insert(connection, contacts)
        statement = statement.on_conflict_do_update(
            index_elements=["portal_id", "contact_id"],
            set_={
                **{name: statement.excluded[name] for name in _CHANGING},
                "learnt_at": sa.func.coalesce(statement.excluded.learnt_at, contacts.c.learnt_at),
            },
        )
        rows = [_row(portal_id, each) | {"learnt_at": learnt.get(each.contact_id)} for each in part]
        connection.execute(statement, rows)


def leave_unseen(connection: Connection, portal_id: int, since: Mapping[int, datetime]) -> None:
    """Note since when nobody looks at contacts; the earliest instant stands."""
    for contact_id, at in sorted(since.items()):
        mine = sa.and_(contacts.c.portal_id == portal_id, contacts.c.contact_id == contact_id)
        first = sa.and_(mine, contacts.c.unseen_since.is_(None))
        connection.execute(sa.update(contacts).where(first).values(unseen_since=at))


def take_unseen(connection: Connection, portal_id: int, ids: Iterable[int]) -> dict[int, datetime]:
    """Say since when nobody looked at contacts that live again, and forget it."""
    found: dict[int, datetime] = {}
    for part in chunks(sorted(set(ids))):
        which = sa.and_(
            contacts.c.portal_id == portal_id,
            contacts.c.contact_id.in_(part),
            contacts.c.unseen_since.is_not(None),
        )
        query = sa.select(contacts.c.contact_id, contacts.c.unseen_since).where(which)
        found.update((row.contact_id, row.unseen_since) for row in connection.execute(query))
        connection.execute(sa.update(contacts).where(which).values(unseen_since=None))
    return found


def live_between(connection: Connection, portal_id: int, after: int, last: int) -> list[int]:
    """Read the ids of the live contacts behind one id, up to another one (included)."""
    query = sa.select(contacts.c.contact_id).where(
        contacts.c.portal_id == portal_id,
        contacts.c.contact_id > after,
        contacts.c.contact_id <= last,
        contacts.c.state == ContactState.LIVE.value,
    )
    return list(connection.scalars(query))


def survivors(connection: Connection, portal_id: int, ids: Iterable[int]) -> dict[int, int]:
    """Follow merges: give the id that lives on for each of these ids that was merged away."""
    query = sa.select(contacts.c.contact_id, contacts.c.merged_into).where(
        contacts.c.portal_id == portal_id, contacts.c.state == ContactState.MERGED.value
    )
    final: dict[int, int] = {}
    waiting = {contact_id: contact_id for contact_id in ids}
    for _ in range(300):  # HubSpot allows 250 merges a contact
        step: dict[int, int] = {}
        for part in chunks(sorted(set(waiting.values()))):
            rows = connection.execute(query.where(contacts.c.contact_id.in_(part)))
            step |= {old: new for old, new in rows if new is not None}
        waiting = {first: step[now] for first, now in waiting.items() if now in step}
        if not waiting:
            break
        final |= waiting
    return final


def family(connection: Connection, portal_id: int, contact_id: int) -> set[int]:
    """Find all who were merged into a contact, and into those, and so on."""
    found: set[int] = set()
    into = {contact_id}
    while into:
        step: set[int] = set()
        for part in chunks(sorted(into)):
            query = sa.select(contacts.c.contact_id).where(
                contacts.c.portal_id == portal_id,
                contacts.c.merged_into.is_not(None),
                contacts.c.merged_into.in_(part),
            )
            step.update(connection.scalars(query))
        into = step - found - {contact_id}
        found |= into
    return found


def known(connection: Connection, portal_id: int, ids: Iterable[int]) -> set[int]:
    """Find which of these contacts have been heard of, whatever their state, erased included."""
    found: set[int] = set()
    wanted = set(ids)
    for part in chunks(sorted(wanted)):
        query = sa.select(contacts.c.contact_id).where(
            contacts.c.portal_id == portal_id, contacts.c.contact_id.in_(part)
        )
        found.update(connection.scalars(query))
    return found | tombstones.of_contacts(connection, portal_id, wanted - found).keys()


def forget(connection: Connection, portal_id: int, ids: Iterable[int]) -> None:
    """Delete contacts with their addresses."""
    for part in chunks(sorted(set(ids))):
        for table in (addresses, contacts):
            mine = sa.and_(table.c.portal_id == portal_id, table.c.contact_id.in_(part))
            connection.execute(sa.delete(table).where(mine))


def live_count(connection: Connection, portal_id: int) -> int:
    """Count the portal's live contacts."""
    query = sa.select(sa.func.count()).where(
        contacts.c.portal_id == portal_id, contacts.c.state == ContactState.LIVE.value
    )
    return connection.scalar(query) or 0


def number(connection: Connection, portal_id: int) -> int:
    """Count the portal's contacts, whatever their state."""
    query = sa.select(sa.func.count()).where(contacts.c.portal_id == portal_id)
    return connection.scalar(query) or 0


def ids_from(connection: Connection, portal_id: int, rank: int, limit: int) -> list[int]:
    """Read the ids of contacts of any state, by id, passing over the first `rank`.

    By rank, not by a number between the least id and the greatest: ids lie in clusters, and
    whoever comes behind a gap would be found over and over. The index alone is walked.
    """
    query = (
        sa.select(contacts.c.contact_id)
        .where(contacts.c.portal_id == portal_id)
        .order_by(contacts.c.contact_id)
        .offset(rank)
        .limit(limit)
    )
    return list(connection.scalars(query))


_CHANGING = (
    *("state", "state_at", "merged_into", "created_at", "properties"),
    *("lived_at", "gone_at"),
)


def _row(portal_id: int, contact: Contact) -> dict[str, object]:
    return {
        "portal_id": portal_id,
        "contact_id": contact.contact_id,
        "state": contact.state.value,
        "state_at": contact.state_at,
        "merged_into": contact.merged_into,
        "created_at": contact.created_at,
        "properties": json.dumps(dict(contact.values), ensure_ascii=False, separators=(",", ":")),
        "lived_at": contact.lived_at,
        "gone_at": contact.gone_at,
    }


def _contact(row: Row[tuple[object, ...]]) -> Contact:
    return Contact(
        contact_id=row.contact_id,
        state=ContactState(row.state),
        state_at=row.state_at,
        merged_into=row.merged_into,
        created_at=row.created_at,
        values={name: (value, at) for name, (value, at) in json.loads(row.properties).items()},
        lived_at=row.lived_at,
        gone_at=row.gone_at,
    )
