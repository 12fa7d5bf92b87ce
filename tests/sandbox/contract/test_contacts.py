"""Contacts through both clients."""

from __future__ import annotations

from typing import Any

from hubspot.crm import contacts as models

from .conftest import Contract

EVA = {"email": "eva@example.com", "firstname": "Eva", "lastname": "Ek"}


def _create(contract: Contract, email: str, **more: str) -> str:
    body = models.SimplePublicObjectInputForCreate(
        properties={"email": email, **more}, associations=[]
    )
    created_id: str = contract.v3.crm.contacts.basic_api.create(body).id
    return created_id


def test_v3_one_contact_from_creation_to_erasure(contract: Contract) -> None:
    api = contract.v3.crm.contacts.basic_api
    contact_id = _create(contract, "Eva@Example.com", firstname="Eva")

    api.update(contact_id, models.SimplePublicObjectInput(properties={"firstname": "Ewa"}))
    found = api.get_by_id(
        "eva@example.com",
        id_property="email",
        properties=["firstname", "email"],
        properties_with_history=["firstname"],
        associations=["deals"],
    )
    api.archive(contact_id)
    archived = api.get_by_id(contact_id, archived=True)
    api.purge(models.PublicGdprDeleteInput(object_id=_create(contract, "gone@example.com")))

    assert (found.id, found.properties["firstname"]) == (contact_id, "Ewa")
    assert found.properties["email"] == "eva@example.com"
    assert [v.value for v in found.properties_with_history["firstname"]] == ["Ewa", "Eva"]
    assert archived.archived is True
    assert archived.archived_at is not None
    assert contract.portal.contacts.by_email("gone@example.com") is None


def test_v3_contacts_come_by_pages(contract: Contract) -> None:
    api = contract.v3.crm.contacts.basic_api

    first = api.get_page(limit=40, properties=["email"])
    second = api.get_page(limit=40, after=first.paging.next.after)

    ids = [c.id for c in first.results + second.results]
    assert ids == sorted(contract.portal.contacts.records, key=int)
    assert second.paging is None
    assert len(api.get_page(limit=50, properties_with_history=["email"]).results) == 50


def test_v3_batches(contract: Contract) -> None:
    api = contract.v3.crm.contacts.batch_api
    made = api.create(
        models.BatchInputSimplePublicObjectBatchInputForCreate(
            inputs=[
                models.SimplePublicObjectBatchInputForCreate(
                    properties={"email": f"n{n}@example.com"}, associations=[]
                )
                for n in range(3)
            ]
        )
    )
    ids = [c.id for c in made.results]

    updated = api.update(
        models.BatchInputSimplePublicObjectBatchInput(
            inputs=[
                models.SimplePublicObjectBatchInput(id=id_, properties={"city": "Umeå"})
                for id_ in ids
            ]
        )
    )
    read = api.read(
        models.BatchReadInputSimplePublicObjectId(
            inputs=[models.SimplePublicObjectId(id=id_) for id_ in ids],
            properties=["city"],
            properties_with_history=["city"],
        )
    )
    upserted = api.upsert(
        models.BatchInputSimplePublicObjectBatchInputUpsert(
            inputs=[
                models.SimplePublicObjectBatchInputUpsert(
                    id=email, id_property="email", properties={"city": "Åre"}
                )
                for email in ("n0@example.com", "fresh@example.com")
            ]
        )
    )
    api.archive(
        models.BatchInputSimplePublicObjectId(
            inputs=[models.SimplePublicObjectId(id=id_) for id_ in ids]
        )
    )

    assert made.status == updated.status == read.status == "COMPLETE"
    assert [c.properties["city"] for c in read.results] == ["Umeå"] * 3
    assert [(c.id == ids[0], c.new) for c in upserted.results] == [(True, False), (False, True)]
    assert not any(contract.portal.exists("0-1", id_) for id_ in ids)


def test_v3_a_batch_with_unknown_ids_deserialises_as_one_with_errors(contract: Contract) -> None:
    """Failure mode 24."""
    known = next(iter(contract.portal.contacts.records))

    answer = contract.v3.crm.contacts.batch_api.read(
        models.BatchReadInputSimplePublicObjectId(
            inputs=[models.SimplePublicObjectId(id=id_) for id_ in (known, "404")],
            properties=["email"],
            properties_with_history=[],
        )
    )

    assert isinstance(answer, models.BatchResponseSimplePublicObjectWithErrors)
    assert (answer.num_errors, [c.id for c in answer.results]) == (1, [known])
    assert answer.errors[0].context["ids"] == ["404"]


