"""Read a portal's past, and go on reading what sends no webhooks: page by page, resumable.

A page's rows and the cursor behind it are stored in one transaction, so that a process that dies
reads no page twice and misses none. The sources of a first sync run one after the other; when
all are through, everybody becomes due for the first evaluation.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from integration.decide.intake import meet
from integration.decide.retry import RetryAt
from integration.errors import HubSpotError, Invalid, SegueError
from integration.flows.apply import apply, place
from integration.flows.pages import READERS, Page, cursor_of
from integration.flows.tools import Tools
from integration.store import contacts, due, portals, sync
from integration.store.sync import Source
from mappings.model import Cause, PortalState

SOURCES = ["contacts", "orders", "deals", "carts", "emails", "forms"]
POLLED = {"emails", "forms"}
POLL = timedelta(seconds=30)
A_FORM = timedelta(seconds=2)  # each form takes a call a poll: a twentieth of the budget at most
RUN = timedelta(seconds=10)  # well under the lease, and short enough to stop for
NO_END = timedelta(hours=1)  # however long HubSpot fails, reading goes on when it is back


def begin(connection: Connection, portal_id: int, now: datetime) -> bool:
    """Set up the first sync of a portal just installed; after an earlier install, read all again.

    False where another worker began it already.
    """
    if not portals.move(connection, portal_id, PortalState.INSTALLING, PortalState.SYNCING):
        return False
    sync.begin(connection, portal_id, SOURCES, now)
    sync.restart(connection, portal_id, now)
    return True


def widen(connection: Connection, portal_id: int, now: datetime) -> None:
    """Read the sources that were off, now that more may be granted.

    Their past is news to nobody: the portal is counted anew after it, and enrolls nobody for it.
    """
    if sync.wake(connection, portal_id, now):
        for state in (PortalState.COUNTING, PortalState.LIVE):
            portals.move(connection, portal_id, state, PortalState.SYNCING)


def run(tools: Tools) -> int:
    """Read one source on for a while; give how many pages were read."""
    claim = tools.claim()
    with tools.store.write() as connection:
        source = sync.claim(connection, claim)
    if source is None:
        return 0
    pages = 0
    try:
        while tools.now() - claim.now < RUN and not tools.stopping():
            page = READERS[source.source](tools, source)
            pages += 1
            if not _keep(tools, source, claim.lease, page) or page.last:
                return pages
            source = replace(source, cursor=_text(source, page), attempts=0)
    except SegueError as error:
        _stop(tools, source, claim.lease, error)
        return pages
    with tools.store.write() as connection:
        sync.put_off(connection, source, claim.lease, tools.now(), (False, ""))
    return pages


def _keep(tools: Tools, source: Source, lease: str, page: Page) -> bool:
    """Store a page with its cursor; False where another worker took the source over."""
    now, portal_id = tools.now(), source.portal_id
    with tools.store.write() as connection:
        contacts.take_turn(connection, portal_id)
        if not sync.advance(connection, source, lease, _text(source, page), page.records):
            return False
        placed = page.events + place(connection, portal_id, list(page.addressed))
        ids = {record.contact_id for record in page.contacts}
        ids.update(event.contact_id for event in placed)
        for record in page.contacts:
            ids |= record.absorbed
        stored = contacts.load_following(connection, portal_id, ids)
        changes = meet(stored, page.contacts, placed, tools.sources.restating)
        apply(connection, portal_id, changes, now)
        if page.last:
            _finish(connection, (source, page), lease, now)
    return True


def _finish(connection: Connection, done: tuple[Source, Page], lease: str, now: datetime) -> None:
    source, page = done
    again = now + _pause(page) if source.source in POLLED else None
    sync.finish(connection, source, lease, now, again)
    count_if_through(connection, source.portal_id, now)


def _pause(page: Page) -> timedelta:
    """Say how long to wait before the next poll: longer for a portal of very many forms."""
    return max(POLL, len(page.cursor.get("seen", ())) * A_FORM)


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
            sync.switch_off(connection, source, lease, verdict.reason)
            count_if_through(connection, source.portal_id, tools.now())


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
