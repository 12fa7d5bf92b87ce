"""Find the contact that somebody means: by id or e-mail address, merges followed."""

from sqlalchemy.engine import Connection

from integration.errors import SegueError
from integration.flows.holding import holder_of
from integration.store import contacts
from mappings.model import Contact


class NotThere(SegueError):
    """There is no such contact, segment or stage."""


def find(connection: Connection, portal_id: int, word: str) -> tuple[Contact, int | None]:
    """Give the contact of a portal, and the id that was asked for where another lives on for it.

    Raises NotThere.
    """
    contact_id = _id(connection, portal_id, word.strip())
    final = contacts.survivors(connection, portal_id, [contact_id]).get(contact_id, contact_id)
    found = contacts.load(connection, portal_id, [final]).get(final)
    if found is None:
        raise NotThere(
            f"portal {portal_id} has no contact {final}: HubSpot hasn't told of it. Its record id"
            " stands in the address of its page in HubSpot"
        )
    return found, contact_id if final != contact_id else None


def _id(connection: Connection, portal_id: int, word: str) -> int:
    if word.isascii() and word.isdigit() and len(word) < 19:
        return int(word)
    if "@" not in word:
        raise NotThere(f'"{word}" is neither the id of a contact nor an e-mail address')
    found = holder_of(connection, portal_id, word.lower())
    if found is None:
        raise NotThere(f"no contact of portal {portal_id} has the address {word}, or ever had it")
    return found
