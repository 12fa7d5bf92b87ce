"""CRM objects as HubSpot's pages write them (values made up), and the events they become."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mappings.history import contact_history, versions
from mappings.hubspot import object_record
from mappings.model import Event, ObjectType
from mappings.pipelines import Stage, stages_of
from mappings.records import Ground
from mappings.source_examples import failing_sources, source_examples
from mappings.sources import history_events, load_sources, object_events, participation_event
from mappings.values import Unreadable
from mappings.webinars import MarketingEvent, marketing_event, participation

SOURCES = load_sources()
ANNA, BERT = 508369434347, 508369434348


def page(name: str) -> list[Any]:
    """Read the items of a page of HubSpot's JSON."""
    text = (Path(__file__).parent / "pages" / f"{name}.json").read_text("utf-8")
    rows: list[Any] = json.loads(text)["results"]
    return rows


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def events_of(kind: ObjectType, name: str, ground: Ground) -> list[Event]:
    records = [object_record(kind, row) for row in page(name)]
    return [event for one in records for event in object_events(SOURCES, one, ground=ground)]


def test_meetings() -> None:
    """One is booked when it is made, and held once somebody says that it was completed."""
    demo = {"title": "Démo 🎯", "seconds": "2700"}
    booked, held = at("2026-06-20T10:00:00.123"), at("2026-06-30T08:45:00")

    assert events_of(ObjectType.MEETING, "meetings", Ground()) == [
        Event(ANNA, "meeting:43218000001", "meeting_booked", booked, "meeting", demo),
        Event(BERT, "meeting:43218000001", "meeting_booked", booked, "meeting", demo),
        Event(ANNA, "meeting:43218000001:held", "meeting_held", held, "meeting", demo),
        Event(BERT, "meeting:43218000001:held", "meeting_held", held, "meeting", demo),
        Event(
            ANNA,
            "meeting:43218000002",
            "meeting_booked",
            at("2026-06-21T10:00:00"),
            "meeting",
            {"title": "Kick-off"},
        ),
    ]


def test_calls() -> None:
    """HubSpot counts a call in milliseconds and names its outcome by an id."""
    assert events_of(ObjectType.CALL, "calls", Ground()) == [
        Event(
            ANNA,
            "call:43219000001",
            "call_logged",
            at("2026-06-30T08:00:00.250"),
            "call",
            {"outcome": "No answer", "seconds": "62.5"},
        ),
        Event(
            BERT,
            "call:43219000002",
            "call_logged",
            at("2026-06-30T09:00:00"),
            "call",
            {"outcome": "0b6f3c1e-aaaa-bbbb-cccc-1d2e3f405162"},
        ),
    ]


def test_hubspots_own_outcomes_of_calls_have_names() -> None:
    words = SOURCES.objects[ObjectType.CALL].words["hs_call_disposition"]

    assert sorted(words.values()) == [
        "Busy",
        "Connected",
        "Left live message",
        "Left voicemail",
        "No answer",
        "Wrong number",
    ]


def test_tickets() -> None:
    """What a stage is the portal's metadata say; a ticket that ends twice was closed twice."""
    stages: dict[str, Stage] = {}
    for pipeline in page("ticket_pipelines"):
        stages |= stages_of(pipeline)

    said = {"pipeline": "Support Pipeline", "priority": "HIGH"}
    assert events_of(ObjectType.TICKET, "tickets", Ground(stages=stages)) == [
        Event(
            ANNA, "ticket:43217000001", "ticket_opened", at("2026-06-01T10:00:00"), "ticket", said
        ),
        Event(
            ANNA,
            "ticket:43217000001:closed:1780394400000",
            "ticket_closed",
            at("2026-06-02T10:00:00"),
            "ticket",
            said,
        ),
        Event(
            ANNA,
            "ticket:43217000001:closed:1780653600005",
            "ticket_closed",
            at("2026-06-05T10:00:00.005"),
            "ticket",
            said,
        ),
        Event(
            ANNA,
            "ticket:43217000002",
            "ticket_opened",
            at("2026-06-02T10:00:00"),
            "ticket",
            {"pipeline": "Retouren"},
        ),
    ]


