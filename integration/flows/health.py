"""Measure a portal's segments from time to time, and judge how they fare."""

from datetime import date, timedelta

from sqlalchemy.engine import Connection

from integration.decide.health import Facts, Health, Thresholds, courses, health, reckoned
from integration.flows.tools import Tools
from integration.store import contacts, memberships, portals, proofs, sizes, timeline
from integration.store.portals import Portal
from mappings.model import PortalState
from mappings.rules import RuleBook, kinds_used

DAY = timedelta(days=1)
LIMITS = Thresholds()
# How far back sizes are reckoned from the history when a portal is measured for the first time,
# and how far back they are judged: no finding looks further.
PAST = timedelta(days=LIMITS.learn_days)
MOST_NAMED = 5
MOST_DIFFERENCES = 20


def to_measure(tools: Tools) -> list[Portal]:
    """Give the portals whose segments are measured: those that are live."""
    with tools.store.read() as connection:
        return portals.every(connection, PortalState.LIVE)


def measure(tools: Tools, portal: Portal) -> int:
    """Bring a portal's sizes over time up to date; give how many rows were stored.

    1. read today's sizes and what moved since the last measured day, in one state; 2. reckon
    the days between back from today; 3. store. Days on which no worker ran aren't lost.
    """
    portal_id = portal.portal_id
    with tools.store.read() as connection:
        last = sizes.last_day(connection, portal_id)
        now_in = memberships.sizes(connection, portal_id)
        today = tools.now().date()
        first = _first_day(portal, today, last)
        moves = sizes.moves(connection, portal_id, first)
        stored = sizes.since(connection, portal_id, first)
    every = {key: now_in.get(key, 0) for key in tools.rules(portal_id).book.segments}
    complete = [each for each in stored if last is not None and each.day < last]
    rows = reckoned(every, moves, (first, today), complete)
    with tools.store.write() as connection:
        sizes.save(connection, portal_id, rows)
    return len(rows)


def _first_day(portal: Portal, today: date, last: date | None) -> date:
    """Say from which day on rows are written: yesterday's moves may be stored only today."""
    first = today - PAST if last is None else min(last, today - DAY)
    return max(portal.installed_at.date(), first)


def report(tools: Tools, portal_id: int) -> Health:
    """Read what is known of a portal's segments, in one state, and judge it."""
    book = tools.rules(portal_id).book
    with tools.store.read() as connection:
        facts = _facts(connection, tools, portal_id, book)
    return health(facts, book, LIMITS)


def _facts(connection: Connection, tools: Tools, portal_id: int, book: RuleBook) -> Facts:
    now = tools.now()
    past, flaps = now.date() - PAST, now - DAY * LIMITS.flap_days
    wrong = now - DAY * LIMITS.proof_days
    now_in = memberships.sizes(connection, portal_id)
    return Facts(
        today=now.date(),
        contacts=contacts.live_count(connection, portal_id),
        sizes={key: now_in.get(key, 0) for key in book.segments},
        courses=courses(sizes.since(connection, portal_id, past)),
        combinations=tuple(sizes.combinations(connection, portal_id)),
        flapping=tuple(sizes.flapping(connection, portal_id, flaps, LIMITS.flaps)),
        crowded=tuple(sizes.crowded(connection, portal_id, LIMITS.crowd, MOST_NAMED)),
        heard=timeline.heard(connection, portal_id, kinds_used(book) or frozenset()),
        proofs=tuple(proofs.days(connection, portal_id, past)),
        differences=tuple(proofs.differences(connection, portal_id, wrong, MOST_DIFFERENCES)),
    )
