"""Acting as a portal's visitors and marketers over HTTP, and looking at its enrollments.

Under `/sandbox/portals/{hub id}/marketing`, without a token: HubSpot has nothing like it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask import Blueprint, request

from sandbox.clock import to_ms, to_wire
from sandbox.errors import invalid, not_found
from sandbox.gate import sandbox
from sandbox.portal import Portal

from . import acts
from .asking import body
from .flow_json import flow_json
from .model import Attempt, EmailEvent, MarketingEvent, Workflow

blueprint = Blueprint("marketing_control", __name__)
_ROOT = "/sandbox/portals/<int:hub_id>/marketing"
HOUR = timedelta(hours=1)
_MAIL = f"{_ROOT}/emails/<int:campaign_id>"


@blueprint.post(f"{_ROOT}/forms/<form_id>/submissions")
def submit(hub_id: int, form_id: str) -> dict[str, object]:
    """Send a form: `{"values": {"email": ...}, "pageUrl": ...}`; returns the contact's id."""
    portal, asked = _portal(hub_id), body()
    values = asked.get("values")
    if form_id not in portal.marketing.forms:
        raise not_found(f"No form found with guid {form_id}")
    if not isinstance(values, dict) or "email" not in values:
        raise invalid("values with an email are required")
    page_url = str(asked.get("pageUrl", ""))
    with sandbox().lock:
        contact = acts.fill_form(portal, form_id, values, page_url, sandbox().clock.now())
    return {"contactId": contact.id}


@blueprint.post(f"{_MAIL}/sends")
def send(hub_id: int, campaign_id: int) -> dict[str, object]:
    """Send a campaign's e-mail to an address and let it arrive: `{"recipient": ...}`."""
    portal, recipient, now = _portal(hub_id), _text("recipient"), sandbox().clock.now()
    if campaign_id not in portal.marketing.campaigns:
        raise not_found(f"Campaign {campaign_id} does not exist")
    with sandbox().lock:
        acts.send_email(portal, campaign_id, recipient, now)
        return _shown(acts.deliver_email(portal, campaign_id, recipient, now))


@blueprint.post(f"{_MAIL}/opens")
def open_(hub_id: int, campaign_id: int) -> dict[str, object]:
    """Open a sent e-mail: `{"recipient": ..., "machine": false}`."""
    portal, recipient = _portal(hub_id), _recipient(hub_id, campaign_id)
    with sandbox().lock:
        now = sandbox().clock.now()
        return _shown(acts.open_email(portal, campaign_id, recipient, now, _machine()))


@blueprint.post(f"{_MAIL}/clicks")
def click(hub_id: int, campaign_id: int) -> dict[str, object]:
    """Click in a sent e-mail: `{"recipient": ..., "url": ..., "machine": false}`."""
    portal, copy = _portal(hub_id), (campaign_id, _recipient(hub_id, campaign_id))
    with sandbox().lock:
        now = sandbox().clock.now()
        return _shown(acts.click_email(portal, copy, _text("url"), now, _machine()))


@blueprint.post(f"{_ROOT}/visits")
def visit(hub_id: int) -> dict[str, object]:
    """Visit a page: `{"contactId": ..., "url": ..., "title": ...}`."""
    portal, page = _portal(hub_id), (_text("url"), str(body().get("title", "")))
    with sandbox().lock:
        contact = portal.contacts.get(_text("contactId"))
        seen = acts.visit_page(portal, contact.id, page, sandbox().clock.now())
    return {"id": seen.id}


@blueprint.post(f"{_ROOT}/events")
def hold(hub_id: int) -> dict[str, object]:
    """Announce a webinar that begins in an hour and lasts one: `{"name": ...}`."""
    portal, now = _portal(hub_id), sandbox().clock.now()
    with sandbox().lock:
        known = portal.marketing.events
        made = MarketingEvent(
            str(9_000_000_001 + len(known)), _text("name"), now + HOUR, now + 2 * HOUR, now
        )
        known[made.id] = made
    return {"id": made.id}


@blueprint.post(f"{_ROOT}/events/<event_id>/participations")
def take_part(hub_id: int, event_id: str) -> dict[str, object]:
    """Register for a webinar or attend it: `{"contactId": ..., "state": ..., "seconds": 900}`."""
    portal, seconds = _portal(hub_id), body().get("seconds")
    if event_id not in portal.marketing.events:
        raise not_found(f"No marketing event {event_id}")
    with sandbox().lock:
        contact = portal.contacts.get(_text("contactId"))
        stayed = seconds if isinstance(seconds, int) else None
        where = (contact.id, event_id)
        made = acts.take_part(portal, where, _text("state"), sandbox().clock.now(), stayed)
    return {"id": made.id, "state": made.state}


