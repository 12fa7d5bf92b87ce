"""HubSpot's JSON of marketing events (webinars and the like) -> the nouns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from marshmallow import fields

from mappings.fields import Wire, load, moment, record_id, text
from mappings.values import Unreadable


@dataclass(frozen=True, slots=True)
class MarketingEvent:
    """A webinar or the like that people register for."""

    event_id: str
    name: str
    ends_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Participation:
    """What became of a contact at a marketing event. `contact_id` 0: only `email` is known."""

    event_id: str
    event_name: str
    contact_id: int
    email: str
    state: str  # REGISTERED, ATTENDED, CANCELLED, NO_SHOW, EMPTY
    at: datetime
    seconds: int | None


class EventSchema(Wire):
    """A marketing event; older answers call its id `id`."""

    object_id = text(data_key="objectId", load_default=None)
    id = text(load_default=None)
    name = text(data_key="eventName", load_default=None)
    ends_at = moment(data_key="endDateTime", load_default=None, allow_none=True)
    updated_at = moment(data_key="updatedAt", load_default=None, allow_none=True)


class ContactSchema(Wire):
    """Who took part."""

    contact_id = record_id(data_key="contactId", load_default=None, allow_none=True)
    email = text(load_default=None)


class StateSchema(Wire):
    """What became of somebody, and when."""

    state = text(data_key="attendanceState", required=True)
    at = moment(data_key="occurredAt", required=True)
    seconds = fields.Integer(
        data_key="attendanceDurationSeconds", load_default=None, allow_none=True
    )


EVENT: Final = EventSchema()
CONTACT: Final = ContactSchema()
STATE: Final = StateSchema()


def marketing_event(said: Any) -> MarketingEvent:
    """Read a marketing event."""
    read = load(EVENT, said)
    event_id = read["object_id"] or read["id"]
    if not event_id:
        raise Unreadable("objectId: missing data for required field")
    return MarketingEvent(event_id, read["name"] or "", read["ends_at"], read["updated_at"])


def participation(of: MarketingEvent, said: Any) -> Participation:
    """Read what became of somebody at a marketing event."""
    linked = said.get("associations") if isinstance(said, Mapping) else None
    if not isinstance(linked, Mapping):
        raise Unreadable("associations: missing data for required field")
    contact = load(CONTACT, linked.get("contact"))
    state = load(STATE, said.get("properties"))
    email = (contact["email"] or "").strip().lower()
    if contact["contact_id"] is None and not email:
        raise Unreadable("contact: neither an id nor an address")
    return Participation(
        event_id=of.event_id,
        event_name=of.name,
        contact_id=contact["contact_id"] or 0,
        email=email,
        state=state["state"].upper(),
        at=state["at"],
        seconds=state["seconds"],
    )
