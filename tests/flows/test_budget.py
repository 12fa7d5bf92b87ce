"""The budget of calls: one for all threads and processes of a portal, search apart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from integration import wiring
from integration.decide.budget import rate
from integration.errors import BudgetSpent, DailyLimitReached, RateLimited
from integration.flows.gate import Gate
from integration.flows.tools import next_midnight
from integration.store.engine import open_store
from integration.wiring import Segue
from mappings.model import Bucket, Lane
from sandbox.faults import Fault, Kind
from tests.flows.entries import open_portal
from tests.house import HUB_ID, NOON, House

SECOND = timedelta(seconds=1)
WINDOW = 10 * SECOND


def busiest(instants: list[datetime], window: timedelta) -> int:
    """Count the calls in the fullest stretch of a length."""
    return max(
        (sum(start <= one < start + window for one in instants) for start in instants), default=0
    )


@pytest.fixture
def other(house: House) -> Iterator[Segue]:
    """A second process on the same database."""
    made = wiring.build(house.segue.settings, house.clock.now, house.segue.tools.books.files)
    yield made
    made.store.engine.dispose()


def ask(segue: Segue, lane: Lane, hub_id: int = HUB_ID) -> datetime | None:
    """Make one call; give the instant to come back at where none is granted."""
    try:
        segue.tools.hub(hub_id, lane).account()
    except BudgetSpent as spent:
        return spent.retry_at
    return None


def test_no_ten_seconds_see_more_calls_than_hubspot_allows(house: House, other: Segue) -> None:
    """Failure mode 1: two processes, several threads, one shared limiter, and no 429 ever."""
    house.install()
    house.clock.advance(2 * WINDOW)
    first = house.calls()
    lanes = [(house.segue, Lane.LIVE), (other, Lane.LIVE), (other, Lane.BULK)]

    def press(segue: Segue, lane: Lane) -> None:
        while ask(segue, lane) is None:
            pass

    for step in range(50):
        threads = [threading.Thread(target=press, args=pair) for pair in lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        house.clock.advance(timedelta(milliseconds=200 + step * 37 % 501))

    made = house.sandbox.calls.calls[first:]
    instants = [call.at for call in made]
    assert {call.status for call in made} == {200}
    assert busiest(instants, WINDOW) <= 110
    # And hardly fewer than it allows: a budget that isn't used is as bad.
    assert len(made) >= 100 * ((instants[-1] - instants[0]) // WINDOW)


def test_live_calls_go_at_once_where_they_are_few_and_evenly_where_they_are_many(
    small_house: House,
) -> None:
    """(1) They wait for their turn where they are, and a window isn't gone in its first half."""
    clock = small_house.clock

    def wait(seconds: float) -> bool:
        clock.advance(timedelta(seconds=seconds))
        return False

    gate, begun, granted = Gate(small_house.segue.store, clock.now, wait), clock.now(), []
    for _ in range(300):
        gate.take(HUB_ID, Bucket.GENERAL, Lane.LIVE)
        granted.append(clock.now())

    assert granted[:10] == [begun] * 10
    assert busiest(granted, SECOND) == 10
    assert busiest(granted, WINDOW) == 100
    assert granted[-1] - begun <= 30 * SECOND


def test_a_live_call_waits_no_longer_than_it_is_patient(small_house: House) -> None:
    """(1) HubSpot's own pause is longer: the work is due again after it."""
    clock, waited = small_house.clock, []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return True

    gate = Gate(small_house.segue.store, clock.now, wait)
    gate.block(HUB_ID, Bucket.GENERAL, 6, "HubSpot says so")

    with pytest.raises(BudgetSpent) as spent:
        gate.take(HUB_ID, Bucket.GENERAL, Lane.LIVE)

    assert (spent.value.retry_at, waited) == (clock.now() + 6 * SECOND, [])


def test_bulk_reading_leaves_a_share_to_what_is_live(small_house: House) -> None:
    """A backfill never keeps a webhook waiting."""
    house = small_house
    house.install()
    house.clock.advance(2 * WINDOW)

    bulk = sum(ask(house.segue, Lane.BULK) is None for _ in range(200))
    live = sum(ask(house.segue, Lane.LIVE) is None for _ in range(200))

    assert bulk == rate(Bucket.GENERAL, Lane.BULK).limit
    assert live == rate(Bucket.GENERAL, Lane.LIVE).limit - bulk == 2


