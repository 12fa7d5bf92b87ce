"""The legacy e-mail events: the only source of what each recipient did with marketing e-mail."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left
from collections.abc import Iterator

from flask import Blueprint, request

from sandbox.errors import invalid, not_found
from sandbox.gate import portal, require

from . import facts
from .asking import flag, optional_whole, whole
from .model import EmailCampaign, EmailEvent
from .state import MarketingState

blueprint = Blueprint("email_events", __name__)


@blueprint.get("/email/public/v1/events")
@require(*facts.EMAIL_EVENT_SCOPES)
def list_events() -> dict[str, object]:
    """Page through e-mail events, the newest first."""
    limit = whole("limit", facts.EMAIL_EVENTS_PAGE_DEFAULT, facts.EMAIL_EVENTS_PAGE_MAX)
    state = portal().marketing
    page: list[EmailEvent] = []
    has_more = False
    for event in _wanted(state):
        if len(page) == limit:
            has_more = True
            break
        page.append(event)
    offset = _offset(page[-1]) if page else request.args.get("offset", "")
    events = [_event_json(state, portal().hub_id, e) for e in page]
    return {"hasMore": has_more, "offset": offset, "events": events}


@blueprint.get("/email/public/v1/events/<int:created>/<event_id>")
@require(*facts.EMAIL_EVENT_SCOPES)
def get_event(created: int, event_id: str) -> dict[str, object]:
    """Show one event by its identity."""
    state = portal().marketing
    for event in state.email_events:
        if (event.created, event.id) == (created, event_id):
            return _event_json(state, portal().hub_id, event)
    raise not_found()


@blueprint.get("/email/public/v1/campaigns/<int:campaign_id>")
@require(*facts.EMAIL_EVENT_SCOPES)
def get_campaign(campaign_id: int) -> dict[str, object]:
    """Show one e-mail campaign; `appId` is required beside its id."""
    app_id = optional_whole("appId")
    if app_id is None:
        raise invalid("appId is required")
    state = portal().marketing
    campaign = state.campaigns.get(campaign_id)
    if campaign is None or campaign.app_id != app_id:
        raise not_found()
    return _campaign_json(state, campaign)


def _wanted(state: MarketingState) -> Iterator[EmailEvent]:
    """Yield the events that the query wants, newest first, from its offset on."""
    args = request.args
    start, end = optional_whole("startTimestamp"), optional_whole("endTimestamp")
    campaign, app = optional_whole("campaignId"), optional_whole("appId")
    if campaign is not None and app is None:
        raise invalid("appId is required with campaignId")
    recipient, kind = args.get("recipient", "").lower(), args.get("eventType")
    without_filtered = flag("excludeFilteredEvents")
    for event in _from_offset(state):
        if start is not None and event.created < start:
            return
        if (
            (end is None or event.created <= end)
            and (not recipient or event.recipient == recipient)
            and (kind is None or event.type == kind)
            and (campaign is None or event.campaign_id == campaign)
            and (app is None or _app_id(state, event) == app)
            and not (without_filtered and event.filtered)
        ):
            yield event


def _app_id(state: MarketingState, event: EmailEvent) -> int:
    campaign = state.campaigns.get(event.campaign_id)
    return campaign.app_id if campaign else 0


def _from_offset(state: MarketingState) -> Iterator[EmailEvent]:
    events = state.email_events
    text = request.args.get("offset")
    stop = bisect_left(events, _placed(text)) if text else len(events)
    return (events[i] for i in range(stop - 1, -1, -1))


def _offset(event: EmailEvent) -> str:
    """Write where a page ended, so that events coming in meanwhile shift nothing."""
    return base64.urlsafe_b64encode(f"{event.created}:{event.id}".encode()).decode()


def _placed(text: str) -> EmailEvent:
    """Turn an offset back into a place among the events."""
    try:
        created, _, event_id = base64.urlsafe_b64decode(text).decode().partition(":")
        return EmailEvent(int(created), event_id, "", "", 0)
    except (binascii.Error, ValueError) as bad:
        raise invalid("offset is not one that a previous call returned") from bad


def _event_json(state: MarketingState, hub_id: int, event: EmailEvent) -> dict[str, object]:
    """Write an event; a change of subscriptions belongs to no campaign."""
    shown: dict[str, object] = {
        "id": event.id,
        "created": event.created,
        "type": event.type,
        "recipient": event.recipient,
        "portalId": hub_id,
        "appId": 0,
        **event.details,
    }
    campaign = state.campaigns.get(event.campaign_id)
    if campaign is not None:
        shown["appId"], shown["appName"] = campaign.app_id, campaign.app_name
        shown["emailCampaignId"] = campaign.id
        shown["emailCampaignGroupId"] = campaign.group_id
    if event.type in ("OPEN", "CLICK"):
        shown["filteredEvent"] = event.filtered
    return shown


def _campaign_json(state: MarketingState, campaign: EmailCampaign) -> dict[str, object]:
    counters: dict[str, int] = {}
    for event in state.email_events:
        if event.campaign_id == campaign.id:
            counters[event.type.lower()] = counters.get(event.type.lower(), 0) + 1
    return {
        "id": campaign.id,
        "appId": campaign.app_id,
        "appName": campaign.app_name,
        "contentId": campaign.content_id,
        "name": campaign.name,
        "subject": campaign.subject,
        "type": "BATCH_EMAIL",
        "counters": counters,
        "numIncluded": counters.get("sent", 0),
        "numQueued": counters.get("sent", 0),
    }
