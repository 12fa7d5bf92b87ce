"""Meetings, calls, tickets, subscriptions and webinars of the stand-in."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import acts
from sandbox.marketing.acts import take_part
from sandbox.marketing.model import MarketingEvent
from sandbox.objects import types

from .hub import NOW, Hub

DATED = "/marketing/marketing-events/2026-03"


@pytest.mark.parametrize(
    ("kind", "label", "name"),
    [
        (types.MEETING, "meeting_to_contact", "hs_meeting_title"),
        (types.CALL, "call_to_contact", "hs_call_title"),
        (types.TICKET, "ticket_to_contact", "subject"),
        (types.SUBSCRIPTION, "subscription_to_contact", "hs_name"),
    ],
)
def test_each_is_read_with_its_contact_by_name_and_id(
    hub: Hub, kind: types.ObjectType, label: str, name: str
) -> None:
    contact = hub.contact(email="a@example.com")
    made = acts.engage(hub.portal, kind, contact, {name: "x"})

    for called in (kind.plural, kind.type_id):
        for family in ("/crm/v3/objects/", "/crm/objects/2026-03/"):
            page = hub.get(f"{family}{called}?properties={name}&associations=contacts").get_json()
            [record] = page["results"]
            assert (record["id"], record["properties"][name]) == (made.id, "x")
            linked = record["associations"]["contacts"]["results"]
            assert linked == [{"id": contact, "type": label}]
    told = [one for one in hub.messages() if one.get("objectTypeId") == kind.type_id]
    assert {one["subscriptionType"] for one in told} == {
        "object.creation",
        "object.associationChange",
        *(["object.propertyChange"] if kind is types.TICKET else []),
    }


def test_a_ticket_begins_in_a_stage_and_its_end_is_dated(hub: Hub) -> None:
    """Opened again, it has no end any more, and its history tells of all."""
    contact = hub.contact(email="a@example.com")
    ticket = acts.engage(hub.portal, types.TICKET, contact, {})
    assert ticket.properties["hs_pipeline_stage"] == "1"

    path = f"/crm/objects/2026-03/tickets/{ticket.id}"
    hub.patch(path, {"properties": {"hs_pipeline_stage": "4"}})
    assert ticket.properties["closed_date"] == "2026-03-01T09:30:00.000Z"
    hub.patch(path, {"properties": {"hs_pipeline_stage": "2"}})
    assert ticket.properties["closed_date"] == ""
    assert hub.patch(path, {"properties": {"hs_pipeline_stage": "77"}}).status_code == 400
    assert hub.patch(path, {"properties": {"closed_date": "0"}}).status_code == 400

    said = hub.get(f"{path}?propertiesWithHistory=hs_pipeline_stage").get_json()
    versions = said["propertiesWithHistory"]["hs_pipeline_stage"]
    assert [one["value"] for one in versions] == ["2", "4", "1"]
    stages = hub.get("/crm/pipelines/2026-03/tickets/0/stages").get_json()["results"]
    assert [one["metadata"] for one in stages][::3] == [
        {"ticketState": "OPEN", "isClosed": "false"},
        {"ticketState": "CLOSED", "isClosed": "true"},
    ]


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        ("/crm/objects/2026-03/tickets", "crm.objects.tickets.read"),
        ("/crm/objects/2026-03/0-69", "crm.objects.subscriptions.read"),
        ("/crm/pipelines/2026-03/tickets", "crm.objects.tickets.read"),
        (DATED, "crm.objects.marketing_events.read"),
        (f"{DATED}/participations/1/breakdown", "crm.objects.marketing_events.read"),
    ],
)
def test_each_wants_its_scope(hub: Hub, path: str, missing: str) -> None:
    few = hub.sandbox.install(hub.portal.hub_id, hub.app.client_id, hub.app.required_scopes)

    answer = hub.ask("GET", path, token=few.access.value)

    assert (answer.status_code, answer.get_json()["category"]) == (403, "MISSING_SCOPES")
    assert missing in str(answer.get_json())


def test_meetings_and_calls_go_by_the_scopes_of_contacts(hub: Hub) -> None:
    few = hub.sandbox.install(hub.portal.hub_id, hub.app.client_id, hub.app.required_scopes)

    for plural in ("meetings", "calls"):
        path = f"/crm/objects/2026-03/{plural}"
        assert hub.ask("GET", path, token=few.access.value).status_code == 200


@pytest.fixture
def webinar(hub: Hub) -> str:
    event = MarketingEvent("9000000001", "Knots", NOW, NOW, NOW, "zoom-1")
    hub.portal.marketing.events[event.id] = event
    return event.id


def rows(hub: Hub, tail: str) -> list[Any]:
    found: list[Any] = hub.get(f"{DATED}{tail}").get_json()["results"]
    return found


def test_a_webinar_keeps_one_row_a_contact(hub: Hub, webinar: str) -> None:
    ada, ben = hub.contact(email="a@example.com"), hub.contact(email="b@example.com")
    for one in (ada, ben):
        take_part(hub.portal, (one, webinar), "REGISTERED", NOW)
    take_part(hub.portal, (ada, webinar), "ATTENDED", NOW, 900)

    assert [one["eventName"] for one in rows(hub, "")] == ["Knots"]
    by_event = rows(hub, f"/participations/{webinar}/breakdown")
    assert [one["properties"]["attendanceState"] for one in by_event] == ["ATTENDED", "REGISTERED"]
    assert by_event[0]["properties"]["attendanceDurationSeconds"] == 900
    assert "attendanceDurationSeconds" not in by_event[1]["properties"]
    assert by_event[0]["associations"]["contact"]["contactId"] == ada
    for whose in (ben, "b@example.com"):
        [mine] = rows(hub, f"/participations/contacts/{whose}/breakdown")
        assert mine["associations"]["marketingEvent"]["externalEventId"] == "zoom-1"
    assert len(rows(hub, f"/participations/{webinar}/breakdown?state=REGISTERED")) == 1
    assert hub.get(f"{DATED}/participations/{webinar}/breakdown?state=LATE").status_code == 400
    assert hub.get(f"{DATED}/participations/77/breakdown").status_code == 404


def test_participations_are_paged_and_follow_merges_and_privacy(hub: Hub, webinar: str) -> None:
    ada, ben = hub.contact(email="a@example.com"), hub.contact(email="b@example.com")
    take_part(hub.portal, (ada, webinar), "REGISTERED", NOW)
    take_part(hub.portal, (ben, webinar), "REGISTERED", NOW)

    first = hub.get(f"{DATED}/participations/{webinar}/breakdown?limit=1").get_json()
    after = first["paging"]["next"]["after"]
    second = hub.get(f"{DATED}/participations/{webinar}/breakdown?limit=1&after={after}").get_json()
    assert (first["total"], len(first["results"]), "paging" in second) == (2, 1, False)

    hub.portal.forget(ada)
    assert len(rows(hub, f"/participations/{webinar}/breakdown")) == 1


def test_people_do_all_that_over_the_control_endpoints(hub: Hub) -> None:
    contact, root = hub.contact(email="a@example.com"), f"/portals/{hub.portal.hub_id}"
    for noun, name in (("meetings", "hs_meeting_title"), ("tickets", "subject")):
        body = {"properties": {name: "x"}}
        made = hub.control("POST", f"{root}/contacts/{contact}/{noun}", body)
        assert (made.status_code, made.get_json()["properties"][name]) == (201, "x")
    event = hub.control("POST", f"{root}/marketing/events", {"name": "Knots"}).get_json()["id"]
    path = f"{root}/marketing/events/{event}/participations"

    said = {"contactId": contact, "state": "ATTENDED", "seconds": 60}
    assert hub.control("POST", path, said).get_json()["state"] == "ATTENDED"
    assert hub.control("POST", path.replace(event, "1"), said).status_code == 404
    [row] = rows(hub, f"/participations/{event}/breakdown")
    assert row["properties"]["attendanceDurationSeconds"] == 60
