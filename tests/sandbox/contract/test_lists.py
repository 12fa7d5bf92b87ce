"""Lists and memberships through both clients."""

from __future__ import annotations

from hubspot.crm import lists as models

from .conftest import Contract


def _make(contract: Contract, name: str) -> str:
    body = models.ListCreateRequest(object_type_id="0-1", processing_type="MANUAL", name=name)
    list_id: str = contract.v3.crm.lists.lists_api.create(body).list.list_id
    return list_id


def _contacts(contract: Contract, count: int) -> list[str]:
    return sorted(contract.portal.contacts.records, key=int)[:count]


def test_v3_a_list_from_creation_to_restoration(contract: Contract) -> None:
    api = contract.v3.crm.lists.lists_api
    list_id = _make(contract, "Segue: loyal")

    api.update_name(list_id, list_name="Segue: very loyal")
    found = api.get_by_id(list_id).list
    named = api.get_by_name("Segue: very loyal", "0-1").list
    every = api.get_all(list_ids=[list_id]).lists
    searched = api.do_search(
        models.ListSearchRequest(
            query="loyal",
            processing_types=["MANUAL"],
            list_ids=[],
            additional_properties=["hs_list_size"],
            offset=0,
            count=20,
        )
    )
    api.remove(list_id)
    api.restore(list_id)

    assert (found.name, found.processing_type, found.object_type_id) == (
        "Segue: very loyal",
        "MANUAL",
        "0-1",
    )
    assert {found.list_id, named.list_id, every[0].list_id} == {list_id}
    assert [r.list_id for r in searched.lists] == [list_id]
    assert (searched.total, searched.has_more) == (1, False)
    assert api.get_by_id(list_id).list.deleted_at is None


def test_v3_members_come_and_go_and_unknown_ones_are_named(contract: Contract) -> None:
    """Failure mode 39."""
    api = contract.v3.crm.lists.memberships_api
    list_id, (first, second, third) = _make(contract, "Members"), _contacts(contract, 3)

    added = api.add(list_id, [first, second, "404"])
    again = api.add(list_id, [first])
    changed = api.add_and_remove(
        list_id,
        models.MembershipChangeRequest(record_ids_to_add=[third], record_ids_to_remove=[first]),
    )
    page = api.get_page(list_id, limit=1)
    rest = api.get_page(list_id, after=page.paging.next.after)
    joined = api.get_page_ordered_by_added_to_list_date(list_id)
    of_record = api.get_lists("0-1", third)
    removed = api.remove(list_id, [third])

    assert (added.records_ids_added, added.record_ids_missing) == ([first, second], ["404"])
    assert not again.records_ids_added
    assert (changed.records_ids_added, changed.record_ids_removed) == ([third], [first])
    assert [m.record_id for m in page.results + rest.results] == [second, third]
    assert {m.record_id for m in joined.results} == {second, third}
    assert [m.list_id for m in of_record.results] == [list_id]
    assert removed.record_ids_removed == [third]


def test_v3_members_of_another_list_and_none(contract: Contract) -> None:
    api = contract.v3.crm.lists.memberships_api
    source, target = _make(contract, "Source"), _make(contract, "Target")
    ids = _contacts(contract, 3)
    api.add(source, ids)

    api.add_all_from_list(target, source)
    copied = api.get_page(target).results
    api.remove_all(target)

    assert [m.record_id for m in copied] == ids
    assert api.get_page(target).results == []


def test_v3_list_ids_map_from_their_old_ones(contract: Contract) -> None:
    list_id = _make(contract, "Mapped")
    record = contract.v3.crm.lists.mapping_api

    batch = record.translate_legacy_list_id_to_list_id_batch(["999999"])

    assert list_id
    assert batch.missing_legacy_list_ids == ["999999"]


def test_dated_a_list_from_creation_to_restoration(contract: Contract) -> None:
    api = contract.dated.crm.lists
    made = api.create(name="Segue: new", object_type_id="0-1", processing_type="MANUAL").list
    api.update_list_name(made.list_id, list_name="Segue: newer")

    found = api.get(made.list_id).list
    named = api.get_by_object_type_and_name("Segue: newer", object_type_id="0-1").list
    searched = api.list_by_search(
        list_ids=[], offset=0, processing_types=["MANUAL"], query="newer", count=10
    )
    every = api.list(list_ids=[made.list_id])
    api.delete(made.list_id)
    api.restore(made.list_id)

    assert found.list_id == named.list_id == made.list_id
    assert (found.name, found.processing_type) == ("Segue: newer", "MANUAL")
    assert [r.list_id for r in searched.lists] == [r.list_id for r in every.lists]


def test_dated_members_come_and_go_and_unknown_ones_are_named(contract: Contract) -> None:
    """Failure mode 39."""
    api = contract.dated.crm.lists
    contract.sandbox.settings.omit_empty_arrays = False
    list_id = _make(contract, "Members")
    first, second, third = _contacts(contract, 3)

    added = api.add_memberships(list_id, body=[first, second, "404"])
    changed = api.add_and_remove_memberships(
        list_id, record_ids_to_add=[third], record_ids_to_remove=[first]
    )
    removed = api.remove_memberships(list_id, body=[second])
    members = [m.record_id for m in api.list_memberships(list_id, limit=1)]
    joined = [m.record_id for m in api.get_memberships_join_order(list_id)]
    of_record = api.get_record_memberships(third, object_type_id="0-1").results
    batch = api.batch_read_memberships(
        inputs=[{"object_type_id": "0-1", "record_id": third}]
    ).results
    contract.sandbox.settings.omit_empty_arrays = True

    assert (added.records_ids_added, added.record_ids_missing) == ([first, second], ["404"])
    assert (changed.records_ids_added, changed.record_ids_removed) == ([third], [first])
    assert removed.record_ids_removed == [second]
    assert members == joined == [third]
    assert [m.list_id for m in of_record] == [list_id]
    assert [r.record_id for r in batch] == [third]


def test_dated_the_rest_of_the_lists(contract: Contract) -> None:
    api = contract.dated.crm.lists
    source, target = _make(contract, "Source"), _make(contract, "Target")
    contract.v3.crm.lists.memberships_api.add(source, _contacts(contract, 2))

    api.add_memberships_from(source, list_id=target)
    copied = [m.record_id for m in api.list_memberships(target)]
    api.delete_memberships(target)
    mapping = api.create_id_mapping(body=["999999"])

    assert copied == _contacts(contract, 2)
    assert list(api.list_memberships(target)) == []
    assert mapping.missing_legacy_list_ids == ["999999"]
