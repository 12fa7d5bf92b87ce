"""Contacts, their addresses and timelines, as the store keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store import addresses, attribution, contacts, tables, timeline
from integration.store.engine import WRITES, Store
from integration.store.timeline import Stray
from mappings.instants import to_ms
from mappings.model import Contact, ContactState, Event, Sighting

NOON = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
PORTAL = 62_515_001
HUGE = 2**63 - 1
ANNA = Contact(
    HUGE,
    ContactState.LIVE,
    NOON,
    created_at=NOON,
    values={
        "email": ("Anna@Example.com", 5),
        "hs_additional_emails": ("a@example.com; b@example.com", 6),
        "firstname": ("Ann 🧵 \"'%_;", 7),
        "country": (None, 8),
    },
)


def merged(old: int, new: int) -> Contact:
    return Contact(old, ContactState.MERGED, NOON, merged_into=new)


def event(contact_id: int, name: str, source: str = "order", **values: str) -> Event:
    return Event(contact_id, name, "purchase", NOON, source, values)


def test_a_contact_comes_back_as_it_was_kept(store: Store) -> None:
    """Failure mode 44: any text, and ids as long as a BIGINT."""
    with store.write() as connection:
        contacts.save(connection, PORTAL, [ANNA])
        contacts.save(connection, PORTAL, [ANNA])

        assert contacts.load(connection, PORTAL, [HUGE, 1]) == {HUGE: ANNA}
        assert contacts.load(connection, PORTAL + 1, [HUGE]) == {}
        assert contacts.known(connection, PORTAL, [HUGE, 1]) == {HUGE}
        assert contacts.properties(connection, PORTAL, [HUGE])[HUGE]["country"] is None


def test_when_a_value_was_last_news_stays_known(store: Store) -> None:
    """Kept in milliseconds, and not lost where a contact is stored without news."""
    at = NOON + timedelta(milliseconds=7)
    ids = [ANNA.contact_id]
    with store.write() as connection:
        contacts.save(connection, PORTAL, [ANNA])
        properties = contacts.properties(connection, PORTAL, ids)
        assert contacts.as_learnt(connection, PORTAL, ids) == (properties, {})

        for learnt in ({HUGE: NOON}, {HUGE: at}, {}, {1: NOON}):
            contacts.save(connection, PORTAL, [ANNA], learnt)

        assert contacts.as_learnt(connection, PORTAL, ids) == (properties, {HUGE: to_ms(at)})
        assert contacts.as_learnt(connection, PORTAL + 1, ids) == ({}, {})


def test_all_who_were_merged_into_a_contact_are_found(store: Store) -> None:
    """Failure mode 28: also through others, and where records contradict each other."""
    with store.write() as connection:
        told = [merged(1, 2), merged(2, 5), merged(3, 5), merged(8, 9), merged(9, 8)]
        contacts.save(connection, PORTAL, told)

        assert contacts.family(connection, PORTAL, 5) == {1, 2, 3}
        assert contacts.family(connection, PORTAL, 2) == {1}
        assert contacts.family(connection, PORTAL, 1) == set()
        assert contacts.family(connection, PORTAL, 8) == {9}
        assert set(contacts.load_following(connection, PORTAL, [1, 8])) == {1, 2, 8, 9}


def test_sightings_of_addresses_are_kept_once_each(store: Store) -> None:
    """Failure mode 19."""
    seen = [Sighting(7, "a@example.com", NOON), Sighting(8, "a@example.com", NOON)]
    with store.write() as connection:
        addresses.see(connection, PORTAL, [*seen, seen[0]])
        addresses.see(connection, PORTAL + 1, seen[:1])
        addresses.see(connection, PORTAL, seen)
        assert sorted(addresses.of(connection, PORTAL, ["a@example.com"]), key=str) == seen
        assert addresses.of_contacts(connection, PORTAL, [8]) == seen[1:]

        contacts.forget(connection, PORTAL, [8])
        assert addresses.of(connection, PORTAL, ["a@example.com", "b@example.com"]) == seen[:1]


def test_merges_are_followed_to_their_end(store: Store) -> None:
    """Failure mode 28: HubSpot allows 250 of them, one after the other."""
    chain = [merged(number, number + 1) for number in range(1, 251)]
    with store.write() as connection:
        contacts.save(connection, PORTAL, [*chain, merged(900, 901), merged(901, 900)])

        assert contacts.survivors(connection, PORTAL, [1, 250, 251, 252]) == {1: 251, 250: 251}
        # What contradicts itself ends all the same.
        assert set(contacts.survivors(connection, PORTAL, [900])) == {900}


def take_turn_impatiently(store: Store) -> None:
    """Take the turn in another transaction, and give up at once where one has to wait."""
    with store.engine.connect() as other:
        if other.dialect.name == "sqlite":
            other.exec_driver_sql("PRAGMA busy_timeout=0")
            other.exec_driver_sql("BEGIN IMMEDIATE")
        writing = other.execution_options(**{WRITES: True})
        writing.execute(sa.text("SET LOCAL lock_timeout = '20ms'"))
        contacts.take_turn(writing, PORTAL)


def test_whoever_takes_a_portals_turn_keeps_others_waiting(store: Store) -> None:
    """Failure mode 20: on SQLite every write does."""
    with store.write() as first:
        contacts.take_turn(first, PORTAL)

        with pytest.raises(sa.exc.OperationalError, match="lock"):
            take_turn_impatiently(store)

        contacts.take_turn(first, PORTAL)


def test_an_event_stands_once_and_follows_its_record_only_where_it_shall(store: Store) -> None:
    """Failure mode 30; an order's total is written after the order."""
    orders = frozenset({"order"})
    with store.write() as connection:

        def add(*new: Event) -> set[int]:
            return timeline.add(connection, PORTAL, new, NOON, orders)

        assert add(event(1, "o"), event(1, "o"), event(2, "o"), event(1, "c", "cart")) == {1, 2}
        assert add(event(1, "o"), event(1, "c", "cart", amount="9")) == set()
        assert add(event(1, "o", amount="5"), event(2, "o")) == {1}

        assert {one.id: one.properties for one in timeline.of(connection, PORTAL, 1)} == {
            "o": {"amount": "5"},
            "c": {},
        }
        assert timeline.count(connection, PORTAL) == 3


