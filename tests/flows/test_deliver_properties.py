"""Segue's properties on contacts: a hundred a call, only what changed, accounted for one by one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from integration import wiring
from integration.flows import deliver, survey
from integration.flows.turn import LEASE
from integration.hubspot.transport import Observed
from integration.store import sending
from mappings.writing import IntentKind
from sandbox import answers
from sandbox.answers import missing_error
from sandbox.faults import Fault, Kind
from sandbox.happening import USER
from sandbox.objects import batch, types
from sandbox.objects.merge import merge
from tests.flows.acting import (
    DAY,
    HOUR,
    MINUTE,
    UPDATES,
    asked,
    buy,
    move,
    people,
    press_retry,
    redefine,
    take_in,
    write,
    write_for,
    written,
)
from tests.house import RULES, House, files_of, settings_for

Json = dict[str, Any]


def test_a_hundred_contacts_fit_into_a_call_and_equal_values_make_none(house: House) -> None:
    """(45)"""
    with house.portal.quiet():
        swedes = people(house, 250, country="SE")
    house.install()
    assert {house.in_hubspot(each, "segue_segments") for each in swedes} == {"swedes"}
    assert asked(house, UPDATES) == [200, 200, 200]

    for each in ("NO", "SE"):
        move(house, each, *swedes[:3])
        take_in(house)
        house.clock.advance(MINUTE)
    house.settle()

    # Who left and came back has other moments of leaving and entering, nothing else.
    assert asked(house, UPDATES) == [200] * 4
    assert house.in_hubspot(swedes[0], "segue_last_left") == "swedes"
    house.pass_time(HOUR)
    assert asked(house, UPDATES) == [200] * 4


def test_the_moments_of_entering_and_leaving_are_instants_in_utc(house: House) -> None:
    """(36)"""
    [anna] = people(house, 1)
    house.install()
    assert house.in_hubspot(anna, "segue_last_entered_at") is None
    buy(house, anna)
    bought_at = house.clock.now()
    house.settle()
    assert house.in_hubspot(anna, "segue_last_entered") == "buyers"
    assert house.in_hubspot(anna, "segue_last_entered_at") == "2026-06-30T12:00:00.000Z"
    assert house.in_hubspot(anna, "segue_stage") == "customer"

    house.pass_time(30 * DAY)
    assert house.in_hubspot(anna, "segue_segments") == ""
    assert house.in_hubspot(anna, "segue_last_left") == "buyers"
    left = (bought_at + 30 * DAY).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert house.in_hubspot(anna, "segue_last_left_at") == left


def test_each_contact_of_a_partial_failure_is_accounted_for(house: House) -> None:
    """(24) One of the batch is gone from HubSpot: a 207 names it."""
    anna, bert = people(house, 2, country="SE")
    house.connect()
    while not house.contact_count():
        house.step()
    house.portal.contacts.records.pop(bert)
    house.settle()

    assert 207 in asked(house, UPDATES)
    assert house.in_hubspot(anna, "segue_segments") == "swedes"
    assert written(house, anna).state == "done"
    assert written(house, bert).state == "skipped"
    assert "deleted or merged" in written(house, bert).reason


def test_one_that_hubspot_forgot_to_answer_for_is_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """(24) A 200 with fewer results than inputs; and one refused alone, with a reason."""
    crowd = people(house, 3)
    house.install()
    answering, forgetting = answers.complete, [True]

    def complete(rows: list[Json], errors: list[Json], now: datetime) -> tuple[Json, int]:
        if not forgetting:
            return answering(rows, errors, now)
        forgetting.clear()
        refused = missing_error("No, not this one", [crowd[1]], "VALIDATION_ERROR")
        return answering(rows[:1], [refused], now)

    monkeypatch.setattr(batch, "complete", complete)
    move(house, "SE", *crowd)
    take_in(house)
    write(house)
    assert [written(house, each).state for each in crowd] == ["done", "dead", "due"]
    assert "didn't say what became of this contact" in written(house, crowd[2]).reason
    assert "No, not this one (VALIDATION_ERROR)" in written(house, crowd[1]).reason

    house.settle()
    assert house.in_hubspot(crowd[2], "segue_segments") == "swedes"


def test_a_slow_hubspot_runs_out_no_lease(house: House, database_url: str) -> None:
    """Each call takes a minute and a half: the rest is held on, and written as wished by then."""
    with house.portal.quiet():
        crowd = people(house, 250)
    house.install()
    move(house, "SE", *crowd)
    take_in(house)
    slow: list[int] = []

    def observer(seen: Observed) -> None:
        if seen.path.endswith("/batch/update"):
            slow.append(1)
            house.clock.advance(timedelta(seconds=90))
            if len(slow) == 1:
                move(house, "NO", crowd[249])
                take_in(house)
            # Another worker looks for work all the time.
            write(house)

    settings = settings_for(house.running.url, database_url)
    beside = wiring.build(settings, house.clock.now, files_of(RULES), observer)
    deliver.run(beside.tools)
    beside.store.engine.dispose()

    # Of a batch that nobody holds any more the second worker takes all: no contact is sent twice.
    assert len(asked(house, UPDATES)) == 3
    house.settle()
    assert {house.in_hubspot(each, "segue_segments") for each in crowd[:249]} == {"swedes"}
    assert house.in_hubspot(crowd[249], "segue_segments") in ("", None)


def test_an_option_that_an_admin_removed_ends_only_who_needs_it(house: House) -> None:
    """(21, 22, 25) One bad value fails a whole batch; the others are written all the same."""
    crowd = people(house, 40)
    house.install()
    options = house.portal.properties["0-1"].get("segue_segments").options
    fewer = tuple(each for each in options if each.value != "buyers")
    redefine(house, "segue_segments", options=fewer)

    buy(house, crowd[0])
    move(house, "SE", *crowd)
    house.settle()

    assert {house.in_hubspot(each, "segue_segments") for each in crowd[1:]} == {"swedes"}
    dead = written(house, crowd[0])
    assert dead.state == "dead"
    assert "with this option" in dead.reason
    assert "buyers was not one of the allowed options" in dead.reason
    assert asked(house, UPDATES).count(400) == 1, "HubSpot named the option: no guessing"
    now = redefine(house, "segue_segments", options=options)
    assert now.options == fewer, "no option is added without being asked"

    assert press_retry(house) == 1
    assert house.in_hubspot(crowd[0], "segue_segments") == "buyers;swedes"


def test_a_batch_that_one_contact_spoils_is_halved_down_to_it(house: House) -> None:
    """(14, 21, 22) HubSpot says no to a value without saying whose it is."""
    crowd = people(house, 30)
    house.install()
    # An admin made the property's type another one, and one contact has a word too many.
    redefine(house, "segue_stage", type="number", field_type="number", options=())

    buy(house, crowd[17])
    move(house, "SE", *crowd)
    house.settle()

    assert [each for each in crowd if written(house, each).state == "dead"] == [crowd[17]]
    others = [each for each in crowd if each != crowd[17]]
    assert {house.in_hubspot(each, "segue_segments") for each in others} == {"swedes"}
    assert asked(house, UPDATES).count(400) <= 6


def test_a_property_that_an_admin_archived_is_not_made_again(house: House) -> None:
    """(26) Stop, tell, wait for a person."""
    anna, bert = people(house, 2)
    house.install()
    book = house.portal.properties["0-1"]
    book.archive("segue_last_entered", house.clock.now())

    buy(house, anna)
    house.settle()
    assert written(house, anna).state == "dead"
    assert "was archived or deleted in HubSpot" in written(house, anna).reason
    assert asked(house, UPDATES) == [400]

    # Nothing more is sent while that is so, and nothing made.
    buy(house, bert)
    house.settle()
    house.pass_time(HOUR)
    assert asked(house, UPDATES) == [400]
    assert written(house, bert).reason == written(house, anna).reason
    assert book.live("segue_last_entered") is None
    assert house.listed("buyers") == {int(anna), int(bert)}, "lists go on"

    redefine(house, "segue_last_entered", archived_at=None)
    assert press_retry(house) == 2
    assert house.in_hubspot(bert, "segue_last_entered") == "buyers"


def test_one_that_hubspot_chokes_on_ends_up_alone(house: House) -> None:
    """(14) HubSpot answers 500 for one contact, again and again; the rest goes on."""
    crowd = people(house, 20)
    house.install()
    store, updating = house.portal.contacts, house.portal.contacts.check

    def check(properties: object, record: object) -> dict[str, str]:
        if record is store.records[crowd[5]] and "segue_segments" in properties:  # type: ignore[operator]
            raise ZeroDivisionError("HubSpot has a bad day with this one")
        return updating(properties, record)  # type: ignore[arg-type]

    store.check = check  # type: ignore[method-assign]
    move(house, "SE", *crowd)
    write_for(house, 7 * HOUR, 5 * MINUTE)

    others = [each for each in crowd if each != crowd[5]]
    assert {house.in_hubspot(each, "segue_segments") for each in others} == {"swedes"}
    dead = written(house, crowd[5])
    assert (dead.state, dead.reason[:23]) == ("dead", "HubSpot failed 16 times")
    assert len(asked(house, UPDATES)) < 60


def test_a_short_lived_fault_costs_nothing(house: House) -> None:
    """(13, 14) Not even with a page of HTML for an answer."""
    [anna] = people(house, 1)
    house.install()
    for kind in (Kind.SERVER_ERROR, Kind.BAD_GATEWAY, Kind.EMPTY_SERVER_ERROR, Kind.RESET):
        house.sandbox.faults.add(Fault(kind, path=UPDATES))
    buy(house, anna)
    house.settle()
    house.pass_time(MINUTE)

    assert house.in_hubspot(anna, "segue_segments") == "buyers"
    assert written(house, anna).state == "done"


def test_while_hubspot_is_away_one_call_finds_out_not_one_a_batch(house: House) -> None:
    """(13) The rest waits without having failed."""
    with house.portal.quiet():
        crowd = people(house, 250)
    house.install()
    house.sandbox.faults.add(Fault(Kind.RESET, path=UPDATES, times=2))
    move(house, "SE", *crowd)
    take_in(house)
    write(house)

    assert asked(house, UPDATES) == [0]
    attempts = [written(house, each).attempts for each in crowd]
    assert sorted(attempts) == [0] * 150 + [1] * 100
    house.settle()
    assert {house.in_hubspot(each, "segue_segments") for each in crowd} == {"swedes"}


def test_who_is_tried_no_more_comes_back_when_a_person_asks(house: House) -> None:
    """(14) Attempts are bounded, and what was given up is kept with its reason."""
    [anna] = people(house, 1)
    house.install()
    house.sandbox.faults.add(Fault(Kind.SERVER_ERROR, path=UPDATES, times=10_000))
    buy(house, anna)
    write_for(house, 7 * HOUR, 5 * MINUTE)
    assert written(house, anna).state == "dead"
    assert "status.hubspot.com" in written(house, anna).reason
    assert asked(house, UPDATES) == [500] * 16

    house.sandbox.faults.clear()
    press_retry(house)
    assert house.in_hubspot(anna, "segue_segments") == "buyers"


@pytest.mark.parametrize("kind", [Kind.LOCKED, Kind.MIGRATING])
def test_a_lock_and_a_migration_are_no_failures(house: House, kind: Kind) -> None:
    """(15)"""
    [anna] = people(house, 1)
    house.install()
    house.sandbox.faults.add(Fault(kind, path=UPDATES, times=30, retry_after=60))
    buy(house, anna)
    write_for(house, 20 * MINUTE, MINUTE)
    assert (written(house, anna).state, written(house, anna).attempts) == ("due", 0)

    house.sandbox.faults.clear()
    house.pass_time(2 * MINUTE)
    assert house.in_hubspot(anna, "segue_segments") == "buyers"


def test_a_limit_pauses_the_portal_and_counts_as_no_attempt(house: House) -> None:
    """(1)"""
    [anna] = people(house, 1)
    house.install()
    house.sandbox.faults.add(Fault(Kind.RATE_LIMIT, path="*/memberships/*"))
    buy(house, anna)
    take_in(house)
    before = house.calls()
    write(house)
    # The first call for the list found the door shut: nothing else is even tried.
    assert house.calls() - before <= 3
    assert asked(house, UPDATES) == []
    assert written(house, anna).attempts == 0

    house.settle()
    assert house.in_hubspot(anna, "segue_segments") == "buyers"
    assert house.listed("buyers") == {int(anna)}


def test_the_day_s_limit_parks_the_portal_until_its_midnight(house: House) -> None:
    """(3) The portal is in Berlin, where it is two hours later."""
    [anna] = people(house, 1)
    house.install()
    house.sandbox.faults.add(Fault(Kind.RATE_LIMIT, path="*/memberships/*", policy="DAILY"))
    buy(house, anna)
    take_in(house)
    write(house)
    calls = house.calls()
    house.clock.advance(timedelta(hours=9, minutes=59))
    take_in(house)
    write(house)
    assert house.calls() == calls

    house.pass_time(2 * MINUTE)
    assert house.in_hubspot(anna, "segue_segments") == "buyers"


def test_what_waits_is_kept_while_a_portal_is_disconnected(house: House) -> None:
    """(7, 8) An admin took the app out, and installs it again a day later."""
    anna, bert = people(house, 2)
    house.install()
    buy(house, anna)
    take_in(house)
    house.sandbox.uninstall(house.portal.hub_id, next(iter(house.sandbox.apps)))
    write(house)
    house.pass_time(DAY)
    assert house.state.value == "disconnected"
    calls = house.calls()
    house.pass_time(HOUR)
    assert house.calls() == calls
    assert written(house, anna).state == "due"

    buy(house, bert)
    house.connect()
    house.settle()

    assert house.state.value == "live"
    assert house.listed("buyers") == {int(anna), int(bert)}
    assert house.in_hubspot(anna, "segue_segments") == "buyers"
    assert house.in_hubspot(bert, "segue_segments") == "buyers"


def test_a_merged_contact_shows_its_own_segments_only(house: House) -> None:
    """(28) HubSpot fills what the survivor lacks with what the other one had."""
    anna = house.portal.contacts.create({"email": "anna@example.com", "country": "SE"}).id
    bert = house.portal.contacts.create({"email": "bert@example.com", "country": "DE"}).id
    house.install()
    house.clock.advance(MINUTE)

    merge(house.portal, types.CONTACT, (bert, anna), USER)
    assert house.in_hubspot(bert, "segue_segments") == "swedes"
    house.settle()

    assert house.listed("swedes") == house.members("swedes") == set()
    assert house.in_hubspot(bert, "segue_segments") == ""


def test_a_contact_that_is_restored_shows_what_it_is_in_now(house: House) -> None:
    """(29) It was a buyer when it was deleted, and is none when it comes back."""
    [anna] = people(house, 1, country="SE")
    house.install()
    house.clock.advance(MINUTE)
    house.portal.contacts.archive(anna)
    house.settle()
    assert house.members("swedes") == set()
    assert written(house, anna).state == "skipped"

    house.clock.advance(MINUTE)
    house.portal.contacts.restore(anna)
    move(house, "NO", anna)
    house.settle()
    house.pass_time(survey.CHECK_EVERY)

    assert house.in_hubspot(anna, "segue_segments") == ""
    assert house.listed("swedes") == house.members("swedes") == set()


def test_the_worker_that_died_with_items_in_hand_loses_none(house: House) -> None:
    [anna] = people(house, 1)
    house.install()
    buy(house, anna)
    take_in(house)
    claim = house.segue.tools.claim(LEASE)
    with house.segue.store.write() as connection:
        taken = sending.claim(
            connection, house.portal.hub_id, (IntentKind.PROPERTIES, None), claim, 10
        )
    assert len(taken) == 1
    write(house)
    assert house.in_hubspot(anna, "segue_segments") is None

    house.pass_time(LEASE)
    assert house.in_hubspot(anna, "segue_segments") == "buyers"
