"""Take deliveries in: from the inbox onto timelines.

1. claim deliveries; 2. read from HubSpot what their messages lack, in batches, with no
transaction open; 3. decide; 4. one transaction: contacts, events, due, inbox.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from integration.decide.intake import (
    NEEDS_READING,
    Changes,
    Fetched,
    is_known,
    is_ours,
    lacking,
    take_in,
)
from integration.decide.retry import Dead, RetryAt
from integration.errors import SegueError
from integration.flows.apply import apply
from integration.flows.reading import read_contacts, read_objects
from integration.flows.tools import Tools
from integration.store import contacts, inbox, portals
from integration.store.inbox import Delivery, Tally
from mappings.hubspot import messages as read_messages
from mappings.model import Message, ObjectType, PortalState

# A contact that HubSpot told of but doesn't find yet: its replicas lag behind its webhooks.
LAG = timedelta(seconds=60)
LAG_PAUSE = timedelta(seconds=2)
PARKED_PAUSE = timedelta(seconds=60)


@dataclass(slots=True)
class _Read:
    """A delivery as read: its messages by portal, and how many entries nobody can read."""

    delivery: Delivery
    by_portal: dict[int, list[Message]] = field(default_factory=dict)
    entries: int = 0
    unreadable: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Ready:
    """One portal's share of a batch of deliveries, with all that it lacked."""

    messages: list[Message]
    fingerprints: dict[bytes, Message]
    fetched: Fetched


def run(tools: Tools, limit: int = 50) -> int:
    """Take in up to `limit` deliveries; give how many were claimed."""
    claim = tools.claim()
    with tools.store.write() as connection:
        deliveries = inbox.claim(connection, claim, limit)
    if not deliveries:
        return 0
    read = [_read(delivery) for delivery in deliveries]
    attempts = max(delivery.attempts for delivery in deliveries)
    outcomes = {
        portal_id: _prepare(tools, portal_id, read, attempts)
        for portal_id in sorted({portal_id for each in read for portal_id in each.by_portal})
    }
    with tools.store.write() as connection:
        held = inbox.still_held(connection, [each.delivery.id for each in read], claim.lease)
        read = [each for each in read if each.delivery.id in held]
        for portal_id, outcome in outcomes.items():
            if isinstance(outcome, _Ready):
                _store(connection, tools, portal_id, outcome)
        for each in read:
            _close(connection, tools, each, outcomes)
    return len(deliveries)


def fingerprint(message: Message) -> bytes:
    """Name an entry so that its repetition has the same name, whatever its attempt number."""
    parts = (
        message.type,
        message.object_type.value,
        message.object_id,
        message.property_name,
        message.property_value,
        message.occurred_at.isoformat(),
        message.event_id,
        message.ends,
        message.merged_ids,
        message.survivor_id,
    )
    return hashlib.sha256(repr(parts).encode()).digest()[:16]


def _read(delivery: Delivery) -> _Read:
    read = _Read(delivery)
    try:
        body = json.loads(delivery.body)
    except ValueError:
        read.fault = "the delivery is not JSON"
        return read
    understood, refused = read_messages(body)
    read.entries, read.unreadable = len(body), len(refused)
    for message in understood:
        read.by_portal.setdefault(message.portal_id, []).append(message)
    return read


def _prepare(
    tools: Tools, portal_id: int, read: Iterable[_Read], attempts: int
) -> _Ready | RetryAt | Dead | None:
    """Read what a portal's messages lack; None where the portal is none of ours."""
    mine = [message for each in read for message in each.by_portal.get(portal_id, [])]
    with tools.store.read() as connection:
        portal = portals.get(connection, portal_id)
        if portal is None:
            return None
        named = {fingerprint(message): message for message in mine}
        new = inbox.unheard(connection, portal_id, list(named))
        messages = [
            message
            for name, message in named.items()
            if name in new and is_known(message, tools.sources) and not is_ours(message)
        ]
        known = contacts.known(connection, portal_id, _contact_ids(messages))
    if portal.state is PortalState.DISCONNECTED:
        return RetryAt(tools.now() + PARKED_PAUSE, False, "the portal is disconnected")
    try:
        fetched = _fetch(tools, portal_id, messages, frozenset(known))
    except SegueError as error:
        return tools.verdict(error, attempts, portal.time_zone)
    late = _not_there_yet(messages, fetched, tools.now())
    return late or _Ready(messages, {name: named[name] for name in new}, fetched)


