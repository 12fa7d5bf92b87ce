"""What became of contacts that HubSpot no longer lists: deleted, merged, or gone for good."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from integration.flows.reading import read_contacts
from integration.flows.tools import Tools
from mappings.model import ContactRecord, Lane, Message, ObjectType

MOST_AT_ONCE: Final = 20  # each may take a call of its own


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What HubSpot says of contacts: those that live, and what webhooks would have told.

    `gone` are in neither: HubSpot knows nothing of them any more.
    """

    living: tuple[ContactRecord, ...]
    messages: tuple[Message, ...]
    gone: tuple[int, ...]


def ask(tools: Tools, portal_id: int, ids: Iterable[int]) -> Whereabouts:
    """Ask after contacts: 1. all together among the live, 2. among the deleted, 3. one by one.

    Asked for alone, an id that was merged away answers with the one that lives on.
    """
    wanted = set(ids)
    living = read_contacts(tools, portal_id, wanted, Lane.REPAIR)
    hub = tools.hub(portal_id, Lane.REPAIR)
    rest = sorted(wanted - living.keys())
    deleted = {record.contact_id: record for record in hub.contacts.read_archived(rest)}
    messages = [
        _message(portal_id, "deletion", each, record.updated_at) for each, record in deleted.items()
    ]
    gone: list[int] = []
    merged: dict[int, set[int]] = {}
    for each in rest:
        if each in deleted:
            continue
        survivor = hub.contacts.survivor(each)
        if survivor is None or survivor.contact_id == each:
            gone += [each] if survivor is None else []
        else:
            merged.setdefault(survivor.contact_id, set()).add(each)
    survivors = read_contacts(tools, portal_id, merged, Lane.REPAIR)
    for survivor_id, record in survivors.items():
        messages.append(_merge(portal_id, record, merged[survivor_id]))
    return Whereabouts((*living.values(), *survivors.values()), tuple(messages), tuple(gone))


def erasure(portal_id: int, contact_id: int, at: datetime) -> Message:
    """Say what a privacy deletion tells: HubSpot forgets nobody else for good."""
    return _message(portal_id, "privacyDeletion", contact_id, at)


def _merge(portal_id: int, record: ContactRecord, old_ids: set[int]) -> Message:
    """The merge was at the latest when the survivor changed last."""
    return Message(
        portal_id=portal_id,
        type="contact.merge",
        action="merge",
        object_type=ObjectType.CONTACT,
        object_id=record.contact_id,
        occurred_at=record.updated_at,
        event_id="",
        merged_ids=tuple(sorted(old_ids)),
        survivor_id=record.contact_id,
    )


def _message(portal_id: int, action: str, contact_id: int, at: datetime) -> Message:
    return Message(
        portal_id=portal_id,
        type=f"contact.{action}",
        action=action,
        object_type=ObjectType.CONTACT,
        object_id=contact_id,
        occurred_at=at,
        event_id="",
    )
