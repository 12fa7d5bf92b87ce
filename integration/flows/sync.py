"""Read a portal's past, and go on reading what sends no webhooks: page by page, resumable.

A page's rows and the cursor behind it are stored in one transaction, so that a process that dies
reads no page twice and misses none. The sources of a first sync run one after the other; when
all are through, everybody becomes due for the first evaluation.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.engine import Connection

from integration.decide.intake import Fetched, meet, take_in
from integration.decide.retry import RetryAt
from integration.errors import Forbidden, HubSpotError, Invalid, MissingScopes, SegueError
from integration.flows.apply import apply, place
from integration.flows.changes import EVERY, LATE, WATCHED, read_changes
from integration.flows.object_pages import OBJECTS, pause
from integration.flows.one_by_one import read_consents, read_occurrences
from integration.flows.page import Page, cursor_of
from integration.flows.pages import READERS, Reader
from integration.flows.recheck import NAME as RECHECK
from integration.flows.recheck import read_recheck
from integration.flows.tools import Tools, next_quiet_hour
from integration.store import contacts, due, portals, reads, reconciliations, restating, sync
from integration.store.reconciliations import Report
from integration.store.sync import Source
from mappings.instants import to_ms
from mappings.model import Cause, ObjectType, PortalState

log = structlog.get_logger(__name__)

SOURCES = [
    "contacts",
    "orders",
    "deals",
    "carts",
    "emails",
    "forms",
    "subscriptions",
    "meetings",
    "calls",
    "tickets",
    "webinars",
    "history",
    "occurrences",
    "consents",
]
POLLED = {"emails", "forms"}
# What was missed is looked for beside the sources, and holds up no first sync.
WATCHES: Final[dict[str, Reader]] = {**dict.fromkeys(WATCHED, read_changes), RECHECK: read_recheck}
STREAMS = 6  # sources read side by side: one alone, waiting for each answer, leaves calls unused
POLL = timedelta(seconds=30)
POLL_WEBINARS = timedelta(minutes=5)
A_FORM = timedelta(seconds=2)  # each form takes a call a poll: a twentieth of the budget at most
RUN = timedelta(seconds=10)  # well under the lease, and short enough to stop for
NO_END = timedelta(hours=1)  # however long HubSpot fails, reading goes on when it is back
ONE_BY_ONE: Final[dict[str, Reader]] = {
    "occurrences": read_occurrences,
    "consents": read_consents,
}
WITHOUT: Final = {
    "occurrences": (
        "HubSpot gives page visits, views of forms and custom events to accounts with an "
        "Enterprise subscription only. Segue goes by form submissions and e-mail events instead; "
        "once the subscription is there: segue sources reread occurrences."
    )
}


def begin(connection: Connection, portal_id: int, now: datetime) -> bool:
    """Set up the first sync of a portal just installed; after an earlier install, read all again.

    False where another worker began it already.
    """
    if not portals.move(connection, portal_id, PortalState.INSTALLING, PortalState.SYNCING):
        return False
    sync.begin(connection, portal_id, SOURCES, now)
    sync.restart(connection, portal_id, now)
    _watch(connection, portal_id, now)
    reads.restart(connection, portal_id)
    return True


def complete(tools: Tools) -> int:
    """Let portals that an older Segue set up read the sources it didn't know; give how many.

    As with `widen`, that past is news to nobody.
    """
    with tools.store.read() as connection:
        lacking = sync.lacking(connection, len(SOURCES))
    for portal_id in lacking:
        with tools.store.write() as connection:
            sync.begin(connection, portal_id, SOURCES, tools.now())
            _read_on(connection, portal_id)
    return len(lacking)


def _watch(connection: Connection, portal_id: int, now: datetime) -> None:
    """Let what is missed from now on be looked for, and after an earlier install from then on."""
    portal = portals.get(connection, portal_id)
    quiet = next_quiet_hour(now, portal.time_zone if portal else "UTC", portal_id)
    due_at = {**dict.fromkeys(WATCHED, now), RECHECK: quiet}
    sync.watch(connection, portal_id, due_at, json.dumps({"through": to_ms(now)}))
    for name in WATCHED:
        sync.hasten(connection, portal_id, name, now)


def widen(connection: Connection, portal_id: int, now: datetime) -> None:
    """Read the sources that were off, now that more may be granted.

    Their past is news to nobody: the portal is counted anew after it, and enrolls nobody for it.
    """
    if sync.wake(connection, portal_id, now):
        _read_on(connection, portal_id)


def _read_on(connection: Connection, portal_id: int) -> None:
    for state in (PortalState.COUNTING, PortalState.LIVE):
        portals.move(connection, portal_id, state, PortalState.SYNCING)


def run_streams(tools: Tools) -> int:
    """Read what is due on for a while, several sources side by side; give how many pages."""
    with tools.store.read() as connection:
        streams = min(STREAMS, sync.waiting(connection, tools.now()))
    if streams < 2:
        return run(tools) if streams else 0
    with ThreadPoolExecutor(streams, "sync") as pool:
        return sum(pool.map(lambda _: run(tools), range(streams)))


def run(tools: Tools) -> int:
    """Read one source on for a while; give how many pages were read, 0 where none is due."""
    claim = tools.claim()
    with tools.store.write() as connection:
        source = sync.claim(connection, claim)
    if source is None:
        return 0
    pages = 0
    try:
        while tools.now() - claim.now < RUN and not tools.stopping():
            page = reader_of(source.source)(tools, source)
            pages += 1
            if not _keep(tools, source, claim.lease, page) or page.last:
                return pages
            source = replace(source, cursor=_text(source, page), attempts=0)
    except SegueError as error:
        _stop(tools, source, claim.lease, error)
        return max(pages, 1)  # other sources may be due all the same
    with tools.store.write() as connection:
        sync.put_off(connection, source, claim.lease, tools.now(), (False, ""))
    return pages


def _keep(tools: Tools, source: Source, lease: str, page: Page) -> bool:
    """Store a page with its cursor; False where another worker took the source over."""
    now, portal_id = tools.now(), source.portal_id
    with tools.store.write() as connection:
        contacts.take_turn(connection, portal_id)
        read = (page.records, page.total)
        if not sync.advance(connection, source, lease, _text(source, page), read):
            return False
        placed = page.events + place(connection, portal_id, list(page.addressed))
        ids = _named(page) | {event.contact_id for event in placed}
        ids.update(one.contact_id for one in page.read)
        stored = contacts.load_following(connection, portal_id, ids)
        if page.messages or page.objects:
            changes = take_in(page.messages, stored, _fetched(page), tools.sources)
        else:
            changes = meet(stored, page.contacts, placed, tools.sources.restating)
        apply(connection, portal_id, changes, now)
        if page.late and not reconciliations.begun_since(connection, portal_id, now - LATE):
            sync.hasten(connection, portal_id, RECHECK, now)
        if page.stems and source.finished_at is None:
            everybody = ids | stored.keys()
            for one in tuple(everybody):
                everybody |= contacts.family(connection, portal_id, one)
            stand = frozenset(event.id for event in changes.events)
            restating.withdraw(connection, portal_id, everybody, page.stems, stand)
        _keep_reads(connection, source, page, now)
        if page.last:
            _finish(tools, connection, (source, page), lease)
    return True


def _named(page: Page) -> set[int]:
    """Name the contacts that a page is about."""
    ids = {record.contact_id for record in page.contacts}
    for record in page.contacts:
        ids |= record.absorbed
    for message in page.messages:
        ids.update(message.merged_ids)
        if message.object_type is ObjectType.CONTACT and message.object_id is not None:
            ids.add(message.object_id)
    for thing in page.objects.records if page.objects else ():
        ids.update(thing.associated.get(ObjectType.CONTACT, ()))
    return ids


def _fetched(page: Page) -> Fetched:
    read = {record.contact_id: record for record in page.contacts}
    if page.objects is None:
        return Fetched(read)
    return Fetched(read, page.objects.records, page.objects.items, grounds=page.objects.grounds)


def _keep_reads(connection: Connection, source: Source, page: Page, now: datetime) -> None:
    """Store how far contacts were read that are read one by one."""
    where = (connection, source.portal_id, source.source)
    reads.plan(*where, page.planned)
    reads.save(*where, page.read)
    reads.wake(*where, page.woken, now)


def _finish(tools: Tools, connection: Connection, done: tuple[Source, Page], lease: str) -> None:
    source, page = done
    now, again = tools.now(), _again(tools, connection, source, page)
    if page.report is not None:
        reconciliations.save(connection, source.portal_id, page.report)
        _tell(source.portal_id, page.report)
    sync.finish(connection, source, lease, now, again)
    count_if_through(connection, source.portal_id, now)


def _again(tools: Tools, connection: Connection, source: Source, page: Page) -> datetime | None:
    """Say when a source that was read to its end is read again; None: never.

    A portal of very many forms waits longer.
    """
    now, name = tools.now(), source.source
    if page.rest is not None:
        return now + page.rest
    if name == RECHECK:
        portal = portals.get(connection, source.portal_id)
        return next_quiet_hour(now, portal.time_zone if portal else "UTC", source.portal_id)
    if name in WATCHED:
        return now + EVERY
    if name in OBJECTS:
        wait = pause(tools.sources, name)
        return now + wait if wait else None
    if name in POLLED:
        return now + max(POLL, len(page.cursor.get("seen", ())) * A_FORM)
    return now + POLL_WEBINARS if name == "webinars" else None


def _tell(portal_id: int, report: Report) -> None:
    told = log.warning if report.differences else log.info
    told("reconciled", portal_id=portal_id, there=report.there, here=report.here, **report.found)


def count_if_through(connection: Connection, portal_id: int, now: datetime) -> None:
    """Let the first evaluation begin once every source was read to its end, or is off."""
    if not sync.first_pass_done(connection, portal_id):
        return
    if portals.move(connection, portal_id, PortalState.SYNCING, PortalState.COUNTING):
        due.touch_all(connection, portal_id, now, Cause.FIRST_SYNC)


def _stop(tools: Tools, source: Source, lease: str, error: SegueError) -> None:
    """Go on later, from the page's beginning; switch off what HubSpot refuses for good."""
    with tools.store.read() as connection:
        portal = portals.get(connection, source.portal_id)
    verdict = tools.verdict(error, source.attempts, portal.time_zone if portal else "UTC")
    with tools.store.write() as connection:
        if isinstance(verdict, RetryAt):
            how = (verdict.counts, verdict.reason)
            sync.put_off(connection, source, lease, verdict.at, how)
        elif isinstance(error, HubSpotError) and error.retryable:
            sync.put_off(connection, source, lease, tools.now() + NO_END, (False, verdict.reason))
        elif isinstance(error, Invalid) and (start := _rewound(source)):
            sync.rewind(connection, source, lease, start, tools.now())
        else:
            sync.switch_off(connection, source, lease, _why_off(source, error, verdict.reason))
            count_if_through(connection, source.portal_id, tools.now())


def reader_of(source: str) -> Reader:
    """Give what reads the pages of a source."""
    return ONE_BY_ONE.get(source) or WATCHES.get(source) or READERS[source]


def _why_off(source: Source, error: SegueError, reason: str) -> str:
    """Say why a source is left out, and what is used in its place where its tier is missing."""
    tier = isinstance(error, Forbidden) and not isinstance(error, MissingScopes)
    words = WITHOUT.get(source.source, "") if tier else ""
    return f"{words} {reason}".strip()


def _text(source: Source, page: Page) -> str:
    """Write a cursor; that its pass was begun anew stays in it until the pass is over."""
    again = cursor_of(source).get("anew") and not page.last
    return json.dumps(page.cursor | {"anew": True} if again else page.cursor)


def _rewound(source: Source) -> str:
    """Write the cursor that begins a pass anew: HubSpot's own cursors don't live for ever.

    Nothing where it was begun anew before, or stands at its beginning.
    """
    cursor = cursor_of(source)
    if cursor.get("anew") or not (cursor.get("after") or cursor.get("offset")):
        return ""
    return json.dumps(cursor | {"after": None, "offset": None, "anew": True})
