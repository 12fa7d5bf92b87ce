"""What can be seen: here, in Segue's database, and there, in the stand-in, over HTTP."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from console.demo.stage import Stage
from integration.flows.sync import POLL, POLLED
from integration.store import (
    contacts,
    due,
    memberships,
    outbox,
    portals,
    segments,
    sync,
    tables,
    timeline,
)
from mappings.model import PortalState
from mappings.writing import Workflow


@dataclass(frozen=True)
class ListSeen:
    """A list as HubSpot has it: who is in it since when."""

    list_id: str
    name: str
    members: dict[int, datetime]


@dataclass(frozen=True)
class Progress:
    """How far Segue came with the portal."""

    state: PortalState
    records: dict[str, int]
    waiting: int  # lists and properties still to be written


@dataclass(frozen=True)
class Change:
    """A membership change, as Segue's history has it."""

    contact_id: int
    segment: str
    entered: bool
    at: datetime
    cause: str
    why: str


def progress(stage: Stage) -> Progress:
    """Look at the portal's state, its first sync and what is still to be written."""
    with stage.store.read() as connection:
        portal = portals.get(connection, stage.hub_id)
        sources = sync.every(connection, stage.hub_id)
        counts = outbox.counts(connection, stage.hub_id)
    return Progress(
        portal.state if portal else PortalState.INSTALLING,
        {source.source: source.records for source in sources},
        sum(number for (_, state), number in counts.items() if state == "due"),
    )


def lists(stage: Stage) -> dict[str, ListSeen]:
    """Read the lists of contacts and their members through HubSpot's API, by name."""
    found = stage.call("POST", "/crm/lists/2026-03/search", {"count": 500})["lists"]
    return {
        each["name"]: ListSeen(
            str(each["listId"]), each["name"], _members_of(stage, each["listId"])
        )
        for each in found
    }


def _members_of(stage: Stage, list_id: str) -> dict[int, datetime]:
    seen: dict[int, datetime] = {}
    after = ""
    while True:
        page = stage.call("GET", f"/crm/lists/2026-03/{list_id}/memberships?limit=250{after}")
        for each in page["results"]:
            since = datetime.fromisoformat(each["membershipTimestamp"])
            seen[int(each["recordId"])] = since
        following = page.get("paging", {}).get("next", {}).get("after")
        if not following:
            return seen
        after = f"&after={following}"


def members(stage: Stage) -> dict[str, set[int]]:
    """Read who is in which segment, here."""
    with stage.store.read() as connection:
        keys = segments.lists(connection, stage.hub_id)
        return {key: memberships.members(connection, stage.hub_id, key) for key in keys}


def list_names(stage: Stage) -> dict[str, str]:
    """Give the name of each segment's list."""
    with stage.store.read() as connection:
        known = segments.lists(connection, stage.hub_id)
    return {key: each.name for key, each in known.items()}


def changes(stage: Stage, since: datetime) -> list[Change]:
    """Read the membership changes since an instant."""
    history = tables.history
    query = sa.select(history).where(
        history.c.portal_id == stage.hub_id, history.c.at >= since, history.c.cause != "first_sync"
    )
    with stage.store.read() as connection:
        return [
            Change(row.contact_id, row.segment, row.entered, row.at, row.cause, row.why)
            for row in connection.execute(query)
        ]


def enrollments(stage: Stage) -> list[dict[str, Any]]:
    """Read every attempt to enroll anybody from the stand-in, silent refusals too."""
    path = f"/sandbox/portals/{stage.hub_id}/marketing/enrollments?all=true"
    return list(stage.ask(path)["enrollments"])


def totals(stage: Stage) -> dict[str, int]:
    """Count deliveries, events and contacts, here."""
    with stage.store.read() as connection:
        rows = connection.execute(
            sa.select(tables.inbox.c.state, sa.func.count()).group_by(tables.inbox.c.state)
        )
        states: dict[str, int] = dict(tuple(row) for row in rows)
        return {
            "deliveries": sum(states.values()),
            "deliveries not done": sum(n for state, n in states.items() if state != "done"),
            "entries known already": connection.scalar(
                sa.select(sa.func.sum(tables.inbox.c.heard_before))
            )
            or 0,
            "events": timeline.count(connection, stage.hub_id),
            "contacts": contacts.live_count(connection, stage.hub_id),
        }


def workflows(stage: Stage) -> list[Workflow]:
    """Read what Segue knows of the portal's workflows."""
    with stage.store.read() as connection:
        return segments.known_workflows(connection, stage.hub_id)


def unread(stage: Stage) -> int:
    """Count the deliveries that aren't taken in."""
    with stage.store.read() as connection:
        query = sa.select(sa.func.count()).where(tables.inbox.c.state == "due")
        return connection.scalar(query) or 0


def polled_since(stage: Stage, instant: datetime) -> bool:
    """Say whether all that sends no webhooks was read after an instant."""
    with stage.store.read() as connection:
        rows = connection.execute(
            sa.select(tables.sync.c.source, tables.sync.c.due_at, tables.sync.c.state).where(
                tables.sync.c.source.in_(sorted(POLLED))
            )
        )
        return all(row.due_at - POLL >= instant for row in rows if row.state == "done")


def overdue(stage: Stage, now: datetime) -> int:
    """Count the contacts that are due to be looked at."""
    with stage.store.read() as connection:
        return due.waiting(connection, stage.hub_id, now)


def dead(stage: Stage) -> list[str]:
    """Read why anything was given up."""
    with stage.store.read() as connection:
        items = outbox.in_state(connection, stage.hub_id, "dead", 100)
    return [f"{item.intent.kind} {item.intent.target}: {item.reason}" for item in items]
