"""What webhook messages change: pure, and the same whatever their order and number.

Every value carries HubSpot's instant, and the later one stands; a state (archived, restored)
likewise. So a message that comes twice, late or out of turn ends in the same contact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from integration.decide.draft import OWN_PREFIX, REDACTED, Changes, Draft
from mappings.model import (
    Contact,
    ContactRecord,
    ContactState,
    Event,
    History,
    Message,
    ObjectRecord,
    ObjectType,
)
from mappings.records import PLAIN, Ground
from mappings.sources import Sources, history_events, object_events, property_events

# The same change, told by webhook and by history: whether to the millisecond isn't documented.
SAME = timedelta(seconds=5)
NEEDS_READING = ("creation", "restore")
ENDINGS = ("deletion", "privacyDeletion")
OF_CONTACTS = frozenset({*NEEDS_READING, *ENDINGS, "propertyChange", "merge"})
# What only comes as a part of something else is read with it.
PARTS = frozenset({ObjectType.LINE_ITEM, ObjectType.PRODUCT})
OF_OBJECTS = frozenset({*NEEDS_READING, "propertyChange", "merge", "associationChange"})


@dataclass(frozen=True, slots=True)
class Lacking:
    """What must be read of HubSpot before messages can be taken in."""

    contacts: frozenset[int]
    objects: Mapping[ObjectType, frozenset[int]]
    histories: frozenset[int] = frozenset()  # contacts of which a property's versions are needed


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was read. An id that was asked for and isn't here is unknown to HubSpot.

    `forbidden` are the object types that the install has no permission for.
    """

    contacts: Mapping[int, ContactRecord] = field(default_factory=dict)
    objects: tuple[ObjectRecord, ...] = ()
    items: Mapping[int, ObjectRecord] = field(default_factory=dict)
    forbidden: frozenset[ObjectType] = frozenset()
    grounds: Mapping[ObjectType, Ground] = field(default_factory=dict)
    histories: Mapping[int, History] = field(default_factory=dict)


def is_ours(message: Message) -> bool:
    """Say whether a message only tells of what Segue itself wrote (an echo)."""
    return bool(message.property_name and message.property_name.startswith(OWN_PREFIX))


def is_known(message: Message, sources: Sources) -> bool:
    """Say whether a message is of a kind that Segue does something about."""
    if message.object_type is ObjectType.CONTACT and message.action in OF_CONTACTS:
        return message.object_id is not None
    return message.action in OF_OBJECTS and bool(touched_objects(message, sources))


def touched_objects(message: Message, sources: Sources) -> list[tuple[ObjectType, int]]:
    """Give the orders, meetings and other objects that a message is about."""
    ends = list(message.ends)
    if message.object_id is not None:
        ends.append((message.object_type, message.object_id))
    return [
        (kind, object_id)
        for kind, object_id in ends
        if kind in sources.objects and kind not in PARTS
    ]


def lacking(messages: Iterable[Message], known: frozenset[int], sources: Sources) -> Lacking:
    """Say what must be read; `known` are the contacts that Segue has heard of."""
    contacts: set[int] = set()
    histories: set[int] = set()
    objects: dict[ObjectType, set[int]] = {}
    for message in messages:
        if message.action in ENDINGS:
            continue
        for kind, object_id in touched_objects(message, sources):
            objects.setdefault(kind, set()).add(object_id)
        contacts.update(_contacts_to_read(message, known))
        histories.update(_histories_to_read(message, sources))
    wanted = {kind: frozenset(ids) for kind, ids in objects.items()}
    return Lacking(frozenset(contacts), wanted, frozenset(histories))


def _histories_to_read(message: Message, sources: Sources) -> set[int]:
    """Name whose property's versions tell of a change; no propertyChange tells what merges move."""
    if message.action == "merge" and message.object_type is ObjectType.CONTACT:
        whom = message.survivor_id if sources.contact_properties else None
    else:
        whom = message.object_id if message.property_name in sources.contact_properties else None
    return {whom} if whom is not None else set()


def _contacts_to_read(message: Message, known: frozenset[int]) -> set[int]:
    if message.action == "merge" and message.object_type is ObjectType.CONTACT:
        # No propertyChange comes for the values that a merge moved.
        return {message.survivor_id} if message.survivor_id is not None else set()
    if message.object_type is not ObjectType.CONTACT or message.object_id is None:
        return set()
    unread = message.action in NEEDS_READING or message.object_id not in known
    return {message.object_id} if unread or message.property_value == REDACTED else set()


def unseen(
    messages: Iterable[Message],
    stored: Mapping[int, Contact],
    fetched: Fetched,
    sources: Sources,
) -> list[Message]:
    """Find the messages about a contact, order, deal or cart that HubSpot doesn't show.

    Its replicas lag behind its webhooks, so what isn't there may only be late; what another
    message, or what is stored, says is gone is not.
    """
    every = list(messages)
    over = _over(every)
    shown = {(record.type, record.object_id) for record in fetched.objects}
    shown |= {(ObjectType.CONTACT, contact_id) for contact_id in fetched.contacts}
    return [
        message
        for message in every
        if any(
            end not in shown and end not in over and end[0] not in fetched.forbidden
            for end in _sought(message, stored, sources)
        )
    ]


