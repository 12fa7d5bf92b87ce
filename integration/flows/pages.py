"""One page of a source at a time: what it brought, and the cursor of the next. Which reader reads
which source stands at the end.

Nothing here writes: a page that was read and not stored is simply read again.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from integration.errors import Forbidden, NotFound, SegueError
from integration.flows.object_pages import OBJECTS, read_objects_page
from integration.flows.page import Page, cursor_of
from integration.flows.past import read_past_page
from integration.flows.reading import contact_properties
from integration.flows.tools import Tools
from integration.flows.webinars import read_webinars_page
from integration.hubspot.client import HubSpot
from integration.store.sync import Source
from integration.store.timeline import Stray
from mappings.instants import from_ms, to_ms
from mappings.model import EmailEvent, Form, Lane, ObjectType, Submission
from mappings.sources import Sources, email_events, submission_events, submission_stem

# HubSpot's e-mail events and submissions may show up late: each poll looks back this far.
OVERLAP = timedelta(hours=1)
NAMES_AT_ONCE = 20
NAMES_KEPT = 1000


def _read_contacts(tools: Tools, source: Source) -> Page:
    hub = tools.hub(source.portal_id, Lane.BULK)
    records, after = hub.contacts.page(
        cursor_of(source).get("after"), contact_properties(tools, source.portal_id)
    )
    total = _total(tools, source, ObjectType.CONTACT)
    return Page({"after": after}, len(records), after is None, tuple(records), total=total)


def _total(tools: Tools, source: Source, kind: ObjectType) -> int | None:
    """Count the records of a source at its first page; how many there are is nice to know only."""
    if source.cursor or source.finished_at:
        return None
    with suppress(SegueError):
        return tools.hub(source.portal_id, Lane.BULK).search.total(kind)
    return None


def _read_objects(tools: Tools, source: Source) -> Page:
    page = read_objects_page(tools, source)
    return replace(page, total=_total(tools, source, OBJECTS[source.source]))


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
    **dict.fromkeys(OBJECTS, _read_objects),
    "emails": _read_emails,
    "forms": _read_forms,
    "webinars": read_webinars_page,
    "history": read_past_page,
}
