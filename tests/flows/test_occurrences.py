"""Page visits, views of forms and custom events: read contact by contact, within a share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from integration import wiring
from integration.flows import patterns as flow
from integration.flows import sync
from integration.hubspot.transport import Observed
from integration.store import reads
from integration.store import sync as sync_store
from integration.store.sync import Source
from mappings.model import PortalState
from sandbox import acts
from sandbox.calls import Call
from sandbox.faults import Fault, Kind
from sandbox.happening import USER
from sandbox.marketing.acts import fill_form, occur, play_media, view_form, visit_page
from sandbox.marketing.model import Form, Occurrence
from sandbox.objects import types
from sandbox.objects.merge import merge
from sandbox.portal import Account
from tests.flows.entries import calls_of, kinds
from tests.house import HUB_ID, NOON, House, open_house

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PATH = "/events/event-occurrences/2026-03"
SHOP = "https://www.cdshop.example"


@pytest.fixture
def enterprise(database_url: str) -> Iterator[House]:
    """A house whose portal has an Enterprise subscription."""
    made = open_house(database_url, account=Account(tier="enterprise"))
    yield made
    made.close()


class Noting(dict[str, list[Occurrence]]):
    """The stand-in's occurrences, noting whose are asked for."""

    def __init__(self, kept: dict[str, list[Occurrence]], asked: list[str]) -> None:
        super().__init__(kept)
        self.asked = asked

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.append(key)
        return super().get(key, default)


def people(house: House, number: int) -> list[str]:
    with house.portal.quiet():
        return [
            house.portal.contacts.create({"email": f"p{place}@example.com"}).id
            for place in range(number)
        ]


def visit(house: House, contact_id: str, path: str, at: datetime | None = None) -> None:
    visit_page(house.portal, contact_id, (SHOP + path, "A page"), at or house.clock.now())


def source_of(house: House, name: str = "occurrences") -> Source:
    with house.segue.store.read() as connection:
        return {one.source: one for one in sync_store.every(connection, HUB_ID)}[name]


def calls(house: House) -> list[Call]:
    """Give the calls that asked about somebody, in order."""
    return [call for call in house.sandbox.calls.of(HUB_ID) if call.path == PATH]


def test_the_past_of_everybody_is_read_once(enterprise: House) -> None:
    house = enterprise
    anna, bert, cleo = people(house, 3)
    visit(house, anna, "/products/CD-001", NOON - DAY)
    view_form(house.portal, anna, "f-1", f"{SHOP}/e-book", NOON - HOUR)
    play_media(house.portal, bert, "Tour", 42, NOON - 2 * DAY)
    occur(house.portal, bert, f"pe{HUB_ID}_demo_booked", {"room": "blue"}, NOON - HOUR)

    house.install()

    assert sorted(kinds(house, anna)) == ["form_viewed", "page_viewed", "product_viewed"]
    assert kinds(house, bert) == ["video_watched", "custom.demo_booked"]
    assert kinds(house, cleo) == []
    source = source_of(house)
    assert (source.state, source.records, source.reason) == ("done", 4, "")
    with house.segue.store.read() as connection:
        assert reads.progress(connection, HUB_ID, "occurrences") == (3, 3)
    assert calls_of(house, "GET", PATH) == 3


def test_who_was_active_last_is_read_first(enterprise: House) -> None:
    house = enterprise
    ids = people(house, 4)
    house.portal.marketing.forms["f"] = Form("f", "Contact us", ("email",), NOON)
    for place, days in ((0, 9), (1, 2), (3, 5)):
        fill = {"email": f"p{place}@example.com"}
        with house.portal.quiet():
            fill_form(house.portal, "f", fill, SHOP, NOON - days * DAY)
    order: list[str] = []
    view = house.portal.marketing.occurrences
    house.portal.marketing.occurrences = Noting(view, order)

    house.install()

    assert [ids.index(one) for one in order] == [1, 3, 0, 2]


def test_a_portal_without_enterprise_goes_by_what_there_is(house: House) -> None:
    """Failure mode 11: the source is off with a reason; nothing else is."""
    anna, *_ = people(house, 3)
    visit(house, anna, "/products/CD-001", NOON - DAY)

    house.install()
    house.pass_time(HOUR)

    source = source_of(house)
    assert source.state == "off"
    assert "Enterprise" in source.reason
    assert "form submissions and e-mail events" in source.reason
    assert calls_of(house, "GET", PATH) == 1
    assert kinds(house, anna) == []
    assert house.state is PortalState.LIVE


def test_once_the_subscription_is_there_a_reread_wakes_it(house: House) -> None:
    anna, *_ = people(house, 3)
    visit(house, anna, "/products/CD-001", NOON - DAY)
    house.install()
    house.portal.account = Account(tier="enterprise")

    flow.reread(house.segue.tools, HUB_ID, "occurrences")
    house.settle()

    assert source_of(house).state == "done"
    assert sorted(kinds(house, anna)) == ["page_viewed", "product_viewed"]
    assert house.state is PortalState.LIVE


