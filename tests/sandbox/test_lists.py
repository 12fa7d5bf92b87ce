"""Lists and who is on them."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.marketing.model import Trigger, Workflow

from .hub import HUB_ID, NOW, Hub

LISTS = "/crm/lists/2026-03"
FILTERS = {
    "filterBranchType": "OR",
    "filterBranches": [{"filterBranchType": "AND", "filters": []}],
}


def _create(hub: Hub, name: str = "VIP", kind: str = "MANUAL", **more: Any) -> Any:
    body = {"name": name, "objectTypeId": "0-1", "processingType": kind, **more}
    return hub.post(LISTS, body)


def _people(hub: Hub, count: int) -> list[str]:
    return [hub.contact(email=f"{n}@example.com") for n in range(count)]


def test_a_list_is_created_and_found_by_id_and_name(hub: Hub) -> None:
    made = _create(hub, "VIP / gold")

    list_id = made.json["list"]["listId"]
    by_id: Any = hub.get(f"{LISTS}/{list_id}").json
    by_name: Any = hub.get(f"{LISTS}/object-type-id/0-1/name/VIP%20%2F%20gold").json
    assert made.status_code == 200
    assert by_id["list"]["name"] == "VIP / gold"
    assert by_id["list"]["processingType"] == "MANUAL"
    assert by_id["list"]["size"] == 0
    assert by_name == by_id


def test_the_old_path_has_a_trailing_slash_in_the_official_client(hub: Hub) -> None:
    body = {"name": "VIP", "objectTypeId": "0-1", "processingType": "MANUAL"}

    assert hub.post("/crm/v3/lists/", body).status_code == 200


def test_a_name_is_taken_once(hub: Hub) -> None:
    """Failure mode 40."""
    _create(hub)

    again = _create(hub, "vip")

    assert again.status_code == 400
    assert again.json["subCategory"] == "ILS.DUPLICATE_LIST_NAMES"


def test_adding_says_who_was_added_and_who_does_not_exist(hub: Hub) -> None:
    """Failure mode 39."""
    list_id = _create(hub).json["list"]["listId"]
    one, two, gone = _people(hub, 3)
    hub.delete(f"/crm/v3/objects/contacts/{gone}")
    hub.put(f"{LISTS}/{list_id}/memberships/add", [one])

    answer = hub.put(f"{LISTS}/{list_id}/memberships/add", [one, two, "1", gone])

    assert answer.status_code == 200
    assert answer.json == {"recordsIdsAdded": [two], "recordIdsMissing": ["1", gone]}


def test_empty_arrays_are_left_out_unless_it_is_set_otherwise(hub: Hub) -> None:
    """Failure mode 39."""
    list_id = _create(hub).json["list"]["listId"]
    people = _people(hub, 1)
    path = f"{LISTS}/{list_id}/memberships/add"

    first, second = hub.put(path, people).json, hub.put(path, people).json
    hub.sandbox.settings.omit_empty_arrays = False
    third = hub.put(path, people).json

    assert first == {"recordsIdsAdded": people}
    assert second == {}
    assert third == {"recordsIdsAdded": [], "recordIdsMissing": [], "recordIdsRemoved": []}


def test_adding_and_removing_in_one_call(hub: Hub) -> None:
    list_id = _create(hub).json["list"]["listId"]
    one, two, three = _people(hub, 3)
    hub.put(f"{LISTS}/{list_id}/memberships/add", [one, two])
    body = {"recordIdsToAdd": [three, "1"], "recordIdsToRemove": [one]}

    answer = hub.put(f"{LISTS}/{list_id}/memberships/add-and-remove", body).json

    assert answer == {
        "recordsIdsAdded": [three],
        "recordIdsRemoved": [one],
        "recordIdsMissing": ["1"],
    }
    assert hub.portal.lists.members(hub.portal.lists.get(list_id)) == [two, three]


def test_removing(hub: Hub) -> None:
    list_id = _create(hub).json["list"]["listId"]
    one, two = _people(hub, 2)
    hub.put(f"{LISTS}/{list_id}/memberships/add", [one, two])

    answer = hub.put(f"{LISTS}/{list_id}/memberships/remove", [one, "1"]).json
    again = hub.put(f"{LISTS}/{list_id}/memberships/remove", [one]).json

    assert answer == {"recordIdsRemoved": [one], "recordIdsMissing": ["1"]}
    assert again == {}


@pytest.mark.parametrize("body", [{"recordIds": ["1"]}, ["abc"], "1"])
def test_adding_wants_a_bare_array_of_ids(hub: Hub, body: Any) -> None:
    list_id = _create(hub).json["list"]["listId"]

    assert hub.put(f"{LISTS}/{list_id}/memberships/add", body).status_code == 400


def test_an_active_lists_members_can_not_be_written(hub: Hub) -> None:
    """Failure mode 38."""
    list_id = _create(hub, kind="DYNAMIC", filterBranch=FILTERS).json["list"]["listId"]
    people = _people(hub, 1)

    answer = hub.put(f"{LISTS}/{list_id}/memberships/add", people)

    assert answer.status_code == 400


def test_a_snapshot_list_can_be_written(hub: Hub) -> None:
    list_id = _create(hub, kind="SNAPSHOT", filterBranch=FILTERS).json["list"]["listId"]

    answer = hub.put(f"{LISTS}/{list_id}/memberships/add", _people(hub, 1))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "STATIC"},
        {"kind": "DYNAMIC"},
        {"kind": "DYNAMIC", "filterBranch": {"filterBranchType": "AND"}},
        {
            "kind": "DYNAMIC",
            "filterBranch": {
                "filterBranchType": "OR",
                "filterBranches": [{"filterBranchType": "OR"}],
            },
        },
        {"name": " "},
        {"objectTypeId": "unicorns"},
    ],
)
def test_a_faulty_list_is_refused(hub: Hub, more: dict[str, Any]) -> None:
    assert _create(hub, **more).status_code == 400


def test_members_come_in_pages_by_record_id(hub: Hub) -> None:
    list_id = _create(hub).json["list"]["listId"]
    people = _people(hub, 5)
    hub.put(f"{LISTS}/{list_id}/memberships/add", people[::-1])
    path = f"{LISTS}/{list_id}/memberships"

    first: Any = hub.get(f"{path}?limit=3").json
    rest: Any = hub.get(f"{path}?limit=3&after={first['paging']['next']['after']}").json

    seen = [row["recordId"] for page in (first, rest) for row in page["results"]]
    assert seen == people
    assert first["total"] == 5
    assert first["results"][0]["membershipTimestamp"] == "2026-03-01T09:30:00.000Z"
    assert "paging" not in rest
    assert hub.get(f"{path}?limit=251").status_code == 400


def test_members_come_in_the_order_in_which_they_joined(hub: Hub) -> None:
    list_id = _create(hub).json["list"]["listId"]
    one, two = _people(hub, 2)
    hub.put(f"{LISTS}/{list_id}/memberships/add", [two])
    hub.advance(minutes=1)
    hub.put(f"{LISTS}/{list_id}/memberships/add", [one])
    path = f"{LISTS}/{list_id}/memberships/join-order"

    first: Any = hub.get(f"{path}?limit=1").json
    second: Any = hub.get(f"{path}?limit=1&after={two}").json

    assert [r["recordId"] for r in first["results"]] == [two]
    assert [r["recordId"] for r in second["results"]] == [one]


def test_a_deleted_contact_is_off_its_lists_until_restored(hub: Hub) -> None:
    list_id = _create(hub).json["list"]["listId"]
    people = _people(hub, 1)
    hub.put(f"{LISTS}/{list_id}/memberships/add", people)

    hub.portal.contacts.archive(people[0])
    away: Any = hub.get(f"{LISTS}/{list_id}/memberships").json
    hub.portal.contacts.restore(people[0])
    back: Any = hub.get(f"{LISTS}/{list_id}/memberships").json

    assert away["results"] == []
    assert [r["recordId"] for r in back["results"]] == people


def test_a_record_knows_its_lists_and_since_when(hub: Hub) -> None:
    list_id = _create(hub).json["list"]["listId"]
    people = _people(hub, 1)
    hub.put(f"{LISTS}/{list_id}/memberships/add", people)
    hub.advance(minutes=1)
    hub.put(f"{LISTS}/{list_id}/memberships/remove", people)
    hub.put(f"{LISTS}/{list_id}/memberships/add", people)

    one: Any = hub.get(f"{LISTS}/records/0-1/{people[0]}/memberships").json
    inputs = [{"objectTypeId": "0-1", "recordId": people[0]}]
    many: Any = hub.post(f"{LISTS}/records/memberships/batch/read", {"inputs": inputs}).json

    expected = {
        "listId": list_id,
        "listVersion": 1,
        "isPublicList": True,
        "firstAddedTimestamp": "2026-03-01T09:30:00.000Z",
        "lastAddedTimestamp": "2026-03-01T09:31:00.000Z",
    }
    assert one["results"] == [expected]
    assert many["results"][0]["recordListMemberships"] == [expected]


def test_a_list_can_be_renamed(hub: Hub) -> None:
    list_id = _create(hub).json["list"]["listId"]
    _create(hub, "Other")

    renamed: Any = hub.put(f"{LISTS}/{list_id}/update-list-name?listName=Gold").json
    taken = hub.put(f"{LISTS}/{list_id}/update-list-name?listName=Other")

    assert renamed["updatedList"]["name"] == "Gold"
    assert taken.status_code == 400


def test_a_deleted_list_is_gone_for_writes_and_can_come_back(hub: Hub) -> None:
    """Failure mode 40."""
    list_id = _create(hub).json["list"]["listId"]
    people = _people(hub, 1)

    hub.control("DELETE", f"/portals/{HUB_ID}/lists/{list_id}")
    write = hub.put(f"{LISTS}/{list_id}/memberships/add", people)
    hub.put(f"{LISTS}/{list_id}/restore")
    after = hub.put(f"{LISTS}/{list_id}/memberships/add", people)

    gone: Any = write.json
    assert write.status_code == 404
    assert gone["subCategory"] == "ILS.LIST_NOT_FOUND"
    assert after.status_code == 200


def test_a_list_can_not_come_back_after_ninety_days(hub: Hub) -> None:
    list_id = _create(hub).json["list"]["listId"]
    hub.delete(f"{LISTS}/{list_id}")
    hub.advance(days=90, seconds=1)
    token = hub.sandbox.install(HUB_ID, hub.app.client_id).access.value

    answer = hub.ask("PUT", f"{LISTS}/{list_id}/restore", token=token)

    assert answer.status_code == 404


def test_a_deleted_lists_name_is_free(hub: Hub) -> None:
    list_id = _create(hub).json["list"]["listId"]
    hub.delete(f"{LISTS}/{list_id}")

    assert _create(hub).status_code == 200
    assert hub.put(f"{LISTS}/{list_id}/restore").status_code == 400


def test_lists_can_be_searched(hub: Hub) -> None:
    for name in ("Segue: VIP", "Segue: New", "Other"):
        _create(hub, name)

    found: Any = hub.post(f"{LISTS}/search", {"query": "segue", "count": 1}).json
    rest: Any = hub.post(f"{LISTS}/search", {"query": "segue", "offset": 1}).json

    assert [row["name"] for row in found["lists"]] == ["Segue: VIP"]
    assert (found["hasMore"], found["offset"], found["total"]) == (True, 1, 2)
    assert [row["name"] for row in rest["lists"]] == ["Segue: New"]
    assert rest["hasMore"] is False
    assert hub.post(f"{LISTS}/search", {"count": 501}).status_code == 400


def test_members_can_be_taken_from_another_list_and_all_removed(hub: Hub) -> None:
    one = _create(hub, "One").json["list"]["listId"]
    two = _create(hub, "Two").json["list"]["listId"]
    hub.put(f"{LISTS}/{one}/memberships/add", _people(hub, 2))

    hub.put(f"{LISTS}/{two}/memberships/add-from/{one}")
    hub.delete(f"{LISTS}/{one}/memberships")

    sizes: Any = hub.get(f"{LISTS}?listIds={one}&listIds={two}&listIds=99").json
    assert [row["size"] for row in sizes["lists"]] == [0, 2]


def test_only_an_active_lists_filters_can_be_changed(hub: Hub) -> None:
    active = _create(hub, "A", "DYNAMIC", filterBranch=FILTERS).json["list"]["listId"]
    manual = _create(hub, "M").json["list"]["listId"]
    body = {"filterBranch": FILTERS}

    changed: Any = hub.put(f"{LISTS}/{active}/update-list-filters", body).json
    refused = hub.put(f"{LISTS}/{manual}/update-list-filters", body)

    assert changed["updatedList"]["listVersion"] == 2
    assert changed["updatedList"]["filterBranch"] == FILTERS
    assert refused.status_code == 400


def test_legacy_ids_are_mapped(hub: Hub) -> None:
    list_id = _create(hub).json["list"]["listId"]

    one: Any = hub.get(f"{LISTS}/idmapping?legacyListId={list_id}").json
    many: Any = hub.post(f"{LISTS}/idmapping", [list_id, "99"]).json

    assert one["listId"] == list_id
    assert many["missingLegacyListIds"] == ["99"]


def test_the_control_endpoint_shows_members(hub: Hub) -> None:
    list_id = _create(hub).json["list"]["listId"]
    people = _people(hub, 2)
    hub.put(f"{LISTS}/{list_id}/memberships/add", people)

    answer: Any = hub.control("GET", f"/portals/{HUB_ID}/lists").json

    assert answer["lists"][0]["name"] == "VIP"
    assert answer["lists"][0]["members"] == people
    history: Any = hub.get(f"{LISTS}/{list_id}/size-and-edits-history/between").json
    assert history["sizeHistory"][0]["size"] == 2


def test_a_workflow_that_listens_to_a_list_enrolls_those_who_are_added(hub: Hub) -> None:
    list_id = _create(hub).json["list"]["listId"]
    one, two = _people(hub, 2)
    workflow = Workflow(1, 2, "Welcome", NOW, Trigger.LIST, list_ids=(list_id,))
    hub.portal.marketing.workflows[1] = workflow

    hub.put(f"{LISTS}/{list_id}/memberships/add", [one])
    hub.put(f"{LISTS}/{list_id}/memberships/add", [one, two])

    enrolled = hub.portal.marketing.enrollments.enrolled()
    assert [attempt.contact_id for attempt in enrolled] == [one, two]
