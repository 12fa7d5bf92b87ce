"""The Webhooks Journal: what it tells goes the way of webhooks, once; uninstalls and lists, too."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from integration.flows import intake, journal, tokens
from integration.jobs import JOBS
from integration.store import journal as standing
from integration.store import portals, tables
from integration.store.journal import Standing
from mappings.model import PortalState
from sandbox import acts
from sandbox.faults import Fault, Kind
from sandbox.happening import USER
from sandbox.journal.model import Subscription
from sandbox.objects import types
from sandbox.objects.merge import merge
from tests.flows.acting import DAY, HOUR, MINUTE, SECOND, asked, buy, its_list, people
from tests.flows.entries import Crash, connect, contact, deliveries, dying, kinds, rows, values
from tests.flows.outages import rest, turn, watches, with_journal
from tests.house import APP_ID, CLIENT_ID, HUB_ID, NOON, House

POINTERS = "/webhooks-journal/journal/*"


@pytest.fixture
def heard(house: House) -> House:
    """A house whose app has a journal and whose webhooks get lost."""
    with_journal(house)
    return house


def poll(house: House) -> int:
    segue = house.segue
    return journal.run(segue.tools, segue.keeper, segue.journal, APP_ID)


def state(house: House) -> Standing:
    with house.segue.store.read() as connection:
        found = standing.get(connection, APP_ID)
    assert found is not None
    return found


def begin(house: House, number: int = 2, **values: str) -> list[str]:
    """Install with some contacts, and let webhooks get lost from then on."""
    ids = people(house, number, **values)
    house.install()
    rest(house)
    house.sandbox.webhooks.settings.paused = True
    house.clock.advance(HOUR)
    return ids


def test_what_webhooks_missed_is_read_in_the_journal(heard: House) -> None:
    """(28, 29) Changes, a creation, an order, a merge, a deletion, a privacy deletion."""
    house = heard
    anna, bert, cleo, dora = begin(house, 4, country="DE")
    portal = house.portal
    portal.contacts.update(anna, {"country": "SE"})
    new = portal.contacts.create({"email": "new@example.com", "country": "SE"}).id
    acts.place_order(portal, anna, {"hs_total_price": "10"})
    merge(portal, types.CONTACT, (anna, bert), USER)
    portal.contacts.archive(cleo)
    portal.forget(dora)

    assert poll(house) == 1
    house.settle()

    assert house.members("swedes") == house.listed("swedes") == {int(anna), int(new)}
    assert kinds(house, anna) == ["purchase"]
    states = [kept.state.value for one in (bert, cleo, dora) if (kept := contact(house, one))]
    assert states == ["merged", "archived", "erased"]
    assert {row.state for row in deliveries(house)} == {"done"}


def test_what_webhook_and_journal_both_tell_is_taken_in_once(heard: House) -> None:
    """(30, 31) Whichever comes first; and nothing is read of HubSpot for it again."""
    house = heard
    anna, bert = begin(house)
    house.sandbox.webhooks.settings.paused = False
    house.portal.contacts.update(anna, {"country": "SE"})
    new = house.portal.contacts.create({"email": "new@example.com"}).id
    buy(house, anna)
    house.hear()
    house.settle()
    calls = len(asked(house, "/crm/objects/*"))
    told = [row.heard_before for row in deliveries(house)]

    poll(house)
    house.step()
    house.step()

    assert len(asked(house, "/crm/objects/*")) == calls
    again = deliveries(house)[len(told) :]
    assert [(row.messages, row.skipped) for row in again] == [(again[0].heard_before, 0)]
    assert kinds(house, anna) == ["purchase"]
    assert contact(house, new)

    house.portal.contacts.update(bert, {"country": "NO"})
    house.clock.advance(journal.POLL)
    poll(house)
    intake.run(house.segue.tools)
    house.hear()
    house.settle()
    assert deliveries(house)[-1].heard_before == deliveries(house)[-1].messages
    assert values(house, bert, "country") == ["NO"]


def test_it_subscribes_to_what_matters_and_keeps_it_so(heard: House) -> None:
    house = heard
    begin(house, country="SE")
    wanted = [each.wanted for each in _subscriptions(house)]
    found = {(each.kind, each.object_type_id) for each in wanted}
    lists = {row.list_id for row in rows(house, tables.segments)}

    assert found == {
        ("APP_LIFECYCLE_EVENT", ""),
        ("GDPR_PRIVACY_DELETION", ""),
        ("LIST_MEMBERSHIP", ""),
        *(("OBJECT", each) for each in ("0-1", "0-3", "0-123", "0-142")),
        *(("ASSOCIATION", each) for each in ("0-3", "0-123", "0-142")),
    }
    [listed] = [each for each in wanted if each.kind == "LIST_MEMBERSHIP"]
    assert set(listed.list_ids) == lists
    [changes] = [each for each in wanted if each.object_type_id == "0-1"]
    assert {"country", "email", "lifecyclestage"} <= set(changes.properties)

    # Somebody took one away; and nobody asks again for an hour.
    poll(house)
    gone = _subscriptions(house)[0]
    house.sandbox.journal.of(CLIENT_ID).subscriptions.pop(gone.id)
    calls = len(asked(house, "/webhooks-journal/subscriptions/*"))
    house.clock.advance(MINUTE)
    poll(house)
    assert len(asked(house, "/webhooks-journal/subscriptions/*")) == calls
    house.clock.advance(journal.SUBSCRIBE)
    poll(house)
    assert gone.wanted in [each.wanted for each in _subscriptions(house)]


def _subscriptions(house: House) -> list[Subscription]:
    return list(house.sandbox.journal.of(CLIENT_ID).subscriptions.values())


def test_a_portal_without_a_permission_is_heard_of_what_it_permits(heard: House) -> None:
    """(11)"""
    house = heard
    withheld = ("crm.objects.orders.read", "e-commerce")
    app = house.sandbox.apps[CLIENT_ID]
    app.optional_scopes = tuple(one for one in app.optional_scopes if one not in withheld)
    [anna, _] = begin(house)
    house.portal.contacts.update(anna, {"country": "SE"})

    poll(house)
    house.settle()

    assert "0-123" not in {each.wanted.object_type_id for each in _subscriptions(house)}
    assert house.members("swedes") == {int(anna)}


def test_an_app_without_a_journal_does_without(house: House) -> None:
    """It says so, and looks again in a day."""
    people(house, 1)
    house.install()
    assert poll(house) == 0
    assert "gives this app no Webhooks Journal" in state(house).reason
    asks = len(asked(house, "/oauth/2026-03/token", "POST"))

    house.clock.advance(HOUR)
    poll(house)
    assert len(asked(house, "/oauth/2026-03/token", "POST")) == asks

    with_journal(house)
    house.clock.advance(DAY)
    poll(house)
    assert state(house).reason == ""
    assert state(house).polled_at == house.clock.now()


def test_nobody_asks_for_a_journal_before_anybody_installed(heard: House) -> None:
    assert poll(heard) == 0
    assert asked(heard, "/oauth/*") == []


def test_an_uninstall_disconnects_with_its_reason(heard: House) -> None:
    """No webhook tells of it; and what is waiting is kept for an install."""
    house = heard
    [anna, _] = begin(house)
    house.sandbox.uninstall(HUB_ID, CLIENT_ID)

    poll(house)

    with house.segue.store.read() as connection:
        portal = portals.get(connection, HUB_ID)
    assert portal is not None
    assert portal.state is PortalState.DISCONNECTED
    assert "uninstalled in HubSpot on 30 June 2026 at 13:" in portal.reason
    calls = house.calls()
    house.clock.advance(MINUTE)
    turn(house)
    assert house.calls() == calls

    house.portal.contacts.update(anna, {"country": "SE"})
    connect(house, HUB_ID)
    rest(house)
    assert house.state is PortalState.LIVE
    assert house.members("swedes") == {int(anna)}
    assert len(_subscriptions(house)) == 11


def test_an_uninstall_that_an_install_followed_is_no_news(heard: House) -> None:
    house = heard
    begin(house)
    house.sandbox.uninstall(HUB_ID, CLIENT_ID)
    connect(house, HUB_ID)

    poll(house)

    assert house.state is not PortalState.DISCONNECTED
    house.clock.advance(MINUTE)
    poll(house)
    assert len(_subscriptions(house)) == 11


def test_an_uninstall_that_cant_be_checked_is_read_again(heard: House) -> None:
    """(13) The offset stays until HubSpot has said whether it is so."""
    house = heard
    begin(house)
    house.sandbox.uninstall(HUB_ID, CLIENT_ID)
    offset = state(house).offset
    house.sandbox.faults.add(Fault(Kind.BAD_GATEWAY, path="/oauth/*"))

    assert poll(house) == 0
    assert (state(house).offset, house.state) == (offset, PortalState.LIVE)
    house.clock.advance(tokens.AFTER_FAILURE + MINUTE)
    poll(house)
    assert house.state is PortalState.DISCONNECTED


def test_a_list_that_people_edit_is_put_right_at_once(heard: House) -> None:
    """(39) Also where its size stays the same."""
    house = heard
    anna, bert = begin(house, country="SE")
    stranger = house.portal.contacts.create({"email": "x@example.com"}).id
    swedes = its_list(house, "swedes")
    house.portal.lists.remove(swedes.id, [anna])
    house.portal.lists.add(swedes.id, [stranger])

    poll(house)
    for _ in range(5):
        house.step()

    assert house.listed("swedes") == {int(anna), int(bert)}


def test_what_segue_wrote_itself_is_no_drift(heard: House) -> None:
    """(45)"""
    house = heard
    house.sandbox.webhooks.settings.paused = False
    begin(house, country="SE")
    house.sandbox.webhooks.settings.paused = False
    house.portal.contacts.create({"email": "x@example.com", "country": "SE"})
    house.hear()
    house.settle()
    writes = len(asked(house, "*/memberships/add-and-remove"))

    for _ in range(4):
        house.clock.advance(journal.POLL)
        turn(house)

    assert len(asked(house, "*/memberships/add-and-remove")) == writes


def test_many_small_files_are_pointed_at_by_one_call_and_stored_together(heard: House) -> None:
    house = heard
    [anna, _] = begin(house)
    poll(house)
    kept, pointers = len(deliveries(house)), len(asked(house, POINTERS))
    for place in range(60):
        house.clock.advance(SECOND)
        house.portal.contacts.update(anna, {"country": f"C{place}"})

    assert poll(house) == 60

    assert len(asked(house, POINTERS)) - pointers == 2, "the second finds nothing more"
    assert len(asked(house, "/journal-files/*")) >= 60
    assert len(deliveries(house)) - kept == 1
    house.settle()
    assert values(house, anna, "country") == ["C59"]


def test_what_was_read_before_a_file_that_cant_be_had_is_kept(heard: House) -> None:
    """(14) It goes on at that file."""
    house = heard
    [anna, _] = begin(house)
    poll(house)
    for place in range(5):
        house.clock.advance(SECOND)
        house.portal.contacts.update(anna, {"country": f"C{place}"})
    files = house.sandbox.journal.of(CLIENT_ID).entries[-5:]
    house.sandbox.faults.add(Fault(Kind.SERVER_ERROR, path=f"/journal-files/{files[3].offset}"))

    house.clock.advance(MINUTE)
    assert poll(house) == 3
    assert (state(house).offset, bool(state(house).reason)) == (files[2].offset, True)

    house.clock.advance(MINUTE)
    assert poll(house) == 2
    house.settle()
    assert values(house, anna, "country") == ["C4"]


def test_a_reading_that_dies_goes_on_at_its_file(
    heard: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file is lost, and none is taken in twice."""
    house = heard
    monkeypatch.setattr(journal, "ENOUGH", 1)
    house.sandbox.settings.journal_file_events = 3
    [anna, _] = begin(house)
    for place in range(10):
        house.clock.advance(SECOND)
        house.portal.contacts.update(anna, {"country": f"C{place}"})
        house.portal.contacts.create({"email": f"n{place}@example.com", "country": "SE"})

    deaths = 0
    while (state(house).polled_at or NOON) < house.clock.now() - 2 * MINUTE:
        deaths += 1
        with dying(house.segue, after=1 + deaths % 4), suppress(Crash):
            poll(house)
        house.clock.advance(timedelta(seconds=61))
        assert deaths < 60

    house.settle()
    assert deaths > 3
    assert values(house, anna, "country") == ["C9"]
    assert len(house.members("swedes")) == 10
    told = sum(row.messages for row in deliveries(house))
    assert told == sum(row.messages - row.heard_before for row in deliveries(house))


