"""Calls of the collector, as SDKs of the Segment tracking API send them: JSON -> the nouns.

What is read of a call, and how its instant is put right by what the sender's clock says, follows
https://segment.com/docs/connections/spec/common/. Everything is read leniently, call by call: one
that can't be read never harms the others of its batch.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from marshmallow import fields

from mappings.fields import Wire, load, moment, text
from mappings.values import LARGEST_ID, Unreadable, clean, instant, text_of

BATCH: Final = "batch"
TYPES: Final = frozenset({"track", "page", "screen", "identify", "group", "alias"})
LARGEST_CALL: Final = 32 * 1024  # bytes, as Segment takes
LARGEST_BATCH: Final = 500 * 1024
LONGEST_ADDRESS: Final = 320
LONGEST_MARK: Final = 200  # PostgreSQL's indexes take no name of any length
_ADDRESS: Final = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")


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


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that a site or app tells.

    `id` is stable: the same call sent twice has the same id. `name` is a track's event, a page's
    or screen's name, a group's or an alias's other id. Ids and addresses are "" where there are
    none; `email` is in lower case. `properties` of identify and group calls are their traits.
    """

    type: str
    id: str
    at: datetime
    anonymous_id: str
    user_id: str
    email: str
    contact_id: int | None
    name: str
    properties: Mapping[str, Any] = field(repr=False)
    context: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unread:
    """A call that can't be read: itself, as a request of its own would bring it, and why."""

    type: str
    body: bytes = field(repr=False)
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was in a request. `refused` calls had no consent: of them nothing but the count."""

    calls: tuple[Call, ...]
    unread: tuple[Unread, ...]
    refused: int


@dataclass(frozen=True, slots=True)
class Request:
    """A request to the collector: which call its path names, its JSON, when it came.

    `name` tells it from every other; calls without a messageId are named by it.
    """

    type: str
    body: bytes = field(repr=False)
    received_at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Terms:
    """How calls are read: `consent` is the category that must be agreed to ("" for any)."""

    consent: str
    contact_ids: frozenset[str]
    nobody: frozenset[str]


def read_json(body: bytes) -> Any:
    """Read JSON. Raises ValueError or RecursionError."""
    return _DECODER.decode(body.decode())


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


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
    return _digest(_spelled(said), b"" if timed else f"{request.name}:{place}".encode())


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


def address(value: Any) -> str:
    """Read an e-mail address, in lower case; "" where it is none."""
    spelled = clean(value).strip().lower() if isinstance(value, str) else ""
    is_one = len(spelled) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(spelled)
    return spelled if is_one else ""


def shortened(name: str) -> str:
    """Give a name that an index takes: itself, or its digest where it is very long."""
    return name if len(name) <= LONGEST_MARK else _digest(name.encode("utf-8", "replace"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _unread(item: Any, sent_at: Any, reason: str) -> Unread:
    word = item.get("type") if isinstance(item, Mapping) else None
    alone = {"sentAt": sent_at, **item} if isinstance(item, Mapping) and sent_at else item
    return Unread(word if word in TYPES else "", _spelled(alone), reason)


def _spelled(item: Any) -> bytes:
    return json.dumps(item, separators=(",", ":")).encode()


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\x1f".join(parts)).hexdigest()[:32]
