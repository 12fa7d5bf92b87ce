"""Meetings, calls, tickets, plans, webinars and lifecycle history: first read, then kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from integration.flows import object_pages, sync
from integration.store import sync as sync_store
from integration.store import tables
from integration.store.sync import Source
from mappings.instants import to_ms
from mappings.writing import IntentKind
from sandbox import acts
from sandbox.marketing.acts import take_part
from sandbox.marketing.model import MarketingEvent
from sandbox.objects import types
from sandbox.portal import Account
from tests.flows.entries import calls_of, kinds
from tests.house import HUB_ID, NOON, House

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MEETING = {
    "hs_meeting_title": "Demo",
    "hs_meeting_start_time": "2026-06-30T08:00:00Z",
    "hs_meeting_end_time": "2026-06-30T08:30:00Z",
    "hs_meeting_outcome": "COMPLETED",
}
CALL = {"hs_timestamp": "2026-06-30T07:00:00Z", "hs_call_duration": "60000"}
PLAN = {
    "hs_name": "Gold",
    "hs_status": "active",
    "hs_recurring_billing_start_date": "2026-06-01",
    "hs_next_payment_amount": "29",
    "hs_number_of_completed_payments": "1",
}
OBJECT_SOURCES = ("subscriptions", "meetings", "calls", "tickets", "webinars", "history")


def sources(house: House) -> dict[str, Source]:
    with house.segue.store.read() as connection:
        return {each.source: each for each in sync_store.every(connection, HUB_ID)}


def told(house: House, contact_id: str) -> list[tuple[str, str, dict[str, str]]]:
    """A contact's events, oldest first: kind, instant, properties."""
    line = reversed(house.timeline(contact_id))
    return [
        (each.kind, each.at.isoformat(timespec="milliseconds")[:-6], dict(each.properties))
        for each in line
    ]


def hold(house: House, name: str, ends_in: timedelta) -> str:
    """Announce a webinar."""
    events = house.portal.marketing.events
    event_id = str(9_000_000_001 + len(events))
    ends_at = house.clock.now() + ends_in
    events[event_id] = MarketingEvent(event_id, name, ends_at - DAY / 24, ends_at, NOON - DAY)
    return event_id


def poll(house: House, seconds: int = 4) -> None:
    """Let what is due be polled; all objects together make more searches than a second allows."""
    for _ in range(seconds):
        house.pass_time(timedelta(seconds=1))


def furnish(house: House) -> str:
    """Give the portal a contact with a past of every kind; give its id."""
    portal = house.portal
    with portal.quiet():
        anna = portal.contacts.create(
            {"email": "anna@example.com", "lifecyclestage": "lead"}, at=NOON - 9 * DAY
        ).id
        portal.contacts.update(anna, {"lifecyclestage": "opportunity"}, at=NOON - 5 * DAY)
        acts.engage(portal, types.MEETING, anna, MEETING)
        acts.engage(portal, types.CALL, anna, CALL)
        ticket = acts.engage(portal, types.TICKET, anna, {"hs_ticket_priority": "HIGH"})
        portal.stores["0-5"].update(ticket.id, {"hs_pipeline_stage": "4"})
        acts.engage(portal, types.SUBSCRIPTION, anna, PLAN)
    take_part(portal, (anna, hold(house, "Knots", DAY)), "REGISTERED", NOON - DAY)
    return anna


def test_the_past_of_every_object_is_read(house: House) -> None:
    """Issue 4, item 1: each with its own progress, in the portal's own time zone."""
    anna = furnish(house)

    house.install()

    noon = "2026-06-30T12:00:00.000"
    ticket = {"pipeline": "Support Pipeline", "priority": "HIGH"}
    assert sorted(told(house, anna)) == sorted(
        [
            ("stage_changed", "2026-06-21T12:00:00.000", {"to": "lead"}),
            (
                "stage_changed",
                "2026-06-25T12:00:00.000",
                {"from": "lead", "to": "opportunity"},
            ),
            ("meeting_booked", noon, {"title": "Demo", "seconds": "1800"}),
            ("meeting_held", "2026-06-30T08:30:00.000", {"title": "Demo", "seconds": "1800"}),
            ("call_logged", "2026-06-30T07:00:00.000", {"seconds": "60"}),
            ("ticket_opened", noon, ticket),
            ("ticket_closed", noon, ticket),
            ("plan_started", "2026-05-31T22:00:00.000", {"plan": "Gold", "amount": "29"}),
            ("webinar_registered", "2026-06-29T12:00:00.000", {"webinar": "Knots"}),
        ]
    )
    assert {
        name: (sources(house)[name].state, sources(house)[name].records) for name in OBJECT_SOURCES
    } == dict.fromkeys(OBJECT_SOURCES, ("done", 1))