def test_new_visits_are_heard_of_the_sooner_the_later_somebody_was_active(
    enterprise: House,
) -> None:
    house = enterprise
    anna, bert = people(house, 2)
    visit(house, anna, "/about", NOON - HOUR)
    visit(house, bert, "/about", NOON - 10 * DAY)
    house.install()
    now = house.clock.now()
    visit(house, anna, "/pricing", now)
    visit(house, bert, "/pricing", now)

    house.pass_time(7 * MINUTE)
    assert (len(kinds(house, anna)), len(kinds(house, bert))) == (2, 1)
    house.pass_time(DAY + HOUR)
    assert (len(kinds(house, anna)), len(kinds(house, bert))) == (2, 2)


def test_who_does_something_else_is_asked_about_at_once(enterprise: House) -> None:
    """A form that is sent comes with the pages before it."""
    house = enterprise
    house.portal.marketing.forms["f"] = Form("f", "Contact us", ("email",), NOON)
    anna, _ = people(house, 2)
    visit(house, anna, "/about", NOON - 30 * DAY)
    house.install()
    house.pass_time(HOUR)
    before = calls_of(house, "GET", PATH)

    visit(house, anna, "/pricing")
    fill_form(house.portal, "f", {"email": "p0@example.com"}, SHOP, house.clock.now())
    house.pass_time(MINUTE)
    house.pass_time(MINUTE)

    assert Counter(kinds(house, anna))["page_viewed"] == 2
    assert calls_of(house, "GET", PATH) == before + 1


def test_an_occurrence_that_shows_up_late_is_read(enterprise: House) -> None:
    """Each look goes back an hour before the newest one seen."""
    house = enterprise
    anna, *_ = people(house, 1)
    visit(house, anna, "/about", NOON - MINUTE)
    house.install()

    visit(house, anna, "/pricing", NOON - 30 * MINUTE)
    house.pass_time(5 * MINUTE)

    assert len(kinds(house, anna)) == 2


def test_somebody_with_many_pages_is_read_page_by_page(enterprise: House) -> None:
    """Failure mode 16: the same instant on more than a page; the cursor is kept between calls."""
    house = enterprise
    anna, bert = people(house, 2)
    for number in range(230):
        visit(house, anna, f"/about?{number}", NOON - HOUR)
    visit(house, bert, "/about", NOON - HOUR)

    house.install()

    assert len(kinds(house, anna)) == 230
    assert calls_of(house, "GET", PATH) == 4
    with house.segue.store.read() as connection:
        found = reads.due(connection, HUB_ID, "occurrences", NOON + DAY, 9)
    assert {(one.after, one.newest, one.through) for one in found} == {(None, None, NOON - HOUR)}


def test_a_cursor_that_hubspot_forgot_begins_that_contact_anew(enterprise: House) -> None:
    house = enterprise
    anna, *_ = people(house, 1)
    for number in range(130):
        visit(house, anna, f"/about?{number}", NOON - HOUR - number * SECOND)
    house.connect()
    while not (reading := _under_way(house)):
        house.step()
        house.clock.advance(SECOND)
    kept = house.portal.marketing.occurrences[anna]
    house.portal.marketing.occurrences[anna] = [one for one in kept if one.id != reading]

    house.settle()

    assert source_of(house).state == "done"
    assert len(kinds(house, anna)) == 130


def _under_way(house: House) -> str | None:
    with house.segue.store.read() as connection:
        found = reads.due(connection, HUB_ID, "occurrences", house.clock.now(), 9)
    return next((one.after for one in found if one.after), None)


def test_what_was_read_before_a_refusal_stands(enterprise: House) -> None:
    """Failure modes 1, 14: nobody is asked about twice because HubSpot refused the next one."""
    house = enterprise
    ids = people(house, 8)
    for one in ids:
        visit(house, one, "/about", NOON - HOUR)

    def refuse_the_fifth(_: Observed) -> None:
        if len(calls(house)) == 4 and not refused:
            refused.append(True)
            house.sandbox.faults.add(Fault(Kind.RATE_LIMIT, path=PATH))

    refused: list[bool] = []
    settings, book = house.segue.settings, house.segue.tools.books.files
    house.segue.store.engine.dispose()
    house.segue = wiring.build(settings, house.clock.now, book, observer=refuse_the_fifth)

    house.install()

    assert all(kinds(house, one) == ["page_viewed"] for one in ids)
    assert Counter(call.status for call in calls(house)) == {200: 8, 429: 1}


def test_after_the_first_sync_it_takes_a_fifth_of_the_calls_at_most(enterprise: House) -> None:
    """Live traffic isn't starved, however many contacts are due."""
    house = enterprise
    ids = people(house, 60)
    for one in ids:
        visit(house, one, "/about", NOON - MINUTE)
    house.install()
    house.clock.advance(HOUR)
    began = len(calls(house))

    for _ in range(100):
        sync.run(house.segue.tools)
        house.clock.advance(SECOND / 10)

    assert 10 <= len(calls(house)) - began <= 30  # a fifth of 108 in ten seconds, and a page


