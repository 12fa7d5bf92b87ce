"""The inbox: claims that exclude each other, and what becomes of a delivery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from integration.store import inbox, tables
from integration.store.engine import Store
from integration.store.inbox import Claim, Delivery, Tally

NOON = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PORTAL = 62_515_001


def claimed(store: Store, lease: str, now: datetime, limit: int = 10) -> list[Delivery]:
    with store.write() as connection:
        return inbox.claim(connection, Claim(lease, now, now + 60 * SECOND), limit)


def filled(store: Store, number: int = 3) -> None:
    with store.write() as connection:
        for place in range(number):
            body = b"\x00[%d]\xff" % place
            inbox.put(connection, [inbox.Arrived(body, NOON + place * SECOND)])


def state(store: Store) -> list[tuple[str, str, int]]:
    with store.read() as connection:
        query = sa.select(tables.inbox).order_by(tables.inbox.c.id)
        return [(row.state, row.reason, row.attempts) for row in connection.execute(query)]


def test_a_delivery_is_held_by_one_and_the_oldest_goes_first(store: Store) -> None:
    """Claims: a lease excludes others until it runs out; what isn't due yet is left alone."""
    filled(store)

    first = claimed(store, "a", NOON + SECOND, limit=1)
    second = claimed(store, "b", NOON + SECOND)
    later = claimed(store, "c", NOON + 61 * SECOND)

    assert [delivery.body for delivery in first] == [b"\x00[0]\xff"]
    assert [delivery.body for delivery in second] == [b"\x00[1]\xff"]
    assert [delivery.body[2:3] for delivery in later] == [b"0", b"1", b"2"]
    with store.read() as connection:
        ids = [delivery.id for delivery in later]
        assert inbox.still_held(connection, ids, "a") == set()
        assert inbox.still_held(connection, ids, "c") == set(ids)


def test_what_is_put_off_counts_only_real_attempts(store: Store) -> None:
    filled(store, 2)
    one, two = claimed(store, "a", NOON + SECOND)

    with store.write() as connection:
        inbox.put_off(connection, one, NOON + 9 * SECOND, True, "HubSpot failed")
        inbox.put_off(connection, two, NOON + 5 * SECOND, False, "no calls left")

    assert state(store) == [("due", "HubSpot failed", 1), ("due", "no calls left", 0)]
    assert [one.id for one in claimed(store, "b", NOON + 5 * SECOND)] == [two.id]
    assert [(one.id, one.attempts) for one in claimed(store, "c", NOON + 9 * SECOND)] == [
        (one.id, 1)
    ]


def test_what_is_done_or_given_up_is_never_claimed(store: Store) -> None:
    """A delivery that was given up can be brought back, one or all."""
    filled(store)
    done, dead, also = claimed(store, "a", NOON + 2 * SECOND)
    with store.write() as connection:
        inbox.finish(connection, done.id, Tally(3, 1, 1), NOON)
        inbox.bury(connection, dead.id, NOON, "not JSON")
        inbox.bury(connection, also.id, NOON, "not JSON")
    assert claimed(store, "b", NOON + timedelta(days=1)) == []

    with store.write() as connection:
        assert inbox.revive(connection, NOON, dead.id) == 1
        assert inbox.revive(connection, NOON) == 1

    assert {one.id for one in claimed(store, "c", NOON)} == {dead.id, also.id}


def test_a_lease_given_back_is_free_at_once(store: Store) -> None:
    filled(store, 2)
    one, two = claimed(store, "a", NOON + SECOND)
    with store.write() as connection:
        inbox.finish(connection, one.id, Tally(1, 0, 0), NOON)
        inbox.release(connection, "a")

    assert [delivery.id for delivery in claimed(store, "b", NOON + SECOND)] == [two.id]


def test_what_waits_for_a_portal_is_due_again_with_it(store: Store) -> None:
    """Failure mode 8: a re-install wakes that portal's deliveries, and nobody else's."""
    filled(store, 2)
    mine, other = claimed(store, "a", NOON + SECOND)
    with store.write() as connection:
        for delivery, portal_id in ((mine, PORTAL), (other, PORTAL + 1)):
            inbox.tag(connection, delivery.id, [portal_id])
            inbox.tag(connection, delivery.id, [portal_id])
            inbox.put_off(connection, delivery, NOON + 3600 * SECOND, False, "disconnected")

    with store.write() as connection:
        inbox.wake(connection, PORTAL, NOON + 5 * SECOND)

    assert [one.id for one in claimed(store, "b", NOON + 5 * SECOND)] == [mine.id]


def test_entries_are_heard_once_a_portal(store: Store) -> None:
    """Failure mode 30: more of them at once than an engine takes values."""
    names = [b"%016d" % number for number in range(1200)]
    with store.write() as connection:
        inbox.hear(connection, PORTAL, set(names[:700]), NOON)
        inbox.hear(connection, PORTAL, set(names[:700]), NOON)

        assert inbox.unheard(connection, PORTAL, names) == set(names[700:])
        assert inbox.unheard(connection, PORTAL + 1, names) == set(names)


def test_only_what_is_done_is_dropped_with_time(store: Store) -> None:
    """HubSpot repeats deliveries for a day; what still waits is kept for ever."""
    filled(store)
    done, dead, _due = claimed(store, "a", NOON + 2 * SECOND)
    with store.write() as connection:
        inbox.tag(connection, done.id, [PORTAL])
        inbox.finish(connection, done.id, Tally(1, 0, 0), NOON)
        inbox.bury(connection, dead.id, NOON, "not JSON")
        inbox.hear(connection, PORTAL, {b"old"}, NOON)
        inbox.hear(connection, PORTAL, {b"new"}, NOON + 2 * SECOND)

        assert inbox.prune(connection, NOON + SECOND) == 1
        assert inbox.unheard(connection, PORTAL, [b"old", b"new"]) == {b"old"}

    assert [one[0] for one in state(store)] == ["dead", "due"]
