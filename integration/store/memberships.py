"""Who is in which segment and stage, until when, and how it came to be."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store import bulk
from integration.store.engine import among, chunks, plain
from integration.store.tables import history, memberships, stages
from mappings.instants import from_ms, to_ms
from mappings.model import Cause, Membership, MembershipChange, StageHeld

Held = dict[int, dict[str, Membership]]


def of(connection: Connection, portal_id: int, ids: list[int]) -> Held:
    """Read the memberships of contacts."""
    held: Held = {contact_id: {} for contact_id in ids}
    of = memberships.c
    for part in chunks(ids, 2000):
        query = sa.select(of.contact_id, of.segment, of.entered_at, of.until)
        query = query.where(of.portal_id == portal_id, among(of.contact_id, part))
        for contact_id, segment, entered_at, until in plain(connection, query):
            held[contact_id][segment] = Membership(entered_at, until)
    return held


def stages_of(connection: Connection, portal_id: int, ids: list[int]) -> dict[int, StageHeld]:
    """Read the stages of contacts."""
    found: dict[int, StageHeld] = {}
    of = stages.c
    for part in chunks(ids, 2000):
        query = sa.select(of.contact_id, of.stage, of.since, of.changes_at)
        query = query.where(of.portal_id == portal_id, among(of.contact_id, part))
        for contact_id, stage, since, changes_at in plain(connection, query):
            ends = None if changes_at is None else from_ms(changes_at)
            found[contact_id] = StageHeld(stage, from_ms(since), ends)
    return found


def save(
    connection: Connection, portal_id: int, held: Mapping[int, Mapping[str, Membership]]
) -> None:
    """Store these memberships (new ones, and those whose end moved)."""
    rows: list[bulk.Row] = [
        (portal_id, contact_id, segment, *each)
        for contact_id, segments in held.items()
        for segment, each in segments.items()
    ]
    names = ("portal_id", "contact_id", "segment", "entered_at", "until")
    bulk.put(connection, memberships, names, rows, _as_now)


def _as_now(statement: bulk.Insert) -> bulk.Insert:
    return statement.on_conflict_do_update(
        index_elements=["portal_id", "contact_id", "segment"],
        set_={name: statement.excluded[name] for name in ("entered_at", "until")},
    )


def end(connection: Connection, portal_id: int, left: list[tuple[int, str]]) -> None:
    """Take contacts out of segments."""
    rows: list[bulk.Row] = [(portal_id, *each) for each in left]
    bulk.change(connection, memberships, ("portal_id", "contact_id", "segment"), rows, _without)


def _without(given: bulk.Given) -> sa.Delete:
    return sa.delete(memberships).where(*(memberships.c[name] == given[name] for name in given))


def save_stages(connection: Connection, portal_id: int, found: Mapping[int, StageHeld]) -> None:
    """Store contacts' stages."""
    rows: list[bulk.Row] = [
        (portal_id, contact_id, stage.key, to_ms(stage.since), _ms(stage.changes_at))
        for contact_id, stage in found.items()
    ]
    names = ("portal_id", "contact_id", "stage", "since", "changes_at")
    bulk.put(connection, stages, names, rows, _as_it_is)


def _as_it_is(statement: bulk.Insert) -> bulk.Insert:
    return statement.on_conflict_do_update(
        index_elements=["portal_id", "contact_id"],
        set_={name: statement.excluded[name] for name in ("stage", "since", "changes_at")},
    )


def record(connection: Connection, portal_id: int, changes: list[MembershipChange]) -> None:
    """Write changes into the history; one that stands there already stays."""
    rows: list[bulk.Row] = [
        (
            *(portal_id, each.contact_id, to_ms(each.at), each.segment),
            *(each.entered, each.cause.value, each.why),
        )
        for each in changes
    ]
    names = ("portal_id", "contact_id", "at", "segment", "entered", "cause", "why")
    bulk.put(connection, history, names, rows, _unless_there)


def _unless_there(statement: bulk.Insert) -> bulk.Insert:
    return statement.on_conflict_do_nothing()


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def changes_of(connection: Connection, portal_id: int, contact_id: int) -> list[MembershipChange]:
    """Read a contact's history, newest first."""
    query = (
        sa.select(history)
        .where(history.c.portal_id == portal_id, history.c.contact_id == contact_id)
        .order_by(history.c.at.desc(), history.c.segment)
    )
    return [
        MembershipChange(
            row.contact_id, row.segment, row.entered, row.at, Cause(row.cause), row.why
        )
        for row in connection.execute(query)
    ]


def moved_since(
    connection: Connection, portal_id: int, ids: list[int], first: datetime
) -> set[int]:
    """Find which of these contacts changed a segment or their stage since an instant."""
    found: set[int] = set()
    for part in chunks(ids):
        for table, at in ((history, history.c.at), (stages, stages.c.since)):
            query = sa.select(table.c.contact_id).where(
                table.c.portal_id == portal_id, table.c.contact_id.in_(part), at >= first
            )
            found.update(connection.scalars(query))
    return found


def sizes(connection: Connection, portal_id: int) -> dict[str, int]:
    """Count the members of each segment of a portal that has any."""
    query = (
        sa.select(memberships.c.segment, sa.func.count())
        .where(memberships.c.portal_id == portal_id)
        .group_by(memberships.c.segment)
    )
    return dict(tuple(row) for row in connection.execute(query))


def size(connection: Connection, portal_id: int, segment: str) -> int:
    """Count the members of a segment."""
    query = sa.select(sa.func.count()).where(
        memberships.c.portal_id == portal_id, memberships.c.segment == segment
    )
    return connection.scalar(query) or 0


def members(connection: Connection, portal_id: int, segment: str) -> set[int]:
    """Read all members of a segment."""
    query = sa.select(memberships.c.contact_id).where(
        memberships.c.portal_id == portal_id, memberships.c.segment == segment
    )
    return set(connection.scalars(query))


def of_others(
    connection: Connection, portal_id: int, segments: frozenset[str]
) -> list[tuple[int, str]]:
    """Read the memberships (contact, segment) of segments that aren't among these."""
    query = sa.select(memberships.c.contact_id, memberships.c.segment).where(
        memberships.c.portal_id == portal_id, memberships.c.segment.not_in(sorted(segments))
    )
    return [tuple(row) for row in connection.execute(query)]


def forget(connection: Connection, portal_id: int, ids: list[int], past: bool) -> None:
    """Delete contacts' memberships and stages, and with `past` their history too."""
    tables = [memberships, stages, history] if past else [memberships, stages]
    for part in chunks(ids):
        for table in tables:
            connection.execute(
                sa.delete(table).where(table.c.portal_id == portal_id, table.c.contact_id.in_(part))
            )