def test_what_they_do_then_is_heard_at_once(house: House) -> None:
    """By the subscriptions that docs/installing.md asks for; nothing is read by search for it."""
    anna = furnish(house)
    house.install()
    before = set(map(str, told(house, anna)))

    house.clock.advance(MINUTE)
    portal = house.portal
    meeting = acts.engage(portal, types.MEETING, anna, {"hs_meeting_outcome": "SCHEDULED"})
    acts.engage(portal, types.CALL, anna, {"hs_call_status": "BUSY"})
    [ticket] = portal.stores["0-5"].records
    portal.stores["0-5"].update(ticket, {"hs_pipeline_stage": "1"})
    [plan] = portal.stores["0-69"].records
    portal.stores["0-69"].update(plan, {"hs_number_of_completed_payments": "2"})
    portal.contacts.update(anna, {"lifecyclestage": "customer"})
    house.settle()
    house.clock.advance(MINUTE)
    portal.stores["0-47"].update(
        meeting.id, {"hs_meeting_outcome": "COMPLETED", "hs_meeting_end_time": to_ms(NOON)}
    )
    portal.stores["0-5"].update(ticket, {"hs_pipeline_stage": "4"})
    portal.stores["0-69"].update(plan, {"hs_status": "canceled"})
    house.settle()

    fresh = [one for one in told(house, anna) if str(one) not in before]
    assert [(kind, at[11:16]) for kind, at, _ in fresh] == [
        ("meeting_held", "12:00"),
        *sorted(
            [
                ("meeting_booked", "12:01"),
                ("call_logged", "12:01"),
                ("plan_renewed", "12:01"),
                ("stage_changed", "12:01"),
            ],
            key=lambda one: [kind for kind, at, _ in fresh if at[11:16] == "12:01"].index(one[0]),
        ),
        *[(kind, "12:02") for kind, at, _ in fresh if at[11:16] == "12:02"],
    ]
    assert {kind for kind, at, _ in fresh if at[11:16] == "12:02"} == {
        "ticket_closed",
        "plan_cancelled",
    }
    moved = [values for kind, _, values in fresh if kind == "stage_changed"]
    assert moved == [{"from": "opportunity", "to": "customer"}]
    polled = [f"/{number}/search" for number in ("0-5", "0-47", "0-48", "0-69")]
    assert [calls_of(house, "POST", path) for path in polled] == [0] * 4


def test_a_move_that_history_doesnt_tell_is_still_heard(house: House) -> None:
    """(18) HubSpot's answer may be older than its webhook: then the webhook's word counts."""
    anna = furnish(house)
    house.install()

    house.clock.advance(MINUTE)
    house.portal.contacts.update(anna, {"lifecyclestage": "customer"})
    house.portal.contacts.records[anna].history["lifecyclestage"].pop(0)
    house.settle()

    moves = [values for kind, _, values in told(house, anna) if kind == "stage_changed"]
    assert moves[-1] == {"to": "customer"}


def test_without_a_permission_one_source_is_left_out_until_it_is_granted(house: House) -> None:
    """(11) The status names the scope, nothing else fails, and a new grant reads it after all,
    which enrolls nobody and wakes no other source."""
    lacking = {
        "subscriptions": "crm.objects.subscriptions.read",
        "tickets": "crm.objects.tickets.read",
        "webinars": "crm.objects.marketing_events.read",
    }
    withheld = frozenset({*lacking.values(), "e-commerce"})
    house.portal.account = Account(withheld_scopes=withheld)
    anna = furnish(house)

    house.install()

    states = sources(house)
    for name, scope in lacking.items():
        assert (states[name].state, scope in states[name].reason) == ("off", True)
        assert "Install the app again" in states[name].reason
    assert {states[name].state for name in ("meetings", "calls", "history")} == {"done"}
    assert "ticket_opened" not in kinds(house, anna)
    acts.engage(house.portal, types.TICKET, anna, {})
    house.settle()
    refused = [call for call in house.sandbox.calls.calls if call.status == 403]
    house.pass_time(60 * MINUTE)
    assert [call for call in house.sandbox.calls.calls if call.status == 403] == refused

    house.portal.account = Account()
    house.install()

    left_out = {name for name, one in sources(house).items() if one.state != "done"}
    assert left_out <= {"occurrences"}, "of which an account without Enterprise has none"
    assert {"ticket_opened", "plan_started", "webinar_registered"} <= set(kinds(house, anna))
    assert house.outbox(anna, IntentKind.ENROLLMENT) == []


def test_what_no_webhook_told_is_found_by_asking(house: House) -> None:
    """(17, 18) Every 15 minutes, from before the last pass began; what search doesn't show yet is
    found by the next pass, and nothing is counted twice."""
    anna = furnish(house)
    house.install()
    with house.portal.quiet():
        for _ in range(3):
            acts.engage(house.portal, types.CALL, anna, CALL)
    house.pass_time(14 * MINUTE)
    assert kinds(house, anna).count("call_logged") == 1

    house.sandbox.settings.index_lag = 8 * MINUTE
    house.clock.advance(MINUTE)
    with house.portal.quiet():
        late = acts.engage(house.portal, types.CALL, anna, CALL)
    poll(house, 20)
    assert kinds(house, anna).count("call_logged") == 4

    house.pass_time(15 * MINUTE)
    poll(house, 20)

    assert kinds(house, anna).count("call_logged") == 5
    assert any(event.id == f"call:{late.id}" for event in house.timeline(anna))


