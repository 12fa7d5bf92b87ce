"""Contacts on their way from what is stored to what will be.

Every value and every state carries HubSpot's instant, and the later one stands; so news that
comes twice, late or out of turn ends in the same contact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from mappings.instants import to_ms
from mappings.model import Contact, ContactRecord, ContactState, Event

OWN_PREFIX = "segue_"
REDACTED = "REDACTED"


@dataclass(frozen=True, slots=True)
class Changes:
    """What to store.

    `merged` are (old, new) ids; `gone` were deleted; of `erased` nothing may be kept. An event
    that is known already stands as it is, unless its source is in `restating`: then what the
    record says of it now takes the place of what it said before.
    """

    contacts: tuple[Contact, ...] = ()
    merged: tuple[tuple[int, int], ...] = ()
    gone: tuple[int, ...] = ()
    erased: tuple[int, ...] = ()
    events: tuple[Event, ...] = ()
    touched: frozenset[int] = frozenset()
    restating: frozenset[str] = frozenset()


class Draft:
    """Takes news of contacts in, piece by piece, and says at last what it changed."""

    def __init__(self, stored: Mapping[int, Contact]) -> None:
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

    def is_erased(self, contact_id: int) -> bool:
        contact = self.now.get(self.final(contact_id))
        return contact is not None and contact.state is ContactState.ERASED

    def read(self, record: ContactRecord) -> None:
        """Take a contact as HubSpot gave it: each value as of the record's own instant.

        A record that was read after a deletion shows a contact that lives again; one that is
        older than the deletion does not. One read before a merge says nothing of the survivor.
        """
        known, at = self.now.get(record.contact_id), record.updated_at
        if known is not None and known.state in (ContactState.ERASED, ContactState.MERGED):
            return
        state = ContactState.ARCHIVED if record.archived else ContactState.LIVE
        if known is None:
            known = Contact(record.contact_id, state, at, None, record.created_at)
        elif at > known.state_at:
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
            again = contact is not None and contact.state is ContactState.ERASED
            last = max(at, contact.state_at) if contact is not None and again else at
            self._keep(Contact(contact_id, state, last))
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
            if old == survivor or (contact and _stays_as_it_is(contact, survivor, at)):
                continue
            self.now[old] = Contact(old, ContactState.MERGED, at, merged_into=survivor)
            self.merged.append((old, survivor))
        if survivor in self.now:
            self.touched.add(survivor)

    def _keep(self, contact: Contact) -> None:
        if self.now.get(contact.contact_id) != contact:
            self.now[contact.contact_id] = contact
            self.touched.add(contact.contact_id)

    def changes(self, events: Iterable[Event], restating: frozenset[str]) -> Changes:
        """Say what is different from what is stored."""
        changed = [
            contact
            for contact_id, contact in sorted(self.now.items())
            if self.stored.get(contact_id) != contact
        ]
        merged = [(old, self.final(new)) for old, new in self.merged]
        # Who is merged into somebody erased takes nothing there.
        lost = [old for old, new in merged if self.is_erased(new)]
        return Changes(
            contacts=tuple(changed),
            merged=tuple(pair for pair in merged if pair[0] not in lost),
            gone=_in_state(changed, ContactState.ARCHIVED),
            erased=(*_in_state(changed, ContactState.ERASED), *lost),
            events=tuple(
                replace(event, contact_id=self.final(event.contact_id))
                for event in events
                if not self.is_erased(event.contact_id)
            ),
            touched=frozenset(each for each in self.touched if self.lives(each)),
            restating=restating,
        )


def _stays_as_it_is(contact: Contact, survivor: int, at: datetime) -> bool:
    """Is a merge of this contact no news? An erasure is for ever; of two merges the later is it."""
    if contact.state is ContactState.MERGED:
        return (contact.state_at, contact.merged_into or 0) >= (at, survivor)
    return contact.state is ContactState.ERASED


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
