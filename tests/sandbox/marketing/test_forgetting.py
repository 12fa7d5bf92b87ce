"""What a privacy deletion and a merge do to a portal's marketing."""

from __future__ import annotations

from sandbox.marketing import acts
from sandbox.populate import MARKETING_INFORMATION, form_id

from .conftest import NOW, Caller


def _known(caller: Caller) -> tuple[str, str]:
    """Find a contact with mail and a form, and let it see a page."""
    email = next(iter(caller.portal.marketing.consents))[0]
    contact = caller.portal.contacts.by_email(email)
    assert contact is not None
    acts.visit_page(caller.portal, contact.id, ("https://x.example", "X"), NOW)
    return contact.id, email


def test_a_forgotten_contact_leaves_no_trace(caller: Caller) -> None:
    contact_id, email = _known(caller)
    marketing = caller.portal.marketing
    flow = next(iter(marketing.workflows.values()))
    marketing.enrollments.enroll(caller.portal, flow, (contact_id, "v2"), NOW)
    others = [e for e in marketing.email_events if e.recipient != email]

    marketing.forget(contact_id, [email.upper()])

    assert marketing.email_events == others
    assert contact_id not in marketing.occurrences
    assert marketing.consent(email, MARKETING_INFORMATION) is None
    assert email not in {s.email for s in marketing.submissions[form_id("Newsletter")]}
    assert email not in {recipient for _, recipient in marketing.sent}
    assert marketing.enrollments.attempts == []
    assert not marketing.enrollments.is_enrolled(flow, contact_id, NOW)


def test_a_merged_contacts_pages_are_the_survivors(caller: Caller) -> None:
    contact_id, _ = _known(caller)
    seen = len(caller.portal.marketing.occurrences[contact_id])

    caller.portal.marketing.move(contact_id, "99")

    path = "/events/v3/events"
    assert caller.get(path, objectType="contact", objectId=contact_id)["results"] == []
    moved = caller.get(path, objectType="contact", objectId="99")["results"]
    assert len(moved) == seen
    assert {o["objectId"] for o in moved} == {"99"}
