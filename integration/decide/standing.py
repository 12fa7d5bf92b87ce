"""In which state a contact is, by what HubSpot told of it in whatever order: pure.

Three instants say all: when it was last known to live, last deleted, last merged. A merge counts
until the contact lives again under its own id; a deletion until it is restored. So the same news
leave the same contact, however often they come and in whatever order.
"""

from dataclasses import replace
from datetime import datetime

from mappings.model import Contact, ContactState


def unheard(contact_id: int, at: datetime) -> Contact:
    """Give a contact of whom nothing is known yet, for `lives`, `dies` or `merges` to follow."""
    return Contact(contact_id, ContactState.LIVE, at)


def lives(contact: Contact, at: datetime) -> Contact:
    """Take in that a contact lived at an instant."""
    return _stand(replace(contact, lived_at=_later(contact.lived_at, at)))


def dies(contact: Contact, at: datetime) -> Contact:
    """Take in that a contact was deleted at an instant (HubSpot can restore it)."""
    return _stand(replace(contact, gone_at=_later(contact.gone_at, at)))


def merges(contact: Contact, into: int, at: datetime) -> Contact:
    """Take in that another contact lives on for this one; of two merges the later stands."""
    known = contact.merged_into
    if known is not None and (contact.state_at, known) >= (at, into):
        return contact
    merged = replace(contact, state=ContactState.MERGED, state_at=at, merged_into=into)
    return _stand(merged)


def erased(contact_id: int, contact: Contact | None, at: datetime) -> Contact:
    """Take in that a contact was deleted for privacy: for ever, and nothing of it is kept."""
    again = contact is not None and contact.state is ContactState.ERASED
    last = max(at, contact.state_at) if contact is not None and again else at
    return Contact(contact_id, ContactState.ERASED, last)


def _stand(contact: Contact) -> Contact:
    """Say what the instants come to; what can make no difference any more is dropped."""
    lived, gone, merged = contact.lived_at, contact.gone_at, contact.merged_into is not None
    if merged and (lived is None or lived <= contact.state_at):
        # A deletion of the id that vanished is part of the merge; one after a return isn't.
        after = gone if gone is not None and gone > contact.state_at else None
        return replace(contact, lived_at=None, gone_at=after, values={})
    if gone is not None and (lived is None or lived <= gone):
        return _as(contact, ContactState.ARCHIVED, gone)
    return replace(_as(contact, ContactState.LIVE, lived or contact.state_at), gone_at=None)


def _as(contact: Contact, state: ContactState, at: datetime) -> Contact:
    return replace(contact, state=state, state_at=at, merged_into=None)


def _later(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else max(known, at)


def marked(contact: Contact) -> Contact:
    """Give the instants of a contact that was made with its state alone."""
    if contact.state is ContactState.LIVE and contact.lived_at is None:
        return replace(contact, lived_at=contact.state_at)
    if contact.state is ContactState.ARCHIVED and contact.gone_at is None:
        return replace(contact, gone_at=contact.state_at)
    return contact
