"""What the collector keeps for contacts: found once they are heard of, forgotten with them."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy.engine import Connection

from integration.decide.visitors import CONTACT, EMAIL
from integration.store import calls, visitors
from mappings.model import Event


def adopt(connection: Connection, portal_id: int, ids: Iterable[int]) -> list[Event]:
    """Take the events that named contacts by id before they were heard of, for them to have."""
    waited = visitors.take(connection, portal_id, [f"{CONTACT}{each}" for each in ids])
    return [replace(event, contact_id=int(mark.removeprefix(CONTACT))) for mark, event in waited]


def forget(
    connection: Connection, portal_id: int, ids: Iterable[int], emails: Iterable[str]
) -> dict[str, int]:
    """Delete contacts' devices and users, what waits for them, and calls that name them.

    Gives how many rows went, by table.
    """
    persons = [f"{CONTACT}{each}" for each in ids] + [f"{EMAIL}{each}" for each in emails]
    gone = visitors.forget(connection, portal_id, persons)
    return gone | {"calls": calls.forget(connection, portal_id, emails)}
