"""Deliveries unpacked: their messages by portal, each under a name that its repetitions share."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from integration.store.inbox import Delivery
from mappings.hubspot import messages as read_messages
from mappings.model import Message, ObjectType

AHEAD = timedelta(days=1)  # more than clocks may differ by
AT_ONCE = 200  # records read for together: few enough that the calls fit into any budget

_Record = tuple[int, ObjectType, int | None]  # of a portal


@dataclass(slots=True)
class Unpacked:
    """A delivery as read: by portal its messages by fingerprint, and what else was in it."""

    delivery: Delivery
    by_portal: dict[int, dict[bytes, Message]] = field(default_factory=dict)
    entries: int = 0
    repeated: int = 0  # entries that say the same as one before them
    unreadable: int = 0
    # Entries that lie in the future: a wrong clock, here or there.
    ahead: list[Message] = field(default_factory=list)
    fault: str = ""


def unpack(delivery: Delivery, now: datetime) -> Unpacked:
    """Read a delivery; an entry that can't be read is counted, and the rest goes on.

    One from the future is left out, as it would outweigh all that comes until then.
    """
    read = Unpacked(delivery)
    try:
        body = json.loads(delivery.body)
    except (ValueError, RecursionError):
        read.fault = "the delivery is not JSON"
        return read
    if not isinstance(body, list):
        read.fault = "the delivery is not a list of messages"
        return read
    understood, refused = read_messages(body)
    read.entries, read.unreadable = len(body), len(refused)
    for message in understood:
        if message.occurred_at > now + AHEAD:
            read.ahead.append(message)
            continue
        named = read.by_portal.setdefault(message.portal_id, {})
        name = fingerprint(message)
        read.repeated += name in named
        named[name] = message
    return read


def fingerprint(message: Message) -> bytes:
    """Name an entry by what it says, so that whoever says it again has the same name.

    HubSpot's event id isn't part of it: the journal has none, and two webhooks that say the same
    of the same instant change nothing twice. Nor is which of the two families of subscriptions
    tells it, nor from which side a link is told. The name begins with whose it is, so that all of
    a contact's can be forgotten.
    """
    parts = (
        message.action,
        message.object_type.value,
        message.object_id,
        message.property_name,
        message.property_value,
        message.occurred_at.isoformat(),
        sorted(message.ends),
        message.merged_ids,
        message.survivor_id,
    )
    return beginning(*_whose(message)) + hashlib.sha256(repr(parts).encode()).digest()[:16]


def beginning(kind: ObjectType, object_id: int | None) -> bytes:
    """Give what the names of all entries of a contact or object begin with."""
    return hashlib.sha256(f"{kind.value}:{object_id}".encode()).digest()[:8]


def _whose(message: Message) -> tuple[ObjectType, int | None]:
    of_contact = [end for end in message.ends if end[0] is ObjectType.CONTACT]
    return of_contact[0] if of_contact else (message.object_type, message.object_id)


def groups(
    deliveries: Iterable[Unpacked], new: Mapping[int, set[bytes]]
) -> Iterator[list[Unpacked]]:
    """Put deliveries together that are served by the same few calls.

    What counts is whom and what their `new` messages (by portal) are about: an order comes with a
    dozen messages, and is read once; what was taken in before isn't read again. One that HubSpot
    failed to serve before goes alone, so that it holds up no others.
    """
    together: list[Unpacked] = []
    named: set[_Record] = set()
    for each in deliveries:
        if each.delivery.attempts:
            yield [each]
            continue
        about = set(_named(each, new))
        if together and len(named | about) > AT_ONCE:
            yield together
            together, named = [], set()
        together.append(each)
        named |= about
    if together:
        yield together


def _named(read: Unpacked, new: Mapping[int, set[bytes]]) -> Iterator[_Record]:
    for portal_id, messages in read.by_portal.items():
        for name in messages.keys() & new.get(portal_id, set()):
            message = messages[name]
            yield portal_id, message.object_type, message.object_id
            for kind, object_id in message.ends:
                yield portal_id, kind, object_id
