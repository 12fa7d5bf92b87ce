"""Lists of the stand-in and their members."""

import json
from collections.abc import Callable

import pytest

from integration import errors
from integration.hubspot import lists
from integration.hubspot.client import HubSpot
from tests.hubspot.standin import StandIn
from tests.hubspot.wires import PORTAL, Scripted, Way, said

Start = Callable[..., tuple[Scripted, Way]]
FILTERS = {"filterBranchType": "OR", "filters": [], "filterBranches": [
    {"filterBranchType": "AND", "filterBranches": [], "filters": []}]}  # fmt: skip


@pytest.mark.parametrize("name", ["VIP", "50% & more?", "Müller – VIP", "Cart / checkout", "a/b"])
def test_a_list_is_created_static_found_by_name_and_read(standin: StandIn, name: str) -> None:
    standin.hubspot.lists.create(f"{name} too")
    list_id = standin.hubspot.lists.create(name)

    found = standin.hubspot.lists.by_name(name)

    assert found is not None
    assert (found.list_id, found.processing_type, found.size) == (list_id, "MANUAL", 0)
    assert found == standin.hubspot.lists.get(list_id)
    assert found.created_at is not None


def test_a_list_is_searched_for_to_the_last_page(scripted: Start) -> None:
    other = {"listId": "1", "name": "a/b", "objectTypeId": "0-3", "processingType": "MANUAL"}
    ours = {**other, "listId": "2", "objectTypeId": "0-1"}
    server, way = scripted(
        said(200, {"lists": [other], "hasMore": True}), said(200, {"lists": [ours]})
    )

    found = HubSpot(way.transport, PORTAL).lists.by_name("a/b")

    assert found is not None
    assert found.list_id == "2"
    assert [json.loads(one.body)["offset"] for one in server.heard] == [0, 1]


def test_a_list_that_is_not_there_is_none_by_name_and_an_error_by_id(standin: StandIn) -> None:
    """Failure mode 40: deleted by an admin."""
    list_id = standin.hubspot.lists.create("VIP")
    standin.hubspot.lists.delete(list_id)

    assert standin.hubspot.lists.by_name("VIP") is None
    assert standin.hubspot.lists.by_name("V/I/P") is None
    with pytest.raises(errors.NotFound):
        standin.hubspot.lists.get(list_id)
    with pytest.raises(errors.NotFound):
        standin.hubspot.lists.change(list_id, add=[1])


def test_a_name_that_is_taken_is_refused(standin: StandIn) -> None:
    """Failure mode 40."""
    standin.hubspot.lists.create("VIP")

    with pytest.raises(errors.Invalid):
        standin.hubspot.lists.create("VIP")


def test_members_come_and_go_in_one_call_and_every_id_is_accounted_for(standin: StandIn) -> None:
    """Failure mode 39."""
    ada, ben, cleo = (standin.contact(f"{name}@example.com") for name in "abc")
    list_id = standin.hubspot.lists.create("VIP")
    standin.hubspot.lists.change(list_id, add=[ada, ben])

    answer = standin.hubspot.lists.change(list_id, add=[ben, cleo, 999], remove=[ada])

    assert [set(one) for one in (answer.added, answer.removed, answer.missing)] == [
        {cleo},
        {ada},
        {999},
    ]
    assert list(standin.hubspot.lists.member_ids(list_id)) == [(ben, cleo)]
    assert sum(path.endswith("/add-and-remove") for _, path, _ in standin.calls()) == 2


def test_doing_it_again_changes_nothing(standin: StandIn) -> None:
    ada = standin.contact("a@example.com")
    list_id = standin.hubspot.lists.create("VIP")
    standin.hubspot.lists.change(list_id, add=[ada])

    answer = standin.hubspot.lists.change(list_id, add=[ada])

    assert (answer.added, answer.missing) == (frozenset(), frozenset())


def test_several_lists_are_read_in_one_call_and_a_deleted_one_is_absent(standin: StandIn) -> None:
    """Failure mode 40."""
    anna = standin.contact("a@example.com")
    ids = [standin.hubspot.lists.create(name) for name in ("A", "B", "C")]
    standin.hubspot.lists.change(ids[0], add=[anna])
    standin.portal.lists.delete(ids[1])
    calls = len(standin.calls())

    found = standin.hubspot.lists.several(ids)

    assert {list_id: one.size for list_id, one in found.items()} == {ids[0]: 1, ids[2]: 0}
    assert len(standin.calls()) == calls + 1


def test_a_list_whose_members_hubspot_chooses_refuses_ours(standin: StandIn) -> None:
    """Failure mode 38."""
    made = standin.portal.lists.create("Active", "DYNAMIC", filter_branch=FILTERS)

    assert standin.hubspot.lists.get(made.id).processing_type == "DYNAMIC"
    with pytest.raises(errors.Invalid):
        standin.hubspot.lists.change(made.id, add=[standin.contact("a@example.com")])


def test_members_are_read_page_by_page(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    members = [standin.contact(f"a{number}@example.com") for number in range(5)]
    list_id = standin.hubspot.lists.create("VIP")
    standin.hubspot.lists.change(list_id, add=members)

    pages = list(standin.hubspot.lists.member_ids(list_id))

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [one for page in pages for one in page] == members


def test_ids_travel_as_text_and_at_most_ten_thousand_a_call(scripted: Start) -> None:
    """Failure mode 44."""
    server, way = scripted(
        said(200, {"recordsIdsAdded": ["9007199254740993"]}), said(200, {"recordIdsRemoved": ["5"]})
    )
    add = [9007199254740993, *range(10, 10_009)]

    answer = HubSpot(way.transport, PORTAL).lists.change("9", add=add, remove=[5])

    assert [*answer.added, *answer.removed] == [9007199254740993, 5]
    assert [one.body.count(b'"') // 2 - 2 for one in server.heard] == [10_000, 1]
    assert json.loads(server.heard[1].body) == {"recordIdsToAdd": [], "recordIdsToRemove": ["5"]}
    assert b'["9007199254740993", "10"' in server.heard[0].body


def test_changing_nothing_calls_nobody(standin: StandIn) -> None:
    assert standin.hubspot.lists.change("1").missing == frozenset()
    assert standin.calls() == []


def test_a_page_of_members_that_comes_again_is_an_error_not_a_loop(scripted: Start) -> None:
    """Failure mode 16."""
    body = {"results": [{"recordId": "1"}], "paging": {"next": {"after": "1"}}}
    _, way = scripted(said(200, body))

    with pytest.raises(errors.Unavailable, match="doesn't advance"):
        list(HubSpot(way.transport, PORTAL).lists.member_ids("1"))


@pytest.mark.parametrize("body", [None, [], {"list": {}}, {"list": {"listId": "1"}}])
def test_an_answer_that_is_no_list_is_no_answer(scripted: Start, body: object) -> None:
    _, way = scripted(said(200, body))

    with pytest.raises(errors.Unavailable):
        HubSpot(way.transport, PORTAL).lists.get("1")
