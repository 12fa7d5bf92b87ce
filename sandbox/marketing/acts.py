"""What people do with a portal's marketing: get and open e-mail, visit pages, send forms, opt out.

Each act leaves the traces that HubSpot would keep, at the instant given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.clock import to_ms
from sandbox.happening import Author

from .model import Consent, EmailEvent, Occurrence, Participation, Submission

if TYPE_CHECKING:
    from sandbox.objects.record import Record
    from sandbox.portal import Portal

_HUMAN_BROWSER = {"name": "Mobile Safari", "family": "Safari", "type": "Mobile Browser"}
_MACHINE_BROWSER = {"name": "Image proxy", "family": "Image proxy", "type": "Robot"}
_HUMAN_AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
_MACHINE_AGENT = "Mozilla/5.0 (compatible; ImageProxy/1.0)"
_PLACE = {"city": "Berlin", "state": "Berlin", "country": "GERMANY"}


def send_email(portal: Portal, campaign_id: int, email: str, at: datetime) -> EmailEvent:
    """Send a campaign's e-mail to an address; the SENT event is kept and returned."""
    state, address = portal.marketing, email.lower()
    subject = state.campaigns[campaign_id].subject
    details = {"subject": subject, "from": "Shop <shop@example.com>", "cc": [], "bcc": []}
    event = EmailEvent(
        to_ms(at), state.new_id(portal.hub_id), "SENT", address, campaign_id, details
    )
    state.sent[campaign_id, address] = event
    state.add_email_event(event)
    return event


def deliver_email(portal: Portal, campaign_id: int, email: str, at: datetime) -> EmailEvent:
    """Let a sent e-mail arrive."""
    return _follow(portal, (campaign_id, email), "DELIVERED", at, {"response": "250 2.0.0 OK"})


def bounce_email(portal: Portal, campaign_id: int, email: str, at: datetime) -> EmailEvent:
    """Let a sent e-mail come back."""
    details = {
        "category": "UNKNOWN_USER",
        "status": "5.1.1",
        "response": "550 5.1.1 No such user here",
    }
    return _follow(portal, (campaign_id, email), "BOUNCE", at, details)


def open_email(
    portal: Portal, campaign_id: int, email: str, at: datetime, machine: bool = False
) -> EmailEvent:
    """Open a sent e-mail; a machine's open is marked as a filtered event."""
    return _follow(portal, (campaign_id, email), "OPEN", at, _seen_by(machine))


def click_email(
    portal: Portal, copy: tuple[int, str], url: str, at: datetime, machine: bool = False
) -> EmailEvent:
    """Click a link of a sent e-mail; `copy` is (campaign id, address)."""
    return _follow(portal, copy, "CLICK", at, {**_seen_by(machine), "url": url})


def scan_email(
    portal: Portal, copy: tuple[int, str], urls: Sequence[str], at: datetime, agent: str = ""
) -> list[EmailEvent]:
    """Let a security gateway open an e-mail and follow its links, a tenth of a second apart.

    HubSpot doesn't know it for one: nothing is filtered. `agent` is the gateway's user agent, that
    of a browser where it hides.
    """
    seen = {**_seen_by(machine=False), "userAgent": agent or _HUMAN_AGENT}
    made = [_follow(portal, copy, "OPEN", at, seen)]
    for number, url in enumerate(urls):
        clicked_at = at + number * timedelta(milliseconds=100)
        made.append(_follow(portal, copy, "CLICK", clicked_at, {**seen, "url": url}))
    return made


def visit_page(portal: Portal, contact_id: str, page: tuple[str, str], at: datetime) -> Occurrence:
    """Let a contact see a page; `page` is (url, title)."""
    url, title = page
    properties = {"hs_url": url, "hs_title": title, "hs_visit_source": "DIRECT_TRAFFIC"}
    return occur(portal, contact_id, "e_visited_page", properties, at)


def view_form(portal: Portal, contact_id: str, form_id: str, url: str, at: datetime) -> Occurrence:
    """Let a contact see a form on a page."""
    properties = {"hs_form_id": form_id, "hs_url": url}
    return occur(portal, contact_id, "e_form_view_v2", properties, at)


def play_media(
    portal: Portal, contact_id: str, media: str, seconds: int, at: datetime
) -> Occurrence:
    """Let a contact watch some seconds of a video. HubSpot's names for it are a hypothesis."""
    properties = {"hs_media_name": media, "hs_seconds_played": str(seconds)}
    return occur(portal, contact_id, "e_media_played", properties, at)


