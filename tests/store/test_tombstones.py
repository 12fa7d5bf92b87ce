"""Tombstones: who was erased is known again, and nobody can read who it was."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from integration.store import addresses, contacts, tombstones
from integration.store.engine import Store
from integration.store.tables import salts
from integration.store.tables import tombstones as table
from mappings.model import Contact, ContactState, Sighting
from tests.house import NOON

PORTAL = 62_515_001
HUGE = 2**62 + 1
DAY = timedelta(days=1)


def test_who_was_erased_is_known_in_its_portal_alone(store: Store) -> None:
    """Failure modes 29 and 44: ids are whole numbers, however large."""
    with store.write() as connection:
        assert tombstones.of_contacts(connection, PORTAL, [1]) == {}
        assert tombstones.mark_of(connection, PORTAL, 1) == ""

        assert tombstones.bury(connection, PORTAL, [1, HUGE], ["ä@example.com"], NOON) == 3

        assert tombstones.of_contacts(connection, PORTAL, [1, 2, HUGE]) == {1: NOON, HUGE: NOON}
        found = tombstones.of_addresses(connection, PORTAL, ["ä@example.com", "1", "\ud800"])
        assert found == {"ä@example.com": NOON}
        assert tombstones.of_contacts(connection, PORTAL + 1, [1]) == {}


def test_the_later_erasure_stands(store: Store) -> None:
    with store.write() as connection:
        for at in (NOON, NOON + DAY, NOON - DAY):
            tombstones.bury(connection, PORTAL, [1], [], at)

        assert tombstones.of_contacts(connection, PORTAL, [1]) == {1: NOON + DAY}
        assert tombstones.bury(connection, PORTAL, [1], [], NOON) == 0


def test_the_same_contact_has_another_mark_in_another_portal(store: Store) -> None:
    with store.write() as connection:
        for portal_id in (PORTAL, PORTAL + 1):
            tombstones.bury(connection, portal_id, [1], [], NOON)
        marks = set(connection.scalars(sa.select(table.c.mark)))
        kept = set(connection.scalars(sa.select(salts.c.salt)))

        assert (len(marks), len(kept), {len(each) for each in kept}) == (2, 2, {32})


def test_an_erased_contact_is_loaded_as_erased_and_has_no_row(store: Store) -> None:
    whole = Contact(5, ContactState.LIVE, NOON, values={"email": ("a@example.com", 1)})
    with store.write() as connection:
        contacts.save(connection, PORTAL, [whole])
        addresses.see(connection, PORTAL, [Sighting(5, "a@example.com", NOON)])
        contacts.save(connection, PORTAL, [Contact(5, ContactState.ERASED, NOON + DAY)])

        erased = Contact(5, ContactState.ERASED, NOON + DAY)
        assert contacts.load(connection, PORTAL, [5, 6]) == {5: erased}
        assert contacts.known(connection, PORTAL, [5, 6]) == {5}
        assert contacts.number(connection, PORTAL) == 0
        assert addresses.of(connection, PORTAL, ["a@example.com"]) == []


def test_all_that_was_merged_into_a_contact_is_found(store: Store) -> None:
    """Failure mode 28: chains of merges, and those that HubSpot told in a ring."""
    pairs = [(1, 2), (2, 3), (4, 3), (6, 7), (8, 9), (9, 8)]
    merged = [Contact(old, ContactState.MERGED, NOON, merged_into=new) for old, new in pairs]
    with store.write() as connection:
        contacts.save(connection, PORTAL, merged)

        assert contacts.family(connection, PORTAL, 3) == {1, 2, 4}
        assert contacts.family(connection, PORTAL, 8) == {9}
        assert contacts.family(connection, PORTAL, 1) == set()
        assert contacts.family(connection, PORTAL + 1, 3) == set()