def _contact_ids(messages: Iterable[Message]) -> set[int]:
    return {
        message.object_id
        for message in messages
        if message.object_type is ObjectType.CONTACT and message.object_id is not None
    }


def _fetch(tools: Tools, portal_id: int, messages: list[Message], known: frozenset[int]) -> Fetched:
    lack = lacking(messages, known, tools.sources)
    objects, items = read_objects(tools, portal_id, lack.objects)
    linked = {
        contact_id
        for record in objects
        for contact_id in record.associated.get(ObjectType.CONTACT, ())
    }
    with tools.store.read() as connection:
        strangers = linked - contacts.known(connection, portal_id, linked)
    found = read_contacts(tools, portal_id, lack.contacts | strangers)
    return Fetched(found, tuple(objects), items)


def _not_there_yet(messages: list[Message], fetched: Fetched, now: datetime) -> RetryAt | None:
    ended = {
        message.object_id
        for message in messages
        if message.action in ("deletion", "privacyDeletion", "merge")
    }
    for message in messages:
        if (
            message.object_type is ObjectType.CONTACT
            and message.action in NEEDS_READING
            and message.object_id not in fetched.contacts
            and message.object_id not in ended
            and now - message.occurred_at < LAG
        ):
            return RetryAt(now + LAG_PAUSE, False, "HubSpot doesn't show the contact yet")
    return None


def _store(connection: Connection, tools: Tools, portal_id: int, ready: _Ready) -> Changes:
    now = tools.now()
    ids = _contact_ids(ready.messages) | set(ready.fetched.contacts)
    for message in ready.messages:
        ids.update(message.merged_ids)
        ids.update({message.survivor_id} if message.survivor_id else set())
    for record in ready.fetched.objects:
        ids.update(record.associated.get(ObjectType.CONTACT, ()))
    moved = contacts.survivors(connection, portal_id, ids)
    stored = contacts.load(connection, portal_id, ids | set(moved) | set(moved.values()))
    changes = take_in(ready.messages, stored, ready.fetched, tools.sources)
    apply(connection, portal_id, changes, now)
    inbox.hear(connection, portal_id, set(ready.fingerprints), now)
    return changes


def _close(
    connection: Connection,
    tools: Tools,
    read: _Read,
    outcomes: dict[int, _Ready | RetryAt | Dead | None],
) -> None:
    """End a delivery: done once every portal in it is served, due again or dead otherwise."""
    mine = [outcomes[portal_id] for portal_id in read.by_portal]
    inbox.tag(connection, read.delivery.id, [each for each in read.by_portal if outcomes[each]])
    if read.fault:
        inbox.bury(connection, read.delivery.id, tools.now(), read.fault)
        return
    for outcome in mine:
        if isinstance(outcome, RetryAt):
            inbox.put_off(connection, read.delivery, outcome.at, outcome.counts, outcome.reason)
            return
    for outcome in mine:
        if isinstance(outcome, Dead):
            inbox.bury(connection, read.delivery.id, tools.now(), outcome.reason)
            return
    inbox.finish(connection, read.delivery.id, _tally(read, outcomes), tools.now())


def _tally(read: _Read, outcomes: dict[int, _Ready | RetryAt | Dead | None]) -> Tally:
    heard_before = skipped = 0
    for portal_id, messages in read.by_portal.items():
        outcome = outcomes[portal_id]
        if not isinstance(outcome, _Ready):
            skipped += len(messages)
            continue
        names = [fingerprint(message) for message in messages]
        heard_before += len(names) - len(set(names) & set(outcome.fingerprints))
        taken = {fingerprint(message) for message in outcome.messages}
        skipped += len((set(names) & set(outcome.fingerprints)) - taken)
    return Tally(read.entries, heard_before, skipped + read.unreadable)
