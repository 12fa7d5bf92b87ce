"""What is known of the contacts that are looked at, read as of one instant."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from integration.decide.kernel import Joined, Timelines
from integration.decide.membership import Look
from integration.decide.triggers import HELD_OUT, Past
from integration.store import contacts, memberships, outbox, segments, timeline
from integration.store.due import Due
from integration.store.outbox import Enrollment
from integration.store.portals import Portal
from mappings.instants import from_ms, to_ms
from mappings.model import Cause, Membership, PortalState, StageHeld
from mappings.rules import RuleBook, kinds_used, reaches
from mappings.writing import Workflow

MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Standpoint:
    """From where contacts are looked at: by which version of the portal's rules, and when."""

    portal: Portal
    version: int
    book: RuleBook
    now: datetime


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of claimed contacts. `looks` has the ones that live.

    All that could change for any of them changed after `since`; `learnt` (epoch ms) says when a
    property of each was last news, where that is known.
    """

    stand: Standpoint
    claimed: list[Due]
    looks: dict[int, Look]
    since: datetime
    learnt: dict[int, int]
    timelines: Timelines
    held: dict[int, dict[str, Membership]]
    stages: dict[int, StageHeld]
    past: dict[tuple[int, str], Past]
    wished: dict[int, str]
    workflows: list[Workflow]

    @property
    def is_first(self) -> bool:
        """Is everybody counted for the first time? Then nothing found is news."""
        return self.stand.portal.state is PortalState.COUNTING


def read(connection: Connection, stand: Standpoint, claimed: list[Due]) -> Sight:
    """Read all that a look at contacts takes."""
    ids, portal_id = [each.contact_id for each in claimed], stand.portal.portal_id
    properties, learnt = contacts.as_learnt(connection, portal_id, ids)
    since = min([stand.now, *(each.due_at for each in claimed)]) - MS
    wished, enrollments = outbox.wished(connection, portal_id, ids)
    first = stand.portal.state is PortalState.COUNTING
    return Sight(
        stand=stand,
        claimed=claimed,
        looks={
            each.contact_id: Look(each.due_at, Cause.FIRST_SYNC if first else each.cause)
            for each in claimed
            if each.contact_id in properties
        },
        since=since,
        learnt=learnt,
        timelines=_timelines(connection, stand, since, properties),
        held=memberships.of(connection, portal_id, ids),
        stages=memberships.stages_of(connection, portal_id, ids),
        past=_past(enrollments),
        wished=wished,
        workflows=segments.known_workflows(connection, portal_id),
    )


def _timelines(
    connection: Connection,
    stand: Standpoint,
    since: datetime,
    properties: dict[int, dict[str, str | None]],
) -> Timelines:
    people = sorted(properties)
    place = connection, stand.portal.portal_id, people, _wanted(stand, since)
    joined = list(map(Joined._make, timeline.gathered_of(*place)))
    if all(each.is_whole for each in joined):
        return Timelines.of_joined(people, joined, properties)
    return Timelines.of(people, timeline.lines(*place), properties, stored=True)


def _wanted(stand: Standpoint, since: datetime) -> timeline.Wanted:
    """Say which events can matter: what was outside of every window before they fell due can't.

    At the first look all can: its reasons speak of what was last, however long ago.
    """
    kinds = kinds_used(stand.book)
    if stand.portal.state is PortalState.COUNTING:
        return timeline.Wanted(kinds)
    within = reaches(stand.book).items()
    first = to_ms(since)
    return timeline.Wanted(
        kinds, {kind: first - longest for kind, longest in within if longest is not None}
    )


def _past(ledger: list[Enrollment]) -> dict[tuple[int, str], Past]:
    """Sum up what was wished; what was skipped enrolled nobody, the control group's apart."""
    past: dict[tuple[int, str], Past] = {}
    for each in ledger:
        key, wanted_at = (each.contact_id, each.trigger), from_ms(each.wanted_ms)
        before = past.get(key, Past())
        counts = each.state != "skipped" or each.reason == HELD_OUT
        last = max(wanted_at, before.last or wanted_at) if counts else before.last
        past[key] = Past(last, before.occurrences | {each.occurrence})
    return past