def test_v3_search(contract: Contract) -> None:
    request = models.PublicObjectSearchRequest(
        filter_groups=[
            models.FilterGroup(
                filters=[
                    models.Filter(property_name="lifecyclestage", operator="EQ", value="customer")
                ]
            )
        ],
        sorts=["hs_object_id"],
        properties=["email"],
        limit=25,
        after="0",
    )

    found = contract.v3.crm.contacts.search_api.do_search(request)

    assert (found.total, len(found.results)) == (60, 25)
    assert found.paging.next.after == "25"


def test_v3_a_property_without_a_value_is_null(contract: Contract) -> None:
    contact_id = _create(contract, "a@example.com")

    found = contract.v3.crm.contacts.basic_api.get_by_id(contact_id, properties=["city"])

    assert found.properties["city"] is None


def test_v3_merging_keeps_the_survivor(contract: Contract) -> None:
    """Failure mode 28."""
    kept, gone = _create(contract, "a@example.com"), _create(contract, "b@example.com")

    merged = contract.v3.crm.contacts.basic_api.merge(
        models.PublicMergeInput(primary_object_id=kept, object_id_to_merge=gone)
    )

    assert contract.v3.crm.contacts.basic_api.get_by_id(gone).id == merged.id == kept


def test_dated_one_contact_from_creation_to_erasure(contract: Contract) -> None:
    api = contract.dated.crm.objects.contacts
    made = api.create(properties=EVA, associations=[])
    api.update(made.id, properties={"city": "Umeå"})

    found = api.get(made.id, properties=["city"], properties_with_history=["city"])
    api.delete(made.id)
    archived = api.get(made.id, archived=True)
    other = api.create(properties={**EVA, "email": "gone@example.com"}, associations=[])
    api.gdpr_delete(object_id="gone@example.com", id_property="email")

    assert made.url is not None
    assert made.url.endswith(f"/contacts/{contract.portal.hub_id}/record/0-1/{made.id}")
    assert found.properties["city"] == "Umeå"
    assert found.properties_with_history is not None
    assert [v.value for v in found.properties_with_history["city"]] == ["Umeå"]
    assert archived.archived
    assert other.id not in contract.portal.contacts.records


def test_dated_contacts_come_by_pages_and_by_search(contract: Contract) -> None:
    api = contract.dated.crm.objects.contacts

    every = [c.id for c in api.list(limit=30, properties=["country"])]
    found = api.search(
        filter_groups=[
            {"filters": [{"property_name": "email", "operator": "HAS_PROPERTY"}]},
        ],
        limit=10,
        after="0",
        sorts=["hs_object_id"],
        properties=["email"],
    )

    assert every == sorted(contract.portal.contacts.records, key=int)
    assert len(found.results) == 10
    assert found.total == sum(
        "email" in c.properties for c in contract.portal.contacts.records.values()
    )


def test_dated_batches_and_merge(contract: Contract) -> None:
    api = contract.dated.crm.objects.contacts
    made = api.batch.create(
        inputs=[
            {"properties": {**EVA, "email": f"n{n}@example.com"}, "associations": []}
            for n in range(2)
        ]
    )
    first, second = (c.id for c in made.results)

    updated = api.batch.update(inputs=[{"id": first, "properties": {"city": "Åre"}}])
    read = api.batch.get(
        inputs=[{"id": first}], properties=["city"], properties_with_history=["city"]
    )
    upserted = api.batch.upsert(
        inputs=[{"id": "n1@example.com", "id_property": "email", "properties": {"city": "Ås"}}]
    )
    merged = api.merge(primary_object_id=first, object_id_to_merge=second)
    api.batch.delete(inputs=[{"id": first}])

    assert [c.properties["city"] for c in read.results] == ["Åre"]
    assert updated.results[0].id == merged.id == first
    assert (upserted.results[0].id, upserted.results[0].new) == (second, False)
    assert not contract.portal.exists("0-1", first)


def test_dated_a_batch_with_unknown_ids_tells_them_apart(contract: Contract) -> None:
    """Failure mode 24."""
    known = next(iter(contract.portal.contacts.records))

    raw = contract.dated.crm.objects.contacts.batch.with_raw_response.get(
        inputs=[{"id": known}, {"id": "404"}], properties=[], properties_with_history=[]
    )

    body: Any = raw.http_response.json()
    assert raw.status_code == 207
    assert [c.id for c in raw.parse().results] == [known]
    assert (body["numErrors"], body["errors"][0]["context"]) == (1, {"ids": ["404"]})
