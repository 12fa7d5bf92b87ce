"""What one portal's marketing tools hold, in memory."""

from __future__ import annotations

import uuid
from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from .enrollment import EnrollmentLog, ListMembership
from .model import (
    Consent,
    EmailCampaign,
    EmailEvent,
    Form,
    MarketingEvent,
    Occurrence,
    Participation,
    Submission,
    SubscriptionType,
    Workflow,
)


@dataclass
class MarketingState:
    """E-mail, forms, event occurrences, consent and workflows of one portal.

    Every collection of things with an instant is kept sorted by it, oldest first. Addresses
    are kept in lower case. Callers hold the sandbox's lock.
    """

    campaigns: dict[int, EmailCampaign] = field(default_factory=dict)
    email_events: list[EmailEvent] = field(default_factory=list)
    forms: dict[str, Form] = field(default_factory=dict)
    submissions: dict[str, list[Submission]] = field(default_factory=dict)
    occurrences: dict[str, list[Occurrence]] = field(default_factory=dict)
    events: dict[str, MarketingEvent] = field(default_factory=dict)
    participations: list[Participation] = field(default_factory=list)
    subscriptions: dict[int, SubscriptionType] = field(default_factory=dict)
    consents: dict[tuple[str, int], Consent] = field(default_factory=dict)
    opted_out: dict[str, datetime] = field(default_factory=dict)
    sent: dict[tuple[int, str], EmailEvent] = field(default_factory=dict)
    workflows: dict[int, Workflow] = field(default_factory=dict)
    enrollments: EnrollmentLog = field(default_factory=EnrollmentLog)
    _ids_made: int = 0

    def new_id(self, hub_id: int) -> str:
        """Make an id that no other call makes; the same sequence in every run."""
        self._ids_made += 1
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{hub_id}/{self._ids_made}"))

    def add_email_event(self, event: EmailEvent) -> None:
        """Keep one e-mail event in its place by time."""
        insort(self.email_events, event)

    def add_submission(self, submission: Submission) -> None:
        """Keep one form submission in its place by time."""
        insort(self.submissions.setdefault(submission.form_id, []), submission)

    def add_occurrence(self, occurrence: Occurrence) -> None:
        """Keep one event occurrence in its place by time."""
        insort(self.occurrences.setdefault(occurrence.object_id, []), occurrence)

    def consent(self, email: str, subscription_id: int) -> Consent | None:
        """Find what an address last said about a subscription type; None for nothing."""
        return self.consents.get((email.lower(), subscription_id))

    def workflow_by_legacy_id(self, workflow_id: int) -> Workflow | None:
        """Find a workflow by the id that the v2 endpoints take."""
        return next((w for w in self.workflows.values() if w.workflow_id == workflow_id), None)

    def forget(self, contact_id: str, addresses: Iterable[str]) -> None:
        """Erase what is known of a contact and its addresses, as a privacy deletion does."""
        gone = {address.lower() for address in addresses}
        self.occurrences.pop(contact_id, None)
        self.participations = [p for p in self.participations if p.contact_id != contact_id]
        self.email_events = [e for e in self.email_events if e.recipient not in gone]
        self.sent = {key: e for key, e in self.sent.items() if key[1] not in gone}
        self.consents = {key: c for key, c in self.consents.items() if key[0] not in gone}
        self.opted_out = {a: at for a, at in self.opted_out.items() if a not in gone}
        for form_id, kept in self.submissions.items():
            self.submissions[form_id] = [s for s in kept if s.email not in gone]
        self.enrollments.forget(contact_id)

    def move(self, old_id: str, new_id: str) -> None:
        """Give one contact's occurrences and enrollments to another, as a merge does."""
        for occurrence in self.occurrences.pop(old_id, []):
            self.add_occurrence(replace(occurrence, object_id=new_id))
        self.participations = [
            replace(p, contact_id=new_id) if p.contact_id == old_id else p
            for p in self.participations
        ]
        self.enrollments.move(old_id, new_id)

    def part(self, survivor_id: str, old_id: str, ids: Iterable[str]) -> None:
        """Give a contact whose merge was undone its own occurrences back."""
        own = set(ids)
        kept = self.occurrences.pop(survivor_id, [])
        for occurrence in kept:
            owner = old_id if occurrence.id in own else survivor_id
            self.add_occurrence(replace(occurrence, object_id=owner))

    def on_list_added(
        self, portal: ListMembership, list_id: str, record_ids: Iterable[str], at: datetime
    ) -> None:
        """Enroll contacts that a list just took in into the workflows listening to it."""
        listening = [w for w in self.workflows.values() if str(list_id) in w.list_ids]
        for contact_id in record_ids:
            for workflow in listening:
                self.enrollments.enroll(portal, workflow, (str(contact_id), "list"), at)
