"""Workflows: which there are, how they enroll, and enrolling a contact.

HubSpot's flows API is v4 and its enrollment is v2; neither has a dated version out of beta.
"""

from collections.abc import Sequence
from typing import Any

from integration.hubspot import versions
from integration.hubspot.door import Door
from integration.hubspot.reading import chunks, pages, readable, results_of
from mappings.marketing import enrolls_contacts, workflow
from mappings.values import text_of
from mappings.writing import Workflow

PAGE = 100
BATCH = 100


class Workflows:
    """The workflows of one portal."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def flows(self) -> list[Workflow]:
        """Read all workflows of contacts, with how each enrolls and its legacy id."""
        ids = self._ids()
        legacy = self._legacy_ids(ids)
        found: list[Workflow] = []
        for some in chunks(ids, BATCH):
            inputs = [{"type": "FLOW_ID", "flowId": one} for one in some]
            body = self._batch("flows", inputs)
            whole = [one for one in results_of(body) if enrolls_contacts(one)]
            found += readable(
                lambda one: workflow(one, legacy.get(str(one.get("id")))), whole, "workflows"
            )
        return found

    def _ids(self) -> list[str]:
        def fetch(after: str | None) -> Any:
            params = {"limit": PAGE, "after": after}
            return self._door.call("GET", versions.path("flows"), params).body

        found = [one for body in pages(fetch) for one in results_of(body)]
        return [str(one["id"]) for one in found if enrolls_contacts(one) and one.get("id")]

    def _legacy_ids(self, flow_ids: Sequence[str]) -> dict[str, str]:
        """Map flow ids to the ids that v2 enrollment takes; HubSpot doesn't map every one."""
        known: dict[str, str] = {}
        for some in chunks(flow_ids, BATCH):
            inputs = [{"type": "FLOW_ID", "flowId": one} for one in some]
            for one in results_of(self._batch("flow-ids", inputs)):
                flow, legacy = text_of(one.get("flowId")), text_of(one.get("workflowId"))
                if flow and legacy:
                    known[flow] = legacy
        return known

    def _batch(self, api: str, inputs: Sequence[dict[str, str]]) -> Any:
        ask = {"inputs": list(inputs)}
        return self._door.call("POST", versions.path(api, "/batch/read"), json=ask).body

    def enroll(self, legacy_id: str, email: str) -> None:
        """Enroll a contact by its address.

        HubSpot says yes also where nothing happens: the workflow is off, the contact is in it
        already, or was and may not enter again. Where the outcome is unknown (Unavailable), look
        at `current_enrollments` before enrolling again.
        """
        who = versions.segment(email)
        tail = f"/{versions.segment(legacy_id)}/enrollments/contacts/{who}"
        self._door.call("POST", versions.path("enrollments", tail))

    def current_enrollments(self, contact_id: int) -> set[str]:
        """Read the legacy ids of the workflows that the contact is in right now."""
        path = versions.path("enrollments", f"/enrollments/contacts/{contact_id}")
        body = self._door.call("GET", path).body
        # HubSpot's reference shows one object, live portals answer with an array.
        items = body if isinstance(body, list) else [body]
        ids = [text_of(one.get("id")) for one in items if isinstance(one, dict)]
        return {one for one in ids if one}
