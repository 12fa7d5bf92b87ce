"""Contacts on their way from what is stored to what will be.

Every value and every state carries HubSpot's instant, and the later one stands; so news that
comes twice, late or out of turn ends in the same contact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from integration.decide import standing
from mappings.instants import to_ms
from mappings.model import (
    Contact,
    ContactRecord,
    ContactState,
    Event,
    ObjectType,
    Sighting,
    addresses_in,
)
from mappings.words import MODIFIED_AT

OWN_PREFIX = "segue_"
REDACTED = "REDACTED"
ADDRESSES = ("email", "hs_additional_emails")
OVER = (ContactState.ERASED, ContactState.MERGED)


@dataclass(frozen=True, slots=True)
class Changes:
    """What to store.

    `merged` are (old, new) ids; `returned` were merged and stand for themselves again; `gone` were
    deleted, `restored` live again after that; of `erased` nothing may be kept. `seen` says who had
    which address when. Events stand under the id they were told of. One that is known already
    stands as it is, unless its source is in `restating`: then what the record says of it now takes
    the place of what it said before. `renewed` are contacts a value of which is another now than
    was known.
    """

    contacts: tuple[Contact, ...] = ()
    merged: tuple[tuple[int, int], ...] = ()
    returned: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()
    restored: tuple[int, ...] = ()
    erased: tuple[int, ...] = ()
    seen: tuple[Sighting, ...] = ()
    events: tuple[Event, ...] = ()
    touched: frozenset[int] = frozenset()
    renewed: frozenset[int] = frozenset()
    restating: frozenset[str] = frozenset()


class Draft:
    """Takes news of contacts in, piece by piece, and says at last what it changed."""

    def __init__(self, stored: Mapping[int, Contact]) -> None:
        self.stored = {each: standing.marked(contact) for each, contact in stored.items()}
        self.now = dict(self.stored)
        self.merged: list[tuple[int, int]] = []
        self.touched: set[int] = set()
        self.seen: dict[Sighting, None] = {}

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

        A record that was read after a deletion or a merge shows a contact that lives again; one
        that is older does not, and one read before a merge says nothing of the survivor.
        """
        contact_id, at = record.contact_id, record.updated_at
        known = self.now.get(contact_id)
        if known is not None and known.state is ContactState.ERASED:
            return
        told = standing.dies if record.archived else standing.lives
        contact = told(known or standing.unheard(contact_id, at), at)
        if contact.state is ContactState.MERGED:
            return
        values = dict(contact.values)
        for name, value in record.properties.items():
            _put(values, name, value, to_ms(at))
        created = contact.created_at or record.created_at
        self._keep(replace(contact, values=values, created_at=created))
        for name in ADDRESSES:
            for email in _addresses(record.properties.get(name)):
                self.seen[Sighting(contact_id, email, at, True, record.absorbed)] = None
        self._absorb(record)

    def _absorb(self, record: ContactRecord) -> None:
        """Let ids that the record says it took in lead to it, unless they live here.

        So a merge is known that was never told of, as one before the install. An id that lives
        here waits for HubSpot to say that it is no more: it may have come back since.
        """
        if not record.archived:
            # That HubSpot goes on listing an id that leads here already is no news.
            new = [
                each for each in sorted(record.absorbed) if self.final(each) != record.contact_id
            ]
            absorbed = [each for each in new if not self.lives(each)]
            self.merge(absorbed, record.contact_id, record.updated_at)

    def set(self, contact_id: int, change: tuple[str, str | None], at: datetime) -> None:
        """Set one property, unless a later change of it is known."""
        if change[1] == REDACTED:
            return
        # Whose an address was is true also of one who is gone before anybody could read them.
        if change[0] in ADDRESSES:
            for email in _addresses(change[1]):
                self.seen[Sighting(contact_id, email, at)] = None
        contact = self.now.get(contact_id)
        if contact is None or contact.state is ContactState.ERASED:
            return
        # A merged contact's values are the survivor's own affair: they come by reading it.
        if contact.state is ContactState.MERGED:
            return
        values = dict(contact.values)
        _put(values, change[0], change[1], to_ms(at))
        self._keep(replace(contact, values=values))

    def move(self, contact_id: int, state: ContactState, at: datetime) -> None:
        """Change a contact's state, unless a later change of it is known.

        At the same instant a deletion outweighs; an erasure is for ever, a merge until the
        contact is told to live again.
        """
        contact = self.now.get(contact_id)
        if state is ContactState.ERASED:
            self._keep(standing.erased(contact_id, contact, at))
        elif contact is not None and contact.state is ContactState.ERASED:
            return
        elif state is ContactState.ARCHIVED:
            self._keep(standing.dies(contact or standing.unheard(contact_id, at), at))
        elif contact is not None:
            self._keep(standing.lives(contact, at))

    def restore(self, contact_id: int, at: datetime) -> None:
        """Let a contact live again; one that HubSpot told of and doesn't show is gone since."""
        if contact_id in self.now:
            self.move(contact_id, ContactState.LIVE, at)
        else:
            back = standing.lives(standing.unheard(contact_id, at), at)
            self._keep(standing.dies(back, at))

    def merge(self, old_ids: Iterable[int], survivor: int, at: datetime) -> None:
        """Let one contact live on for others."""
        for old in old_ids:
            known = self.now.get(old)
            if old == survivor or (known and known.state is ContactState.ERASED):
                continue
            contact = standing.merges(known or standing.unheard(old, at), survivor, at)
            if contact.merged_into == survivor and contact != known:
                self.now[old] = contact
                self.merged.append((old, survivor))
                self.touched.add(survivor)

    def _keep(self, contact: Contact) -> None:
        if self.now.get(contact.contact_id) != contact:
            self.now[contact.contact_id] = contact
            self.touched.add(contact.contact_id)

    def changes(self, events: Iterable[Event], restating: frozenset[str]) -> Changes:
        """Say what is different from what is stored."""
        self._erase_merged()
        changed = [
            contact
            for contact_id, contact in sorted(self.now.items())
            if self.stored.get(contact_id) != contact
        ]
        merged = [
            (old, self.final(new))
            for old, new in dict.fromkeys(self.merged)
            if self.now[old].merged_into == new
        ]
        touched = {self.final(each) for each in self.touched}
        return Changes(
            contacts=tuple(changed),
            merged=tuple(merged),
            returned=tuple(each.contact_id for each in changed if self._is_back(each)),
            gone=_in_state(changed, ContactState.ARCHIVED),
            restored=_in_state(filter(self._was_gone, changed), ContactState.LIVE),
            erased=_in_state(changed, ContactState.ERASED),
            seen=tuple(each for each in self.seen if not self.is_erased(each.contact_id)),
            events=tuple(event for event in events if not self.is_erased(event.contact_id)),
            touched=frozenset(each for each in touched if self.lives(each)),
            renewed=frozenset(each.contact_id for each in changed if self._is_renewed(each)),
            restating=restating,
        )

    def _erase_merged(self) -> None:
        """Let whoever is merged into somebody erased be erased, too: it takes nothing there."""
        ends = {old: self.now[self.final(new)] for old, new in self.merged if self.is_erased(new)}
        for old, end in ends.items():
            if self.now[old].state is ContactState.MERGED:
                self.now[old] = standing.erased(old, None, end.state_at)

    def _is_renewed(self, contact: Contact) -> bool:
        """Is any value news? The instant of HubSpot's last change isn't: Segue moves it, too."""
        before = self.stored.get(contact.contact_id)
        return before is None or _texts(contact) != _texts(before)

    def _was_gone(self, contact: Contact) -> bool:
        before = self.stored.get(contact.contact_id)
        return before is not None and before.state is ContactState.ARCHIVED

    def _is_back(self, contact: Contact) -> bool:
        before = self.stored.get(contact.contact_id)
        return (
            before is not None and before.state is ContactState.MERGED and contact.state not in OVER
        )


def _texts(contact: Contact) -> dict[str, str | None]:
    stamp = MODIFIED_AT[ObjectType.CONTACT]
    return {name: value for name, (value, _) in contact.values.items() if name != stamp}


def _addresses(text: str | None) -> list[str]:
    return sorted(addresses_in(text or ""))


def _in_state(changed: Iterable[Contact], state: ContactState) -> tuple[int, ...]:
    return tuple(contact.contact_id for contact in changed if contact.state is state)


def _put(values: dict[str, tuple[str | None, int]], name: str, value: str | None, at: int) -> None:
    """Let the later value stand; at one instant the greater text, so that order can't matter."""
    value = value or None
    if name.startswith(OWN_PREFIX):
        return
    known = values.get(name)
    if known is None or (known[1], known[0] or "") < (at, value or ""):
        values[name] = (value, at)
