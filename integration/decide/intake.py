"""What webhook messages change: pure, and the same whatever their order and number.

Every value carries HubSpot's instant, and the later one stands; a state (archived, restored)
likewise. So a message that comes twice, late or out of turn ends in the same contact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from mappings.model import (
    Contact,
    ContactRecord,
    ContactState,
    Event,
    Message,
    ObjectRecord,
    ObjectType,
    to_ms,
)
from mappings.sources import Sources, object_events, property_event

OWN_PREFIX = "segue_"
REDACTED = "REDACTED"
NEEDS_READING = ("creation", "restore")


@dataclass(frozen=True, slots=True)
class Lacking:
    """What must be read of HubSpot before messages can be taken in."""

    contacts: frozenset[int]
    objects: Mapping[ObjectType, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was read. An id that was asked for and isn't here is unknown to HubSpot."""

    contacts: Mapping[int, ContactRecord] = field(default_factory=dict)
    objects: tuple[ObjectRecord, ...] = ()
    items: Mapping[int, ObjectRecord] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What to store. `merged` are (old, new) ids; `gone` were deleted; `erased` for privacy."""

    contacts: tuple[Contact, ...] = ()
    merged: tuple[tuple[int, int], ...] = ()
    gone: tuple[int, ...] = ()
    erased: tuple[int, ...] = ()
    events: tuple[Event, ...] = ()
    touched: frozenset[int] = frozenset()


def is_ours(message: Message) -> bool:
    """Say whether a message only tells of what Segue itself wrote (an echo)."""
    return bool(message.property_name and message.property_name.startswith(OWN_PREFIX))


def is_known(message: Message, sources: Sources) -> bool:
    """Say whether a message is of a kind that Segue does something about."""
    if message.object_type is ObjectType.CONTACT:
        return message.object_id is not None or bool(message.ends) or bool(message.merged_ids)
    if message.action == "associationChange":
        return bool(touched_objects(message, sources))
    return message.object_type in sources.objects and message.object_id is not None


def touched_objects(message: Message, sources: Sources) -> list[tuple[ObjectType, int]]:
    """Give the orders, deals and carts that a message is about."""
    ends = list(message.ends)
    if message.object_id is not None:
        ends.append((message.object_type, message.object_id))
    return [
        (kind, object_id)
        for kind, object_id in ends
        if kind in sources.objects and kind is not ObjectType.LINE_ITEM
    ]


def lacking(messages: Iterable[Message], known: frozenset[int], sources: Sources) -> Lacking:
    """Say what must be read; `known` are the contacts that Segue has heard of."""
    contacts: set[int] = set()
    objects: dict[ObjectType, set[int]] = {}
    for message in messages:
        if message.action in ("deletion", "privacyDeletion"):
            continue
        for kind, object_id in touched_objects(message, sources):
            objects.setdefault(kind, set()).add(object_id)
        contacts.update(_contacts_to_read(message, known))
    return Lacking(frozenset(contacts), {kind: frozenset(ids) for kind, ids in objects.items()})


def _contacts_to_read(message: Message, known: frozenset[int]) -> set[int]:
    if message.action == "merge" and message.object_type is ObjectType.CONTACT:
        # No propertyChange comes for the values that a merge moved.
        return {message.survivor_id} if message.survivor_id is not None else set()
    if message.object_type is not ObjectType.CONTACT or message.object_id is None:
        return set()
    unread = message.action in NEEDS_READING or message.object_id not in known
    return {message.object_id} if unread or message.property_value == REDACTED else set()


def take_in(
    messages: Iterable[Message],
    stored: Mapping[int, Contact],
    fetched: Fetched,
    sources: Sources,
) -> Changes:
    """Decide what messages change, given the contacts as stored now.

    1. merge what was read into the contacts; 2. apply the messages in the order of their
    instants; 3. turn orders, deals and carts into events of their contacts.
    """
    draft = _Draft(dict(stored))
    for record in fetched.contacts.values():
        draft.read(record)
    events: list[Event] = []
    changes: dict[tuple[ObjectType, int], set[datetime]] = {}
    for message in sorted(messages, key=lambda each: (each.occurred_at, each.action)):
        if message.object_type is ObjectType.CONTACT:
            events += _contact_message(draft, message, sources)
        for end in touched_objects(message, sources):
            if message.action in ("creation", "propertyChange"):
                changes.setdefault(end, set()).add(message.occurred_at)
    for thing in fetched.objects:
        at = changes.get((thing.type, thing.object_id), set())
        events += object_events(sources, thing, _items(thing, fetched), at)
    return draft.changes(events)


def meet(
    stored: Mapping[int, Contact], records: Iterable[ContactRecord], events: Iterable[Event] = ()
) -> Changes:
    """Merge contacts as read (by a sync) into those stored, with events that came along."""
    draft = _Draft(dict(stored))
    for record in records:
        draft.read(record)
    return draft.changes(events)


def _items(record: ObjectRecord, fetched: Fetched) -> list[ObjectRecord]:
    ids = record.associated.get(ObjectType.LINE_ITEM, ())
    return [fetched.items[item] for item in ids if item in fetched.items]


def _contact_message(draft: "_Draft", message: Message, sources: Sources) -> list[Event]:
    contact_id, at = message.object_id, message.occurred_at
    if message.action == "merge" and message.survivor_id is not None:
        draft.merge(message.merged_ids, message.survivor_id, at)
    elif contact_id is None:
        return []
    elif message.action == "deletion":
        draft.move(contact_id, ContactState.ARCHIVED, at)
    elif message.action == "privacyDeletion":
        draft.move(contact_id, ContactState.ERASED, at)
    elif message.action in NEEDS_READING:
        draft.move(contact_id, ContactState.LIVE, at)
    elif message.action == "propertyChange" and message.property_name is not None:
        change = (message.property_name, message.property_value)
        draft.set(contact_id, change, at)
        made = property_event(sources, draft.final(contact_id), change, at)
        return [made] if made and draft.lives(made.contact_id) else []
    return []


class _Draft:
    """Contacts on their way from what is stored to what will be."""

    def __init__(self, stored: dict[int, Contact]) -> None:
        self.stored = stored
        self.now = dict(stored)
        self.merged: list[tuple[int, int]] = []
        self.touched: set[int] = set()

    def final(self, contact_id: int) -> int:
        """Follow merges to the id that lives on."""
        seen = {contact_id}
        while (contact := self.now.get(contact_id)) and contact.merged_into is not None:
            if contact.merged_into in seen:
                break
            contact_id = contact.merged_into
            seen.add(contact_id)
        return contact_id

    def lives(self, contact_id: int) -> bool:
        contact = self.now.get(contact_id)
        return contact is not None and contact.state is ContactState.LIVE

    def read(self, record: ContactRecord) -> None:
        """Take a contact as HubSpot gave it: each value as of the record's own instant.

        A record that was read after a deletion shows a contact that lives again; one that is
        older than the deletion does not.
        """
        contact_id = self.final(record.contact_id)
        known = self.now.get(contact_id)
        if known is not None and known.state in (ContactState.ERASED, ContactState.MERGED):
            return
        at = record.updated_at
        state = ContactState.ARCHIVED if record.archived else ContactState.LIVE
        if known is None:
            known = Contact(contact_id, state, record.created_at, None, record.created_at)
        elif at > known.state_at and known.state is not state:
            known = replace(known, state=state, state_at=at)
        values = dict(known.values)
        for name, value in record.properties.items():
            _put(values, name, value, to_ms(at))
        created = known.created_at or record.created_at
        self._keep(replace(known, values=values, created_at=created))

    def set(self, contact_id: int, change: tuple[str, str | None], at: datetime) -> None:
        """Set one property, unless a later change of it is known."""
        contact = self.now.get(contact_id)
        # A merged contact's values are the survivor's own affair: they come by reading it.
        over = (ContactState.ERASED, ContactState.MERGED)
        if contact is None or contact.state in over or change[1] == REDACTED:
            return
        values = dict(contact.values)
        _put(values, change[0], change[1], to_ms(at))
        self._keep(replace(contact, values=values))

    def move(self, contact_id: int, state: ContactState, at: datetime) -> None:
        """Change a contact's state, unless a later change of it is known.

        At the same instant a deletion outweighs; an erasure is for ever, a merge too.
        """
        contact = self.now.get(contact_id)
        if state is ContactState.ERASED:
            self._keep(Contact(contact_id, state, at))
            return
        if contact is None:
            if state is ContactState.ARCHIVED:
                self._keep(Contact(contact_id, state, at))
            return
        if contact.state in (ContactState.ERASED, ContactState.MERGED):
            return
        later = at > contact.state_at
        ties = at == contact.state_at and state is ContactState.ARCHIVED
        if later or ties:
            self._keep(replace(contact, state=state, state_at=at))

    def merge(self, old_ids: Iterable[int], survivor: int, at: datetime) -> None:
        """Let one contact live on for others."""
        for old in old_ids:
            contact = self.now.get(old)
            if old == survivor or (contact and contact.state is ContactState.ERASED):
                continue
            self.now[old] = Contact(old, ContactState.MERGED, at, merged_into=survivor)
            self.merged.append((old, survivor))
        if survivor in self.now:
            self.touched.add(survivor)

    def _keep(self, contact: Contact) -> None:
        if self.now.get(contact.contact_id) != contact:
            self.now[contact.contact_id] = contact
            self.touched.add(contact.contact_id)

    def changes(self, events: Iterable[Event]) -> Changes:
        """Say what is different from what is stored."""
        changed = [
            contact
            for contact_id, contact in sorted(self.now.items())
            if self.stored.get(contact_id) != contact
        ]
        placed = [
            event if final == event.contact_id else replace(event, contact_id=final)
            for event in events
            for final in (self.final(event.contact_id),)
        ]
        return Changes(
            contacts=tuple(changed),
            merged=tuple((old, self.final(new)) for old, new in self.merged),
            gone=_in_state(changed, ContactState.ARCHIVED),
            erased=_in_state(changed, ContactState.ERASED),
            events=tuple(placed),
            touched=frozenset(each for each in self.touched if self.lives(each)),
        )


def _in_state(changed: list[Contact], state: ContactState) -> tuple[int, ...]:
    return tuple(contact.contact_id for contact in changed if contact.state is state)


def _put(values: dict[str, tuple[str | None, int]], name: str, value: str | None, at: int) -> None:
    """Let the later value stand; at one instant the greater text, so that order can't matter."""
    value = value or None
    if name.startswith(OWN_PREFIX):
        return
    known = values.get(name)
    if known is None or (known[1], known[0] or "") < (at, value or ""):
        values[name] = (value, at)
