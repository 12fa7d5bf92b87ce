"""Pages of what became of contacts at webinars and other marketing events.

HubSpot sends no webhook about them and tells nothing by time. So a pass lists the marketing
events, and reads who took part in those that aren't over for long, or that it hasn't read before.

Cursor: `left` are the events still to read ([id, name]), `after` the page in the first of them;
`listing` the page of the list of events while that is read; `since` (ms) when the last pass began.
"""

from datetime import timedelta
from typing import Any

from integration.errors import NotFound
from integration.flows.page import Page, cursor_of, strangers
from integration.flows.tools import Tools
from integration.store.sync import Source
from integration.store.timeline import Stray
from mappings.instants import from_ms, to_ms
from mappings.model import Lane
from mappings.sources import participation_event
from mappings.webinars import MarketingEvent

# The tools that hold webinars tell of attendance hours or days after the end.
TOLD_LATE = timedelta(days=7)
OVERLAP = timedelta(hours=1)


def read_webinars_page(tools: Tools, source: Source) -> Page:
    """Read a page of the list of events, or of who took part in one."""
    cursor = cursor_of(source)
    if "began" not in cursor:
        kept = {"since": cursor["since"]} if "since" in cursor else {}
        cursor = {**kept, "began": to_ms(tools.now()), "left": [], "listing": None}
    if "listing" in cursor:
        return _list(tools, source, cursor)
    if not cursor["left"]:
        return Page({"since": cursor["began"]}, 0, True)
    return _took_part(tools, source, cursor)


def _list(tools: Tools, source: Source, cursor: dict[str, Any]) -> Page:
    hub = tools.hub(source.portal_id, Lane.BULK)
    events, after = hub.webinars.page(cursor["listing"])
    fresh = [
        [one.event_id, one.name] for one in events if _is_open(one, cursor.get("since"), tools)
    ]
    left = [*cursor["left"], *fresh]
    if after is not None:
        return Page(cursor | {"left": left, "listing": after}, 0, False)
    following = {name: value for name, value in cursor.items() if name != "listing"}
    return Page(following | {"left": left, "after": None}, 0, False)


def _is_open(event: MarketingEvent, since: int | None, tools: Tools) -> bool:
    if since is None or event.ends_at is None or tools.now() - event.ends_at < TOLD_LATE:
        return True
    return event.updated_at is not None and event.updated_at >= from_ms(since) - OVERLAP


def _took_part(tools: Tools, source: Source, cursor: dict[str, Any]) -> Page:
    event_id, name = cursor["left"][0]
    event = MarketingEvent(event_id, name, None, None)
    hub = tools.hub(source.portal_id, Lane.BULK)
    try:
        rows, after = hub.webinars.participations(event, cursor["after"])
    except NotFound:  # it was deleted since the events were listed
        rows, after = [], None
    following = cursor | {"after": after}
    if after is None:
        following |= {"left": cursor["left"][1:]}
    told = [(one, participation_event(tools.sources, one)) for one in rows]
    made = [(one, was) for one, was in told if was is not None]
    events = tuple(was for one, was in made if one.contact_id)
    return Page(
        following,
        len(rows),
        False,
        tuple(strangers(tools, source.portal_id, {one.contact_id for one in events})),
        events,
        tuple(Stray(one.email, was) for one, was in made if not one.contact_id),
    )
