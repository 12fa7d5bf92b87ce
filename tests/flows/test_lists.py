"""Segments as lists in HubSpot: made once, written in the fewest calls, never taken over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integration.flows import survey
from integration.flows.lists import ASKING
from integration.store import segments
from mappings.writing import IntentKind
from sandbox.errors import ApiError
from sandbox.faults import Fault, Kind
from tests.flows.acting import (
    CHANGES,
    CREATES,
    DAY,
    HOUR,
    MINUTE,
    asked,
    buy,
    its_list,
    known,
    move,
    people,
    press_retry,
    take_in,
    wish,
    write,
)
from tests.house import HUB_ID, House


def names(house: House) -> list[str]:
    """Name the lists in HubSpot."""
    return [each.name for each in house.portal.lists.lists.values()]


def test_a_segment_without_members_has_its_list_too(house: House) -> None:
    """A workflow can name it before anybody enters."""
    house.install()
    house.pass_time(survey.CHECK_EVERY)

    wanted = {f"Segue: {each.name}" for each in house.segue.tools.books.shipped.segments.values()}
    assert set(names(house)) == wanted
    assert known(house, "buyers").size == 0


def test_each_segment_gets_one_list_and_each_change_of_it_one_call(house: House) -> None:
    swedes = people(house, 5, country="SE")
    house.install()
    assert house.listed("swedes") == {int(each) for each in swedes}
    assert its_list(house, "swedes").name == "Segue: Swedes"
    assert its_list(house, "swedes").processing_type == "MANUAL"
    assert asked(house, CREATES, "POST") == [200] * len(house.segue.tools.books.shipped.segments)
    assert asked(house, CHANGES) == [200]

    for each in swedes[:2]:
        buy(house, each)
    move(house, "NO", *swedes[3:])
    house.settle()

    assert house.listed("swedes") == {int(each) for each in swedes[:3]}
    assert house.listed("buyers") == {int(each) for each in swedes[:2]}
    assert len(house.portal.lists.lists) == len(house.segue.tools.books.shipped.segments)
    assert asked(house, CHANGES) == [200, 200, 200], "adding and removing is one call a list"


def test_going_to_and_fro_between_deliveries_makes_no_call(house: House) -> None:
    """(45) What stands in HubSpot already is not written."""
    [anna] = people(house, 1, country="SE")
    house.install()
    before = asked(house, CHANGES)

    for country in ("NO", "SE", "NO", "SE"):
        move(house, country, anna)
        take_in(house)
        house.clock.advance(MINUTE)
    assert wish(house, anna, "swedes").state == "due"
    house.settle()

    assert asked(house, CHANGES) == before
    assert wish(house, anna, "swedes").state == "done"
    assert house.listed("swedes") == {int(anna)}


def test_our_own_writes_come_back_and_move_nothing(house: House) -> None:
    """(45) The echo of a write ends after it."""
    app = next(iter(house.sandbox.apps.values()))
    app.subscribe("contact.propertyChange", None, "segue_segments")
    app.subscribe("contact.propertyChange", None, "segue_last_entered_at")
    [anna] = people(house, 1)
    house.install()

    buy(house, anna)
    house.settle()
    calls = house.calls()
    for _ in range(3):
        house.step()

    assert house.in_hubspot(anna, "segue_segments") == "buyers"
    assert house.calls() == calls


def test_a_foreign_list_of_the_same_name_is_left_alone(house: House) -> None:
    """(40) Also one that was made a minute ago, and also where the first try broke off."""
    theirs = house.portal.lists.create("segue: swedes")
    people(house, 1, country="SE")
    house.sandbox.faults.add(Fault(Kind.SERVER_ERROR, path=CREATES, times=2))
    house.install()

    assert its_list(house, "swedes").name == "Segue: Swedes (2)"
    assert its_list(house, "swedes").id != theirs.id
    assert theirs.members == {}
    assert house.listed("swedes") == house.members("swedes")


def test_a_list_whose_creation_got_no_answer_is_found_again(house: House) -> None:
    """(40) HubSpot made the list, and the connection broke before it said so."""
    people(house, 1, country="SE")
    house.sandbox.faults.add(Fault(Kind.RESET, "POST", CREATES, after=True))
    started_at = house.clock.now()
    house.install()
    assert house.clock.now() - started_at < MINUTE, "nobody else is at it: no need to wait"
    assert names(house).count("Segue: Swedes") == 1
    assert house.listed("swedes") == house.members("swedes") != set()


def test_a_list_that_a_worker_died_over_is_found_again(house: House) -> None:
    """(40) It was created, and its id never stored."""
    [anna] = people(house, 1, country="SE")
    house.connect()
    with house.segue.store.write() as connection:
        span = (None, house.clock.now())
        assert segments.ask_list(connection, HUB_ID, "swedes", "Segue: Swedes", span)
    ours = house.portal.lists.create("Segue: Swedes")
    # Another worker may still be at it: it is given time to say so.
    for _ in range(20):
        house.step()
    assert wish(house, anna, "swedes").reason == "another worker creates its list"

    house.pass_time(ASKING)

    assert known(house, "swedes").list_id == ours.id
    assert names(house).count("Segue: Swedes") == 1
    assert house.listed("swedes") == {int(anna)}


def test_ids_that_hubspot_does_not_know_are_accounted_for(house: House) -> None:
    """(39) One is gone from HubSpot and nobody told us; the others stand in the list."""
    anna, bert = people(house, 2, country="SE")
    house.connect()
    while not house.contact_count():
        house.step()
    house.portal.contacts.records.pop(bert)
    house.settle()
    assert house.listed("swedes") == {int(anna)}
    assert wish(house, bert, "swedes").state == "skipped"
    assert "deleted or merged" in wish(house, bert, "swedes").reason
    assert wish(house, bert, "swedes").attempts > 0, "it might only have been too new"


def test_one_too_new_for_hubspots_lists_is_in_at_the_next_try(house: House) -> None:
    """(18, 39)"""
    anna, bert = people(house, 2, country="SE")
    house.connect()
    while not house.contact_count():
        house.step()
    record = house.portal.contacts.records.pop(bert)
    for _ in range(20):
        house.step()
    assert "don't know this contact yet" in wish(house, bert, "swedes").reason

    house.portal.contacts.records[bert] = record
    house.settle()

    assert house.listed("swedes") == {int(anna), int(bert)}


def test_a_list_that_an_admin_deleted_is_paused_and_told_and_the_others_go_on(
    house: House,
) -> None:
    """(40)"""
    anna, bert = people(house, 2, country="SE")
    house.install()
    gone = its_list(house, "swedes")
    house.portal.lists.delete(gone.id)

    move(house, "NO", anna)
    buy(house, bert)
    house.settle()

    paused = known(house, "swedes")
    assert (paused.state, paused.list_id) == ("stuck", gone.id)
    assert "was deleted in HubSpot" in paused.reason
    assert wish(house, anna, "swedes").state == "dead"
    assert wish(house, anna, "swedes").reason == paused.reason
    assert house.listed("buyers") == {int(bert)}

    # No further call is made for it, and it isn't made anew.
    before = asked(house, f"*/{gone.id}/memberships/*")
    move(house, "NO", bert)
    house.settle()
    assert asked(house, f"*/{gone.id}/memberships/*") == before
    assert names(house).count("Segue: Swedes") == 1

    house.portal.lists.restore(gone.id)
    assert press_retry(house) == 3
    assert house.listed("swedes") == house.members("swedes") == set()
    assert wish(house, anna, "swedes").state == "done"
    assert known(house, "swedes").state == "on"


def test_the_survey_finds_a_list_that_was_deleted_while_nothing_happens(house: House) -> None:
    """(40)"""
    people(house, 1, country="SE")
    house.install()
    house.portal.lists.delete(its_list(house, "swedes").id)

    house.pass_time(survey.CHECK_EVERY)

    assert known(house, "swedes").state == "stuck"


def test_a_list_that_was_made_active_is_refused_and_told(house: House) -> None:
    """(38)"""
    [anna] = people(house, 1, country="SE")
    house.install()
    its_list(house, "swedes").processing_type = "DYNAMIC"

    move(house, "NO", anna)
    house.settle()

    assert "DYNAMIC" in known(house, "swedes").reason
    assert wish(house, anna, "swedes").state == "dead"


def test_a_portal_that_may_have_no_more_lists_is_asked_once(house: House) -> None:
    """What HubSpot refuses for good is not asked for with each change."""
    house.sandbox.faults.add(Fault(Kind.WRONG_DATA_CENTRE, "POST", CREATES, times=99))
    anna, bert = people(house, 2, country="SE")
    house.install()
    each_once = [488] * len(house.segue.tools.books.shipped.segments)
    assert asked(house, CREATES, "POST") == each_once
    move(house, "NO", anna)
    house.settle()

    assert asked(house, CREATES, "POST") == each_once
    assert "can't be created" in known(house, "swedes").reason
    house.sandbox.faults.clear()
    press_retry(house)
    assert house.listed("swedes") == {int(bert)}


@pytest.mark.parametrize("minutes", [0, 10])
def test_a_call_whose_outcome_is_unknown_is_simply_made_again(house: House, minutes: int) -> None:
    """(13) Adding and removing twice is adding and removing once."""
    [anna] = people(house, 1, country="SE")
    house.install()
    fault = Fault(Kind.RESET, path=CHANGES, after=True, times=1 + minutes // 10)
    house.sandbox.faults.add(fault)
    move(house, "NO", anna)
    buy(house, anna)
    house.settle()
    house.pass_time(timedelta(minutes=minutes))

    assert house.listed("swedes") == house.members("swedes") == set()
    assert house.listed("buyers") == {int(anna)}


def test_what_comes_while_one_list_is_written_goes_along_with_the_next(house: House) -> None:
    """Calls are scarce: each takes all that is due by then."""
    anna, bert = people(house, 2)
    house.install()
    buy(house, anna)
    move(house, "SE", anna)
    take_in(house)

    def move_bert() -> None:
        move(house, "SE", bert)
        take_in(house)

    _during_the_call(house, move_bert)

    assert house.listed("buyers") == {int(anna)}
    assert house.listed("swedes") == {int(anna), int(bert)}
    assert asked(house, CHANGES) == [200, 200]


def test_a_wish_that_changes_while_it_is_written_is_written_too(house: House) -> None:
    """The older call's end doesn't count for the newer wish."""
    [anna] = people(house, 1, country="SE")
    house.install()
    move(house, "NO", anna)
    take_in(house)

    def change_her_mind() -> None:
        move(house, "SE", anna)
        take_in(house)

    _during_the_call(house, change_her_mind)
    assert wish(house, anna, "swedes").state == "due"
    assert (wish(house, anna, "swedes").intent.wanted, house.listed("swedes")) == ("in", set())

    house.settle()
    assert house.listed("swedes") == {int(anna)}
    assert wish(house, anna, "swedes").written == "in"


def test_a_wish_that_changes_during_a_call_that_fails_has_its_own_time(house: House) -> None:
    """(15) The older wish was put off for a minute; the newer one is due at once."""
    anna, bert = people(house, 2, country="SE")
    house.install()
    book, changing = house.portal.lists, house.portal.lists.add

    def locked(*_: object) -> None:
        book.add = changing  # type: ignore[method-assign]
        house.sandbox.lock.release()
        move(house, "SE", anna)
        take_in(house)
        house.sandbox.lock.acquire()
        raise ApiError(423, "The list is locked.", "LOCKED", {})

    move(house, "NO", anna, bert)
    take_in(house)
    book.add = locked  # type: ignore[method-assign, assignment]
    write(house)

    assert wish(house, bert, "swedes").reason.startswith("HubSpot is busy")
    assert (wish(house, anna, "swedes").reason, wish(house, anna, "swedes").lease) == ("", None)
    write(house)
    assert wish(house, anna, "swedes").state == "done"
    assert wish(house, bert, "swedes").state == "due"


def test_a_slow_worker_leaves_to_another_what_that_took_over(house: House) -> None:
    """The lease ran out during the call; the slow one's end is not the last word."""
    [anna] = people(house, 1, country="SE")
    house.install()
    move(house, "NO", anna)
    take_in(house)

    def somebody_else_writes() -> None:
        house.clock.advance(10 * MINUTE)
        write(house)
        move(house, "SE", anna)
        take_in(house)
        write(house)

    _during_the_call(house, somebody_else_writes)

    item = wish(house, anna, "swedes")
    assert (item.state, item.written, item.lease) == ("done", "in", None)


