"""Read HubSpot's Webhooks Journal: what webhooks tell, kept for three days for who missed it.

1. claim the app's journal; 2. keep its subscriptions as they shall be; 3. fetch file after file,
with no transaction open; 4. one transaction for some of them, or one large one: their entries into
the inbox, as the door puts them there, lists that drifted, and the offset behind them.

So what webhook and journal both tell is taken in once, and an outage of up to three days is made
up for by reading on. After a longer one everything is held against HubSpot (`recheck`).
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy.engine import Connection

from integration.decide.retry import RetryAt
from integration.errors import (
    Forbidden,
    GrantRefused,
    Invalid,
    NotFound,
    SegueError,
)
from integration.flows.changes import HEARD
from integration.flows.drift import note
from integration.flows.reading import contact_properties
from integration.flows.recheck import NAME as RECHECK
from integration.flows.tokens import TokenKeeper
from integration.flows.tools import Tools
from integration.hubspot.journal import Journal
from integration.store import inbox, journal, portals, segments, sync
from integration.store.inbox import Arrived
from integration.store.journal import Standing
from integration.store.portals import Portal
from mappings.journal import (
    INSTALLED,
    UNINSTALLED,
    Lifecycle,
    Pointer,
    Told,
    Wanted,
    joined,
    wanted_of,
)
from mappings.model import ObjectType, PortalState

log = structlog.get_logger(__name__)

POLL: Final = timedelta(seconds=10)
RUN: Final = timedelta(seconds=20)  # well under the lease
SUBSCRIBE: Final = timedelta(hours=1)
KEPT: Final = timedelta(days=3)
MARGIN: Final = timedelta(hours=1)
NO_JOURNAL: Final = timedelta(days=1)
ENOUGH: Final = 1000  # events that are stored together, or those of one file
ENTRIES: Final = 100  # of one delivery, as in the webhooks' own
SETTLED: Final = (PortalState.SYNCING, PortalState.COUNTING, PortalState.LIVE)
NONE = (
    "HubSpot gives this app no Webhooks Journal ({error}). Webhooks and the daily reconciliation "
    "do without it."
)


def run(tools: Tools, keeper: TokenKeeper, source: Journal, app_id: int) -> int:
    """Read on to the journal's end, or for a while; give how many files were read."""
    claim = tools.claim()
    with tools.store.write() as connection:
        held = journal.claim(connection, app_id, claim)
        every = portals.every(connection, *SETTLED) if held else []
    if held is None:
        return 0
    if not every:
        with tools.store.write() as connection:
            journal.put_off(connection, held, claim.lease, tools.now() + POLL, (False, ""))
        return 0
    files = 0
    try:
        _subscribe(tools, source, (held, claim.lease), every)
        offset = held.offset
        while tools.now() - claim.now < RUN and not tools.stopping():
            places = _next(source, offset)
            if not places:
                _rest(tools, (held, claim.lease))
                return files
            for offset, told, number in _read(tools, source, places):
                gone = _gone(keeper, told)
                if not _keep(tools, (held, claim.lease), (offset, told), gone):
                    return files
                files += number
    except SegueError as error:
        _stop(tools, held, claim.lease, error)
        return files
    with tools.store.write() as connection:
        journal.put_off(connection, held, claim.lease, tools.now(), (False, ""))
    return files


def _next(source: Journal, offset: str) -> list[Pointer]:
    """Find the files behind an offset; where that is forgotten, the oldest that are kept."""
    try:
        return source.following(offset)
    except NotFound:
        if not offset:
            raise
        return source.following("")


def _read(tools: Tools, source: Journal, places: list[Pointer]) -> Iterator[tuple[str, Told, int]]:
    """Fetch files; give them some at a time: the last one's offset, what they told, their number.

    What was read before one that can't be fetched is given all the same.
    """
    some: list[Told] = []
    offset = ""
    try:
        for place in places:
            if tools.stopping():
                break
            some.append(source.read(place))
            offset = place.offset
            if sum(each.events for each in some) >= ENOUGH:
                yield offset, joined(some), len(some)
                some = []
    except SegueError:
        if some:
            yield offset, joined(some), len(some)
        raise
    if some:
        yield offset, joined(some), len(some)


def _gone(keeper: TokenKeeper, told: Told) -> list[Lifecycle]:
    """Find the uninstalls that are so: by asking for a token, as an install may have followed."""
    last = {each.portal_id: each for each in told.lifecycles}
    found = []
    for portal_id, each in sorted(last.items()):
        if not each.installed and not keeper.is_installed(portal_id):
            found.append(each)
    return found


