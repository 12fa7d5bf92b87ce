"""Held against HubSpot once a day: what differs is found, told, and put right."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from integration.flows import recheck, sync, whereabouts
from integration.flows.changes import WATCHED
from integration.flows.tools import next_quiet_hour
from integration.store import reconciliations, tables
from integration.store import sync as sync_store
from integration.store.reconciliations import Report
from sandbox.faults import Fault, Kind
from sandbox.happening import USER
from sandbox.objects import types
from sandbox.objects.merge import merge
from tests.flows.acting import DAY, HOUR, MINUTE, people
from tests.flows.entries import Crash, contact, dying, values
from tests.flows.outages import rest, watches
from tests.house import HUB_ID, NOON, House


def reports(house: House) -> list[Report]:
    with house.segue.store.read() as connection:
        return reconciliations.latest(connection, HUB_ID, 9)


def compare(house: House) -> Report:
    """Let everything be compared now; give the report."""
    before = len(reports(house))
    with house.segue.store.write() as connection:
        assert sync_store.hasten(connection, HUB_ID, recheck.NAME, house.clock.now())
    rest(house)
    found = reports(house)
    assert len(found) == before + 1
    return found[0]


def begin(house: House, number: int = 3, **values: str) -> list[str]:
    """Install, let an hour pass, and let webhooks and search tell nothing from then on."""
    ids = people(house, number, **values)
    house.install()
    rest(house)
    house.clock.advance(HOUR)
    rest(house)
    blind(house)
    return ids


def blind(house: House) -> None:
    """Let no webhook come and no change be searched for: the comparison is all there is."""
    house.sandbox.webhooks.settings.paused = True
    away = sa.update(tables.sync).where(tables.sync.c.source.in_(WATCHED))
    with house.segue.store.write() as connection:
        connection.execute(away.values(due_at=NOON + 900 * DAY))


def test_where_nothing_differs_nothing_is_said(house: House) -> None:
    begin(house)

    report = compare(house)

    assert (report.there, report.here, report.found) == (3, 3, {})
    assert report.differences == 0


def test_every_difference_is_found_told_and_put_right(house: House) -> None:
    """(28, 29) There and not here, here and not there, other values."""
    anna, bert, cleo, dora, emil = begin(house, 5, country="DE")
    contacts = house.portal.contacts
    contacts.update(anna, {"country": "SE"})
    contacts.archive(bert)
    merge(house.portal, types.CONTACT, (anna, cleo), USER)
    house.portal.forget(dora)
    new = contacts.create({"email": "new@example.com", "country": "SE"}).id
    house.clock.advance(HOUR)

    report = compare(house)

    assert dict(report.found) == {
        "changed": 1,
        "unknown": 1,
        "deleted": 1,
        "merged": 1,
        "erased": 1,
    }
    assert (report.there, report.here) == (3, 5)
    assert report.samples["merged"] == [int(cleo)]
    assert house.members("swedes") == house.listed("swedes") == {int(anna), int(new)}
    states = [
        kept.state.value for each in (bert, cleo, dora, emil) if (kept := contact(house, each))
    ]
    assert states == ["archived", "merged", "erased", "live"]
    assert contact(house, bert).state_at == contacts.records[bert].archived_at  # type: ignore[union-attr]
    assert compare(house).found == {}


def test_a_restored_contact_is_found(small_house: House) -> None:
    """(29)"""
    house = small_house
    [anna] = begin(house, 1, country="SE")
    house.portal.contacts.archive(anna)
    house.clock.advance(HOUR)
    compare(house)
    assert house.members("swedes") == set()
    house.portal.contacts.restore(anna)
    house.clock.advance(HOUR)

    assert compare(house).found == {"restored": 1}
    assert house.members("swedes") == {int(anna)}


def test_a_merge_that_made_a_third_id_is_found(small_house: House) -> None:
    """(28)"""
    house = small_house
    house.sandbox.settings.merge_makes_third_id = True
    anna, bert, _ = begin(house)
    third = merge(house.portal, types.CONTACT, (anna, bert), USER).id
    house.clock.advance(HOUR)

    report = compare(house)

    assert dict(report.found) == {"merged": 2, "unknown": 1}
    assert [contact(house, one).merged_into for one in (anna, bert)] == [int(third)] * 2  # type: ignore[union-attr]


def test_what_changed_just_now_is_no_difference(small_house: House) -> None:
    """A webhook is on its way."""
    house = small_house
    [anna, *_] = begin(house)
    house.portal.contacts.update(anna, {"country": "SE"})

    assert compare(house).found == {}
    assert values(house, anna, "country") == ["SE"]


def test_too_many_gone_for_good_are_not_believed(
    small_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forgetting can't be undone: a person is told, and nobody is erased."""
    house = small_house
    monkeypatch.setattr(recheck, "FEW_GONE", 2)
    monkeypatch.setattr(whereabouts, "MOST_AT_ONCE", 2)
    ids = begin(house, 6, country="SE")
    for one in ids[:5]:
        house.portal.forget(one)

    report = compare(house)

    assert report.found == {"erased": 2, "doubtful": 3}
    assert report.samples["doubtful"] == [int(one) for one in ids[2:5]]
    states = [kept.state.value for one in ids if (kept := contact(house, one))]
    assert states == ["erased", "erased", "live", "live", "live", "live"]


