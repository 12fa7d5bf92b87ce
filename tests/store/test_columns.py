"""Bodies come back as they came, however they lie in the database."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from integration.store import inbox
from integration.store.engine import Store
from integration.store.tables import inbox as table

NOON = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
FRAME = b"\x04\x22\x4d\x18"
DELIVERY = json.dumps(
    [{"eventId": place, "subscriptionType": "contact.creation"} for place in range(100)]
).encode()


def read(store: Store) -> list[bytes]:
    with store.read() as connection:
        return list(connection.scalars(sa.select(table.c.body).order_by(table.c.id)))


def as_it_lies(store: Store) -> list[bytes]:
    with store.read() as connection:
        return [bytes(body) for (body,) in connection.execute(sa.text("SELECT body FROM inbox"))]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" + b" " * 1021 + b"]",
        b"[" + b" " * 1022 + b"]",
        DELIVERY,
        bytes(range(256)) * 4096,
        FRAME,
        FRAME + b"is no frame",
    ],
    ids=["none", "small", "large", "delivery", "1 MiB", "a frame's beginning", "no frame"],
)
def test_a_body_comes_back_as_it_came(store: Store, body: bytes) -> None:
    with store.write() as connection:
        inbox.put(connection, [inbox.Arrived(body, NOON)])
    append = inbox.appending(store)
    append([inbox.Arrived(body, NOON)])()

    assert read(store) == [body, body]


def test_a_large_body_takes_little_room_and_a_small_one_none_of_the_time(store: Store) -> None:
    small, large = b"[" + b" " * 1021 + b"]", DELIVERY
    with store.write() as connection:
        inbox.put(connection, [inbox.Arrived(body, NOON) for body in (small, large)])

    kept = as_it_lies(store)

    assert kept[0] == small
    assert kept[1].startswith(FRAME)
    assert len(kept[1]) * 5 < len(large)


def test_what_was_kept_before_bodies_were_packed_is_read_as_ever(store: Store) -> None:
    with store.write() as connection:
        inbox.put(connection, [inbox.Arrived(b"[]", NOON)])
        connection.execute(sa.text("UPDATE inbox SET body = :body"), {"body": DELIVERY})

    assert read(store) == [DELIVERY]


def test_what_stands_in_a_packed_body_can_still_be_searched_for_as_raw_bytes(store: Store) -> None:
    """So that a search of the files shows whether an erasure left something of anybody."""
    said = json.loads(DELIVERY)
    said[50]["propertyValue"] = "q7Zr-marker-0X"
    with store.write() as connection:
        inbox.put(connection, [inbox.Arrived(json.dumps(said).encode(), NOON)])

    assert b"q7Zr-marker-0X" in as_it_lies(store)[0]