def _keep(
    tools: Tools,
    held: tuple[Standing, str],
    read: tuple[str, Told],
    gone: list[Lifecycle],
) -> bool:
    """Store a file's entries with its offset; False where another worker took the journal."""
    offset, told = read
    with tools.store.write() as connection:
        if not journal.advance(connection, *held, offset, told.events):
            return False
        arrived = [Arrived(body, tools.now()) for body in _bodies(connection, told)]
        if arrived:
            inbox.put(connection, arrived)
        note(connection, told.listed, tools.now())
        for each in gone:
            portals.explain_parting(connection, each.portal_id, _parting(each.at))
        if any(each.installed for each in told.lifecycles):
            journal.note_subscriptions(connection, *held, "", tools.now())
    return True


def _bodies(connection: Connection, told: Told) -> Iterator[bytes]:
    """Write deliveries, each of one portal: those of portals we don't know aren't kept."""
    known = {portal.portal_id for portal in portals.every(connection)}
    for portal_id, entries in sorted(told.entries.items()):
        if portal_id and portal_id not in known:
            continue
        for start in range(0, len(entries), ENTRIES):
            yield json.dumps(entries[start : start + ENTRIES]).encode()


def _parting(at: datetime) -> str:
    return (
        f"Segue was uninstalled in HubSpot on {at:%d %B %Y at %H:%M} UTC. Install it again to go "
        "on; what is waiting is kept."
    )


def _rest(tools: Tools, held: tuple[Standing, str]) -> None:
    """Come back soon. What is older than HubSpot keeps was missed: look for it everywhere."""
    standing, lease = held
    now, before = tools.now(), standing.polled_at
    with tools.store.write() as connection:
        journal.rest(connection, standing, lease, now, now + POLL)
        if before is not None and now - before > KEPT - MARGIN:
            log.warning("journal gap", since=before.isoformat())
            for portal in portals.every(connection, *SETTLED):
                sync.hasten(connection, portal.portal_id, RECHECK, now)


def _stop(tools: Tools, held: Standing, lease: str, error: SegueError) -> None:
    now = tools.now()
    until, how = now + timedelta(hours=1), (False, str(error))
    if isinstance(error, Forbidden) or (isinstance(error, GrantRefused) and not error.revoked):
        until, how = now + NO_JOURNAL, (False, NONE.format(error=error))
        log.info("no journal", reason=str(error))
    elif isinstance(verdict := tools.verdict(error, held.attempts, "UTC"), RetryAt):
        until, how = verdict.at, (verdict.counts, verdict.reason)
    with tools.store.write() as connection:
        journal.put_off(connection, held, lease, until, how)


# -- what it is subscribed to ---------------------------------------------------------------------


def _subscribe(
    tools: Tools, source: Journal, held: tuple[Standing, str], every: list[Portal]
) -> None:
    """Ask HubSpot for what shall be told; where nothing changed, look only once an hour."""
    standing, lease = held
    wanted = {one for portal in every for one in _wanted(tools, portal)} | _own()
    digest = hashlib.sha256(repr(sorted(wanted)).encode()).hexdigest()[:16]
    fresh = standing.subscribed_at and tools.now() - standing.subscribed_at < SUBSCRIBE
    if fresh and standing.subscribed_with == digest:
        return
    there = source.subscriptions()
    for one in sorted(wanted - set(there.values())):
        _ask_for(source, one)
    for subscription_id, one in sorted(there.items()):
        if one not in wanted:
            source.unsubscribe(subscription_id)
    with tools.store.write() as connection:
        journal.note_subscriptions(connection, standing, lease, digest, tools.now())


def _ask_for(source: Journal, one: Wanted) -> None:
    """Ask for one thing; what a portal doesn't permit, or one that is left, holds up no other."""
    try:
        source.subscribe(one)
    except (Forbidden, NotFound, Invalid) as error:
        log.info("not subscribed", portal_id=one.portal_id, kind=one.kind, reason=str(error))


def _wanted(tools: Tools, portal: Portal) -> list[Wanted]:
    with tools.store.read() as connection:
        known = segments.lists(connection, portal.portal_id).values()
    names: dict[ObjectType, Any] = {
        ObjectType.CONTACT: contact_properties(tools, portal.portal_id),
        **{kind: HEARD[kind] for kind in sorted(HEARD)},
    }
    lists = [each.list_id for each in known if each.list_id is not None and each.state == "on"]
    return wanted_of(portal.portal_id, names, lists)


def _own() -> set[Wanted]:
    kind = "APP_LIFECYCLE_EVENT"
    return {Wanted(0, kind, event_type_id=each) for each in (INSTALLED, UNINSTALLED)}