def test_many_pages_are_compared_and_a_death_anywhere_begins_none_again(house: House) -> None:
    """Killed between any two steps, it goes on where it was, to the same report."""
    ids = begin(house, 230)
    for one in ids[50:60]:
        house.portal.contacts.archive(one)
    for one in ids[120:125]:
        house.portal.contacts.update(one, {"country": "SE"})
    house.clock.advance(HOUR)
    with house.segue.store.write() as connection:
        sync_store.hasten(connection, HUB_ID, recheck.NAME, house.clock.now())
    before, deaths = house.calls(), 0
    while not reports(house):
        deaths += 1
        with dying(house.segue, after=3 + deaths % 9), suppress(Crash):
            while sync.run(house.segue.tools):
                pass
        house.clock.advance(timedelta(seconds=61))
        assert deaths < 80

    assert deaths > 2
    assert reports(house)[0].found == {"deleted": 10, "changed": 5}
    assert (reports(house)[0].there, reports(house)[0].here) == (220, 230)
    listed = [
        call
        for call in house.sandbox.calls.calls[before:]
        if call.method == "GET" and call.path.endswith("/contacts")
    ]
    assert 3 <= len(listed) <= 3 + deaths


def test_it_takes_half_of_the_calls_at_most(small_house: House) -> None:
    """(1) Whatever there is to compare, the rest of the budget is for what is alive."""
    house = small_house
    begin(house, 30)
    for one in list(house.portal.contacts.records)[:25]:
        house.portal.forget(one)
    house.clock.advance(20 * MINUTE)
    with house.segue.store.write() as connection:
        sync_store.hasten(connection, HUB_ID, recheck.NAME, house.clock.now())
    since = house.calls()

    while sync.run(house.segue.tools):
        pass

    assert len(house.sandbox.calls.calls) - since <= 54


def test_hubspots_bad_moments_only_delay_it(small_house: House) -> None:
    """(13, 14)"""
    house = small_house
    begin(house)
    for kind in (Kind.SERVER_ERROR, Kind.BAD_GATEWAY, Kind.RESET):
        house.sandbox.faults.add(Fault(kind, path="/crm/objects/*/contacts"))

    with house.segue.store.write() as connection:
        sync_store.hasten(connection, HUB_ID, recheck.NAME, house.clock.now())
    for _ in range(60):
        house.step()
        house.clock.advance(timedelta(seconds=2))

    assert [report.found for report in reports(house)] == [{}]


def test_it_comes_once_a_day_at_a_quiet_hour(small_house: House) -> None:
    """Between 2 and 4 at night where the portal is, which is Berlin."""
    house = small_house
    people(house, 1)
    house.install()
    rest(house)
    due_at = watches(house)["reconcile"].due_at
    assert due_at is not None
    assert 2 <= due_at.astimezone(ZoneInfo("Europe/Berlin")).hour < 4

    house.clock.set(due_at)
    rest(house)

    assert len(reports(house)) == 1
    assert watches(house)["reconcile"].due_at == due_at + DAY


def test_after_an_outage_it_may_come_before_the_look_for_changes(house: House) -> None:
    """(29) Whom it put right by then still has what changed meanwhile, and it comes once."""
    [anna] = begin(house, 1, lifecyclestage="lead")
    house.clock.advance(30 * HOUR)
    house.portal.contacts.update(anna, {"lifecyclestage": "customer"})
    changed_at = house.clock.now()
    house.clock.advance(HOUR)
    compare(house)
    assert changed_at not in [event.at for event in house.timeline(anna)]

    house.clock.advance(HOUR)
    with house.segue.store.write() as connection:
        sync_store.hasten(connection, HUB_ID, "contact_changes", house.clock.now())
    rest(house)

    told = [event.at for event in house.timeline(anna) if event.kind == "stage_changed"]
    assert changed_at in told
    assert len(reports(house)) == 1


@pytest.mark.parametrize(
    ("zone", "now"),
    [
        ("Europe/Berlin", "2026-06-30T12:00Z"),
        ("Europe/Berlin", "2026-10-24T22:30Z"),
        ("US/Pacific", "2026-06-30T09:00Z"),
        ("Nowhere/Land", "2026-06-30T23:59Z"),
    ],
)
def test_the_quiet_hour_is_the_portals_own(zone: str, now: str) -> None:
    begin = datetime.fromisoformat(now)
    found = next_quiet_hour(begin, zone, HUB_ID)

    assert begin < found <= begin + timedelta(hours=26)
    assert found != next_quiet_hour(begin, zone, HUB_ID + 1)
    following = next_quiet_hour(found, zone, HUB_ID)
    assert timedelta(hours=22) <= following - found <= timedelta(hours=26)