def test_two_workers_read_it_one_at_a_time(heard: House) -> None:
    house = heard
    begin(house)
    claim = house.segue.tools.claim()
    with house.segue.store.write() as connection:
        held = standing.claim(connection, APP_ID, claim)
        assert standing.claim(connection, APP_ID, house.segue.tools.claim()) is None
    assert held is not None

    house.clock.advance(timedelta(seconds=61))
    poll(house)

    with house.segue.store.write() as connection:
        assert not standing.advance(connection, held, claim.lease, "elsewhere", 1)


def test_an_offset_that_hubspot_forgot_begins_at_the_oldest(heard: House) -> None:
    """After more than three days everything is compared, besides."""
    house = heard
    [anna, _] = begin(house)
    house.portal.contacts.update(anna, {"country": "NO"})
    poll(house)
    due_at = watches(house)["reconcile"].due_at
    house.clock.advance(4 * DAY)
    house.portal.contacts.update(anna, {"country": "SE"})

    assert poll(house) == 1

    house.settle()
    assert values(house, anna, "country") == ["SE"]
    soon = house.clock.now() + MINUTE
    assert watches(house)["reconcile"].due_at <= soon, "at once, as calls come free"
    assert due_at is not None


def test_a_short_silence_compares_nothing(heard: House) -> None:
    house = heard
    begin(house)
    poll(house)
    due_at = watches(house)["reconcile"].due_at
    house.clock.advance(HOUR)
    poll(house)

    assert watches(house)["reconcile"].due_at == due_at