def _over(messages: Iterable[Message]) -> set[tuple[ObjectType, int]]:
    over: set[tuple[ObjectType, int]] = set()
    for message in messages:
        if message.action in ENDINGS and message.object_id is not None:
            over.add((message.object_type, message.object_id))
        over.update((message.object_type, merged) for merged in message.merged_ids)
    return over


def _sought(
    message: Message, stored: Mapping[int, Contact], sources: Sources
) -> list[tuple[ObjectType, int]]:
    """Name what a message can't be taken in without."""
    if message.action in ENDINGS:
        return []
    sought = touched_objects(message, sources)
    if message.object_type is not ObjectType.CONTACT or message.action not in OF_CONTACTS:
        return sought
    contact_id = message.object_id
    if contact_id is None or not _awaited(message, stored.get(contact_id)):
        return sought
    return [*sought, (ObjectType.CONTACT, contact_id)]


def _awaited(message: Message, known: Contact | None) -> bool:
    if known is None:
        return True
    news = known.state_at < message.occurred_at
    if message.action == "restore" and known.state is ContactState.ARCHIVED:
        return news
    # Whoever lives again after a merge has no values here: they are to be read.
    return message.action in NEEDS_READING and known.state is ContactState.MERGED and news


def take_in(
    messages: Iterable[Message],
    stored: Mapping[int, Contact],
    fetched: Fetched,
    sources: Sources,
) -> Changes:
    """Decide what messages change, given the contacts as stored now.

    1. merge what was read into the contacts; 2. apply the messages in the order of their
    instants; 3. turn orders, meetings and other objects into events of their contacts.
    """
    draft = Draft(stored)
    for record in fetched.contacts.values():
        draft.read(record)
    events = [event for one in fetched.histories.values() for event in history_events(sources, one)]
    changes: dict[tuple[ObjectType, int], set[datetime]] = {}
    for message in sorted(messages, key=lambda each: (each.occurred_at, each.action)):
        if message.object_type is ObjectType.CONTACT:
            events += _contact_message(draft, message, sources, fetched.histories)
        for end in touched_objects(message, sources):
            if message.action in ("creation", "propertyChange"):
                changes.setdefault(end, set()).add(message.occurred_at)
    # Who only now turned out to have come back takes its values.
    for record in fetched.contacts.values():
        draft.read(record)
    for thing in fetched.objects:
        at = changes.get((thing.type, thing.object_id), set())
        ground = fetched.grounds.get(thing.type, PLAIN)
        events += object_events(sources, thing, _items(thing, fetched), at, ground)
    return draft.changes(events, sources.restating)


def meet(
    stored: Mapping[int, Contact],
    records: Iterable[ContactRecord],
    events: Iterable[Event] = (),
    restating: frozenset[str] = frozenset(),
) -> Changes:
    """Merge contacts as read (by a sync) into those stored, with events that came along."""
    draft = Draft(stored)
    for record in records:
        draft.read(record)
    return draft.changes(events, restating)


def _items(record: ObjectRecord, fetched: Fetched) -> list[ObjectRecord]:
    ids = record.associated.get(ObjectType.LINE_ITEM, ())
    return [fetched.items[item] for item in ids if item in fetched.items]


def _contact_message(
    draft: Draft, message: Message, sources: Sources, histories: Mapping[int, History]
) -> list[Event]:
    contact_id, at = message.object_id, message.occurred_at
    if message.action == "merge" and message.survivor_id is not None:
        draft.merge(message.merged_ids, message.survivor_id, at)
    elif contact_id is None:
        return []
    elif message.action == "deletion":
        draft.move(contact_id, ContactState.ARCHIVED, at)
    elif message.action == "privacyDeletion":
        draft.move(contact_id, ContactState.ERASED, at)
    elif message.action == "restore":
        draft.restore(contact_id, at)
    elif message.action == "creation":
        draft.move(contact_id, ContactState.LIVE, at)
    elif message.action == "propertyChange" and message.property_name is not None:
        change = (message.property_name, message.property_value)
        draft.set(contact_id, change, at)
        if change[1] == REDACTED or _is_told(histories.get(contact_id), change, at):
            return []
        return property_events(sources, contact_id, change, at)
    return []


def _is_told(history: History | None, change: tuple[str, str | None], at: datetime) -> bool:
    """Say whether a contact's history tells of a change, too: it knows what stood before."""
    name, value = change
    versions = history.versions.get(name, ()) if history else ()
    return any(was == value and abs(since - at) <= SAME for was, since in versions)
