"""Look at whom something may have changed for: due contacts into and out of segments.

1. claim due contacts; 2. read their timelines, properties, memberships; 3. the kernel says who
belongs where and until when, and the comparison who entered and left, is enrolled, is written;
4. one transaction: memberships, history, next due, outbox.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.engine import Connection

from integration.decide import triggers, why, writeback
from integration.decide.kernel import EventRow, Timelines, Verdicts, evaluate
from integration.decide.membership import Look, Outcome, compare
from integration.flows.tools import Tools
from integration.store import contacts, due, memberships, outbox, portals, segments, timeline
from integration.store.due import Due, Next
from integration.store.inbox import Claim
from integration.store.portals import Portal
from mappings.model import (
    Cause,
    Intent,
    IntentKind,
    Membership,
    MembershipChange,
    PortalState,
    StageHeld,
    Workflow,
    to_ms,
)
from mappings.rules import kinds_used

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class _Sight:
    """What is known of the contacts that are looked at, as of one instant."""

    portal: Portal
    now: datetime
    claimed: list[Due]
    lines: list[timeline.Line]
    properties: dict[int, dict[str, str | None]]
    held: dict[int, dict[str, Membership]]
    stages: dict[int, StageHeld]
    enrolled: list[outbox.Item]
    wished: list[outbox.Item]
    workflows: list[Workflow]


def run(tools: Tools) -> int:
    """Look at everybody who is due, in every portal; give how many contacts were looked at."""
    with tools.store.read() as connection:
        every = portals.every(connection, PortalState.COUNTING, PortalState.LIVE)
    return sum(run_portal(tools, portal) for portal in every)


def run_portal(tools: Tools, portal: Portal) -> int:
    """Look at a portal's due contacts, chunk by chunk, until nobody is due."""
    looked_at = 0
    while number := _chunk(tools, portal):
        looked_at += number
    if portal.state is PortalState.COUNTING:
        _go_live(tools, portal)
    return looked_at


def _go_live(tools: Tools, portal: Portal) -> None:
    """End the first evaluation once nobody is due, also with other workers at it."""
    with tools.store.write() as connection:
        if due.waiting(connection, portal.portal_id, tools.now()) == 0:
            portals.set_state(connection, portal.portal_id, PortalState.LIVE, portal.reason)


def _chunk(tools: Tools, portal: Portal) -> int:
    claim = tools.claim()
    with tools.store.write() as connection:
        claimed = due.claim(connection, portal.portal_id, claim, CHUNK)
    if not claimed:
        return 0
    with tools.store.read() as connection:
        sight = _read(connection, tools, portal, claimed)
    verdicts = _judge(tools, sight)
    outcome = _decide(tools, sight, verdicts)
    with tools.store.write() as connection:
        _write(connection, tools, sight, outcome, claim)
    return len(claimed)


def _read(connection: Connection, tools: Tools, portal: Portal, claimed: list[Due]) -> _Sight:
    ids, portal_id = [each.contact_id for each in claimed], portal.portal_id
    return _Sight(
        portal=portal,
        now=tools.now(),
        claimed=claimed,
        lines=list(timeline.lines(connection, portal_id, ids, kinds_used(tools.book))),
        properties=contacts.properties(connection, portal_id, ids),
        held=memberships.of(connection, portal_id, ids),
        stages=memberships.stages_of(connection, portal_id, ids),
        enrolled=outbox.of(connection, portal_id, ids, IntentKind.ENROLLMENT),
        wished=outbox.of(connection, portal_id, ids, IntentKind.PROPERTIES),
        workflows=segments.known_workflows(connection, portal_id),
    )


def _judge(tools: Tools, sight: _Sight) -> Verdicts:
    alive = sorted(sight.properties)
    rows = (EventRow(*line) for line in sight.lines)
    timelines = Timelines.of(alive, rows, {**sight.properties})
    return evaluate(tools.book, timelines, to_ms(sight.now))


def _decide(tools: Tools, sight: _Sight, verdicts: Verdicts) -> Outcome:
    alive = sight.properties.keys()
    looks = {
        each.contact_id: Look(each.due_at, _cause(sight.portal, each))
        for each in sight.claimed
        if each.contact_id in alive
    }
    held = {contact_id: sight.held[contact_id] for contact_id in looks}
    outcome = compare(verdicts, looks, held, sight.stages, sight.now)
    moved = {change.contact_id for change in outcome.changes}
    seen = (line[:4] for line in sight.lines if line[0] in moved)
    kinds = why.kinds_of_segments(tools.book)
    reasoned = why.with_reasons(outcome.changes, seen, kinds, to_ms(sight.now))
    return replace(outcome, changes=reasoned)


def _cause(portal: Portal, item: Due) -> Cause:
    """While everybody is counted for the first time, nothing found is news."""
    return Cause.FIRST_SYNC if portal.state is PortalState.COUNTING else item.cause


def _write(
    connection: Connection, tools: Tools, sight: _Sight, outcome: Outcome, claim: Claim
) -> None:
    """Store an outcome, for the contacts that are still ours to look at."""
    portal_id = sight.portal.portal_id
    mine = due.still_held(connection, portal_id, claim.lease)
    changes = [change for change in outcome.changes if change.contact_id in mine]
    kept = {each: places for each, places in outcome.kept.items() if each in mine}
    stages = {each: stage for each, stage in outcome.stages.items() if each in mine}
    memberships.end(connection, portal_id, [pair for pair in outcome.left if pair[0] in mine])
    memberships.save(connection, portal_id, kept)
    memberships.save_stages(connection, portal_id, stages)
    memberships.record(connection, portal_id, changes)
    intents = writeback.list_intents(changes)
    intents += _property_intents(sight, changes, stages)
    intents += _enrollments(tools, sight, changes, stages)
    outbox.wish(connection, portal_id, intents, sight.now)
    settled = [
        Next(each.contact_id, each.version, outcome.due.get(each.contact_id))
        for each in sight.claimed
        if each.contact_id in mine
    ]
    due.settle(connection, portal_id, settled)


def _property_intents(
    sight: _Sight, changes: list[MembershipChange], stages: dict[int, StageHeld]
) -> list[Intent]:
    after = {
        contact_id: set(sight.held[contact_id])
        for contact_id in {change.contact_id for change in changes} | stages.keys()
    }
    for change in changes:
        (after[change.contact_id].add if change.entered else after[change.contact_id].discard)(
            change.segment
        )
    standing = {contact_id: held.key for contact_id, held in (sight.stages | stages).items()}
    wished = {item.intent.contact_id: item.intent.wanted for item in sight.wished}
    return writeback.property_intents(changes, after, standing, wished)


def _enrollments(
    tools: Tools, sight: _Sight, changes: list[MembershipChange], stages: dict[int, StageHeld]
) -> list[Intent]:
    causes = {each.contact_id: _cause(sight.portal, each) for each in sight.claimed}
    staged = [
        triggers.StageChange(contact_id, stage.key, stage.since, causes[contact_id])
        for contact_id, stage in stages.items()
        if contact_id not in sight.stages or sight.stages[contact_id].key != stage.key
    ]
    last: dict[tuple[int, str], datetime] = {}
    for item in sight.enrolled:
        key = (item.intent.contact_id, item.intent.target)
        last[key] = max(item.wanted_at, last.get(key, item.wanted_at))
    ready, _ = triggers.match(tools.book.triggers.values(), sight.workflows)
    return triggers.enrollments(ready, changes, staged, last)
