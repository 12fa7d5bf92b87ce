"""Batches of records."""

from __future__ import annotations

from typing import Any

import pytest

from .hub import Hub

BATCH = "/crm/objects/2026-03/contacts/batch"


def _rows(hub: Hub, count: int) -> list[str]:
    return [hub.contact(email=f"{n}@example.com", city="Oslo") for n in range(count)]


@pytest.mark.parametrize("verb", ["read", "create", "update", "upsert", "archive"])
def test_a_batch_has_a_hundred_inputs_at_most(hub: Hub, verb: str) -> None:
    rows = [{"id": str(n), "properties": {}, "idProperty": "email"} for n in range(101)]

    assert hub.post(f"{BATCH}/{verb}", {"inputs": rows}).status_code == 400


def test_a_batch_read_with_history_has_fifty_inputs_at_most(hub: Hub) -> None:
    ids = _rows(hub, 51)
    body: dict[str, Any] = {"propertiesWithHistory": ["city"], "inputs": [{"id": i} for i in ids]}

    too_many = hub.post(f"{BATCH}/read", body)
    body["inputs"] = body["inputs"][:50]
    enough: Any = hub.post(f"{BATCH}/read", body).json

    assert too_many.status_code == 400
    assert len(enough["results"]) == 50
    assert enough["results"][0]["propertiesWithHistory"]["city"][0]["value"] == "Oslo"


