"""Flows, their legacy ids, and enrollment by the v2 endpoint."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.marketing.model import Workflow

from .conftest import Caller


def _workflow(caller: Caller, name: str) -> Workflow:
    return next(w for w in caller.portal.marketing.workflows.values() if w.name == name)


def _email(caller: Caller) -> tuple[str, str]:
    record = next(r for r in caller.portal.contacts.records.values() if r.properties.get("email"))
    return record.id, record.properties["email"]


def _enroll_path(workflow_id: int, email: str) -> str:
    return f"/automation/v2/workflows/{workflow_id}/enrollments/contacts/{email}"


def _control(caller: Caller, rest: str) -> str:
    return f"/sandbox/portals/{caller.portal.hub_id}/marketing/{rest}"


def _log(caller: Caller, **query: object) -> list[tuple[str, str, str, str]]:
    shown: Any = caller.get(_control(caller, "enrollments"), **query)["enrollments"]
    return [(a["workflow"], a["contactId"], a["how"], a["outcome"]) for a in shown]


def test_flows_are_listed_by_pages_without_how_they_enroll(caller: Caller) -> None:
    first = caller.get("/automation/v4/flows", limit=4)
    rest = caller.get("/automation/v4/flows", limit=4, after=first["paging"]["next"]["after"])

    assert [f["name"] for f in first["results"] + rest["results"]] == [
        "Abandoned cart",
        "Welcome series",
        "Win back",
        "VIP thank you",
        "After the e-book",
        "Summer 2019",
    ]
    assert [f["isEnabled"] for f in rest["results"]] == [True, False]
    assert "enrollmentCriteria" not in first["results"][0]
    assert isinstance(first["results"][0]["id"], str)


def test_a_flow_tells_the_lists_that_enroll(caller: Caller) -> None:
    flow_id = _workflow(caller, "Welcome series").flow_id
    caller.patch(_control(caller, f"workflows/{flow_id}"), {"listIds": ["41"]})

    flow = caller.get(f"/automation/v4/flows/{flow_id}")

    branches = flow["enrollmentCriteria"]["listFilterBranch"]["filterBranches"]
    assert flow["enrollmentCriteria"]["type"] == "LIST_BASED"
    assert branches[0]["filters"] == [
        {"listId": "41", "operator": "IN_LIST", "filterType": "IN_LIST"}
    ]
    assert (flow["revisionId"], flow["suppressionListIds"]) == ("2", [])


@pytest.mark.parametrize(
    ("name", "kind"), [("Abandoned cart", "MANUAL"), ("After the e-book", "EVENT_BASED")]
)
def test_a_flow_tells_how_it_enrolls(caller: Caller, name: str, kind: str) -> None:
    flow = caller.get(f"/automation/v4/flows/{_workflow(caller, name).flow_id}")

    assert flow["enrollmentCriteria"]["type"] == kind
    assert flow["enrollmentCriteria"]["shouldReEnroll"] is False


def test_a_list_membership_event_names_its_list(caller: Caller) -> None:
    flow_id = _workflow(caller, "Win back").flow_id
    caller.patch(_control(caller, f"workflows/{flow_id}"), {"listIds": [42]})

    criteria = caller.get(f"/automation/v4/flows/{flow_id}")["enrollmentCriteria"]

    assert criteria["listMembershipFilterBranches"][0]["filters"][0]["listId"] == "42"


@pytest.mark.parametrize("name", ["flowId", "flowMigrationStatuses"])
def test_flow_ids_map_to_legacy_ids(caller: Caller, name: str) -> None:
    workflow = _workflow(caller, "Abandoned cart")
    body = {"inputs": [{"type": "FLOW_ID", name: str(workflow.flow_id)}]}

    answer = caller.post("/automation/v4/workflow-id-mappings/batch/read", body)

    assert answer["results"] == [{"flowId": workflow.flow_id, "workflowId": workflow.workflow_id}]


def test_mapping_answers_207_when_some_ids_are_unknown(caller: Caller) -> None:
    workflow = _workflow(caller, "Abandoned cart")
    inputs = [
        {"type": "WORKFLOW_ID", "workflowId": str(workflow.workflow_id)},
        {"type": "FLOW_ID", "flowId": "9"},
    ]

    answer = caller.post("/automation/v4/workflow-id-mappings/batch/read", {"inputs": inputs}, 207)

    assert [r["flowId"] for r in answer["results"]] == [workflow.flow_id]
    assert (answer["numErrors"], answer["errors"][0]["context"]) == (1, {"ids": ["9"]})


def test_a_batch_of_flows_is_read_whole(caller: Caller) -> None:
    workflow = _workflow(caller, "Abandoned cart")
    inputs = [{"type": "FLOW_ID", "flowId": str(workflow.flow_id)}]

    answer = caller.post("/automation/v4/flows/batch/read", {"inputs": inputs})

    assert answer["results"][0]["name"] == "Abandoned cart"
    caller.post("/automation/v4/flows/batch/read", {"inputs": [{"flowId": "1"}]}, 400)
    caller.post("/automation/v4/flows/batch/read", {"inputs": [{"type": "FLOW_ID"}]}, 400)


def test_a_contact_is_enrolled_by_address_and_the_legacy_id(caller: Caller) -> None:
    """Failure mode 41."""
    workflow, (contact_id, email) = _workflow(caller, "Abandoned cart"), _email(caller)

    caller.post(_enroll_path(workflow.workflow_id, email), status=204)
    current = caller.get(f"/automation/v2/workflows/enrollments/contacts/{contact_id}")

    assert [(w["id"], w["name"]) for w in current] == [(workflow.workflow_id, "Abandoned cart")]
    assert _log(caller) == [("Abandoned cart", contact_id, "v2", "enrolled")]


def test_204_is_also_the_answer_where_nothing_happens(caller: Caller) -> None:
    """Failure mode 41."""
    workflow, (contact_id, email) = _workflow(caller, "Abandoned cart"), _email(caller)
    path = _enroll_path(workflow.workflow_id, email)

    caller.post(path, status=204)
    caller.post(path, status=204)
    caller.delete(path)
    caller.post(path, status=204)
    off = _workflow(caller, "Summer 2019").workflow_id
    caller.post(_enroll_path(off, email), status=204)

    assert len(_log(caller)) == 1
    assert [outcome for *_, outcome in _log(caller, all="true")] == [
        "enrolled",
        "still enrolled",
        "no re-enrollment",
        "off",
    ]
    assert caller.get(f"/automation/v2/workflows/enrollments/contacts/{contact_id}") == []


def test_the_v4_flow_id_and_unknown_addresses_are_not_found(caller: Caller) -> None:
    workflow, (_, email) = _workflow(caller, "Abandoned cart"), _email(caller)

    caller.post(_enroll_path(workflow.flow_id, email), status=404)
    caller.post(_enroll_path(workflow.workflow_id, "nobody@example.com"), status=404)
    caller.get("/automation/v4/flows/9", 404)
    caller.get("/automation/v2/workflows/enrollments/contacts/9", 404)
    assert _log(caller, all="true") == []


def test_a_new_member_of_a_list_is_enrolled_by_the_list(caller: Caller) -> None:
    workflow, (contact_id, _) = _workflow(caller, "Welcome series"), _email(caller)
    body = {"name": "Segue: new", "objectTypeId": "0-1", "processingType": "MANUAL"}
    list_id = caller.post("/crm/lists/2026-03", body)["list"]["listId"]
    caller.patch(_control(caller, f"workflows/{workflow.flow_id}"), {"listIds": [list_id]})

    for _ in range(2):
        caller.client.put(
            f"/crm/lists/2026-03/{list_id}/memberships/add",
            json=[contact_id],
            headers={"Authorization": f"Bearer {caller.token}"},
        )

    assert _log(caller, all="true") == [("Welcome series", contact_id, "list", "enrolled")]


def test_a_suppression_list_keeps_its_members_out(caller: Caller) -> None:
    workflow, (contact_id, email) = _workflow(caller, "Abandoned cart"), _email(caller)
    body = {"name": "Never", "objectTypeId": "0-1", "processingType": "MANUAL"}
    list_id = caller.post("/crm/lists/2026-03", body)["list"]["listId"]
    caller.client.put(
        f"/crm/lists/2026-03/{list_id}/memberships/add",
        json=[contact_id],
        headers={"Authorization": f"Bearer {caller.token}"},
    )
    path = _control(caller, f"workflows/{workflow.flow_id}")
    caller.patch(path, {"suppressionListIds": [list_id]})

    caller.post(_enroll_path(workflow.workflow_id, email), status=204)

    assert _log(caller, all="true")[0][3] == "suppressed"
    flow = caller.get(f"/automation/v4/flows/{workflow.flow_id}")
    assert flow["suppressionListIds"] == [int(list_id)]


def test_smaller_accounts_and_tokens_without_the_scope_are_refused(bare: Caller) -> None:
    """Failure mode 11."""
    for path in ("/automation/v4/flows", "/automation/v2/workflows/enrollments/contacts/1"):
        assert bare.get(path, 403)["category"] == "MISSING_SCOPES"
