"""Associations, from both sides."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.associations.kinds import between
from sandbox.objects import types

from .hub import Hub

BATCH = "/crm/associations/2026-03/contacts/deals/batch"


@pytest.fixture
def ends(hub: Hub) -> tuple[str, str]:
    """Give a contact and a deal."""
    return hub.contact(email="a@example.com"), hub.portal.deals.create({"dealname": "D"}).id


def _row(ends: tuple[str, str], type_id: int = 4) -> dict[str, Any]:
    kinds = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]
    return {"from": {"id": ends[0]}, "to": {"id": ends[1]}, "types": kinds}


@pytest.mark.parametrize(
    ("start", "end", "type_id"),
    [
        (types.CONTACT, types.DEAL, 4),
        (types.DEAL, types.CONTACT, 3),
        (types.CONTACT, types.ORDER, 508),
        (types.ORDER, types.CONTACT, 507),
        (types.CONTACT, types.CART, 587),
        (types.CART, types.CONTACT, 586),
        (types.DEAL, types.ORDER, 511),
        (types.ORDER, types.DEAL, 512),
        (types.ORDER, types.LINE_ITEM, 513),
        (types.LINE_ITEM, types.ORDER, 514),
        (types.CART, types.LINE_ITEM, 590),
        (types.LINE_ITEM, types.CART, 591),
        (types.ORDER, types.CART, 593),
        (types.CART, types.ORDER, 592),
        (types.DEAL, types.LINE_ITEM, 19),
        (types.LINE_ITEM, types.DEAL, 20),
    ],
)
def test_each_direction_has_hubspots_id(
    start: types.ObjectType, end: types.ObjectType, type_id: int
) -> None:
    assert between(start, end).type_id == type_id


def test_a_pair_is_associated_and_seen_from_both_sides(hub: Hub, ends: tuple[str, str]) -> None:
    made = hub.post(f"{BATCH}/create", {"inputs": [_row(ends)]})

    there: Any = hub.post(f"{BATCH}/read", {"inputs": [{"id": ends[0]}]}).json
    back: Any = hub.get(f"/crm/v4/objects/deals/{ends[1]}/associations/contacts").json
    assert made.status_code == 201
    assert there["results"] == [
        {
            "from": {"id": ends[0]},
            "to": [
                {
                    "toObjectId": ends[1],
                    "associationTypes": [
                        {"category": "HUBSPOT_DEFINED", "typeId": 4, "label": None}
                    ],
                }
            ],
        }
    ]
    assert back["results"][0]["toObjectId"] == ends[0]
    assert back["results"][0]["associationTypes"][0]["typeId"] == 3


def test_a_record_without_associations_is_missing_from_a_batch_read(
    hub: Hub, ends: tuple[str, str]
) -> None:
    answer = hub.post(f"{BATCH}/read", {"inputs": [{"id": ends[0]}]})

    body: Any = answer.json
    assert answer.status_code == 200
    assert body["results"] == []


def test_a_record_that_does_not_exist_is_named(hub: Hub, ends: tuple[str, str]) -> None:
    read = hub.post(f"{BATCH}/read", {"inputs": [{"id": "1"}]})
    made = hub.post(f"{BATCH}/create", {"inputs": [_row(ends), _row((ends[0], "1"))]})

    read_answer: Any = read.json
    made_answer: Any = made.json
    assert read.status_code == 207
    assert read_answer["errors"][0]["context"] == {"ids": ["1"]}
    assert made.status_code == 207
    assert len(made_answer["results"]) == 1
    assert made_answer["errors"][0]["context"]["toObjectId"] == ["1"]


@pytest.mark.parametrize("type_id", [3, 508, 99])
def test_a_type_that_leads_elsewhere_is_refused(
    hub: Hub, ends: tuple[str, str], type_id: int
) -> None:
    answer = hub.post(f"{BATCH}/create", {"inputs": [_row(ends, type_id)]})

    assert answer.status_code == 400


def test_kinds_without_an_association_type_are_refused(hub: Hub) -> None:
    path = "/crm/associations/2026-03/contacts/products/batch/read"

    assert hub.post(path, {"inputs": []}).status_code == 400


def test_an_archived_record_is_no_longer_associated(hub: Hub, ends: tuple[str, str]) -> None:
    hub.post(f"{BATCH}/create", {"inputs": [_row(ends)]})

    hub.delete(f"/crm/v3/objects/deals/{ends[1]}")

    answer: Any = hub.post(f"{BATCH}/read", {"inputs": [{"id": ends[0]}]}).json
    assert answer["results"] == []


def test_single_associations_are_made_and_undone(hub: Hub, ends: tuple[str, str]) -> None:
    path = f"/crm/objects/2026-03/contacts/{ends[0]}/associations"
    kinds = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 4}]

    made: Any = hub.put(f"{path}/deals/{ends[1]}", kinds).json
    linked = hub.portal.associations.of("0-1", ends[0], "0-3")
    hub.delete(f"{path}/deals/{ends[1]}")
    unlinked = hub.portal.associations.of("0-1", ends[0], "0-3")
    plain = hub.put(f"{path}/default/deals/{ends[1]}")

    assert made["toObjectId"] == ends[1]
    assert linked == [ends[1]]
    assert unlinked == []
    assert plain.status_code == 200
    assert hub.portal.associations.of("0-3", ends[1], "0-1") == [ends[0]]


def test_batches_associate_plainly_and_undo(hub: Hub, ends: tuple[str, str]) -> None:
    row = {"from": {"id": ends[0]}, "to": {"id": ends[1]}}

    made: Any = hub.post(f"{BATCH}/associate/default", {"inputs": [row]}).json
    undone = hub.post(
        f"{BATCH}/archive", {"inputs": [{"from": {"id": ends[0]}, "to": [{"id": ends[1]}]}]}
    )

    assert made["results"][0]["associationSpec"]["associationTypeId"] == 4
    assert undone.status_code == 204
    assert hub.portal.associations.of("0-1", ends[0], "0-3") == []


def test_associations_come_in_pages(hub: Hub, ends: tuple[str, str]) -> None:
    deals = [ends[1], *(hub.portal.deals.create({}).id for _ in range(4))]
    for deal in deals:
        hub.portal.associate(between(types.CONTACT, types.DEAL), (ends[0], deal))
    path = f"/crm/v4/objects/contacts/{ends[0]}/associations/deals"

    first: Any = hub.get(f"{path}?limit=3").json
    rest: Any = hub.get(f"{path}?limit=3&after={first['paging']['next']['after']}").json

    seen = [row["toObjectId"] for page in (first, rest) for row in page["results"]]
    assert seen == deals
    assert "paging" not in rest


def test_a_record_can_be_read_with_its_associations(hub: Hub, ends: tuple[str, str]) -> None:
    hub.post(f"{BATCH}/create", {"inputs": [_row(ends)]})

    answer: Any = hub.get(f"/crm/v3/objects/contacts/{ends[0]}?associations=deals,orders").json

    assert answer["associations"] == {
        "deals": {"results": [{"id": ends[1], "type": "contact_to_deal"}]}
    }


def test_types_between_two_kinds_can_be_listed(hub: Hub) -> None:
    answer: Any = hub.get("/crm/v4/associations/orders/contacts/labels").json

    assert answer["results"] == [{"category": "HUBSPOT_DEFINED", "typeId": 507, "label": None}]


def test_a_batch_has_its_limit(hub: Hub, ends: tuple[str, str]) -> None:
    rows = [{"id": ends[0]}] * 1001

    assert hub.post(f"{BATCH}/read", {"inputs": rows}).status_code == 400
