"""Marketing events (webinars and the like) and who took part in them."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, request

from sandbox.clock import to_ms, to_wire
from sandbox.errors import not_found
from sandbox.gate import portal, require

from . import facts
from .asking import one_of, optional_whole, whole
from .model import MarketingEvent, Participation

blueprint = Blueprint("marketing_events", __name__)
_NUMBERED = "/marketing/v3/marketing-events"
_DATED = "/marketing/marketing-events/2026-03"
_STATES = ("REGISTERED", "ATTENDED", "CANCELLED", "EMPTY", "NO_SHOW")
_BY_EVENT = "/participations/<event_id>/breakdown"
_BY_CONTACT = "/participations/contacts/<contact>/breakdown"
Json = dict[str, object]


@blueprint.get(_NUMBERED, strict_slashes=False)
@blueprint.get(_DATED, strict_slashes=False)
@require(*facts.MARKETING_EVENT_SCOPES)
def list_events() -> Json:
    """Page through the portal's marketing events in the order in which they were made."""
    most = facts.MARKETING_EVENTS_PAGE_MAX
    limit = whole("limit", facts.MARKETING_EVENTS_PAGE_DEFAULT, most)
    return _page([_event(one) for one in portal().marketing.events.values()], limit)


@blueprint.get(_NUMBERED + _BY_EVENT)
@blueprint.get(_DATED + _BY_EVENT)
@require(*facts.MARKETING_EVENT_SCOPES)
def by_event(event_id: str) -> Json:
    """Page through what became of everybody at one event."""
    if event_id not in portal().marketing.events:
        raise not_found(f"No marketing event {event_id}")
    return _breakdown([p for p in portal().marketing.participations if p.event_id == event_id])


@blueprint.get(_NUMBERED + _BY_CONTACT)
@blueprint.get(_DATED + _BY_CONTACT)
@require(*facts.MARKETING_EVENT_SCOPES)
def by_contact(contact: str) -> Json:
    """Page through one contact's participations, by its id or address."""
    known = portal().contacts.by_email(contact) if "@" in contact else None
    contact_id = known.id if known else contact
    return _breakdown([p for p in portal().marketing.participations if p.contact_id == contact_id])


def _breakdown(found: Sequence[Participation]) -> Json:
    if "state" in request.args:
        state = one_of("state", request.args["state"], _STATES)
        found = [p for p in found if p.state == state]
    most = facts.PARTICIPATIONS_PAGE_MAX
    limit = whole("limit", facts.PARTICIPATIONS_PAGE_DEFAULT, most)
    return {"total": len(found), **_page([_participation(one) for one in found], limit)}


def _page(rows: list[Json], limit: int) -> Json:
    start = optional_whole("after") or 0
    shown: Json = {"results": rows[start : start + limit]}
    if start + limit < len(rows):
        shown["paging"] = {"next": {"after": str(start + limit)}}
    return shown


def _event(event: MarketingEvent) -> Json:
    return {
        "objectId": event.id,
        "externalEventId": event.external_id or event.id,
        "eventName": event.name,
        "eventType": "WEBINAR",
        "eventOrganizer": "A portal",
        "startDateTime": to_wire(event.starts_at),
        "endDateTime": to_wire(event.ends_at),
        "eventCancelled": False,
        "eventCompleted": event.ends_at <= portal().clock.now(),
        "customProperties": [],
        "createdAt": to_wire(event.created_at),
        "updatedAt": to_wire(event.created_at),
    }


def _participation(one: Participation) -> Json:
    event = portal().marketing.events[one.event_id]
    contact = portal().contacts.records.get(one.contact_id)
    values = contact.properties if contact else {}
    properties: Json = {"occurredAt": to_ms(one.occurred_at), "attendanceState": one.state}
    if one.seconds is not None:
        properties["attendanceDurationSeconds"] = one.seconds
    if one.percentage is not None:
        properties["attendancePercentage"] = one.percentage
    return {
        "id": one.id,
        "createdAt": to_wire(one.created_at),
        "associations": {
            "marketingEvent": {
                "marketingEventId": event.id,
                "externalAccountId": "",
                "externalEventId": event.external_id or event.id,
                "name": event.name,
            },
            "contact": {
                "contactId": one.contact_id,
                "email": values.get("email"),
                "firstname": values.get("firstname"),
                "lastname": values.get("lastname"),
            },
        },
        "properties": properties,
    }
