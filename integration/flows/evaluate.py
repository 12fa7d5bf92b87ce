"""Look at whom something may have changed for: due contacts into and out of segments.

1. claim due contacts; 2. read their timelines, properties, memberships; 3. the kernel says who
belongs where and until when, and the comparison who entered and left, is enrolled, is written;
4. one transaction: memberships, history, next due, outbox.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection

from integration.decide import occasions, triggers, why, writeback
from integration.decide.kernel import evaluate
from integration.decide.knowledge import by_time_alone
from integration.decide.membership import Outcome, compare, sooner
from integration.decide.occasions import Scenery
from integration.decide.triggers import News, Occurred, StageChange
from integration.decide.why import Basis
from integration.flows.sight import Sight, Standpoint, read
from integration.flows.tools import Tools
from integration.store import claims, contacts, due, memberships, outbox, portals, rules
from integration.store.due import Due, Next
from integration.store.inbox import Claim
from integration.store.portals import Portal
from mappings.instants import to_ms
from mappings.model import MembershipChange, PortalState, StageHeld
from mappings.writing import Intent

CHUNK = 1000
FIRST_LOOK = "it happened before everybody was looked at for the first time"


@dataclass(frozen=True, slots=True)
class Found:
    """What a look brought: who is where, and which events triggers wait for."""

    outcome: Outcome
    events: list[Occurred]


def run(tools: Tools) -> int:
    """Look at everybody who is due, in every portal; give how many contacts were looked at.

    Portals take turns, so that one with very many contacts due lets the others through.
    """
    looked_at = 0
    every = waiting(tools)
    while every:
        numbers = [(portal, run_portal(tools, portal)) for portal in every]
        looked_at += sum(number for _, number in numbers)
        every = [portal for portal, number in numbers if number]
    return looked_at


def waiting(tools: Tools) -> list[Portal]:
    """Give the portals in which somebody is due, or that wait for nobody being due any more."""
    with tools.store.read() as connection:
        every = portals.every(connection, PortalState.COUNTING, PortalState.LIVE)
        busy = due.portals_waiting(connection, tools.now())
    return [
        portal
        for portal in every
        if portal.portal_id in busy or portal.state is PortalState.COUNTING
    ]


def run_portal(tools: Tools, portal: Portal) -> int:
    """Look at a portal's contacts longest due, CHUNK at most; give how many it were."""
    if tools.stopping():
        return 0
    looked_at = _chunk(tools, portal.portal_id)
    if not looked_at and portal.state is PortalState.COUNTING:
        _go_live(tools, portal)
    return looked_at


def _go_live(tools: Tools, portal: Portal) -> None:
    """End the first evaluation once nobody is due, also with other workers at it."""
    with tools.store.write() as connection:
        if due.waiting(connection, portal.portal_id, tools.now()) == 0:
            portals.move(connection, portal.portal_id, PortalState.COUNTING, PortalState.LIVE)
            portals.set_checked(connection, portal.portal_id, None)  # its lists can be made now


def _chunk(tools: Tools, portal_id: int) -> int:
    claim = tools.claim()
    with tools.store.write(synced=False) as connection:
        # Read with the claim: whether it is the first look at everybody decides what is news.
        portal = portals.get(connection, portal_id)
        if portal is None or portal.state not in (PortalState.COUNTING, PortalState.LIVE):
            return 0
        claimed = due.claim(connection, portal_id, claim, CHUNK)
    if not claimed:
        return 0
    with tools.store.read() as connection:
        known = tools.books.of(connection, portal_id)
    for number in sorted({known.recount.of(each.contact_id) for each in claimed}):
        stand = Standpoint(portal, number, known.of(number), claim.now)
        group = [each for each in claimed if known.recount.of(each.contact_id) == number]
        _look(tools, stand, group, claim)
    return len(claimed)


def _look(tools: Tools, stand: Standpoint, claimed: list[Due], claim: Claim) -> None:
    with tools.store.read() as connection:
        sight = read(connection, replace(stand, now=tools.now()), claimed)
    found = decide(sight)
    # Whatever comes of it is claimed, and so synced, before HubSpot hears of it.
    with tools.store.write(synced=False) as connection:
        contacts.take_turn(connection, stand.portal.portal_id)
        _write_mine(connection, sight, found, claim)


def look_at(connection: Connection, stand: Standpoint, claimed: list[Due], claim: Claim) -> None:
    """Look at claimed contacts within a transaction that has the portal's turn."""
    sight = read(connection, stand, claimed)
    _write_mine(connection, sight, decide(sight), claim)


