"""Looking at a portal from time to time: workflows, list sizes, and lists that drifted."""

from __future__ import annotations

from datetime import timedelta

from integration.flows import survey
from integration.store import segments
from sandbox.faults import Fault, Kind
from tests.flows.acting import DAY, HOUR, asked, its_list, known, move, people, take_in, wish
from tests.house import HUB_ID, House

FLOWS = "/automation/v4/flows"
PAGES = "*/lists/2026-03/*/memberships"


def test_workflows_and_sizes_are_known_as_hubspot_has_them(house: House) -> None:
    people(house, 3, country="SE")
    house.add_workflow("Abandoned cart", enabled=False)
    house.install()
    house.pass_time(survey.CHECK_EVERY)
    with house.segue.store.read() as connection:
        [found] = segments.known_workflows(connection, HUB_ID)
    assert (found.name, found.enabled) == ("Abandoned cart", False)
    assert (known(house, "swedes").size, known(house, "swedes").state) == (3, "on")

    house.portal.marketing.workflows.clear()
    house.pass_time(survey.CHECK_EVERY)
    with house.segue.store.read() as connection:
        assert segments.known_workflows(connection, HUB_ID) == []


def test_a_fault_with_workflows_keeps_lists_from_nothing(house: House) -> None:
    """(11, 14) And what was known of workflows stays."""
    people(house, 1, country="SE")
    house.add_workflow("Abandoned cart")
    house.install()
    house.sandbox.faults.add(Fault(Kind.SERVER_ERROR, path=FLOWS, times=9))
    house.pass_time(survey.CHECK_EVERY)

    assert known(house, "swedes").size == 1
    with house.segue.store.read() as connection:
        assert len(segments.known_workflows(connection, HUB_ID)) == 1


def test_a_list_that_people_edited_is_put_right(house: House) -> None:
    """(39) One was taken out by hand, and a stranger put in."""
    anna, bert, cleo = people(house, 3, country="SE")
    stranger = house.portal.contacts.create({"email": "x@example.com"}).id
    house.install()
    swedes = its_list(house, "swedes")
    house.portal.lists.remove(swedes.id, [anna])
    house.pass_time(survey.CHECK_EVERY)
    assert house.listed("swedes") == {int(each) for each in (anna, bert, cleo)}

    # Of the right size, but the wrong people: found once a day.
    house.portal.lists.remove(swedes.id, [bert])
    house.portal.lists.add(swedes.id, [stranger])
    house.pass_time(survey.CHECK_EVERY)
    assert int(stranger) in house.listed("swedes")
    for _ in range(5):
        house.pass_time(5 * HOUR)
    assert house.listed("swedes") == house.members("swedes")
    assert wish(house, stranger, "swedes").written == "out"


def test_a_list_is_read_through_once_a_day_and_not_while_it_changes(house: House) -> None:
    """(39) Fewest calls: what waits to be written is no drift."""
    anna, bert = people(house, 2, country="SE")
    house.install()
    for _ in range(12):
        house.pass_time(4 * HOUR)
    assert asked(house, PAGES, "GET") == [200, 200]

    move(house, "NO", anna)
    take_in(house)
    house.clock.advance(survey.CHECK_EVERY)
    survey.run(house.segue.tools)
    assert asked(house, PAGES, "GET") == [200, 200]
    assert wish(house, anna, "swedes").version == 2
    house.settle()
    assert house.listed("swedes") == {int(bert)}


def test_a_portal_is_looked_at_no_more_often_than_need_be(house: House) -> None:
    house.install()
    house.pass_time(survey.CHECK_EVERY)
    looked = len(asked(house, FLOWS))

    house.pass_time(survey.CHECK_EVERY - timedelta(seconds=1))
    assert len(asked(house, FLOWS)) == looked
    house.pass_time(timedelta(seconds=1))
    assert len(asked(house, FLOWS)) == looked + 1
    house.pass_time(DAY)
    assert len(asked(house, FLOWS)) == looked + 2
