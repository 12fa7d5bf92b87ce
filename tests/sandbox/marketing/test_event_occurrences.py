"""Event occurrences, one record at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.clock import to_wire
from sandbox.marketing import acts
from sandbox.marketing.model import Occurrence

from .conftest import NOW, Caller

PATH = "/events/event-occurrences/2026-03"


@pytest.fixture
def contact_id(caller: Caller) -> str:
    """A contact who saw five pages, a minute after each other, the last one now."""
    contact = caller.portal.contacts.create({"email": "eva@example.com"})
    for n in range(5):
        at = NOW - timedelta(minutes=4 - n)
        acts.visit_page(caller.portal, contact.id, (f"https://x.example/{n}", f"Page {n}"), at)
    return contact.id


def _urls(page: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    return [o["properties"]["hs_url"][-1] for o in page["results"]]


def test_one_records_occurrences_come_newest_first(caller: Caller, contact_id: str) -> None:
    page = caller.get(PATH, objectType="contact", objectId=contact_id)

    assert _urls(page) == ["4", "3", "2", "1", "0"]
    assert page["results"][0] == {
        "id": page["results"][0]["id"],
        "eventType": "e_visited_page",
        "objectType": "CONTACT",
        "objectId": contact_id,
        "occurredAt": to_wire(NOW),
        "properties": {
            "hs_url": "https://x.example/4",
            "hs_title": "Page 4",
            "hs_visit_source": "DIRECT_TRAFFIC",
        },
    }


def test_they_are_found_by_address_too_and_sorted_as_asked(caller: Caller, contact_id: str) -> None:
    query = {"objectType": "0-1", "objectProperty.email": "EVA@example.com", "sort": "occurredAt"}

    assert _urls(caller.get("/events/v3/events/", **query)) == ["0", "1", "2", "3", "4"]


def test_pages_follow_each_other(caller: Caller, contact_id: str) -> None:
    query: dict[str, object] = {"objectType": "contact", "objectId": contact_id, "limit": 2}
    first = caller.get(PATH, **query)
    second = caller.get(PATH, **query, after=first["paging"]["next"]["after"])
    third = caller.get(PATH, **query, after=second["paging"]["next"]["after"])

    assert _urls(first) + _urls(second) + _urls(third) == ["4", "3", "2", "1", "0"]
    assert "paging" not in third


def test_only_what_lies_strictly_between_the_instants(caller: Caller, contact_id: str) -> None:
    page = caller.get(
        PATH,
        objectType="contact",
        objectId=contact_id,
        occurredAfter=to_wire(NOW - timedelta(minutes=3)),
        occurredBefore=to_wire(NOW),
    )

    assert _urls(page) == ["3", "2"]


def test_filters_by_type_property_and_id(caller: Caller, contact_id: str) -> None:
    caller.portal.marketing.add_occurrence(
        Occurrence(NOW, "own-1", "pe1_trial", contact_id, {"plan": "gold"})
    )
    query: dict[str, object] = {"objectType": "contact", "objectId": contact_id}

    assert len(caller.get(PATH, **query, eventType="e_visited_page")["results"]) == 5
    assert len(caller.get(PATH, **query, eventType="pe1_trial")["results"]) == 1
    gold = caller.get(PATH, **query, **{"property.plan": "gold"})
    assert [o["id"] for o in gold["results"]] == ["own-1"]
    assert caller.get(PATH, id="own-1")["results"][0]["properties"] == {"plan": "gold"}
    named = caller.get(PATH, **query, properties="hs_url", eventType="e_visited_page")
    assert {tuple(o["properties"]) for o in named["results"]} == {("hs_url",)}
    assert "pe1_trial" in caller.get(f"{PATH}/event-types")["eventTypes"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"objectType": "contact"},
        {"objectType": "ship", "objectId": "1"},
        {"objectType": "contact", "objectProperty.firstname": "Eva"},
        {"objectType": "contact", "objectId": "1", "sort": "id"},
        {"objectType": "contact", "objectId": "1", "after": "1"},
        {"objectType": "contact", "objectId": "1", "limit": "0"},
    ],
)
def test_there_is_no_stream_of_a_whole_account_nor_nonsense(
    caller: Caller, query: dict[str, str]
) -> None:
    caller.get(PATH, 400, **query)


def test_a_record_that_saw_nothing_has_no_occurrences(caller: Caller) -> None:
    assert caller.get(PATH, objectType="contact", objectId="1") == {"results": []}
    assert caller.get(PATH, **{"objectType": "contact", "objectProperty.email": "no@x.se"}) == {
        "results": []
    }


def test_accounts_below_enterprise_are_refused(professional: Caller) -> None:
    refused = professional.get(PATH, 403, objectType="contact", objectId="1")

    assert "enterprise" in refused["message"]
    professional.get(f"{PATH}/event-types", 403)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-06-30T11:57:30", "432"),
        ("1782820650000", "432"),
        ("2026-06-30T12:57:30+01:00", "432"),
    ],
)
def test_an_instant_may_be_iso_with_or_without_an_offset_or_milliseconds(
    caller: Caller, contact_id: str, after: str, expected: str
) -> None:
    page = caller.get(PATH, objectType="contact", objectId=contact_id, occurredAfter=after)

    assert "".join(_urls(page)) == expected


def test_what_is_no_instant_is_refused(caller: Caller, contact_id: str) -> None:
    query = {"objectType": "contact", "objectId": contact_id}

    caller.get(PATH, 400, **query, occurredAfter="yesterday")
