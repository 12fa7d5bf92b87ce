"""The book of erasures: what was asked for, how far it came, and the report at its end."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from integration.store.engine import locks_rows
from integration.store.tables import erasures
from mappings.privacy import Erasure, Whom

OPEN = ("waiting", "due")


def begin(
    connection: Connection,
    portal_id: int,
    asked: tuple[str, datetime],
    whom: tuple[str, Whom],
    counts: Mapping[str, int],
) -> str:
    """Note that a contact's rows are gone, and whom deliveries may still speak of; give its id.

    `asked` is by whom and when, `whom` the mark and the names.
    """
    (asked_by, now), (mark, names) = asked, whom
    made = uuid.uuid4().hex
    values = {
        "portal_id": portal_id,
        "id": made,
        "what": "contact",
        "asked_by": asked_by,
        "asked_at": now,
        "state": "due",
        "due_at": now,
        "mark": mark,
        "whom": json.dumps({"ids": names.ids, "emails": names.emails}),
        "counts": json.dumps(dict(counts), sort_keys=True),
    }
    connection.execute(sa.insert(erasures).values(**values))
    return made


def announce(
    connection: Connection, portal_id: int, asked_by: str, span: tuple[datetime, datetime]
) -> str:
    """Note that a portal's data will be deleted; `span` is now and when. Gives its id."""
    now, due_at = span
    made = uuid.uuid4().hex
    values = {"asked_by": asked_by, "asked_at": now, "state": "waiting", "due_at": due_at}
    connection.execute(
        sa.insert(erasures).values(portal_id=portal_id, id=made, what="portal", **values)
    )
    return made


def call_off(connection: Connection, portal_id: int) -> int:
    """Drop the deletion of a portal that hasn't begun; give how many there were."""
    waiting = sa.and_(*_of_portal(portal_id), erasures.c.state == "waiting")
    return connection.execute(sa.delete(erasures).where(waiting)).rowcount


def drop(connection: Connection, erasure: Erasure) -> None:
    """Take an erasure out of the book."""
    connection.execute(sa.delete(erasures).where(*_one(erasure)))


def of_portal(connection: Connection, portal_id: int) -> Erasure | None:
    """Give the deletion of a portal that waits or is under way."""
    query = sa.select(erasures).where(*_of_portal(portal_id), erasures.c.state.in_(OPEN))
    row = connection.execute(query).first()
    return None if row is None else _erasure(row)


def in_state(connection: Connection, states: tuple[str, ...], now: datetime) -> list[Erasure]:
    """Read the erasures in one of some states whose time has come, oldest first."""
    query = (
        sa.select(erasures)
        .where(erasures.c.state.in_(states), erasures.c.due_at <= now)
        .order_by(erasures.c.due_at, erasures.c.id)
    )
    return [_erasure(row) for row in connection.execute(query)]


def every(connection: Connection, portal_id: int | None = None) -> list[Erasure]:
    """Read all erasures, or a portal's, newest first."""
    query = sa.select(erasures).order_by(erasures.c.asked_at.desc(), erasures.c.id)
    if portal_id is not None:
        query = query.where(erasures.c.portal_id == portal_id)
    return [_erasure(row) for row in connection.execute(query)]


def get(connection: Connection, erasure_id: str) -> Erasure | None:
    """Read one erasure."""
    row = connection.execute(sa.select(erasures).where(erasures.c.id == erasure_id)).first()
    return None if row is None else _erasure(row)


def locked(connection: Connection, erasure: Erasure) -> Erasure | None:
    """Read an erasure as it stands now, and let nobody else change it in this transaction."""
    query = sa.select(erasures).where(*_one(erasure))
    if locks_rows(connection):
        query = query.with_for_update()
    row = connection.execute(query).first()
    return None if row is None else _erasure(row)


def go_on(connection: Connection, erasure: Erasure, **values: object) -> None:
    """Note how far an erasure came; whoever calls has locked it."""
    if isinstance(counts := values.get("counts"), Mapping):
        values["counts"] = json.dumps(dict(counts), sort_keys=True)
    connection.execute(sa.update(erasures).where(*_one(erasure)).values(**values))


def _one(erasure: Erasure) -> tuple[sa.ColumnElement[bool], ...]:
    return erasures.c.portal_id == erasure.portal_id, erasures.c.id == erasure.id


def _of_portal(portal_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return erasures.c.portal_id == portal_id, erasures.c.what == "portal"


def _erasure(row: Row[tuple[object, ...]]) -> Erasure:
    named = json.loads(row.whom) if row.whom else None
    return Erasure(
        portal_id=row.portal_id,
        id=row.id,
        what=row.what,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        state=row.state,
        due_at=row.due_at,
        mark=row.mark,
        whom=Whom(tuple(named["ids"]), tuple(named["emails"])) if named else None,
        counts=json.loads(row.counts),
        total=row.total,
        removed_at=row.removed_at,
        done_at=row.done_at,
        report=row.report,
    )
