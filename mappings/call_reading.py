"""Read the collector's requests: JSON -> calls.

How a call's instant is put right by what the sender's clock says follows
https://segment.com/docs/connections/spec/common/. Everything is read leniently, call by call: one
that can't be read never harms the others of its batch.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from marshmallow import fields

from mappings.calls import (
    BATCH,
    LARGEST_CALL,
    TYPES,
    Call,
    Reading,
    Request,
    Terms,
    Unread,
    address,
    digest,
    read_json,
    shortened,
)
from mappings.fields import Wire, load, moment, text
from mappings.values import LARGEST_ID, Unreadable, instant, text_of


class CallSchema(Wire):
    """One call."""

    type = text(load_default=None)
    message_id = text(data_key="messageId", load_default=None)
    timestamp = moment(load_default=None, allow_none=True)
    original = moment(data_key="originalTimestamp", load_default=None, allow_none=True)
    anonymous_id = text(data_key="anonymousId", load_default=None)
    user_id = text(data_key="userId", load_default=None)
    event = text(load_default=None)
    name = text(load_default=None)
    category = text(load_default=None)
    group_id = text(data_key="groupId", load_default=None)
    previous_id = text(data_key="previousId", load_default=None)
    properties = fields.Raw(load_default=None, allow_none=True)
    traits = fields.Raw(load_default=None, allow_none=True)
    context = fields.Raw(load_default=None, allow_none=True)


CALL: Final = CallSchema()


def read(request: Request, terms: Terms) -> Reading:
    """Read a request's calls, one by one."""
    calls: list[Call] = []
    unread: list[Unread] = []
    refused = 0
    for place, (item, sent_at) in enumerate(_items(request)):
        if isinstance(item, Mapping) and not consents(item.get("context"), terms.consent):
            refused += 1
            continue
        try:
            calls.append(_call(item, sent_at, (request, place), terms))
        except Unreadable as error:
            unread.append(_unread(item, sent_at, str(error)))
    return Reading(tuple(calls), tuple(unread), refused)


def _items(request: Request) -> Iterator[tuple[Any, Any]]:
    """Give each call with the instant at which the sender says it was sent."""
    said = read_json(request.body)
    if not isinstance(said, Mapping):
        yield said, None
        return
    sent_at = said.get("sentAt")
    if request.type != BATCH:
        yield {"type": request.type, **said, **_typed(request.type)}, sent_at
        return
    shared = said.get("context")
    batch = said.get("batch")
    for item in batch if isinstance(batch, list) else [batch]:
        if isinstance(item, Mapping) and isinstance(shared, Mapping):
            own = item.get("context")
            item = {**item, "context": {**shared, **(own if isinstance(own, Mapping) else {})}}
        yield item, item.get("sentAt", sent_at) if isinstance(item, Mapping) else sent_at


def _typed(word: str) -> dict[str, str]:
    return {"type": word} if word in TYPES else {}


def consents(context: Any, category: str) -> bool:
    """Say whether a call may be kept, by `context.consent`.

    With a category, its preference must be true. Without one, what was agreed to anywhere or not
    asked about is kept; what says no, or no to everything, is not.
    """
    said = context.get("consent") if isinstance(context, Mapping) else None
    preferences = said.get("categoryPreferences") if isinstance(said, Mapping) else said
    if category:
        return isinstance(preferences, Mapping) and preferences.get(category) is True
    if isinstance(preferences, Mapping):
        return not preferences or any(value is True for value in preferences.values())
    return preferences is not False


def _call(item: Any, sent_at: Any, where: tuple[Request, int], terms: Terms) -> Call:
    request, _ = where
    if len(request.body) > LARGEST_CALL and len(_spelled(item)) > LARGEST_CALL:
        raise Unreadable("it is larger than 32 KB")
    said = load(CALL, item)
    if said["type"] not in TYPES:
        raise Unreadable(f"its type is none of {', '.join(sorted(TYPES))}")
    context, traits = _mapping(said["context"]), _mapping(said["traits"])
    properties = traits if said["type"] in ("identify", "group") else _properties(said)
    about = traits if said["type"] == "identify" else _mapping(context.get("traits"))
    call = Call(
        type=said["type"],
        id=_name_of(said["message_id"], item, where),
        at=_instant(said, sent_at, request.received_at),
        anonymous_id=_id(said["anonymous_id"], terms),
        user_id=_id(said["user_id"], terms),
        email=address(about.get("email")),
        contact_id=_contact_id(about, context, terms),
        name=_name(said, terms),
        properties=properties,
        context=context,
    )
    if not (call.anonymous_id or call.user_id or call.email or call.contact_id):
        raise Unreadable("it names nobody: neither a userId nor an anonymousId stands in it")
    return call


def _properties(said: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = _mapping(said["properties"])
    return {"category": said["category"], **properties} if said["category"] else properties


def _name(said: Mapping[str, Any], terms: Terms) -> str:
    names = {
        "track": ("event", "a track call without an event name"),
        "group": ("group_id", "a group call without a groupId"),
        "alias": ("previous_id", "an alias call without a previousId"),
    }
    where, fault = names.get(said["type"], ("name", ""))
    name = (said[where] or "").strip()
    if said["type"] == "alias":
        name = _id(name, terms)
    if not name and fault:
        raise Unreadable(fault)
    return name


def _id(value: str | None, terms: Terms) -> str:
    stripped = (value or "").strip()
    return "" if stripped.lower() in terms.nobody else shortened(stripped)


def _instant(said: Mapping[str, Any], sent_at: Any, received_at: datetime) -> datetime:
    """Tell when it happened, by our clock.

    The sender's own clock may be wrong, but by as much when it says when it sent.
    """
    happened = said["timestamp"] or said["original"]
    if happened is None:
        return received_at
    at: datetime = happened
    with suppress(Unreadable, OverflowError):
        at = received_at - (instant(sent_at) - happened)
    return at


def _name_of(message_id: str | None, item: Any, where: tuple[Request, int]) -> str:
    if message_id and message_id.strip():
        return shortened(message_id.strip())
    request, place = where
    timed = item.get("timestamp") or item.get("originalTimestamp")
    said = {name: value for name, value in item.items() if name != "sentAt"}
    # Without an instant of its own, two alike may well be two: only the request tells them apart.
    return digest(_spelled(said), b"" if timed else f"{request.name}:{place}".encode())


def _contact_id(about: Mapping[str, Any], context: Mapping[str, Any], terms: Terms) -> int | None:
    """Find the id of a HubSpot contact in traits or among the external ids."""
    said = [about.get(name) for name in sorted(terms.contact_ids)]
    others = context.get("externalIds")
    said += [
        one.get("id")
        for one in (others if isinstance(others, list) else [])
        if isinstance(one, Mapping) and one.get("type") in terms.contact_ids
    ]
    return next((found for value in said if (found := _number(value))), None)


def _number(value: Any) -> int | None:
    spelled = (text_of(value) or "").strip()
    is_id = spelled.isascii() and spelled.isdecimal() and len(spelled) < 20
    return int(spelled) if is_id and int(spelled) <= LARGEST_ID else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _unread(item: Any, sent_at: Any, reason: str) -> Unread:
    word = item.get("type") if isinstance(item, Mapping) else None
    alone = {"sentAt": sent_at, **item} if isinstance(item, Mapping) and sent_at else item
    return Unread(word if word in TYPES else "", _spelled(alone), reason)


def _spelled(item: Any) -> bytes:
    return json.dumps(item, separators=(",", ":")).encode()
