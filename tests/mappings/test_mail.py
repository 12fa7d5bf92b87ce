"""E-mail events that machines made, and changes of subscriptions, from HubSpot's JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mappings.instants import to_ms
from mappings.marketing import consent_change
from mappings.marketing import email_event as read_email
from mappings.model import Event
from mappings.sources import consent_event, email_events, load_sources
from tests.mappings.test_sources import email

SOURCES = load_sources()
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"


@pytest.mark.parametrize(
    ("seen", "machine"),
    [
        ({"userAgent": PHONE}, False),
        ({"userAgent": "Mozilla/5.0"}, True),
        ({"userAgent": "Barracuda Sentinel (EE)"}, True),
        ({"userAgent": "GoogleImageProxy via ggpht.com"}, False),
        ({"browser": {"name": "Robot", "family": "Robot", "type": "Robot"}}, True),
        (
            {"browser": {"name": "Mobile Safari", "family": "Safari", "type": "Mobile Browser"}},
            False,
        ),
        ({"location": {"city": "Ghent", "organization": "Proofpoint, Inc."}}, True),
        ({"location": {"city": "Proofpoint"}}, False),
        ({"browser": "odd", "location": None, "userAgent": None}, False),
    ],
)
@pytest.mark.parametrize("kind", ["OPEN", "CLICK"])
def test_known_scanners_and_privacy_proxies_are_marked(
    kind: str, seen: dict[str, Any], machine: bool
) -> None:
    """Gmail's proxy fetches when a person opens; Apple's whether anybody does or not."""
    [event] = email_events(SOURCES, read_email(email(kind, filteredEvent=False, **seen)))

    assert event.properties["machine"] == ("yes" if machine else "no")
    reason = event.properties.get("machine_reason")
    assert reason == ("a known scanner or privacy proxy" if machine else None)


def test_what_hubspot_filtered_is_told_so_first() -> None:
    [event] = email_events(
        SOURCES, read_email(email("OPEN", filteredEvent=True, userAgent="Mozilla/5.0"))
    )

    assert event.properties["machine_reason"] == "HubSpot filtered it"


def test_a_change_of_subscriptions_is_one_event_for_each() -> None:
    """HubSpot calls both ways STATUSCHANGE; a status polled later names the same event."""
    listed = [
        {"id": 1, "status": "SUBSCRIBED"},
        {"id": 2, "status": "UNSUBSCRIBED", "legalBasisChange": None},
        {"id": 3, "status": "NOT_SPECIFIED"},
        {"id": 4, "status": "PENDING"},
        "odd",
    ]

    events = email_events(SOURCES, read_email(email("STATUSCHANGE", subscriptions=listed)))

    at = datetime(2026, 6, 30, 11, tzinfo=UTC)
    assert events == [
        Event(
            0,
            f"consent:1:{to_ms(at)}:subscribed",
            "subscribed",
            at,
            "consent",
            {"subscription": "1"},
        ),
        Event(
            0,
            f"consent:2:{to_ms(at)}:email_unsubscribed",
            "email_unsubscribed",
            at,
            "consent",
            {"subscription": "2", "campaign": "1004"},
        ),
    ]
    polled = consent_event(
        consent_change(
            {
                "channel": "EMAIL",
                "subscriberIdString": "anna@example.com",
                "subscriptionId": 2,
                "subscriptionName": "Offers",
                "status": "UNSUBSCRIBED",
                "source": "SOURCE_FORM",
                "timestamp": "2026-06-30T11:00:00Z",
            }
        )
    )
    assert polled is not None
    assert (polled.id, polled.properties) == (events[1].id, {"subscription": "Offers"})


def test_an_opt_out_of_everything_is_an_unsubscription() -> None:
    said = email("STATUSCHANGE", subscriptions=[], portalSubscriptionStatus="UNSUBSCRIBED")
    [event] = email_events(SOURCES, read_email(said))
    assert event.kind == "email_unsubscribed"

    said = email("STATUSCHANGE", portalSubscriptionStatus="SUBSCRIBED")
    [event] = email_events(SOURCES, read_email(said))
    assert event.kind == "subscribed"
