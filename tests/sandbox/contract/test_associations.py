"""Associations through both clients."""

from __future__ import annotations

from hubspot.crm.associations import v4 as models

from .conftest import Contract


def _pair(contract: Contract) -> tuple[str, str]:
    """Find an order and its contact."""
    order_id = next(iter(contract.portal.orders.records))
    return contract.portal.associations.of("0-123", order_id, "0-1")[0], order_id


def _strangers(contract: Contract) -> tuple[str, str]:
    """Make a contact and an order that have nothing to do with each other."""
    contact = contract.portal.contacts.create({"email": "new@example.com"})
    order = contract.portal.orders.create({"hs_order_name": "New"})
    return contact.id, order.id


def test_v4_one_pair(contract: Contract) -> None:
    api = contract.v3.crm.associations.v4.basic_api
    contact_id, order_id = _strangers(contract)

    made = api.create(
        "contacts",
        contact_id,
        "0-123",
        order_id,
        [models.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=508)],
    )
    there = api.get_page("contacts", contact_id, "0-123").results
    back = api.get_page("0-123", order_id, "contacts").results
    api.archive("contacts", contact_id, "0-123", order_id)
    api.create_default("contacts", contact_id, "0-123", order_id)

    assert str(made.from_object_id) == contact_id
    assert [(str(a.to_object_id), a.association_types[0].type_id) for a in there] == [
        (order_id, 508)
    ]
    assert [(str(a.to_object_id), a.association_types[0].type_id) for a in back] == [
        (contact_id, 507)
    ]
    assert contract.portal.associations.of("0-1", contact_id, "0-123") == [order_id]


def test_v4_batches_leave_out_what_has_none(contract: Contract) -> None:
    api = contract.v3.crm.associations.v4.batch_api
    (contact_id, order_id), (loner, lone_order) = _pair(contract), _strangers(contract)

    read = api.get_page(
        "contacts",
        "orders",
        models.BatchInputPublicFetchAssociationsBatchRequest(
            inputs=[
                models.PublicFetchAssociationsBatchRequest(id=id_) for id_ in (contact_id, loner)
            ]
        ),
    )
    made = api.create(
        "contacts",
        "orders",
        models.BatchInputPublicAssociationMultiPost(
            inputs=[
                models.PublicAssociationMultiPost(
                    _from=models.PublicObjectId(id=loner),
                    to=models.PublicObjectId(id=lone_order),
                    types=[
                        models.AssociationSpec(
                            association_category="HUBSPOT_DEFINED", association_type_id=508
                        )
                    ],
                )
            ]
        ),
    )

    found = {r._from.id: [a.to_object_id for a in r.to] for r in read.results}
    assert list(found) == [contact_id]
    assert order_id in [str(id_) for id_ in found[contact_id]]
    assert made.status == "COMPLETE"
    assert contract.portal.associations.of("0-1", loner, "0-123") == [lone_order]


def test_v4_default_batches_and_archiving(contract: Contract) -> None:
    api = contract.v3.crm.associations.v4.batch_api
    contact_id, order_id = _strangers(contract)
    pair = {
        "_from": models.PublicObjectId(id=contact_id),
        "to": models.PublicObjectId(id=order_id),
    }

    api.create_default(
        "contacts",
        "orders",
        models.BatchInputPublicDefaultAssociationMultiPost(
            inputs=[models.PublicDefaultAssociationMultiPost(**pair)]
        ),
    )
    linked = contract.portal.associations.of("0-1", contact_id, "0-123")
    api.archive(
        "contacts",
        "orders",
        models.BatchInputPublicAssociationMultiArchive(
            inputs=[models.PublicAssociationMultiArchive(_from=pair["_from"], to=[pair["to"]])]
        ),
    )

    assert linked == [order_id]
    assert contract.portal.associations.of("0-1", contact_id, "0-123") == []


def test_dated_one_pair(contract: Contract) -> None:
    api = contract.dated.crm.associations
    contact_id, order_id = _strangers(contract)

    made = api.create(
        order_id, from_object_type="contacts", from_object_id=contact_id, to_object_type="0-123"
    )
    labelled = api.update_labels(
        order_id,
        object_type="contacts",
        object_id=contact_id,
        to_object_type="0-123",
        body=[{"association_category": "HUBSPOT_DEFINED", "association_type_id": 508}],
    )
    listed = list(api.list("0-123", object_type="contacts", object_id=contact_id))
    api.delete(order_id, object_type="contacts", object_id=contact_id, to_object_type="0-123")

    assert made.status == "COMPLETE"
    assert str(labelled.to_object_id) == order_id
    assert [str(a.to_object_id) for a in listed] == [order_id]
    assert contract.portal.associations.of("0-1", contact_id, "0-123") == []


def test_dated_batches(contract: Contract) -> None:
    api = contract.dated.crm.associations.batch
    (contact_id, _), (loner, lone_order) = _pair(contract), _strangers(contract)

    read = api.get("orders", from_object_type="contacts", inputs=[{"id": contact_id}])
    made = api.create(
        "orders",
        from_object_type="contacts",
        inputs=[
            {
                "from": {"id": loner},
                "to": {"id": lone_order},
                "types": [{"association_category": "HUBSPOT_DEFINED", "association_type_id": 508}],
            }
        ],
    )
    again = api.create_default(
        "orders",
        from_object_type="contacts",
        inputs=[{"from": {"id": loner}, "to": {"id": lone_order}}],
    )
    api.delete(
        "orders",
        from_object_type="contacts",
        inputs=[{"from": {"id": loner}, "to": [{"id": lone_order}]}],
    )

    assert [r.from_.id for r in read.results] == [contact_id]
    assert made.status == again.status == "COMPLETE"
    assert contract.portal.associations.of("0-1", loner, "0-123") == []