def _write_mine(connection: Connection, sight: Sight, found: Found, claim: Claim) -> None:
    """Store what was found of those contacts that are still ours to look at."""
    portal_id = sight.stand.portal.portal_id
    ids = [each.contact_id for each in sight.claimed]
    recount = rules.recount(connection, portal_id)
    mine = {
        each
        for each in claims.mine(connection, portal_id, claim.lease).intersection(ids)
        # A change of the rules that has reached a contact meanwhile has looked at it anew.
        if recount is None or recount.of(each) == sight.stand.version
    }
    write(connection, sight, found, mine)
    claims.let_go(connection, portal_id, ids, claim.lease)


def decide(sight: Sight) -> Found:
    """Say who belongs where, who moved, and why: pure."""
    book, now = sight.stand.book, sight.stand.now
    since, grounds = to_ms(sight.since), why.grounds(book)
    found = evaluate(book, sight.timelines, to_ms(now), since)
    verdicts = by_time_alone(found, sight.timelines, grounds, sight.learnt, since)
    held = {contact_id: sight.held[contact_id] for contact_id in sight.looks}
    outcome = compare(verdicts, sight.looks, held, sight.stages, now)
    scenery = Scenery(sight.timelines, book.catalogue)
    waiting = occasions.conditions(book.triggers.values())
    for contact_id, at in occasions.next_ones(waiting, scenery, now).items():
        sooner(outcome, contact_id, at)
    new = occasions.occurred(waiting, scenery, sight.looks, now)
    return Found(_reasoned(sight, outcome, grounds.segments), new)


def _reasoned(sight: Sight, outcome: Outcome, bases: Mapping[str, Basis]) -> Outcome:
    moved = {change.contact_id for change in outcome.changes}
    since = {contact_id: to_ms(sight.looks[contact_id].due_at) for contact_id in moved}
    now_ms = to_ms(sight.stand.now)
    reasoned = why.with_reasons(outcome.changes, sight.timelines, since, bases, now_ms)
    return replace(outcome, changes=reasoned)


def write(connection: Connection, sight: Sight, found: Found, mine: set[int]) -> int:
    """Store what was found of the contacts in `mine`; give how many memberships changed.

    Whoever calls took the portal's turn: nobody merges, deletes or erases them meanwhile.
    """
    portal_id, outcome = sight.stand.portal.portal_id, found.outcome
    changes = [change for change in outcome.changes if change.contact_id in mine]
    kept = {each: places for each, places in outcome.kept.items() if each in mine}
    stages = {each: stage for each, stage in outcome.stages.items() if each in mine}
    memberships.end(connection, portal_id, [pair for pair in outcome.left if pair[0] in mine])
    memberships.save(connection, portal_id, kept)
    memberships.save_stages(connection, portal_id, stages)
    memberships.record(connection, portal_id, changes)
    intents = writeback.list_intents(changes)
    intents += _property_intents(sight, mine, changes, stages)
    events = [event for event in found.events if event.contact_id in mine]
    staged = _stage_changes(sight, stages)
    intents += _enrollments(sight, News(tuple(changes), staged, tuple(events)))
    outbox.wish(connection, portal_id, intents, sight.stand.now)
    settled = [
        Next(each.contact_id, each.version, outcome.due.get(each.contact_id))
        for each in sight.claimed
        if each.contact_id in mine
    ]
    due.settle(connection, portal_id, settled)
    return len(changes)


def _property_intents(
    sight: Sight, mine: set[int], changes: list[MembershipChange], stages: dict[int, StageHeld]
) -> list[Intent]:
    after = {each: set(sight.held[each]) for each in sight.looks if each in mine}
    for change in changes:
        (after[change.contact_id].add if change.entered else after[change.contact_id].discard)(
            change.segment
        )
    standing = {contact_id: held.key for contact_id, held in (sight.stages | stages).items()}
    return writeback.property_intents(changes, after, standing, sight.wished)


def _stage_changes(sight: Sight, stages: dict[int, StageHeld]) -> tuple[StageChange, ...]:
    return tuple(
        StageChange(contact_id, stage.key, stage.since, sight.looks[contact_id].cause)
        for contact_id, stage in stages.items()
        if contact_id not in sight.stages or sight.stages[contact_id].key != stage.key
    )


def _enrollments(sight: Sight, news: News) -> list[Intent]:
    ready, _ = triggers.match(sight.stand.book.triggers.values(), sight.workflows)
    intents = triggers.enrollments(ready, news, sight.past)
    if not sight.is_first:
        return intents
    # Kept in the ledger, so that the next look doesn't take it for news.
    return [replace(intent, held_back=FIRST_LOOK) for intent in intents]