def occur(
    portal: Portal, contact_id: str, event_type: str, properties: Mapping[str, str], at: datetime
) -> Occurrence:
    """Let anything occur to a contact: `event_type` as HubSpot names it, pe{hub id}_{name} for a
    custom event of the portal."""
    name = portal.marketing.new_id(portal.hub_id)
    occurrence = Occurrence(at, name, event_type, contact_id, properties)
    portal.marketing.add_occurrence(occurrence)
    return occurrence


def submit_form(
    portal: Portal, form_id: str, values: Mapping[str, str], page_url: str, at: datetime
) -> Submission:
    """Send a form; it keeps no contact id, only what was typed."""
    submission = Submission(
        submitted_at=to_ms(at),
        conversion_id=portal.marketing.new_id(portal.hub_id),
        form_id=form_id,
        page_url=page_url,
        values=tuple(values.items()),
    )
    portal.marketing.add_submission(submission)
    return submission


def fill_form(
    portal: Portal, form_id: str, values: Mapping[str, str], page_url: str, at: datetime
) -> Record:
    """Send a form, and let it create the contact with that address or bring it up to date.

    Returns the contact. `values` must hold an `email`.
    """
    submit_form(portal, form_id, values, page_url, at)
    author = Author("FORM", form_id)
    known = portal.contacts.by_email(values["email"])
    if known is None:
        return portal.contacts.create(values, author, at)
    return portal.contacts.update(known.id, _without_email(values), author, at)


def _without_email(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name != "email"}


def set_consent(portal: Portal, email: str, subscription_id: int, consent: Consent) -> None:
    """Keep what an address says about one subscription type.

    Subscribing again after unsubscribing from everything takes that back. A change leaves a
    STATUSCHANGE among the e-mail events.
    """
    state, address = portal.marketing, email.lower()
    state.consents[address, subscription_id] = consent
    if consent.status == "SUBSCRIBED":
        state.opted_out.pop(address, None)
    change = {"id": subscription_id, "status": consent.status}
    _change_status(portal, address, consent.source, consent.at, [change])


def opt_out(portal: Portal, email: str, source: str, at: datetime) -> None:
    """Unsubscribe an address from everything."""
    state, address = portal.marketing, email.lower()
    state.opted_out[address] = at
    for subscription_id in state.subscriptions:
        state.consents[address, subscription_id] = Consent("UNSUBSCRIBED", at, source)
    _change_status(portal, address, source, at, [])


def _change_status(
    portal: Portal, address: str, source: str, at: datetime, changes: list[dict[str, object]]
) -> None:
    state = portal.marketing
    details: dict[str, object] = {"source": f"SOURCE_{source}", "subscriptions": changes}
    if address in state.opted_out:
        details["portalSubscriptionStatus"] = "UNSUBSCRIBED"
    state.add_email_event(
        EmailEvent(to_ms(at), state.new_id(portal.hub_id), "STATUSCHANGE", address, 0, details)
    )


def _follow(
    portal: Portal, copy: tuple[int, str], kind: str, at: datetime, details: Mapping[str, object]
) -> EmailEvent:
    """Keep an event that follows from one that was sent, and name that as its cause."""
    state, (campaign_id, email) = portal.marketing, copy
    sent = state.sent[campaign_id, email.lower()]
    event = EmailEvent(
        created=to_ms(at),
        id=state.new_id(portal.hub_id),
        type=kind,
        recipient=sent.recipient,
        campaign_id=campaign_id,
        details={**details, "sentBy": {"id": sent.id, "created": sent.created}},
        filtered=details.get("browser") == _MACHINE_BROWSER,
    )
    state.add_email_event(event)
    return event


def _seen_by(machine: bool) -> dict[str, object]:
    return {
        "browser": _MACHINE_BROWSER if machine else _HUMAN_BROWSER,
        "location": _PLACE,
        "userAgent": _MACHINE_AGENT if machine else _HUMAN_AGENT,
        "deviceType": "COMPUTER" if machine else "MOBILE",
        "duration": 0,
    }


def take_part(
    portal: Portal,
    who_where: tuple[str, str],
    state: str,
    at: datetime,
    seconds: int | None = None,
) -> Participation:
    """Register a contact for a marketing event, or let it attend, cancel or stay away.

    `who_where` is the contact's id and the event's. One row a contact and event: a later state
    takes the place of the one before (hypothesis).
    """
    contact_id, event_id = who_where
    kept = portal.marketing.participations
    for place, one in enumerate(kept):
        if (one.contact_id, one.event_id) == who_where:
            kept[place] = replace(one, state=state, occurred_at=at, seconds=seconds)
            return kept[place]
    made = Participation(
        portal.marketing.new_id(portal.hub_id), event_id, contact_id, state, at, at, seconds
    )
    kept.append(made)
    return made
