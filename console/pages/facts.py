"""All that the overview needs to know of one portal, read in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from integration.flows.tools import Tools
from integration.store import (
    calls,
    contacts,
    erasures,
    memberships,
    overview,
    portals,
    reconciliations,
    segments,
    sync,
)
from integration.store.calls import DeadGroup
from integration.store.overview import Group, Heard, StuckDeliveries
from integration.store.portals import Portal
from integration.store.reconciliations import Report
from integration.store.rules import Recount
from integration.store.segments import SegmentList
from integration.store.sync import Source
from mappings.privacy import Erasure
from mappings.rules import RuleBook
from mappings.writing import IntentKind, Workflow

LAST_DELIVERIES = 10


@dataclass(frozen=True, slots=True)
class Facts:
    """One portal as it stood at `now`."""

    portal: Portal
    book: RuleBook
    recount: Recount
    now: datetime
    contacts: int
    sources: tuple[Source, ...]
    sizes: dict[str, int]
    lists: dict[str, SegmentList]
    workflows: tuple[Workflow, ...]
    deliveries: tuple[Heard, ...]
    stuck_deliveries: tuple[StuckDeliveries, ...]
    dead_calls: tuple[DeadGroup, ...]
    open_items: tuple[Group, ...]
    enrollments: tuple[Group, ...]
    pauses: dict[str, datetime]
    compared: Report | None  # the newest reconciliation
    deletion: Erasure | None  # of all that is kept of the account

    def open_changes(self, segment: str, state: str) -> int:
        """Count the changes of a segment's list in a state."""
        return sum(
            group.count
            for group in self.open_items
            if (group.kind, group.target, group.state) == (IntentKind.LIST, segment, state)
        )


def read(tools: Tools, portal_id: int) -> Facts | None:
    """Read a portal; None where there is none of that id."""
    now = tools.now()
    with tools.store.read() as connection:
        portal = portals.get(connection, portal_id)
        if portal is None:
            return None
        rules = tools.books.of(connection, portal_id)
        return Facts(
            portal=portal,
            book=rules.book,
            recount=rules.recount,
            now=now,
            contacts=contacts.live_count(connection, portal_id),
            sources=tuple(each for each in sync.every(connection, portal_id) if not each.is_watch),
            sizes=memberships.sizes(connection, portal_id),
            lists=segments.lists(connection, portal_id),
            workflows=tuple(segments.known_workflows(connection, portal_id)),
            deliveries=tuple(overview.deliveries(connection, portal_id, LAST_DELIVERIES)),
            stuck_deliveries=tuple(overview.stuck_deliveries(connection, portal_id, now)),
            dead_calls=tuple(calls.dead_groups(connection, portal_id)),
            open_items=tuple(overview.open_items(connection, portal_id)),
            enrollments=tuple(overview.enrollments(connection, portal_id)),
            pauses=overview.pauses(connection, portal_id, now),
            compared=next(iter(reconciliations.latest(connection, portal_id)), None),
            deletion=erasures.of_portal(connection, portal_id),
        )