def test_tickets_without_the_pipelines_are_opened_and_no_more() -> None:
    """A stage that nobody explains is no end."""
    events = events_of(ObjectType.TICKET, "tickets", Ground())

    assert [event.kind for event in events] == ["ticket_opened", "ticket_opened"]
    assert events[0].properties == {"pipeline": "0", "priority": "HIGH"}


def test_subscriptions() -> None:
    """Billing begins at midnight where the portal is; one that is only scheduled hasn't begun."""
    gold, silver = {"plan": "Gold", "amount": "29.00"}, {"plan": "Silver", "amount": "9.50"}

    made = events_of(ObjectType.SUBSCRIPTION, "subscriptions", Ground("Europe/Berlin"))

    assert made == [
        Event(
            ANNA,
            "subscription:43220000001",
            "plan_started",
            at("2026-05-31T22:00:00"),
            "subscription",
            gold,
        ),
        Event(
            ANNA,
            "subscription:43220000001:payment:2",
            "plan_renewed",
            at("2026-07-01T06:00:00"),
            "subscription",
            gold,
        ),
        Event(
            BERT,
            "subscription:43220000002",
            "plan_started",
            at("2026-06-10T12:00:00"),
            "subscription",
            silver,
        ),
        Event(
            BERT,
            "subscription:43220000002:cancelled:1781244000001",
            "plan_cancelled",
            at("2026-06-12T06:00:00.001"),
            "subscription",
            silver,
        ),
    ]


