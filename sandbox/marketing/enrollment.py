"""Enrolling contacts into workflows, with HubSpot's silent refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from .model import Attempt, Outcome, Workflow


class ListMembership(Protocol):
    """Somebody who knows which record is on which list: a portal."""

    def is_in_list(self, list_id: str, record_id: str) -> bool:
        """Tell whether the record is on the list now."""


@dataclass
class EnrollmentLog:
    """Every attempt to enroll a contact, and who is in which workflow until when."""

    attempts: list[Attempt] = field(default_factory=list)
    _active_until: dict[tuple[int, str], datetime] = field(default_factory=dict)

    def enroll(
        self, portal: ListMembership, workflow: Workflow, who: tuple[str, str], at: datetime
    ) -> Outcome:
        """Try to enroll one contact and log the attempt; `who` is (contact id, "list" or "v2").

        HubSpot answers an enrollment that does nothing as it answers one that does: a workflow
        that is off, a suppressed contact, one still enrolled, or enrolled before without
        re-enrollment are all silent. The outcome is for the log alone.
        """
        contact_id, how = who
        outcome = self._decide(portal, workflow, contact_id, at)
        self.attempts.append(Attempt(workflow.flow_id, contact_id, at, how, outcome))
        if outcome is Outcome.ENROLLED:
            self._active_until[workflow.flow_id, contact_id] = at + workflow.lasts
        return outcome

    def _decide(
        self, portal: ListMembership, workflow: Workflow, contact_id: str, at: datetime
    ) -> Outcome:
        if not workflow.enabled:
            return Outcome.OFF
        if any(portal.is_in_list(id_, contact_id) for id_ in workflow.suppression_list_ids):
            return Outcome.SUPPRESSED
        if self.is_enrolled(workflow, contact_id, at):
            return Outcome.STILL_ENROLLED
        if (workflow.flow_id, contact_id) in self._active_until and not workflow.re_enroll:
            return Outcome.NO_RE_ENROLLMENT
        return Outcome.ENROLLED

    def unenroll(self, workflow: Workflow, contact_id: str, at: datetime) -> None:
        """Take a contact out of a workflow; nothing happens when it isn't in it."""
        if self.is_enrolled(workflow, contact_id, at):
            self._active_until[workflow.flow_id, contact_id] = at

    def is_enrolled(self, workflow: Workflow, contact_id: str, at: datetime) -> bool:
        """Tell whether the contact is in the workflow at that instant."""
        until = self._active_until.get((workflow.flow_id, contact_id))
        return until is not None and at < until

    def forget(self, contact_id: str) -> None:
        """Erase a contact from the log."""
        self.attempts = [a for a in self.attempts if a.contact_id != contact_id]
        self._active_until = {k: v for k, v in self._active_until.items() if k[1] != contact_id}

    def move(self, old_id: str, new_id: str) -> None:
        """Let a merged contact's enrollments go on as the survivor's; the log stays as it was."""
        for (flow_id, contact_id), until in list(self._active_until.items()):
            if contact_id == old_id:
                del self._active_until[flow_id, old_id]
                kept = self._active_until.get((flow_id, new_id), until)
                self._active_until[flow_id, new_id] = max(until, kept)

    def enrolled(self) -> list[Attempt]:
        """List the attempts that did enroll somebody, in the order they came."""
        return [a for a in self.attempts if a.outcome is Outcome.ENROLLED]
