"""Erase a contact because somebody asks for it here, not in HubSpot."""

from dataclasses import dataclass

from integration.errors import SegueError
from integration.flows import erase
from integration.flows.tools import Tools
from integration.store import contacts, erasing, erasures, outbox, segments
from mappings.model import ContactState, Lane
from mappings.privacy import Erasure, Whom
from mappings.properties import load_properties
from mappings.writing import IntentKind


class ErasedBefore(SegueError):
    """This contact was erased before: nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Going:
    """What there is of a contact: all its ids and addresses, and its rows by table."""

    whom: Whom
    rows: dict[str, int]


def look(tools: Tools, portal_id: int, contact_id: int) -> Going:
    """Say what there is of a contact. Raises ErasedBefore."""
    with tools.store.read() as connection:
        known = contacts.load(connection, portal_id, [contact_id]).get(contact_id)
        if known is not None and known.state is ContactState.ERASED:
            raise ErasedBefore
        whom = erase.known_as(connection, portal_id, contact_id)
        rows = erasing.rows_of(connection, portal_id, whom)
    return Going(whom, {name: len(found) for name, found in rows.items() if found})


def withdraw(tools: Tools, portal_id: int, contact_id: int) -> str:
    """Take a contact out of Segue's lists in HubSpot and empty Segue's properties of it there.

    Gives why it wasn't done, empty where it was. A contact that HubSpot doesn't know any more is
    in no list.
    """
    with tools.store.read() as connection:
        listed = outbox.of(connection, portal_id, [contact_id], IntentKind.LIST)
        told = outbox.of(connection, portal_id, [contact_id], IntentKind.PROPERTIES)
        known = segments.lists(connection, portal_id)
    keys = {item.intent.target for item in listed if "in" in (item.written, item.intent.wanted)}
    ids = [kept.list_id for key, kept in sorted(known.items()) if key in keys and kept.list_id]
    empty = {own.definition.name: "" for own in load_properties().own}
    try:
        hub = tools.hub(portal_id, Lane.LIVE)
        for list_id in ids:
            hub.lists.change(list_id, remove=[contact_id])
        if told:
            hub.contacts.update([(contact_id, empty)])
    except SegueError as error:
        return str(error)
    return ""


def erase_now(tools: Tools, key: str, portal_id: int, contact_id: int) -> Erasure:
    """Erase a contact with all that was merged into it; give the erasure, at best with its report.

    Where bytes can't be removed just now, a worker does so and signs the report. Raises
    ErasedBefore.
    """
    going = look(tools, portal_id, contact_id)
    with tools.store.write() as connection:
        contacts.take_turn(connection, portal_id)
        outbox.lock(connection, portal_id, going.whom.ids)
        asked = ("command", tools.now())
        begun = erase.take_out(connection, portal_id, {contact_id: tools.now()}, asked)
        if not begun:
            raise ErasedBefore
        made = erasures.get(connection, begun[0])
    if made is None:
        raise ErasedBefore
    erase.sweep(tools, made)
    erase.finish(tools, key, going.whom.emails)
    return standing(tools, made)


def standing(tools: Tools, erasure: Erasure) -> Erasure:
    """Read an erasure as it stands now."""
    with tools.store.read() as connection:
        return erasures.get(connection, erasure.id) or erasure