@pytest.mark.parametrize("kind", [Kind.SERVER_ERROR, Kind.RATE_LIMIT, Kind.RESET])
def test_its_bad_moments_only_delay(heard: House, kind: Kind) -> None:
    """(2, 13, 14)"""
    house = heard
    [anna, _] = begin(house)
    house.portal.contacts.update(anna, {"country": "SE"})
    house.sandbox.faults.add(Fault(kind, path="/webhooks-journal/journal/*"))

    assert poll(house) == 0
    assert state(house).reason
    house.clock.advance(MINUTE)
    assert poll(house) == 1
    assert state(house).reason == ""


def test_a_token_that_ended_is_got_anew(heard: House) -> None:
    """(5)"""
    house = heard
    [anna, _] = begin(house)
    poll(house)
    house.sandbox.tokens.access = {
        name: each for name, each in house.sandbox.tokens.access.items() if each.grant.hub_id
    }
    house.portal.contacts.update(anna, {"country": "SE"})
    house.clock.advance(journal.POLL)

    assert poll(house) == 1


def test_what_cant_be_read_is_counted_not_lost(heard: House) -> None:
    """(25) One event of an unknown shape, and one of a portal that isn't ours."""
    house = heard
    begin(house)
    before = len(deliveries(house))
    app = house.sandbox.journal.of(CLIENT_ID)
    for odd in ({"type": "news"}, {"portalId": 1, "action": "CREATE", "occurredAt": "2026-06-30"}):
        app.add(odd, house.clock.now(), 10_000)

    assert poll(house) == 1
    house.settle()

    assert [(row.state, row.skipped) for row in deliveries(house)[before:]] == [("done", 1)]


def test_it_can_be_switched_off(heard: House) -> None:
    house = heard
    people(house, 1)
    house.install()
    [job] = [each for each in JOBS if each.name == "journal"]
    off = replace(house.segue, settings=replace(house.segue.settings, journal=False))

    assert job.work(off) == 0
    assert asked(house, "/webhooks-journal/*") == []
    job.work(house.segue)
    assert asked(house, "/webhooks-journal/*")
