"""Reports of reconciliations: what was found to differ between HubSpot and here, and put right."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import insert
from integration.store.tables import reconciliations


@dataclass(frozen=True, slots=True)
class Report:
    """One reconciliation of a portal's contacts and objects.

    `there` is how many live contacts HubSpot listed, `here` how many were known before; `found`
    counts differences by what they were, `samples` names some contacts of each. All were put
    right but the `doubtful` ones.
    """

    started_at: datetime
    finished_at: datetime
    there: int
    here: int
    found: Mapping[str, int] = field(default_factory=dict)
    samples: Mapping[str, list[int]] = field(default_factory=dict)

    @property
    def differences(self) -> int:
        """How many differences were found in all."""
        return sum(self.found.values())


def save(connection: Connection, portal_id: int, report: Report) -> None:
    """Keep a report."""
    values = {
        "portal_id": portal_id,
        "started_at": report.started_at,
        "finished_at": report.finished_at,
        "there": report.there,
        "here": report.here,
        "found": json.dumps(dict(report.found)),
        "samples": json.dumps(dict(report.samples)),
    }
    connection.execute(insert(connection, reconciliations).on_conflict_do_nothing(), values)


def begun_since(connection: Connection, portal_id: int, at: datetime) -> bool:
    """Say whether a reconciliation that has ended began at an instant or later."""
    mine = (reconciliations.c.portal_id == portal_id, reconciliations.c.started_at >= at)
    return connection.scalar(sa.select(sa.literal(1)).where(*mine).limit(1)) is not None


def forget(connection: Connection, portal_id: int, ids: Iterable[int]) -> None:
    """Take contacts out of the samples of reports."""
    gone = set(ids)
    query = sa.select(reconciliations.c.started_at, reconciliations.c.samples)
    mine = reconciliations.c.portal_id == portal_id
    for started_at, text in connection.execute(query.where(mine)).all():
        before = json.loads(text)
        left = {name: [each for each in some if each not in gone] for name, some in before.items()}
        if left != before:
            which = sa.and_(mine, reconciliations.c.started_at == started_at)
            values = {"samples": json.dumps(left)}
            connection.execute(sa.update(reconciliations).where(which).values(values))


def latest(connection: Connection, portal_id: int, limit: int = 1) -> list[Report]:
    """Read a portal's newest reports, the newest first."""
    query = (
        sa.select(reconciliations)
        .where(reconciliations.c.portal_id == portal_id)
        .order_by(reconciliations.c.started_at.desc())
        .limit(limit)
    )
    return [
        Report(
            started_at=row.started_at,
            finished_at=row.finished_at,
            there=row.there,
            here=row.here,
            found=json.loads(row.found),
            samples=json.loads(row.samples),
        )
        for row in connection.execute(query)
    ]


def prune(connection: Connection, before: datetime) -> None:
    """Drop the reports from before an instant."""
    connection.execute(sa.delete(reconciliations).where(reconciliations.c.started_at < before))
