"""Read a portal's past, and go on reading what sends no webhooks: page by page, resumable.

A page's rows and the cursor behind it are stored in one transaction, so that a process that dies
reads no page twice and misses none. The sources of a first sync run one after the other; when
all are through, everybody becomes due for the first evaluation.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from integration.decide.intake import meet
from integration.decide.retry import RetryAt
from integration.errors import SegueError
from integration.flows.apply import apply, place
from integration.flows.reading import contact_properties, read_contacts, read_items
from integration.flows.tools import Tools
from integration.store import contacts, due, portals, sync
from integration.store.sync import Source
from integration.store.timeline import Stray
from mappings.model import (
    Cause,
    ContactRecord,
    Event,
    Form,
    Lane,
    ObjectRecord,
    ObjectType,
    PortalState,
    from_ms,
    to_ms,
)
from mappings.sources import email_event, object_events, submission_events

SOURCES = ["contacts", "orders", "deals", "carts", "emails", "forms"]
OBJECTS = {"orders": ObjectType.ORDER, "deals": ObjectType.DEAL, "carts": ObjectType.CART}
POLLED = {"emails": timedelta(seconds=60), "forms": timedelta(seconds=60)}
# HubSpot's e-mail events and submissions may show up late: each poll looks back this far.
OVERLAP = timedelta(hours=1)
RUN = timedelta(seconds=10)  # well under the lease, and short enough to stop for


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of a source brought, and where the next begins."""

    cursor: dict[str, Any]
    records: int
    last: bool
    contacts: tuple[ContactRecord, ...] = ()
    events: tuple[Event, ...] = ()
    addressed: tuple[Stray, ...] = ()


def begin(connection: Connection, portal_id: int, now: datetime) -> None:
    """Set up a portal's first sync; after a time without connection, read everything again."""
    sync.begin(connection, portal_id, SOURCES, now)
    sync.restart(connection, portal_id, now)
    portals.set_state(connection, portal_id, PortalState.SYNCING)


def run(tools: Tools) -> int:
    """Read one source on for a while; give how many pages were read."""
    claim = tools.claim()
    with tools.store.write() as connection:
        source = sync.claim(connection, claim)
    if source is None:
        return 0
    pages = 0
    try:
        while tools.now() - claim.now < RUN:
            page = READERS[source.source](tools, source)
            pages += 1
            if not _keep(tools, source, claim.lease, page) or page.last:
                return pages
            source = replace(source, cursor=json.dumps(page.cursor), attempts=0)
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
        if not sync.advance(connection, source, lease, json.dumps(page.cursor), page.records):
            return False
        placed = page.events + place(connection, portal_id, list(page.addressed))
        ids = {record.contact_id for record in page.contacts}
        ids.update(event.contact_id for event in placed)
        moved = contacts.survivors(connection, portal_id, ids)
        stored = contacts.load(connection, portal_id, ids | set(moved.values()))
        apply(connection, portal_id, meet(stored, page.contacts, placed), now)
        if page.last:
            _finish(connection, source, lease, now)
    return True


def _finish(connection: Connection, source: Source, lease: str, now: datetime) -> None:
    every = POLLED.get(source.source)
    sync.finish(connection, source, lease, now, now + every if every else None)
    count_if_through(connection, source.portal_id, now)


def count_if_through(connection: Connection, portal_id: int, now: datetime) -> None:
    """Let the first evaluation begin once every source was read to its end, or is off."""
    portal = portals.get(connection, portal_id)
    if portal is None or portal.state is not PortalState.SYNCING:
        return
    if sync.first_pass_done(connection, portal_id):
        due.touch_all(connection, portal_id, now, Cause.FIRST_SYNC)
        portals.set_state(connection, portal_id, PortalState.COUNTING)


def _stop(tools: Tools, source: Source, lease: str, error: SegueError) -> None:
    with tools.store.read() as connection:
        portal = portals.get(connection, source.portal_id)
    verdict = tools.verdict(error, source.attempts, portal.time_zone if portal else "UTC")
    with tools.store.write() as connection:
        if isinstance(verdict, RetryAt):
            how = (verdict.counts, verdict.reason)
            sync.put_off(connection, source, lease, verdict.at, how)
            return
        sync.switch_off(connection, source, lease, verdict.reason)
        count_if_through(connection, source.portal_id, tools.now())


def _cursor(source: Source) -> dict[str, Any]:
    return json.loads(source.cursor) if source.cursor else {}


def _read_contacts(tools: Tools, source: Source) -> Page:
    hub = tools.hub(source.portal_id, Lane.BULK)
    records, after = hub.contacts.page(_cursor(source).get("after"), contact_properties(tools))
    return Page({"after": after}, len(records), after is None, contacts=tuple(records))