def test_webinars() -> None:
    """Who only cancelled or stayed away did neither; who is known by address alone waits for it."""
    knots = MarketingEvent("9000000001", "Knots for all", None, None)

    rows = [participation(knots, row) for row in page("participations")]

    assert [(row.state, row.contact_id, row.email) for row in rows][3] == (
        "REGISTERED",
        0,
        "new@example.com",
    )
    assert [participation_event(SOURCES, row) for row in rows] == [
        Event(
            ANNA,
            "webinar:9000000001:registered",
            "webinar_registered",
            at("2026-06-10T10:00:00"),
            "webinar",
            {"webinar": "Knots for all"},
        ),
        Event(
            BERT,
            "webinar:9000000001:attended",
            "webinar_attended",
            at("2026-06-18T10:00:00"),
            "webinar",
            {"webinar": "Knots for all", "seconds": "2700"},
        ),
        None,
        Event(
            0,
            "webinar:9000000001:registered",
            "webinar_registered",
            at("2026-06-10T10:00:00.001"),
            "webinar",
            {"webinar": "Knots for all"},
        ),
        None,
    ]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "associations"),
        ({"associations": {"contact": {}}, "properties": {"attendanceState": "ATTENDED"}}, "occ"),
        (
            {
                "associations": {"contact": {"email": " "}},
                "properties": {"attendanceState": "ATTENDED", "occurredAt": "2026-06-30T12:00:00Z"},
            },
            "neither an id nor an address",
        ),
    ],
)
def test_a_participation_that_cant_be_read_says_why(said: dict[str, Any], why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        participation(MarketingEvent("1", "", None, None), said)


def test_a_webinar_goes_by_either_of_its_ids() -> None:
    said = {"objectId": "7", "eventName": "Knots", "endDateTime": "2026-06-18T11:00:00Z"}

    assert marketing_event(said) == MarketingEvent("7", "Knots", at("2026-06-18T11:00:00"), None)
    assert marketing_event({"id": "8"}).event_id == "8"
    with pytest.raises(Unreadable, match="objectId"):
        marketing_event({"eventName": "Knots"})


def test_lifecycle_history() -> None:
    """From and to of each move; a stage that is cleared to go back is where it was before."""
    [history] = [contact_history(row) for row in page("histories")]

    moves = [
        ("lead", {"to": "lead"}, "2026-01-01T00:00:00"),
        ("opportunity", {"to": "opportunity", "from": "lead"}, "2026-05-01T00:00:00"),
        ("customer", {"to": "customer", "from": "opportunity"}, "2026-06-01T00:00:00.500"),
    ]
    assert history_events(SOURCES, history) == [
        Event(
            ANNA,
            f"property:lifecyclestage:{int(at(when).timestamp() * 1000)}:{stage}",
            "stage_changed",
            at(when),
            "property",
            said,
        )
        for stage, said, when in moves
    ]


def test_versions_come_oldest_first_and_odd_ones_are_left_out() -> None:
    """Of two at one instant the one written first came last."""
    same = "2026-06-01T00:00:00Z"
    said = {
        "a": [
            {"value": "2", "timestamp": same},
            {"value": "1", "timestamp": same},
            {"value": "0", "timestamp": "no"},
            "odd",
        ],
        "b": None,
    }

    assert [value for value, _ in versions(said)["a"]] == ["1", "2"]
    assert versions(said)["b"] == ()
    assert versions(None) == {}
    with pytest.raises(Unreadable):
        versions("x")
    with pytest.raises(Unreadable):
        contact_history([])


@pytest.mark.parametrize(
    ("metadata", "closed"),
    [
        ({"ticketState": "CLOSED"}, True),
        ({"ticketState": "OPEN", "isClosed": "true"}, False),
        ({"isClosed": "true", "probability": "1.0"}, True),
        ({"isClosed": True}, True),
        ({"isClosed": "false"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_whether_a_stage_is_an_end_its_metadata_say(metadata: object, closed: bool) -> None:
    said = {"id": "p", "stages": [{"id": "s", "metadata": metadata}]}

    assert stages_of(said) == {"s": Stage("s", "p", closed)}


def test_an_orders_stage_named_refunded_is_a_refund_told_once() -> None:
    """Status and stage may both say it."""
    said = {
        "id": "7",
        "properties": {
            "hs_external_order_status": "refunded",
            "hs_pipeline_stage": "s",
            "hs_total_price": "20",
            "hs_refund_amount": "5",
        },
        "createdAt": "2026-06-01T00:00:00Z",
        "updatedAt": "2026-06-02T00:00:00Z",
        "associations": {"contacts": {"results": [{"id": str(ANNA)}]}},
    }
    record = object_record(ObjectType.ORDER, said)
    ground = Ground(stages={"s": Stage("Refunded", "Orders", True)})

    events = object_events(SOURCES, record, ground=ground)

    assert [(event.kind, event.properties["amount"]) for event in events] == [
        ("purchase", "20"),
        ("refund", "5"),
    ]


def test_the_examples_beside_the_sources_hold() -> None:
    """Every source of events has some."""
    assert [str(failure) for failure in failing_sources(SOURCES)] == []
    shown = {name for name, _, _ in source_examples()}
    assert shown == {kind.value for kind in SOURCES.objects} - {"product", "line_item"}


@pytest.mark.parametrize(
    "kind",
    [kind for kind, source in SOURCES.objects.items() if source.rules and source.poll_minutes],
)
def test_every_rule_is_held_by_an_example(kind: ObjectType) -> None:
    """Without any one of its rules, or with a rule's conditions taken away, an example fails."""
    source = SOURCES.objects[kind]
    for place, rule in enumerate(source.rules):
        before, after = source.rules[:place], source.rules[place + 1 :]
        fewer = [(*before, *after), (*before, replace(rule, when={}, unless={}), *after)]
        if not rule.when and not rule.unless:
            fewer.pop()
        for rules in fewer:
            less = {**SOURCES.objects, kind: replace(source, rules=rules)}
            assert failing_sources(replace(SOURCES, objects=less)), (kind, rule.id)
