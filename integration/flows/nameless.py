"""What the collector keeps for contacts: found once they are heard of, forgotten with them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from integration.decide.visitors import CONTACT, EMAIL
from integration.store import calls, contacts, timeline, visitors


def adopt(connection: Connection, portal_id: int, ids: set[int], now: datetime) -> set[int]:
    """Give contacts the events that named them by id before they were heard of; give who grew."""
    waited = visitors.take(connection, portal_id, [f"{CONTACT}{each}" for each in ids])
    if not waited:
        return set()
    survivor = contacts.survivors(connection, portal_id, ids)
    named = [(int(mark.removeprefix(CONTACT)), event) for mark, event in waited]
    owned = [replace(event, contact_id=survivor.get(told, told)) for told, event in named]
    return timeline.add(connection, portal_id, owned, now)


def forget(
    connection: Connection, portal_id: int, ids: Iterable[int], emails: Iterable[str]
) -> dict[str, int]:
    """Delete contacts' devices and users, what waits for them, and calls that name them.

    Gives how many rows went, by table.
    """
    persons = [f"{CONTACT}{each}" for each in ids] + [f"{EMAIL}{each}" for each in emails]
    gone = visitors.forget(connection, portal_id, persons)
    return gone | {"calls": calls.forget(connection, portal_id, emails)}
