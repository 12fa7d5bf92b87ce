"""Deals, products, line items, orders and carts through both clients."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot.crm import objects as models

from .conftest import Contract

KINDS = [
    ("0-3", "deals", {"dealname": "A", "dealstage": "closedwon", "pipeline": "default"}),
    ("0-7", "products", {"name": "A", "price": "9.90"}),
    ("0-8", "line_items", {"name": "A", "quantity": "2", "price": "9.90"}),
    ("0-123", "orders", {"hs_order_name": "A", "hs_total_price": "9.90"}),
    ("0-142", "carts", {"hs_cart_name": "A", "hs_total_price": "9.90"}),
]


@pytest.mark.parametrize(("type_id", "name", "values"), KINDS)
def test_v3_the_generic_face_of_every_type(
    contract: Contract, type_id: str, name: str, values: dict[str, str]
) -> None:
    objects = contract.v3.crm.objects
    body = models.SimplePublicObjectInputForCreate(properties=values, associations=[])
    first = next(iter(values))

    made = objects.basic_api.create(type_id, body)
    objects.basic_api.update(name, made.id, models.SimplePublicObjectInput(properties={first: "B"}))
    read = objects.basic_api.get_by_id(type_id, made.id, properties=[first])
    page = objects.basic_api.get_page(name, limit=2)
    found = objects.search_api.do_search(type_id, _search(made.id))
    objects.basic_api.archive(type_id, made.id)

    assert read.properties[first] == "B"
    assert len(page.results) == 2
    assert [r.id for r in found.results] == [made.id]
    assert not contract.portal.exists(type_id, made.id)


def _search(record_id: str) -> Any:
    wanted = models.Filter(property_name="hs_object_id", operator="EQ", value=record_id)
    return models.PublicObjectSearchRequest(
        filter_groups=[models.FilterGroup(filters=[wanted])],
        sorts=[],
        properties=[],
        limit=10,
        after="0",
    )


@pytest.mark.parametrize(("type_id", "name", "values"), KINDS)
def test_v3_generic_batches_of_every_type(
    contract: Contract, type_id: str, name: str, values: dict[str, str]
) -> None:
    api, first = contract.v3.crm.objects.batch_api, next(iter(values))
    made = api.create(
        name,
        models.BatchInputSimplePublicObjectBatchInputForCreate(
            inputs=[
                models.SimplePublicObjectBatchInputForCreate(properties=values, associations=[])
                for _ in range(2)
            ]
        ),
    )
    ids = [r.id for r in made.results]
    api.update(
        name,
        models.BatchInputSimplePublicObjectBatchInput(
            inputs=[models.SimplePublicObjectBatchInput(id=ids[0], properties={first: "B"})]
        ),
    )

    read = api.read(
        type_id,
        models.BatchReadInputSimplePublicObjectId(
            inputs=[models.SimplePublicObjectId(id=id_) for id_ in ids],
            properties=[first],
            properties_with_history=[],
        ),
    )
    api.archive(
        type_id,
        models.BatchInputSimplePublicObjectId(
            inputs=[models.SimplePublicObjectId(id=id_) for id_ in ids]
        ),
    )

    assert [r.properties[first] for r in read.results] == ["B", "A"]
    assert not any(contract.portal.exists(type_id, id_) for id_ in ids)


@pytest.mark.parametrize(("type_id", "name", "values"), KINDS)
def test_dated_every_type_by_name(
    contract: Contract, type_id: str, name: str, values: dict[str, str]
) -> None:
    api: Any = getattr(contract.dated.crm.objects, name)
    first = next(iter(values))

    made = api.create(properties=values, associations=[])
    updated = api.update(made.id, properties={first: "B"})
    read = api.get(made.id, properties=[first])
    found = api.search(
        filter_groups=[
            {"filters": [{"property_name": "hs_object_id", "operator": "EQ", "value": made.id}]}
        ],
        limit=1,
        after="0",
        sorts=[],
        properties=[first],
    )
    listed = [r.id for r in api.list(limit=100, properties=["hs_object_id"])]
    batch = api.batch.get(inputs=[{"id": made.id}], properties=[first], properties_with_history=[])
    api.delete(made.id)

    assert updated.properties[first] == read.properties[first] == "B"
    assert [r.id for r in found.results] == [r.id for r in batch.results] == [made.id]
    assert made.id in listed
    assert not contract.portal.exists(type_id, made.id)


@pytest.mark.parametrize("name", ["orders", "0-142"])
def test_dated_the_generic_face(contract: Contract, name: str) -> None:
    api = contract.dated.crm.objects.generic_objects

    made = api.create(name, properties={"hs_total_price": "5"}, associations=[])
    updated = api.update(made.id, object_type=name, properties={"hs_total_price": "6"})
    read = api.get(made.id, object_type=name, properties=["hs_total_price"])
    api.delete(made.id, object_type=name)

    assert updated.id == made.id
    assert read.properties["hs_total_price"] == "6"


def test_an_order_comes_with_its_associations(contract: Contract) -> None:
    order_id = next(iter(contract.portal.orders.records))

    v3 = contract.v3.crm.objects.basic_api.get_by_id(
        "0-123", order_id, associations=["contacts", "line_items"]
    )
    dated = contract.dated.crm.objects.orders.get(order_id, associations=["contacts"])

    ids = contract.portal.associations.of("0-123", order_id, "0-1")
    assert [a.id for a in v3.associations["contacts"].results] == ids
    assert dated.associations is not None
    assert [a.id for a in dated.associations["contacts"].results] == ids


@pytest.mark.parametrize("name", ["deals", "products", "line_items"])
def test_v3_the_faces_that_types_have_of_their_own(contract: Contract, name: str) -> None:
    api = getattr(contract.v3.crm, name).basic_api

    page = api.get_page(limit=2)

    assert len(page.results) == 2
    assert api.get_by_id(page.results[0].id).id == page.results[0].id