def test_a_contact_without_an_address_is_listed_like_any_other(house: House) -> None:
    """(43)"""
    nobody = house.portal.contacts.create({"firstname": "Nobody"}).id
    house.install()
    buy(house, nobody)
    house.settle()
    assert house.listed("buyers") == {int(nobody)}
    assert house.in_hubspot(nobody, "segue_segments") == "buyers"


def test_hundreds_change_in_one_call(house: House) -> None:
    """(39) Ten thousand ids fit into a call, beyond 2**31 each."""
    with house.portal.quiet():
        swedes = people(house, 260, country="SE")
    house.install()

    assert house.listed("swedes") == {int(each) for each in swedes}
    assert min(house.listed("swedes")) > 2**31
    assert asked(house, CHANGES) == [200]
    assert len(house.outbox(swedes[0], IntentKind.LIST)) == 1


def test_time_moves_a_list_as_behaviour_does(house: House) -> None:
    [anna] = people(house, 1)
    house.install()
    buy(house, anna)
    house.settle()
    house.pass_time(30 * DAY - HOUR)
    assert house.listed("buyers") == {int(anna)}

    house.pass_time(HOUR)

    assert house.listed("buyers") == set()


def _during_the_call(house: House, deed: object) -> None:
    """Let something happen while HubSpot works on a change of a list."""
    assert callable(deed)
    book = house.portal.lists
    adding, waiting = book.add, [deed]

    def add(*args: object) -> object:
        done = adding(*args)  # type: ignore[arg-type]
        if waiting:
            house.sandbox.lock.release()
            waiting.pop()()
            house.sandbox.lock.acquire()
        return done

    book.add = add  # type: ignore[method-assign, assignment]
    write(house)
    book.add = adding  # type: ignore[method-assign]
