"""Workflows: the v4 flows, their legacy ids, and the v2 enrollments."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from flask import Blueprint, Response

from sandbox.clock import to_wire
from sandbox.errors import Json, invalid, not_found
from sandbox.gate import portal, require, require_tier, sandbox

from . import facts
from .asking import inputs, optional_whole, whole
from .flow_json import flow_json, legacy_json, listing_json
from .model import Workflow

blueprint = Blueprint("workflows", __name__)
_V4 = "/automation/v4"
_BETA = "/automation/2026-09-beta"
_V2 = "/automation/v2/workflows"


@blueprint.get(f"{_V4}/flows")
@blueprint.get(f"{_BETA}/flows")
@require("automation")
@require_tier("professional")
def list_flows() -> dict[str, object]:
    """Page through the portal's workflows, without how they enroll."""
    limit = whole("limit", facts.FLOWS_PAGE_DEFAULT, facts.FLOWS_PAGE_MAX)
    after = optional_whole("after") or 0
    flows = sorted(portal().marketing.workflows.values(), key=lambda w: w.flow_id)
    left = [w for w in flows if w.flow_id > after]
    shown: dict[str, object] = {"results": [listing_json(w) for w in left[:limit]]}
    if len(left) > limit:
        shown["paging"] = {"next": {"after": str(left[limit - 1].flow_id)}}
    return shown


@blueprint.get(f"{_V4}/flows/<int:flow_id>")
@blueprint.get(f"{_BETA}/flows/<int:flow_id>")
@require("automation")
@require_tier("professional")
def get_flow(flow_id: int) -> dict[str, object]:
    """Show one workflow, with how it enrolls."""
    return flow_json(_flow(flow_id))


@blueprint.post(f"{_V4}/flows/batch/read")
@blueprint.post(f"{_BETA}/flows/batch/read")
@require("automation")
@require_tier("professional")
def read_flows() -> tuple[dict[str, object], int]:
    """Show several workflows."""
    kept = portal().marketing.workflows
    asked = [_asked_id(i, "FLOW_ID", "flowId") for i in inputs(facts.FLOWS_BATCH_MAX)]
    found = [flow_json(kept[id_]) for id_ in asked if id_ in kept]
    return _batch(found, [id_ for id_ in asked if id_ not in kept])


@blueprint.post(f"{_V4}/workflow-id-mappings/batch/read")
@blueprint.post(f"{_BETA}/workflow-id-mappings/batch/read")
@require("automation")
@require_tier("professional")
def map_ids() -> tuple[dict[str, object], int]:
    """Map flow ids to legacy workflow ids and back.

    Pages of 2025 call the ids `flowMigrationStatuses` and
    `flowMigrationStatusForClassicWorkflows`, later ones `flowId` and `workflowId`.
    """
    state = portal().marketing
    found: list[dict[str, object]] = []
    missing: list[int] = []
    for asked in inputs(facts.FLOWS_BATCH_MAX):
        if isinstance(asked, Mapping) and asked.get("type") == "WORKFLOW_ID":
            wanted = _asked_id(
                asked, "WORKFLOW_ID", "workflowId", "flowMigrationStatusForClassicWorkflows"
            )
            workflow = state.workflow_by_legacy_id(wanted)
        else:
            wanted = _asked_id(asked, "FLOW_ID", "flowId", "flowMigrationStatuses")
            workflow = state.workflows.get(wanted)
        if workflow is None:
            missing.append(wanted)
        else:
            found.append({"flowId": workflow.flow_id, "workflowId": workflow.workflow_id})
    return _batch(found, missing)


@blueprint.post(f"{_V2}/<int:workflow_id>/enrollments/contacts/<email>")
@require("automation")
@require_tier("professional")
def enroll(workflow_id: int, email: str) -> Response:
    """Enroll a contact by address; 204 also where that did nothing."""
    workflow, contact_id = _legacy(workflow_id), _contact_id(email)
    log = portal().marketing.enrollments
    log.enroll(portal(), workflow, (contact_id, "v2"), sandbox().clock.now())
    return Response(status=204)


@blueprint.delete(f"{_V2}/<int:workflow_id>/enrollments/contacts/<email>")
@require("automation")
@require_tier("professional")
def unenroll(workflow_id: int, email: str) -> Response:
    """Take a contact out of a workflow; 204 also where it wasn't in it."""
    workflow, contact_id = _legacy(workflow_id), _contact_id(email)
    portal().marketing.enrollments.unenroll(workflow, contact_id, sandbox().clock.now())
    return Response(status=204)


@blueprint.get(f"{_V2}/enrollments/contacts/<vid>")
@require("automation")
@require_tier("professional")
def list_enrollments(vid: str) -> list[dict[str, object]]:
    """List the workflows that a contact is in now."""
    state, now = portal().marketing, sandbox().clock.now()
    contact = portal().contacts.get(vid)
    return [
        legacy_json(workflow, portal().hub_id)
        for workflow in state.workflows.values()
        if state.enrollments.is_enrolled(workflow, contact.id, now)
    ]


def _flow(flow_id: int) -> Workflow:
    workflow = portal().marketing.workflows.get(flow_id)
    if workflow is None:
        raise not_found()
    return workflow


def _legacy(workflow_id: int) -> Workflow:
    workflow = portal().marketing.workflow_by_legacy_id(workflow_id)
    if workflow is None:
        raise not_found(f"Workflow {workflow_id} does not exist")
    return workflow


def _contact_id(email: str) -> str:
    """Find the contact with an address; hypothesis: HubSpot answers 404 where there is none."""
    contact = portal().contacts.by_email(unquote(email))
    if contact is None:
        raise not_found("contact does not exist")
    return contact.id


def _asked_id(asked: object, kind: str, *names: str) -> int:
    if not isinstance(asked, Mapping) or asked.get("type") != kind:
        raise invalid("type must be FLOW_ID or WORKFLOW_ID")
    given = next((asked[n] for n in names if asked.get(n) is not None), None)
    if given is None or not str(given).isdigit():
        raise invalid(f"{names[0]} is required")
    return int(str(given))


def _batch(results: list[dict[str, object]], missing: list[int]) -> tuple[dict[str, object], int]:
    now = to_wire(sandbox().clock.now())
    shown: dict[str, object] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": now,
        "completedAt": now,
    }
    if missing:
        shown["numErrors"] = len(missing)
        shown["errors"] = [_missing_json(id_) for id_ in missing]
    return shown, 207 if missing else 200


def _missing_json(id_: int) -> Json:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": f"No workflow found for id {id_}",
        "context": {"ids": [str(id_)]},
        "errors": [],
        "links": {},
    }