@blueprint.post(f"{_MAIL}/scans")
def scan(hub_id: int, campaign_id: int) -> dict[str, object]:
    """Let a gateway open and click: `{"recipient": ..., "urls": [...], "agent": "..."}`."""
    portal, recipient, urls = _portal(hub_id), _recipient(hub_id, campaign_id), body().get("urls")
    if not isinstance(urls, list):
        raise invalid("urls is required")
    with sandbox().lock:
        copy, now = (campaign_id, recipient), sandbox().clock.now()
        made = acts.scan_email(
            portal, copy, [str(url) for url in urls], now, str(body().get("agent", ""))
        )
        return {"events": [_shown(event) for event in made]}


@blueprint.post(f"{_ROOT}/occurrences")
def occur(hub_id: int) -> dict[str, object]:
    """Let anything occur: `{"contactId": ..., "eventType": ..., "properties": {...}}`."""
    portal, event_type, properties = _portal(hub_id), _text("eventType"), body().get("properties")
    if not isinstance(properties, dict):
        raise invalid("properties are required")
    with sandbox().lock:
        contact = portal.contacts.get(_text("contactId"))
        said = {str(name): str(value) for name, value in properties.items()}
        made = acts.occur(portal, contact.id, event_type, said, sandbox().clock.now())
    return {"id": made.id}


@blueprint.post(f"{_ROOT}/opt-outs")
def opt_out(hub_id: int) -> dict[str, object]:
    """Unsubscribe from everything by the link in an e-mail: `{"email": ...}`."""
    email = _text("email")
    with sandbox().lock:
        acts.opt_out(_portal(hub_id), email, "MARKETING_EMAIL", sandbox().clock.now())
    return {"email": email}


@blueprint.get(f"{_ROOT}/enrollments")
def list_enrollments(hub_id: int) -> dict[str, object]:
    """List who was enrolled in what, when and how; `?all=true` shows silent refusals too."""
    portal = _portal(hub_id)
    with sandbox().lock:
        log = portal.marketing.enrollments
        shown = log.attempts if request.args.get("all") == "true" else log.enrolled()
        return {"enrollments": [_attempt_json(portal, a) for a in shown]}


@blueprint.get(f"{_ROOT}/workflows")
def list_workflows(hub_id: int) -> dict[str, object]:
    """List the portal's workflows whole."""
    with sandbox().lock:
        workflows = list(_portal(hub_id).marketing.workflows.values())
    return {"workflows": [flow_json(w) | {"workflowId": w.workflow_id} for w in workflows]}


@blueprint.patch(f"{_ROOT}/workflows/<int:flow_id>")
def change_workflow(hub_id: int, flow_id: int) -> dict[str, object]:
    """Change a workflow as a marketer would.

    `{"isEnabled": bool, "shouldReEnroll": bool, "listIds": [...], "suppressionListIds": [...]}`,
    each of them optional.
    """
    asked = body()
    with sandbox().lock:
        workflows = _portal(hub_id).marketing.workflows
        known = workflows.get(flow_id)
        if known is None:
            raise not_found()
        workflows[flow_id] = replace(
            known,
            enabled=bool(asked.get("isEnabled", known.enabled)),
            re_enroll=bool(asked.get("shouldReEnroll", known.re_enroll)),
            list_ids=_ids(asked.get("listIds"), known.list_ids),
            suppression_list_ids=_ids(asked.get("suppressionListIds"), known.suppression_list_ids),
            revision=known.revision + 1,
        )
        return flow_json(workflows[flow_id])


def _portal(hub_id: int) -> Portal:
    portal = sandbox().portals.get(hub_id)
    if portal is None:
        raise not_found(f"Portal {hub_id} does not exist")
    return portal


def _recipient(hub_id: int, campaign_id: int) -> str:
    recipient = _text("recipient").lower()
    if (campaign_id, recipient) not in _portal(hub_id).marketing.sent:
        raise not_found(f"Nothing of campaign {campaign_id} was sent to {recipient}")
    return recipient


def _text(name: str) -> str:
    value = body().get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"{name} is required")
    return value


def _machine() -> bool:
    return bool(body().get("machine", False))


def _ids(asked: object, known: tuple[str, ...]) -> tuple[str, ...]:
    if asked is None:
        return known
    if not isinstance(asked, list):
        raise invalid("list ids must be an array")
    return tuple(str(id_) for id_ in asked)


def _shown(event: EmailEvent) -> dict[str, object]:
    return {"id": event.id, "created": event.created, "type": event.type}


def _attempt_json(portal: Portal, attempt: Attempt) -> dict[str, object]:
    workflow: Workflow = portal.marketing.workflows[attempt.flow_id]
    return {
        "workflow": workflow.name,
        "flowId": str(workflow.flow_id),
        "workflowId": str(workflow.workflow_id),
        "contactId": attempt.contact_id,
        "at": to_wire(attempt.at),
        "timestamp": to_ms(attempt.at),
        "how": attempt.how,
        "outcome": attempt.outcome.value,
    }
