"""Prove again and again that what is stored is what the rules say, and put right what isn't.

A sample of contacts is evaluated from scratch and compared with its memberships, stage and due
row. What differs is counted, kept, logged and repaired.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.engine import Connection

from integration.decide.kernel import EventRow, Timelines
from integration.decide.occasions import Scenery
from integration.decide.proof import StageUntil, Standing, differences, standings
from integration.flows import evaluate
from integration.flows.sight import Standpoint
from integration.flows.tools import Tools
from integration.store import contacts, due, memberships, portals, proofs, timeline
from integration.store.portals import Portal
from mappings.health import Difference, ProofDay
from mappings.model import Cause, PortalState
from mappings.rules import kinds_used

log = structlog.get_logger(__name__)

RUN = 25  # contacts next to each other, which are read together
PLACES = 2  # where such a run begins; finding each walks the index to it
SAMPLE = RUN * PLACES
# Whose state moved or will move so close to now is left out: by the clock of another worker the
# instant may be over already, or yet to come.
MARGIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Compared:
    """How many contacts were compared, and what differed."""

    checked: int
    found: tuple[Difference, ...]

    @property
    def wrong(self) -> list[int]:
        """The contacts of which anything differed."""
        return sorted({each.contact_id for each in self.found})


def to_prove(tools: Tools) -> list[Portal]:
    """Give the portals that are proved: those that are live."""
    with tools.store.read() as connection:
        return portals.every(connection, PortalState.LIVE)


def run_portal(tools: Tools, portal: Portal) -> int:
    """Prove a sample of a portal's contacts; give how many stood wrong.

    1. read the sample and compare it, in one state; 2. compare once more whoever differed, with
    the portal's turn taken, so that nobody is being changed meanwhile; 3. what differs then is
    repaired, counted and kept in that same transaction, and logged after it.
    """
    portal_id = portal.portal_id
    with tools.store.read() as connection:
        ids = sample(connection, tools, portal_id)
        first = compare(connection, tools, portal_id, ids)
    if not first.checked:
        return 0
    found: tuple[Difference, ...] = ()
    with tools.store.write() as connection:
        if first.wrong:
            found = _put_right(connection, tools, portal_id, first.wrong)
        wrong = len({each.contact_id for each in found})
        proved = ProofDay(tools.now().date(), first.checked, wrong)
        proofs.count(connection, portal_id, proved)
    for each in found:
        log.error(
            "stored state differed",
            portal_id=portal_id,
            contact_id=each.contact_id,
            rule=each.target,
            stored=each.stored,
            evaluated=each.evaluated,
        )
    return wrong


def sample(connection: Connection, tools: Tools, portal_id: int) -> list[int]:
    """Choose contacts by chance: runs of neighbours, each contact as likely as any other."""
    total = contacts.number(connection, portal_id)
    if total <= SAMPLE:
        return contacts.ids_from(connection, portal_id, 0, SAMPLE)
    ids: set[int] = set()
    for _ in range(PLACES):
        # A run may begin before the first contact: else the outermost would come up less often.
        begin = int(tools.jitter() * (total + RUN - 1)) - (RUN - 1)
        rank = max(begin, 0)
        ids.update(contacts.ids_from(connection, portal_id, rank, begin + RUN - rank))
    return sorted(ids)


def compare(connection: Connection, tools: Tools, portal_id: int, ids: list[int]) -> Compared:
    """Evaluate contacts from scratch and compare them with what is stored.

    The time is asked for when everything is read: whatever was stored before it, was so then.
    """
    known = tools.books.of(connection, portal_id)
    book, recount = known.book, known.recount
    properties = contacts.properties(connection, portal_id, ids)
    lines = list(
        timeline.lines(connection, portal_id, list(properties), timeline.Wanted(kinds_used(book)))
    )
    waiting = due.of(connection, portal_id, ids)
    stored = _stored(connection, portal_id, list(properties), waiting)
    now = tools.now()
    moved = memberships.moved_since(connection, portal_id, ids, now - MARGIN)
    at_rest = [
        each
        for each in properties
        if each not in moved
        and (recount.target is None or recount.of(each) == recount.target)
        and _is_at_rest(waiting.get(each), now)
    ]
    rows = (EventRow(*line[:5]) for line in lines)
    timelines = Timelines.of(at_rest, rows, properties)
    evaluated = standings(book, Scenery(timelines, book.catalogue), now)
    found = [
        difference
        for each in at_rest
        for difference in differences(each, stored[each], evaluated[each], now)
    ]
    return Compared(len(at_rest), tuple(found))


def _stored(
    connection: Connection, portal_id: int, ids: list[int], waiting: dict[int, due.Waiting]
) -> dict[int, Standing]:
    held = memberships.of(connection, portal_id, ids)
    stages = memberships.stages_of(connection, portal_id, ids)
    return {
        each: Standing(
            {key: membership.until for key, membership in held[each].items()},
            StageUntil(stages[each].key, stages[each].changes_at) if each in stages else None,
            waiting[each].due_at if each in waiting else None,
        )
        for each in ids
    }


def _is_at_rest(waiting: due.Waiting | None, now: datetime) -> bool:
    """Is a contact neither due nor looked at? One that is due may well stand wrong until then."""
    if waiting is None:
        return True
    held = waiting.held_until is not None and waiting.held_until > now
    return waiting.due_at > now + MARGIN and not held


def _put_right(
    connection: Connection, tools: Tools, portal_id: int, suspects: list[int]
) -> tuple[Difference, ...]:
    """Compare suspects once more while nobody can change them; repair what differs, and keep it.

    They are looked at as any contact that is due, for the cause of a repair: lists and properties
    follow, and it enrolls nobody. It is done in the transaction that compared them, so that no
    behaviour comes in between and is taken for a repair.
    """
    contacts.take_turn(connection, portal_id)
    portal = portals.get(connection, portal_id)
    if portal is None or portal.state is not PortalState.LIVE:
        return ()
    again = compare(connection, tools, portal_id, suspects)
    if again.wrong:
        claim = tools.claim()
        due.touch(connection, portal_id, again.wrong, claim.now, Cause.REPAIR)
        claimed = due.claim_these(connection, portal_id, again.wrong, claim)
        known = tools.books.of(connection, portal_id)
        number = known.recount.target or known.recount.version
        stand = Standpoint(portal, number, known.book, tools.now())
        evaluate.look_at(connection, stand, claimed, claim)
        proofs.keep(connection, portal_id, again.found)
    return again.found