def test_a_spent_budget_names_the_instant_when_there_is_a_call(small_house: House) -> None:
    """Failure mode 2: nobody sleeps, nobody storms: the work is due again just then."""
    house = small_house
    house.install()
    house.clock.advance(2 * WINDOW)
    while (free_at := ask(house.segue, Lane.LIVE)) is None:
        house.clock.advance(timedelta(milliseconds=50))

    house.clock.set(free_at - timedelta(milliseconds=1))
    assert ask(house.segue, Lane.LIVE) == free_at
    house.clock.set(free_at)
    assert ask(house.segue, Lane.LIVE) is None


def test_portals_dont_share_a_budget(small_house: House) -> None:
    """Failure mode 1: on a 429 that portal alone pauses."""
    house = small_house
    house.install()
    open_portal(house, HUB_ID + 1)
    house.settle()
    house.clock.advance(2 * WINDOW)
    house.sandbox.faults.add(Fault(Kind.RATE_LIMIT, hub_id=HUB_ID))

    with pytest.raises(RateLimited):
        ask(house.segue, Lane.LIVE)

    assert ask(house.segue, Lane.LIVE) == house.clock.now() + WINDOW
    assert ask(house.segue, Lane.LIVE, HUB_ID + 1) is None
    house.clock.advance(WINDOW)
    assert ask(house.segue, Lane.LIVE) is None


def test_hubspots_own_pause_is_kept_by_every_process(house: House, other: Segue) -> None:
    """Failure mode 2: Retry-After, where HubSpot gives one, is for all of them."""
    house.install()
    house.clock.advance(2 * WINDOW)
    house.sandbox.faults.add(Fault(Kind.RATE_LIMIT, retry_after=37))

    with pytest.raises(RateLimited):
        ask(house.segue, Lane.LIVE)
    calls = house.calls()

    assert ask(other, Lane.LIVE) == house.clock.now() + 37 * SECOND
    house.clock.advance(36 * SECOND)
    assert ask(other, Lane.LIVE) is not None
    assert house.calls() == calls
    house.clock.advance(SECOND)
    assert ask(other, Lane.LIVE) is None


def test_the_daily_limit_stops_every_bucket_until_midnight(small_house: House) -> None:
    """Failure mode 3: midnight where the portal is, here in Berlin."""
    house = small_house
    house.install()
    house.sandbox.faults.add(Fault(Kind.RATE_LIMIT, policy="DAILY"))

    with pytest.raises(DailyLimitReached):
        ask(house.segue, Lane.LIVE)

    midnight = NOON + timedelta(hours=10)
    gate = Gate(house.segue.store, house.clock.now)
    for bucket in Bucket:
        with pytest.raises(BudgetSpent) as spent:
            gate.take(HUB_ID, bucket, Lane.LIVE)
        assert spent.value.retry_at == midnight
    house.clock.set(midnight)
    assert ask(house.segue, Lane.LIVE) is None


def test_searches_are_counted_apart(house: House, database_url: str) -> None:
    """Failure mode 4: at most four a second of HubSpot's five, whatever else is called."""
    gates = [Gate(open_store(database_url), house.clock.now) for _ in range(2)]
    granted: list[datetime] = []

    for step in range(60):
        for gate in gates:
            try:
                gate.take(HUB_ID, Bucket.SEARCH, Lane.LIVE)
            except BudgetSpent:
                continue
            granted.append(house.clock.now())
        house.clock.advance(timedelta(milliseconds=50 + step % 3))

    assert busiest(granted, SECOND) == 4
    gates[0].take(HUB_ID, Bucket.GENERAL, Lane.LIVE)
    for gate in gates:
        gate.store.engine.dispose()


@pytest.mark.parametrize(
    ("zone", "now", "midnight"),
    [
        ("Europe/Berlin", "2026-06-30T12:00Z", "2026-06-30T22:00Z"),
        ("Europe/Berlin", "2026-06-30T22:00Z", "2026-07-01T22:00Z"),
        ("Europe/Berlin", "2026-10-24T22:30Z", "2026-10-25T23:00Z"),
        ("US/Pacific", "2026-06-30T06:59Z", "2026-06-30T07:00Z"),
        ("Asia/Kolkata", "2026-06-30T12:00Z", "2026-06-30T18:30Z"),
        ("Nowhere/Land", "2026-06-30T12:00Z", "2026-07-01T00:00Z"),
        ("", "2026-06-30T12:00Z", "2026-07-01T00:00Z"),
    ],
)
def test_a_day_ends_at_midnight_of_the_portals_zone(zone: str, now: str, midnight: str) -> None:
    """Failure mode 3, through summer time as well."""
    found = next_midnight(datetime.fromisoformat(now), zone)

    assert found == datetime.fromisoformat(midnight)