def test_records_of_one_instant_are_all_found_and_no_page_comes_twice(house: House) -> None:
    """(16) Many records share a timestamp, more than a page holds: pages go by id, so each pass
    ends, in as many searches as there are pages, and finds what changes while it runs (17)."""
    anna = furnish(house)
    house.install()
    with house.portal.quiet():
        made = [acts.engage(house.portal, types.CALL, anna, CALL).id for _ in range(405)]
    house.clock.advance(16 * MINUTE)
    tools, store = house.segue.tools, house.portal.stores["0-48"]

    began, found = house.clock.now(), set[str]()
    source = sources(house)["calls"]
    for number in range(3):
        page = object_pages.read_objects_page(tools, source)
        found |= {event.id for event in page.events}
        assert page.last == (number == 2)
        with house.portal.quiet():  # one that was read, one to come
            store.update(made[0], {"hs_call_title": f"changed {number}"})
            store.update(made[-1], {"hs_call_title": f"changed {number}"})
        house.clock.advance(timedelta(seconds=4))
        source = replace(source, cursor=json.dumps(page.cursor))

    assert {f"call:{one}" for one in made} <= found
    assert calls_of(house, "POST", "/0-48/search") == 3
    assert json.loads(source.cursor) == {"since": to_ms(began)}


def test_searching_keeps_to_its_own_limit(house: House) -> None:
    """(4) However many pages there are: search allows five a second, and none is refused."""
    anna = furnish(house)
    house.install()
    with house.portal.quiet():
        for _ in range(900):
            acts.engage(house.portal, types.CALL, anna, CALL)
    house.pass_time(16 * MINUTE)
    poll(house, 12)

    assert kinds(house, anna).count("call_logged") == 901
    searches = [call for call in house.sandbox.calls.calls if call.path.endswith("/search")]
    found = [call for call in searches if "/0-48/" in call.path]
    assert len(found) == 5
    assert {call.status for call in searches} == {200}


def test_webinars_are_asked_until_a_week_after_their_end(house: House) -> None:
    """What becomes of people is told late, and never by webhook."""
    anna = furnish(house)
    old = hold(house, "Old", -8 * DAY)
    take_part(house.portal, (anna, old), "ATTENDED", NOON - 8 * DAY, 600)
    house.install()
    assert "webinar_attended" in kinds(house, anna)
    asked = calls_of(house, "GET", f"/participations/{old}")

    [knots] = [one.id for one in house.portal.marketing.events.values() if one.name == "Knots"]
    house.pass_time(2 * DAY)
    take_part(house.portal, (anna, knots), "ATTENDED", NOON + DAY, 2700)
    house.pass_time(6 * MINUTE)

    attended = [one for one in told(house, anna) if one[0] == "webinar_attended"]
    assert attended[-1] == (
        "webinar_attended",
        "2026-07-01T12:00:00.000",
        {"webinar": "Knots", "seconds": "2700"},
    )
    assert calls_of(house, "GET", f"/participations/{old}") == asked
    house.pass_time(7 * DAY)
    asked = calls_of(house, "GET", f"/participations/{knots}")
    house.pass_time(10 * MINUTE)
    assert calls_of(house, "GET", f"/participations/{knots}") == asked


def test_a_portal_of_an_older_segue_reads_the_new_sources(house: House) -> None:
    """As after a wider grant: their past is news to nobody."""
    anna = furnish(house)
    house.install()
    with house.segue.store.write() as connection:
        connection.execute(sa.delete(tables.sync).where(tables.sync.c.source == "tickets"))
        connection.execute(sa.delete(tables.events).where(tables.events.c.source == "ticket"))
    assert "ticket_opened" not in kinds(house, anna)

    assert sync.complete(house.segue.tools) == 1
    assert house.state == "syncing"
    house.settle()

    assert house.state == "live"
    assert "ticket_opened" in kinds(house, anna)
    assert sync.complete(house.segue.tools) == 0


def test_a_line_item_without_a_category_has_its_products(house: House) -> None:
    """A shop names the category once, at the product."""
    portal = house.portal
    for plural in ("0-7", "0-8"):
        group = next(iter(portal.properties[plural].groups))
        definition = {
            "name": "category",
            "label": "Category",
            "type": "string",
            "fieldType": "text",
            "groupName": group,
        }
        portal.properties[plural].create(definition, NOON)
    anna = furnish(house)
    shoe = portal.products.create({"name": "Shoe", "category": "shoes"}).id
    house.install()

    lines = [
        {"hs_product_id": shoe},
        {"hs_product_id": shoe, "category": "sale"},
        {"hs_product_id": "77"},
        {},
    ]
    acts.place_order(portal, anna, {"hs_total_price": "5"}, lines)
    house.settle()

    bought = [values for kind, _, values in told(house, anna) if kind == "product_purchased"]
    assert sorted(one.get("category", "") for one in bought) == ["", "", "sale", "shoes"]