def test_a_new_contact_of_whom_nothing_else_is_heard_is_found(enterprise: House) -> None:
    house = enterprise
    people(house, 1)
    house.install()
    cleo = house.portal.contacts.create({"email": "cleo@example.com"}).id
    house.settle()
    visit(house, cleo, "/pricing")

    house.pass_time(2 * HOUR)

    assert "page_viewed" in kinds(house, cleo)


def test_a_merge_brings_the_other_ones_visits(enterprise: House) -> None:
    """Failure mode 28: also those that were not read before the two became one."""
    house = enterprise
    anna, bert = people(house, 2)
    visit(house, anna, "/about", NOON - HOUR)
    house.install()
    visit(house, bert, "/pricing", NOON - 5 * HOUR)

    survivor = merge(house.portal, types.CONTACT, (anna, bert), USER).id
    house.pass_time(MINUTE)
    house.pass_time(MINUTE)

    assert Counter(kinds(house, survivor))["page_viewed"] == 2


def test_patterns_apply_to_what_comes_and_by_a_reread_to_the_past(enterprise: House) -> None:
    house = enterprise
    anna, *_ = people(house, 1)
    visit(house, anna, "/shop/1", NOON - 5 * HOUR)
    visit(house, anna, "/about", NOON - HOUR)
    house.install()
    tools = house.segue.tools
    assert kinds(house, anna) == ["page_viewed", "page_viewed"]

    flow.change(tools, HUB_ID, "product_pages", ("/shop/*",), "anna")
    visit(house, anna, "/shop/2")
    house.pass_time(10 * MINUTE)
    assert Counter(kinds(house, anna)) == {"page_viewed": 3, "product_viewed": 1}

    flow.reread(tools, HUB_ID, "occurrences")
    assert house.state.value == "syncing"
    house.settle()
    assert house.state.value == "live"
    assert Counter(kinds(house, anna)) == {"page_viewed": 3, "product_viewed": 2}
    first = house.timeline(anna)[-2:]
    assert {event.properties.get("category") for event in first if event.kind == "page_viewed"} == {
        "product"
    }


def test_what_a_visit_is_no_more_goes_with_a_reread(enterprise: House) -> None:
    """A pattern that was set by mistake can be taken back, also for the past."""
    house = enterprise
    anna, *_ = people(house, 1)
    visit(house, anna, "/about", NOON - HOUR)
    occur(house.portal, anna, f"pe{HUB_ID}_demo", {"room": "blue"}, NOON - HOUR)
    tools = house.segue.tools
    house.install()
    flow.change(tools, HUB_ID, "product_pages", ("*",), "anna")
    flow.change(tools, HUB_ID, "custom_events", ("demo is trial_started",), "anna")
    flow.reread(tools, HUB_ID, "occurrences")
    house.settle()
    assert sorted(kinds(house, anna)) == ["page_viewed", "product_viewed", "trial_started"]

    flow.change(tools, HUB_ID, "product_pages", None, "anna")
    flow.change(tools, HUB_ID, "custom_events", None, "anna")
    flow.reread(tools, HUB_ID, "occurrences")
    house.settle()

    assert sorted(kinds(house, anna)) == ["custom.demo", "page_viewed"]


def test_what_a_submission_is_no_more_goes_with_a_reread(house: House) -> None:
    house.portal.marketing.forms["f"] = Form("f", "Guide", ("email",), NOON)
    anna = fill_form(house.portal, "f", {"email": "anna@example.com"}, SHOP, NOON - DAY).id
    house.install()
    assert sorted(kinds(house, anna)) == ["form_submitted", "resource_downloaded"]

    flow.change(house.segue.tools, HUB_ID, "download_forms", (), "anna")
    flow.reread(house.segue.tools, HUB_ID, "forms")
    house.settle()

    assert kinds(house, anna) == ["form_submitted"]


def test_deals_and_properties_are_what_the_portal_says(house: House) -> None:
    """Told by webhook, by the patterns of that portal."""
    house.install()
    tools = house.segue.tools
    flow.change(tools, HUB_ID, "trial_stages", ("default/qualifiedtobuy",), "anna")
    flow.change(tools, HUB_ID, "property_events", ("country=NO is custom.moved_north",), "anna")
    anna = house.portal.contacts.create({"email": "anna@example.com", "country": "SE"}).id
    acts.open_deal(house.portal, anna, {"dealname": "Gold", "dealstage": "qualifiedtobuy"})
    house.settle()
    house.clock.advance(SECOND)
    house.portal.contacts.update(anna, {"country": "NO"})
    house.settle()

    assert sorted(kinds(house, anna)) == ["custom.moved_north", "trial_started"]
