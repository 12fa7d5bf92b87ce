"""A portal's segments as HubSpot lists, and its workflows as last read."""

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.columns import Instant
from integration.store.engine import chunks, insert
from integration.store.tables import segments, workflows
from mappings.writing import Workflow


@dataclass(frozen=True, slots=True)
class SegmentList:
    """The HubSpot list of a segment. `asked_at` without `list_id`: its creation was begun."""

    key: str
    list_id: str | None
    name: str
    asked_at: datetime | None
    size: int | None
    checked_at: datetime | None
    state: str
    reason: str


def lists(connection: Connection, portal_id: int) -> dict[str, SegmentList]:
    """Read the lists of a portal's segments."""
    query = sa.select(segments).where(segments.c.portal_id == portal_id)
    return {
        row.key: SegmentList(
            key=row.key,
            list_id=row.list_id,
            name=row.list_name,
            asked_at=row.list_asked_at,
            size=row.list_size,
            checked_at=row.list_checked_at,
            state=row.state,
            reason=row.reason,
        )
        for row in connection.execute(query)
    }


def ask_list(
    connection: Connection,
    portal_id: int,
    key: str,
    name: str,
    span: tuple[datetime | None, datetime],
) -> bool:
    """Note that a list of this name is about to be created, before HubSpot is asked.

    `span` is when that was noted last (None: never), and now. False where another worker was
    faster, or has the list already.
    """
    before, now = span
    statement = insert(connection, segments).values(
        portal_id=portal_id, key=key, list_name=name, list_asked_at=now
    )
    same = segments.c.list_asked_at.is_not_distinct_from(sa.literal(before, Instant()))
    result = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["portal_id", "key"],
            set_={"list_name": name, "list_asked_at": now},
            where=sa.and_(segments.c.list_id.is_(None), same),
        ).returning(segments.c.key)
    )
    return result.first() is not None


def stop_asking(connection: Connection, portal_id: int, key: str, at: datetime | None) -> None:
    """Note that nobody is creating the list any more, and since when it may be there all the same
    (None: it surely isn't)."""
    _put(connection, portal_id, key, list_asked_at=at)


def have_list(connection: Connection, portal_id: int, key: str, list_id: str) -> None:
    """Note the id of a segment's list."""
    _put(connection, portal_id, key, list_id=list_id, state="on", reason="")


def set_size(connection: Connection, portal_id: int, key: str, size: int, at: datetime) -> None:
    """Note a list's size as HubSpot says."""
    _put(connection, portal_id, key, list_size=size, list_checked_at=at)


def stick(connection: Connection, portal_id: int, key: str, reason: str) -> None:
    """Pause a segment's list, with the reason a person sees."""
    _put(connection, portal_id, key, state="stuck", reason=reason)


def unstick(connection: Connection, portal_id: int) -> None:
    """Let every paused list of a portal be tried again."""
    connection.execute(
        sa.update(segments).where(segments.c.portal_id == portal_id).values(state="on", reason="")
    )


def save_workflows(
    connection: Connection, portal_id: int, found: list[Workflow], at: datetime
) -> None:
    """Replace what is known of a portal's workflows."""
    rows = [
        {
            "portal_id": portal_id,
            "flow_id": workflow.flow_id,
            "name": workflow.name,
            "enabled": workflow.enabled,
            "re_enrolls": workflow.re_enrolls,
            "list_ids": json.dumps(sorted(workflow.enrolls_by_lists)),
            "legacy_id": workflow.legacy_id,
            "read_at": at,
        }
        for workflow in sorted(found, key=lambda workflow: workflow.flow_id)
    ]
    statement = insert(connection, workflows)
    changing = [column.name for column in workflows.c if not column.primary_key]
    statement = statement.on_conflict_do_update(
        index_elements=["portal_id", "flow_id"],
        set_={name: statement.excluded[name] for name in changing},
    )
    for part in chunks(rows):
        connection.execute(statement, part)
    kept = workflows.c.flow_id.in_([workflow.flow_id for workflow in found])
    connection.execute(sa.delete(workflows).where(workflows.c.portal_id == portal_id, ~kept))


def known_workflows(connection: Connection, portal_id: int) -> list[Workflow]:
    """Read a portal's workflows as last seen."""
    query = sa.select(workflows).where(workflows.c.portal_id == portal_id)
    return [
        Workflow(
            flow_id=row.flow_id,
            name=row.name,
            enabled=row.enabled,
            enrolls_by_lists=frozenset(json.loads(row.list_ids)),
            re_enrolls=row.re_enrolls,
            legacy_id=row.legacy_id,
        )
        for row in connection.execute(query)
    ]


def _put(connection: Connection, portal_id: int, key: str, **values: object) -> None:
    statement = insert(connection, segments).values(portal_id=portal_id, key=key, **values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["portal_id", "key"], set_=values)
    )
