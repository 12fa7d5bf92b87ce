"""Search: filters, order, the cap, the lag."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import facts

from .hub import Hub, open_hub

SEARCH = "/crm/objects/2026-03/contacts/search"


@pytest.fixture
def people(hub: Hub) -> list[str]:
    """Give three contacts, old enough to be indexed."""
    ids = [
        hub.contact(email="ada@one.example.com", city="Oslo", firstname="Ada"),
        hub.contact(email="bo@two.example.com", city="Rome"),
        hub.contact(email="cy@one.example.com", city="Oslo", lifecyclestage="customer"),
    ]
    hub.portal.contacts.calculate(ids[0], {"hs_email_open": "3"})
    hub.portal.contacts.calculate(ids[1], {"hs_email_open": "12"})
    hub.advance(seconds=3)
    return ids


def _search(hub: Hub, **body: Any) -> Any:
    hub.advance(seconds=1)
    return hub.post(SEARCH, body)


def _filter(name: str, operator: str, **values: Any) -> list[Any]:
    return [{"filters": [{"propertyName": name, "operator": operator, **values}]}]


@pytest.mark.parametrize(
    ("groups", "places"),
    [
        ([], [0, 1, 2]),
        (_filter("city", "EQ", value="oslo"), [0, 2]),
        (_filter("city", "NEQ", value="Oslo"), [1]),
        (_filter("city", "IN", values=["oslo", "paris"]), [0, 2]),
        (_filter("city", "IN", values=["Oslo"]), []),
        (_filter("city", "NOT_IN", values=["oslo"]), [1]),
        (_filter("hs_email_open", "GT", value="3"), [1]),
        (_filter("hs_email_open", "GTE", value="3"), [0, 1]),
        (_filter("hs_email_open", "LT", value="12"), [0]),
        (_filter("hs_email_open", "LTE", value="12"), [0, 1]),
        (_filter("hs_email_open", "BETWEEN", value="4", highValue="12"), [1]),
        (_filter("hs_email_open", "HAS_PROPERTY"), [0, 1]),
        (_filter("hs_email_open", "NOT_HAS_PROPERTY"), [2]),
        (_filter("email", "CONTAINS_TOKEN", value="*@one.example.com"), [0, 2]),
        (_filter("email", "NOT_CONTAINS_TOKEN", value="*@one.example.com"), [1]),
        (_filter("createdate", "GTE", value="1772357400000"), [0, 1, 2]),
        (_filter("createdate", "LT", value="2026-03-01T09:30:00.000Z"), []),
        (_filter("city", "EQ", value="Rome") + _filter("firstname", "HAS_PROPERTY"), [0, 1]),
    ],
)
def test_filters_find(hub: Hub, people: list[str], groups: list[Any], places: list[int]) -> None:
    answer = _search(hub, filterGroups=groups)

    assert answer.status_code == 200
    assert [r["id"] for r in answer.json["results"]] == [people[p] for p in places]
    assert answer.json["total"] == len(places)


def test_all_filters_of_a_group_must_hold(hub: Hub, people: list[str]) -> None:
    filters = [
        {"propertyName": "city", "operator": "EQ", "value": "Oslo"},
        {"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"},
    ]

    answer = _search(hub, filterGroups=[{"filters": filters}])

    assert [r["id"] for r in answer.json["results"]] == [people[2]]


def test_words_are_found_anywhere(hub: Hub, people: list[str]) -> None:
    answer = _search(hub, query="ADA oslo")

    assert [r["id"] for r in answer.json["results"]] == [people[0]]


def test_results_can_be_sorted_by_one_property(hub: Hub, people: list[str]) -> None:
    sorts = [{"propertyName": "hs_email_open", "direction": "DESCENDING"}]

    answer = _search(hub, sorts=sorts, filterGroups=_filter("hs_email_open", "HAS_PROPERTY"))
    two = _search(hub, sorts=[*sorts, *sorts])

    assert [r["id"] for r in answer.json["results"]] == [people[1], people[0]]
    assert two.status_code == 400


def test_keyset_paging_by_id_goes_through_everything(hub: Hub, people: list[str]) -> None:
    """Failure modes 16 and 17: ids are compared as numbers."""
    seen: list[str] = []
    for _ in range(4):
        last = seen[-1] if seen else "0"
        groups = _filter("hs_object_id", "GT", value=last)
        answer = _search(hub, filterGroups=groups, sorts=["hs_object_id"], limit=1)
        seen += [r["id"] for r in answer.json["results"]]

    assert seen == people


def test_search_stays_behind_writes(hub: Hub) -> None:
    """Failure mode 18."""
    contact_id = hub.contact(city="Oslo")

    at_once = _search(hub, properties=["city"])
    hub.advance(seconds=2)
    found = _search(hub, properties=["city"])
    hub.portal.contacts.update(contact_id, {"city": "Rome"})
    stale = _search(hub, properties=["city"])
    hub.advance(seconds=2)
    fresh = _search(hub, properties=["city"])

    assert at_once.json["total"] == 0
    assert found.json["results"][0]["properties"]["city"] == "Oslo"
    assert stale.json["results"][0]["properties"]["city"] == "Oslo"
    assert fresh.json["results"][0]["properties"]["city"] == "Rome"


def test_the_lag_can_be_set(hub: Hub) -> None:
    hub.control("PATCH", "/settings", {"index_lag": 0})
    hub.contact(city="Oslo")

    assert _search(hub).json["total"] == 1


def test_search_never_returns_the_archived(hub: Hub, people: list[str]) -> None:
    hub.portal.contacts.archive(people[0])

    answer = _search(hub)

    assert [r["id"] for r in answer.json["results"]] == people[1:]


def test_nothing_beyond_ten_thousand_can_be_reached(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failure mode 16."""
    monkeypatch.setattr(facts, "SEARCH_CAP", 20)
    for _ in range(25):
        hub.contact()
    hub.advance(seconds=3)

    last = _search(hub, limit=10, after="10")
    beyond = _search(hub, limit=10, after=last.json["paging"]["next"]["after"])

    assert last.json["total"] == 25
    assert len(last.json["results"]) == 10
    assert beyond.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": [{"propertyName": "a", "operator": "EQ"}] * 7}]},
        {"filterGroups": [{"filters": [{"propertyName": "a", "operator": "EQ"}] * 5}] * 4},
        {"query": "x" * 3000},
        {"filterGroups": _filter("nonsense", "EQ", value="1")},
        {"filterGroups": _filter("city", "LIKES", value="1")},
        {"filterGroups": _filter("city", "EQ")},
        {"filterGroups": _filter("city", "IN", value="1")},
        {"filterGroups": _filter("hs_email_open", "EQ", value="many")},
        {"filterGroups": _filter("hs_email_open", "BETWEEN", value="1")},
        {"sorts": ["nonsense"]},
    ],
)
def test_what_search_can_not_do_is_refused(hub: Hub, body: Any) -> None:
    assert hub.post(SEARCH, body).status_code == 400


def test_the_cap_is_ten_thousand() -> None:
    assert facts.SEARCH_CAP == 10_000
    assert facts.SEARCH_BODY_MAX == 3000


def test_ids_beyond_what_a_float_can_tell_apart_are_compared_exactly() -> None:
    """Failure mode 44."""
    hub = open_hub(first_contact_id=2**53)
    ids = [hub.contact() for _ in range(3)]
    hub.advance(seconds=3)

    answer = _search(hub, filterGroups=_filter("hs_object_id", "GT", value=ids[0]))

    assert [r["id"] for r in answer.json["results"]] == ids[1:]
