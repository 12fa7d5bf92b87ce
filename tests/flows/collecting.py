"""Send calls to the collector of a house, past its door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from integration.store import calls, keys
from integration.store.calls import Arrived
from integration.store.keys import Count, WriteKey
from integration.store.tables import calls as calls_table
from integration.store.tables import strays, visitors, visits
from mappings.instants import to_ms
from tests.house import HUB_ID, House

KEY = "a write key"
KEY_ID = keys.id_of(KEY)


def allow(house: House, consent: str = "", portal_id: int = HUB_ID) -> None:
    """Make the write key."""
    made = WriteKey(portal_id, KEY_ID, "Shop", (), consent, 500, house.clock.now())
    with house.segue.store.write() as connection:
        keys.add(connection, KEY, made)


def track(event: str, **said: Any) -> dict[str, Any]:
    """Make a track call; what isn't named is made up."""
    return {
        "type": "track",
        "event": event,
        "messageId": f"m-{event}-{sorted(said.items())}",
        **said,
    }


def identify(email: str = "", **said: Any) -> dict[str, Any]:
    """Make an identify call."""
    traits = {"email": email} if email else {}
    return {"type": "identify", "traits": traits, **said}


def send(house: House, *items: Any, at: datetime | None = None) -> None:
    """Let a batch come in, without a worker at it."""
    body = json.dumps({"batch": list(items)}).encode()
    with house.segue.store.write() as connection:
        came = Arrived(HUB_ID, KEY_ID, "batch", body, at or house.clock.now())
        calls.put(connection, [came])


def tell(house: House, *items: Any) -> None:
    """Let a batch come in, and be taken in and settled."""
    send(house, *items)
    house.settle()


def kinds(house: House, contact_id: int | str) -> list[str]:
    """Name what a contact did, oldest first."""
    return [event.kind for event in reversed(house.timeline(contact_id))]


def left(house: House) -> dict[str, int]:
    """Count what waits: requests, events without a name, events by address; links known."""
    tables = {"calls": calls_table, "visits": visits, "strays": strays, "visitors": visitors}
    with house.segue.store.read() as connection:
        return {
            name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for name, table in tables.items()
        }


def requests(house: House) -> list[Mapping[str, Any]]:
    """Read the requests that are kept."""
    with house.segue.store.read() as connection:
        rows = connection.execute(sa.select(calls_table).order_by(calls_table.c.id))
        return [dict(row) for row in rows.mappings()]


def count(house: House) -> Count:
    """Say how much came with the key."""
    with house.segue.store.read() as connection:
        day = house.clock.now().date()
        return keys.counts(connection, HUB_ID, day).get(KEY_ID, Count())


def ms(at: datetime) -> int:
    """Give an instant as the store has it."""
    return to_ms(at)