def test_a_batch_read_names_what_it_did_not_find(hub: Hub) -> None:
    """Failure mode 24."""
    ids = _rows(hub, 2)
    inputs = [{"id": ids[0]}, {"id": "1"}, {"id": ids[1]}, {"id": "2"}]

    answer = hub.post(f"{BATCH}/read", {"inputs": inputs, "properties": ["city"]})

    body: Any = answer.json
    assert answer.status_code == 207
    assert body["status"] == "COMPLETE"
    assert [r["id"] for r in body["results"]] == ids
    assert body["numErrors"] == 1
    assert body["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    assert body["errors"][0]["context"] == {"ids": ["1", "2"]}


def test_a_batch_read_by_address_misses_secondary_ones(hub: Hub) -> None:
    """Failure mode 19."""
    first, second = _rows(hub, 2)
    body = {"primaryObjectId": first, "objectIdToMerge": second}
    hub.post("/crm/objects/2026-03/contacts/merge", body)

    read = hub.post(
        f"{BATCH}/read",
        {"idProperty": "email", "inputs": [{"id": "0@EXAMPLE.com"}, {"id": "1@example.com"}]},
    )

    answer: Any = read.json
    assert [r["id"] for r in answer["results"]] == [first]
    assert answer["errors"][0]["context"] == {"ids": ["1@example.com"]}


def test_a_batch_creates_records_with_associations(hub: Hub) -> None:
    contact_id = hub.contact(email="a@example.com")
    to = {"to": {"id": contact_id}, "types": [_type(507)]}
    rows = [{"properties": {"hs_order_name": "One"}, "associations": [to]}]

    answer = hub.post("/crm/objects/2026-03/orders/batch/create", {"inputs": rows})

    body: Any = answer.json
    assert answer.status_code == 201
    order_id = body["results"][0]["id"]
    assert hub.portal.associations.of("0-1", contact_id, "0-123") == [order_id]


def test_one_duplicate_fails_a_whole_batch_create(hub: Hub) -> None:
    """Failure mode 21."""
    hub.contact(email="b@example.com")
    rows = [{"properties": {"email": f"{c}@example.com"}} for c in "abc"]

    answer = hub.post(f"{BATCH}/create", {"inputs": rows})

    assert answer.status_code == 409
    assert hub.portal.contacts.by_email("a@example.com") is None
    assert hub.portal.contacts.by_email("c@example.com") is None


def test_two_of_the_same_in_a_batch_create_fail_it(hub: Hub) -> None:
    rows = [{"properties": {"email": "a@example.com"}} for _ in range(2)]

    answer = hub.post(f"{BATCH}/create", {"inputs": rows})

    assert answer.status_code == 409
    assert len(hub.portal.contacts.records) == 0


def test_a_batch_update_answers_200_with_trace_ids(hub: Hub) -> None:
    ids = _rows(hub, 2)
    inputs = [{"id": i, "properties": {"city": "Rome"}, "objectWriteTraceId": f"t{i}"} for i in ids]

    answer = hub.post(f"{BATCH}/update", {"inputs": inputs})

    body: Any = answer.json
    assert answer.status_code == 200
    assert [r["properties"]["city"] for r in body["results"]] == ["Rome", "Rome"]
    assert [r["objectWriteTraceId"] for r in body["results"]] == [f"t{i}" for i in ids]
    assert "errors" not in body


def test_a_batch_update_does_the_rest_and_names_the_unknown(hub: Hub) -> None:
    """Failure mode 24."""
    ids = _rows(hub, 2)
    inputs = [{"id": i, "properties": {"city": "Rome"}} for i in [ids[0], "1", ids[1]]]

    answer = hub.post(f"{BATCH}/update", {"inputs": inputs})

    body: Any = answer.json
    assert answer.status_code == 207
    assert [r["id"] for r in body["results"]] == ids
    assert body["errors"][0]["context"] == {"ids": ["1"]}
    assert body["startedAt"] == body["completedAt"] == "2026-03-01T09:30:00.000Z"


def test_one_bad_value_fails_a_whole_batch_update(hub: Hub) -> None:
    """Failure modes 22 and 25."""
    ids = _rows(hub, 3)
    inputs: list[Any] = [{"id": i, "properties": {"city": "Rome"}} for i in ids]
    inputs[2]["properties"]["lifecyclestage"] = "VIP"

    answer = hub.post(f"{BATCH}/update", {"inputs": inputs})

    body: Any = answer.json
    assert answer.status_code == 400
    assert body["errors"][0]["code"] == "INVALID_OPTION"
    assert {r.properties["city"] for r in hub.portal.contacts.records.values()} == {"Oslo"}


def test_the_same_id_twice_fails_a_batch_update(hub: Hub) -> None:
    contact_id = hub.contact()
    inputs = [{"id": contact_id, "properties": {"city": c}} for c in "ab"]

    assert hub.post(f"{BATCH}/update", {"inputs": inputs}).status_code == 400


def test_an_upsert_by_address_creates_and_updates(hub: Hub) -> None:
    """Failure mode 18."""
    known = hub.contact(email="a@example.com")
    inputs = [
        {"id": f"{c}@example.com", "idProperty": "email", "properties": {"city": "Rome"}}
        for c in "Ab"
    ]

    answer = hub.post(f"{BATCH}/upsert", {"inputs": inputs})

    body: Any = answer.json
    assert answer.status_code == 200
    assert [(r["id"] == known, r["new"]) for r in body["results"]] == [
        (True, False),
        (False, True),
    ]
    created = hub.portal.contacts.by_email("b@example.com")
    assert created is not None
    assert created.properties["city"] == "Rome"


def test_an_upsert_by_address_is_all_or_nothing(hub: Hub) -> None:
    inputs: list[Any] = [
        {"id": "a@example.com", "idProperty": "email", "properties": {}},
        {"id": "b@example.com", "idProperty": "email", "properties": {"nonsense": "1"}},
    ]

    answer = hub.post(f"{BATCH}/upsert", {"inputs": inputs})

    assert answer.status_code == 400
    assert hub.portal.contacts.by_email("a@example.com") is None


def test_an_upsert_by_a_unique_property_can_succeed_in_part(hub: Hub) -> None:
    body = {
        "name": "customer_no",
        "label": "No",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
        "hasUniqueValue": True,
    }
    hub.post("/crm/properties/2026-03/contacts", body)
    inputs: list[Any] = [
        {"id": "1", "idProperty": "customer_no", "properties": {"city": "Rome"}},
        {"id": "2", "idProperty": "customer_no", "properties": {"nonsense": "1"}},
    ]

    answer = hub.post(f"{BATCH}/upsert", {"inputs": inputs})
    again = hub.post("/crm/v3/objects/contacts", {"properties": {"customer_no": "1"}})

    done: Any = answer.json
    refused: Any = again.json
    assert answer.status_code == 207
    assert [r["new"] for r in done["results"]] == [True]
    assert done["errors"][0]["context"] == {"ids": ["2"]}
    assert refused["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"


def test_an_upsert_wants_a_property_with_unique_values(hub: Hub) -> None:
    inputs = [{"id": "Rome", "idProperty": "city", "properties": {}}]

    assert hub.post(f"{BATCH}/upsert", {"inputs": inputs}).status_code == 400


def test_a_batch_archives_and_passes_over_the_unknown(hub: Hub) -> None:
    ids = _rows(hub, 2)

    answer = hub.post(f"{BATCH}/archive", {"inputs": [{"id": ids[0]}, {"id": "1"}]})

    listed: Any = hub.get("/crm/objects/2026-03/contacts").json
    assert answer.status_code == 204
    assert [r["id"] for r in listed["results"]] == ids[1:]


def _type(type_id: int) -> dict[str, Any]:
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}


def test_two_contacts_can_not_get_the_same_address_in_a_batch_update(hub: Hub) -> None:
    ids = _rows(hub, 2)
    inputs = [{"id": i, "properties": {"email": "new@example.com"}} for i in ids]

    answer = hub.post(f"{BATCH}/update", {"inputs": inputs})

    assert answer.status_code == 409
    assert hub.portal.contacts.by_email("new@example.com") is None