def test_two_timelines_become_one_and_part_again(store: Store) -> None:
    """Failure mode 28: what both have stands once; each keeps what was told of it."""
    with store.write() as connection:
        timeline.add(connection, PORTAL, [event(1, "a"), event(1, "b"), event(HUGE, "b")], NOON)
        timeline.add(connection, PORTAL, [event(2, "c"), event(2, "b")], NOON)
        timeline.add(connection, PORTAL + 1, [event(1, "z")], NOON)

        attribution.lend(connection, PORTAL, HUGE, [1, 2])
        assert ids(connection, HUGE) == ["a", "b", "c"]
        timeline.add(connection, PORTAL, [event(HUGE, "c")], NOON)
        attribution.lend(connection, PORTAL, HUGE, [])

        assert ids(connection, HUGE) == ["b", "c"], "what was told of it meanwhile is its own"
        assert (ids(connection, 1), ids(connection, 2)) == (["a", "b"], ["b", "c"])
        assert len(timeline.of(connection, PORTAL + 1, 1)) == 1


def ids(connection: Connection, contact_id: int) -> list[str]:
    return [one.id for one in timeline.of(connection, PORTAL, contact_id)]


def test_strays_wait_for_their_address(store: Store) -> None:
    """Failure mode 19: seen by every poll, kept once, given away once."""
    waiting = [Stray("a@example.com", event(0, "m")), Stray("b@example.com", event(0, "m"))]
    with store.write() as connection:
        timeline.keep_strays(connection, PORTAL, waiting)
        timeline.keep_strays(connection, PORTAL, waiting)

        assert timeline.take_strays(connection, PORTAL, ["a@example.com"]) == waiting[:1]
        assert timeline.take_strays(connection, PORTAL, ["a@example.com"]) == []

        [left] = connection.execute(sa.select(tables.strays)).all()
        assert left.email == "b@example.com"


def test_what_an_address_told_is_found_by_it(store: Store) -> None:
    with store.write() as connection:
        told = replace(event(1, "m"), address="a@example.com")
        timeline.add(connection, PORTAL, [told, event(1, "o")], NOON)
        attribution.lend(connection, PORTAL, 2, [1])

        assert attribution.told_by(connection, PORTAL, [1, 2], "a@example.com") == [told]
        assert attribution.told_by(connection, PORTAL, [1, 2], "b@example.com") == []
        attribution.take(connection, PORTAL, told)
        assert ids(connection, 1) == ["o"]


@pytest.mark.parametrize("days", [0, 365 * 60])
def test_an_instant_is_kept_to_the_millisecond(store: Store, days: int) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days, milliseconds=1)
    with store.write() as connection:
        contacts.save(connection, PORTAL, [replace(ANNA, state_at=at, created_at=None)])

        kept = contacts.load(connection, PORTAL, [HUGE])[HUGE]

    assert (kept.state_at, kept.created_at) == (at, None)


def test_of_two_events_with_one_id_the_first_stands_also_when_they_come_together(
    store: Store,
) -> None:
    """(the language: "the first that was read stands")"""
    first, second = event(1, "a", amount="5"), event(1, "a", amount="7")

    with store.write() as connection:
        timeline.add(connection, PORTAL, [first, second], NOON)
        timeline.add(connection, PORTAL, [second], NOON)
        assert timeline.of(connection, PORTAL, 1) == [first]
        timeline.add(connection, PORTAL, [first, second], NOON, frozenset({"order"}))
        assert timeline.of(connection, PORTAL, 1) == [second], "its source tells anew"
