"""One page of a source at a time: what it brought, and the cursor of the next.

Nothing here writes: a page that was read and not stored is simply read again.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from integration.errors import Forbidden, NotFound
from integration.flows.reading import contact_properties, read_contacts, read_items, read_page
from integration.flows.tools import Tools
from integration.hubspot.client import HubSpot
from integration.store import contacts
from integration.store.reads import ContactRead
from integration.store.sync import Source
from integration.store.timeline import Stray
from mappings.instants import from_ms, to_ms
from mappings.model import (
    ContactRecord,
    EmailEvent,
    Event,
    Form,
    Lane,
    ObjectRecord,
    ObjectType,
    Submission,
)
from mappings.sources import (
    Sources,
    email_events,
    object_events,
    submission_events,
    submission_stem,
)

OBJECTS = {"orders": ObjectType.ORDER, "deals": ObjectType.DEAL, "carts": ObjectType.CART}
# HubSpot's e-mail events and submissions may show up late: each poll looks back this far.
OVERLAP = timedelta(hours=1)
NAMES_AT_ONCE = 20
NAMES_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of a source brought, and where the next begins.

    `stems` name records that never change: what they became by other patterns is no more. Where
    contacts are read one by one: `planned` are to be read if they weren't known, `woken` did
    something, `read` is how far contacts were read. After a page with a `rest` the source rests.
    """

    cursor: dict[str, Any]
    records: int
    last: bool
    contacts: tuple[ContactRecord, ...] = ()
    events: tuple[Event, ...] = ()
    addressed: tuple[Stray, ...] = ()
    stems: frozenset[str] = frozenset()
    planned: tuple[ContactRead, ...] = ()
    woken: Mapping[int, datetime] = field(default_factory=dict)
    read: tuple[ContactRead, ...] = ()
    rest: timedelta | None = None


def cursor_of(source: Source) -> dict[str, Any]:
    """Read how far a source was read: the source's own words, nothing at its beginning."""
    return json.loads(source.cursor) if source.cursor else {}


def _read_contacts(tools: Tools, source: Source) -> Page:
    hub = tools.hub(source.portal_id, Lane.BULK)
    records, after = hub.contacts.page(
        cursor_of(source).get("after"), contact_properties(tools, source.portal_id)
    )
    return Page({"after": after}, len(records), after is None, contacts=tuple(records))


