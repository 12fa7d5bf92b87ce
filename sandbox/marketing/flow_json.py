"""Workflows in HubSpot's words: the v4 flow and the legacy workflow."""

from __future__ import annotations

from sandbox.clock import to_ms, to_wire

from .model import Trigger, Workflow


def listing_json(workflow: Workflow) -> dict[str, object]:
    """Write a workflow as the listing of flows shows it."""
    created_at = to_wire(workflow.created_at)
    return {
        "id": str(workflow.flow_id),
        "isEnabled": workflow.enabled,
        "objectTypeId": "0-1",
        "flowType": "WORKFLOW",
        "revisionId": str(workflow.revision),
        "name": workflow.name,
        "createdAt": created_at,
        "updatedAt": created_at,
    }


def flow_json(workflow: Workflow) -> dict[str, object]:
    """Write a whole contact flow."""
    return {
        **listing_json(workflow),
        "type": "CONTACT_FLOW",
        "startActionId": "1",
        "nextAvailableActionId": "2",
        "actions": [_delay(workflow)],
        "enrollmentCriteria": _criteria(workflow),
        "timeWindows": [],
        "blockedDates": [],
        "customProperties": {},
        "dataSources": [],
        "crmObjectCreationStatus": "COMPLETE",
        "suppressionListIds": [int(id_) for id_ in workflow.suppression_list_ids],
        "canEnrollFromSalesforce": False,
    }


def _criteria(workflow: Workflow) -> dict[str, object]:
    common = {"shouldReEnroll": workflow.re_enroll, "type": workflow.trigger.value}
    lists = [_and_branch([_in_list(id_)]) for id_ in workflow.list_ids]
    if workflow.trigger is Trigger.MANUAL:
        return dict(common)
    if workflow.trigger is Trigger.EVENT:
        events = [_event_branch(workflow.event_type_id)] if workflow.event_type_id else []
        return {**common, "eventFilterBranches": events, "listMembershipFilterBranches": lists}
    return {
        **common,
        "listFilterBranch": {
            "filterBranchType": "OR",
            "filterBranchOperator": "OR",
            "filterBranches": lists,
            "filters": [],
        },
        "reEnrollmentTriggersFilterBranches": lists if workflow.re_enroll else [],
        "unEnrollObjectsNotMeetingCriteria": False,
    }


def _in_list(list_id: str) -> dict[str, object]:
    return {"listId": list_id, "operator": "IN_LIST", "filterType": "IN_LIST"}


def _and_branch(filters: list[dict[str, object]]) -> dict[str, object]:
    return {
        "filterBranchType": "AND",
        "filterBranchOperator": "AND",
        "filterBranches": [],
        "filters": filters,
    }


def _event_branch(event_type_id: str) -> dict[str, object]:
    return {
        "filterBranchType": "UNIFIED_EVENTS",
        "filterBranchOperator": "AND",
        "operator": "HAS_COMPLETED",
        "eventTypeId": event_type_id,
        "filterBranches": [],
        "filters": [],
    }


def _delay(workflow: Workflow) -> dict[str, object]:
    return {
        "type": "SINGLE_CONNECTION",
        "actionId": "1",
        "actionTypeId": "0-1",
        "actionTypeVersion": 0,
        "fields": {"delta": str(workflow.lasts.days), "time_unit": "DAYS"},
    }


def legacy_json(workflow: Workflow, hub_id: int) -> dict[str, object]:
    """Write a workflow as the v2 and v3 APIs know it, by its legacy id."""
    return {
        "id": workflow.workflow_id,
        "portalId": hub_id,
        "name": workflow.name,
        "type": "DRIP_DELAY",
        "enabled": workflow.enabled,
        "insertedAt": to_ms(workflow.created_at),
        "updatedAt": to_ms(workflow.created_at),
        "allowContactToTriggerMultipleTimes": workflow.re_enroll,
        "onlyEnrollsManually": workflow.trigger is Trigger.MANUAL,
        "isSegmentBased": workflow.trigger is Trigger.LIST,
        "steps": [],
        "triggers": [],
        "triggerSet": [],
        "reEnrollmentTriggerSet": [],
        "goalCriteriaEnabled": False,
        "legacyMigration": False,
    }