def _read_objects(tools: Tools, source: Source) -> Page:
    kind = OBJECTS[source.source]
    hub = tools.hub(source.portal_id, Lane.BULK)
    records, after = hub.objects.page(
        kind,
        _cursor(source).get("after"),
        list(tools.sources.objects[kind].read),
        [ObjectType.CONTACT, ObjectType.LINE_ITEM],
    )
    items = read_items(tools, source.portal_id, records, Lane.BULK)
    events = [
        event
        for record in records
        for event in object_events(tools.sources, record, _items_of(record, items))
    ]
    people = _strangers(tools, source.portal_id, {event.contact_id for event in events})
    return Page({"after": after}, len(records), after is None, tuple(people), tuple(events))


def _items_of(record: ObjectRecord, items: dict[int, ObjectRecord]) -> list[ObjectRecord]:
    ids = record.associated.get(ObjectType.LINE_ITEM, ())
    return [items[item] for item in ids if item in items]


def _strangers(tools: Tools, portal_id: int, ids: set[int]) -> list[ContactRecord]:
    """Read the contacts that were created after the contacts' own pages were read."""
    with tools.store.read() as connection:
        unknown = ids - contacts.known(connection, portal_id, ids)
    return list(read_contacts(tools, portal_id, unknown, Lane.BULK).values())


def _read_emails(tools: Tools, source: Source) -> Page:
    """Read marketing e-mail events of one window of time; the next begins where it ended."""
    cursor = _cursor(source)
    if "end" not in cursor:
        start = max(0, cursor.get("through", 0) - OVERLAP // timedelta(milliseconds=1))
        cursor = {"start": start, "end": to_ms(tools.now()), "offset": None}
    hub = tools.hub(source.portal_id, Lane.BULK)
    window = (from_ms(cursor["start"]), from_ms(cursor["end"]))
    records, offset, more = hub.emails.page(*window, cursor["offset"])
    found = [
        Stray(record.recipient.strip().lower(), event)
        for record in records
        if (event := email_event(tools.sources, record)) is not None and record.recipient.strip()
    ]
    following = cursor | {"offset": offset} if more else {"through": cursor["end"]}
    return Page(following, len(records), not more, addressed=tuple(found))


def _read_forms(tools: Tools, source: Source) -> Page:
    """Read one page of one form's submissions, newest first, until a known stretch begins.

    Cursor: `left` are the forms still to read, `after` the page in the first of them, `seen`
    for each form the newest instant (ms) of an earlier pass, `newest` that of this pass.
    """
    cursor = _cursor(source)
    hub = tools.hub(source.portal_id, Lane.BULK)
    forms = {form.form_id: form for form in hub.forms.forms()} if "left" not in cursor else {}
    if forms:
        cursor = {"left": sorted(forms), "after": None, "seen": cursor.get("seen", {})}
        cursor["names"] = {form_id: form.name for form_id, form in forms.items()}
    if not cursor.get("left"):
        return Page({"seen": cursor.get("seen", {})}, 0, True)
    return _form_page(tools, source, cursor)


def _form_page(tools: Tools, source: Source, cursor: dict[str, Any]) -> Page:
    form_id, seen = cursor["left"][0], dict(cursor["seen"])
    form = Form(form_id, cursor["names"][form_id])
    hub = tools.hub(source.portal_id, Lane.BULK)
    records, after = hub.forms.submissions(form, cursor["after"])
    instants = [to_ms(record.submitted_at) for record in records]
    newest = max([cursor.get("newest", 0), *instants])
    known_from = seen.get(form_id, 0) - OVERLAP // timedelta(milliseconds=1)
    found = tuple(
        Stray(record.email, event)
        for record in records
        for event in submission_events(tools.sources, record)
        if record.email
    )
    if after is not None and min(instants, default=0) > known_from:
        following = cursor | {"after": after, "newest": newest}
        return Page(following, len(records), False, addressed=found)
    seen[form_id] = max(seen.get(form_id, 0), newest)
    left = cursor["left"][1:]
    names = {each: cursor["names"][each] for each in left}
    following = {"left": left, "after": None, "seen": seen, "names": names}
    return Page(following if left else {"seen": seen}, len(records), not left, addressed=found)


READERS: dict[str, Callable[[Tools, Source], Page]] = {
    "contacts": _read_contacts,
    "orders": _read_objects,
    "deals": _read_objects,
    "carts": _read_objects,
    "emails": _read_emails,
    "forms": _read_forms,
}