def _read_objects(tools: Tools, source: Source) -> Page:
    kind = OBJECTS[source.source]
    after = cursor_of(source).get("after")
    records, after = read_page(tools, source.portal_id, kind, after)
    items = read_items(tools, source.portal_id, records, Lane.BULK)
    sources = tools.sources_of(source.portal_id)
    events = [
        event
        for record in records
        for event in object_events(sources, record, _items_of(record, items))
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
    """Read marketing e-mail events of one window of time; the next begins where it ended.

    Cursor: `start` and `end` of the window (ms), `offset` in it, `names` of campaigns by id,
    `through` the end of the window before. Names are looked up a few at a time: a page with more
    new campaigns is read again, so that it never takes more calls than the budget has.
    """
    cursor = cursor_of(source)
    if "end" not in cursor:
        start = max(0, cursor.get("through", 0) - OVERLAP // timedelta(milliseconds=1))
        cursor |= {"start": start, "end": to_ms(tools.now()), "offset": None}
    hub = tools.hub(source.portal_id, Lane.BULK)
    window = (from_ms(cursor["start"]), from_ms(cursor["end"]))
    records, offset, more = hub.emails.page(*window, cursor["offset"])
    names = dict(cursor.get("names", {}))
    unknown = {one.campaign_id: one.app_id for one in records if one.campaign_id not in names}
    unknown.pop("", None)
    for campaign_id in sorted(unknown)[:NAMES_AT_ONCE]:
        names[campaign_id] = hub.emails.campaign_name(campaign_id, unknown[campaign_id])
    if len(unknown) > NAMES_AT_ONCE:
        return Page(cursor | {"names": names}, 0, False)
    kept = dict([*names.items()][-NAMES_KEPT:])
    following = {"offset": offset} if more else {"through": cursor["end"]}
    rest = cursor if more else {}
    found = addressed(tools.sources, _named(hub, records), names)
    return Page(rest | following | {"names": kept}, len(records), not more, addressed=found)


def _named(hub: HubSpot, records: list[EmailEvent]) -> list[EmailEvent]:
    """Give changes of subscriptions the subscriptions' names; HubSpot tells their ids only."""
    if not any(one.subscriptions for one in records):
        return records
    try:
        names = {one.subscription_id: one.name for one in hub.consent.definitions()}
    except Forbidden:  # the permission is for this alone: they go by their ids
        return records
    return [
        replace(
            one,
            subscriptions=tuple(
                replace(each, name=names.get(each.subscription_id, ""))
                for each in one.subscriptions
            ),
        )
        for one in records
    ]


def addressed(
    sources: Sources, records: Iterable[EmailEvent], names: Mapping[str, str]
) -> tuple[Stray, ...]:
    """Turn e-mail events into events by address; `names` are campaigns' by id."""
    named = [
        replace(one, campaign_name=one.campaign_name or names.get(one.campaign_id, ""))
        for one in records
        if one.recipient
    ]
    return tuple(
        Stray(one.recipient, event) for one in named for event in email_events(sources, one)
    )


def _read_forms(tools: Tools, source: Source) -> Page:
    """Read one page of one form's submissions, newest first, until a known stretch begins.

    Cursor: `left` are the forms still to read, `after` the page in the first of them, `seen`
    for each form the newest instant (ms) of an earlier pass, `newest` that of this pass.
    """
    cursor = cursor_of(source)
    hub = tools.hub(source.portal_id, Lane.BULK)
    forms = {form.form_id: form for form in hub.forms.forms()} if "left" not in cursor else {}
    if forms:
        cursor = {"left": sorted(forms), "after": None, "seen": cursor.get("seen", {})}
        cursor["names"] = {form_id: form.name for form_id, form in forms.items()}
    if not cursor.get("left"):
        return Page({"seen": cursor.get("seen", {})}, 0, True)
    return _form_page(tools, source, cursor)


def _form_page(tools: Tools, source: Source, cursor: dict[str, Any]) -> Page:
    form_id = cursor["left"][0]
    records, after = _submissions(tools, source, Form(form_id, cursor["names"][form_id]), cursor)
    instants = [to_ms(record.submitted_at) for record in records]
    newest = max([cursor.get("newest", 0), *instants])
    known_from = cursor["seen"].get(form_id, 0) - OVERLAP // timedelta(milliseconds=1)
    sources = tools.sources_of(source.portal_id)
    found = tuple(
        Stray(record.email, event)
        for record in records
        for event in submission_events(sources, record)
        if record.email
    )
    stems = frozenset(submission_stem(record) for record in records)
    if after is not None and (not instants or min(instants) > known_from):
        following = cursor | {"after": after, "newest": newest}
        return Page(following, len(records), False, addressed=found, stems=stems)
    following = _next_form(cursor, newest)
    return Page(following, len(records), "left" not in following, addressed=found, stems=stems)


def _submissions(
    tools: Tools, source: Source, form: Form, cursor: dict[str, Any]
) -> tuple[list[Submission], str | None]:
    try:
        return tools.hub(source.portal_id, Lane.BULK).forms.submissions(form, cursor["after"])
    except NotFound:  # the form was deleted since the forms were listed
        return [], None


def _next_form(cursor: dict[str, Any], newest: int) -> dict[str, Any]:
    done, *left = cursor["left"]
    seen = cursor["seen"] | {done: max(cursor["seen"].get(done, 0), newest)}
    if not left:
        return {"seen": seen}
    names = {form_id: cursor["names"][form_id] for form_id in left}
    return {"left": left, "after": None, "seen": seen, "names": names}


Reader = Callable[[Tools, Source], Page]

READERS: dict[str, Reader] = {
    "contacts": _read_contacts,
    "orders": _read_objects,
    "deals": _read_objects,
    "carts": _read_objects,
    "emails": _read_emails,
    "forms": _read_forms,
}
