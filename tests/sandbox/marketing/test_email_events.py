"""The legacy e-mail events."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.clock import to_ms
from sandbox.marketing import acts
from sandbox.populate import campaign_id

from .conftest import NOW, Caller

PATH = "/email/public/v1/events"


def _recipient(caller: Caller) -> str:
    clicks = [e for e in caller.portal.marketing.email_events if e.type == "CLICK"]
    return clicks[0].recipient


def test_events_come_newest_first_ten_at_a_time(caller: Caller) -> None:
    page = caller.get(PATH)

    created = [e["created"] for e in page["events"]]
    assert len(created) == 10
    assert created == sorted(created, reverse=True)
    assert page["hasMore"] is True


def test_paging_reaches_every_event_once_even_while_new_ones_come(caller: Caller) -> None:
    kept = list(caller.portal.marketing.email_events)
    page = caller.get(PATH, limit=300)
    seen = page["events"]

    acts.send_email(caller.portal, campaign_id(8), "new@example.com", NOW)
    while page["hasMore"]:
        page = caller.get(PATH, limit=300, offset=page["offset"])
        seen += page["events"]

    assert [(e["created"], e["id"]) for e in seen] == [(e.created, e.id) for e in kept[::-1]]


@pytest.mark.parametrize("limit", [0, 1001, "many"])
def test_a_limit_out_of_bounds_is_refused(caller: Caller, limit: object) -> None:
    assert caller.get(PATH, 400, limit=limit)["category"] == "VALIDATION_ERROR"


def test_an_offset_that_nobody_gave_out_is_refused(caller: Caller) -> None:
    caller.get(PATH, 400, offset="zzz")


def test_an_event_names_its_campaign_and_its_cause(caller: Caller) -> None:
    recipient = _recipient(caller)

    click = caller.get(PATH, recipient=recipient, eventType="CLICK")["events"][0]

    sent = [
        e
        for e in caller.get(PATH, recipient=recipient, eventType="SENT", limit=100)["events"]
        if e["id"] == click["sentBy"]["id"]
    ]
    assert click["recipient"] == recipient
    assert click["portalId"] == caller.portal.hub_id
    assert click["url"].startswith("https://www.cdshop.example/offers/")
    assert click["filteredEvent"] is False
    assert [e["emailCampaignId"] for e in sent] == [click["emailCampaignId"]]
    assert sent[0]["created"] == click["sentBy"]["created"]


def test_machine_opens_are_filtered_events_and_can_be_left_out(caller: Caller) -> None:
    opens = caller.get(PATH, eventType="OPEN", limit=1000)["events"]

    humans = caller.get(PATH, eventType="OPEN", limit=1000, excludeFilteredEvents="true")

    assert 0 < len(humans["events"]) < len(opens)
    assert humans["events"] == [e for e in opens if not e["filteredEvent"]]


def test_both_edges_of_the_time_span_are_inside(caller: Caller) -> None:
    every = caller.portal.marketing.email_events
    start, end = every[20].created, every[40].created

    found = caller.get(PATH, limit=1000, startTimestamp=start, endTimestamp=end)["events"]

    assert sorted((e["created"], e["id"]) for e in found) == [
        (e.created, e.id) for e in every if start <= e.created <= end
    ]


def test_a_campaign_is_asked_for_together_with_its_app(caller: Caller) -> None:
    campaign = caller.portal.marketing.campaigns[campaign_id(8)]

    found = caller.get(PATH, campaignId=campaign.id, appId=campaign.app_id, limit=1000)["events"]

    assert {e["emailCampaignId"] for e in found} == {campaign.id}
    caller.get(PATH, 400, campaignId=campaign.id)
    assert caller.get(PATH, campaignId=campaign.id, appId=1)["events"] == []


def test_an_opt_out_is_a_change_of_status_of_no_campaign(caller: Caller) -> None:
    acts.opt_out(caller.portal, "Somebody@Example.com", "MARKETING_EMAIL", NOW)

    change = caller.get(PATH, recipient="somebody@example.com")["events"][0]

    assert (change["type"], change["portalSubscriptionStatus"]) == ("STATUSCHANGE", "UNSUBSCRIBED")
    assert change["created"] == to_ms(NOW)
    assert "emailCampaignId" not in change


def test_one_event_is_found_by_its_instant_and_id(caller: Caller) -> None:
    event = caller.get(PATH, limit=1)["events"][0]

    assert caller.get(f"{PATH}/{event['created']}/{event['id']}") == event
    caller.get(f"{PATH}/{event['created'] + 1}/{event['id']}", 404)


def test_a_campaign_shows_its_name_to_those_who_name_its_app(caller: Caller) -> None:
    campaign = caller.portal.marketing.campaigns[campaign_id(8)]
    path = f"/email/public/v1/campaigns/{campaign.id}"

    shown = caller.get(path, appId=campaign.app_id)

    assert (shown["name"], shown["subject"]) == (campaign.name, campaign.subject)
    assert shown["counters"]["sent"] > shown["counters"]["open"] > 0
    caller.get(path, 400)
    caller.get(path, 404, appId=campaign.app_id + 1)


def test_without_the_scope_nothing_is_shown(bare: Caller) -> None:
    """Failure mode 11."""
    refused = bare.get(PATH, 403)

    assert refused["category"] == "MISSING_SCOPES"
    assert "content" in str(refused["errors"])


def test_an_act_on_mail_follows_from_its_sending(caller: Caller) -> None:
    campaign = campaign_id(8)
    sent = acts.send_email(caller.portal, campaign, "A@example.com", NOW)

    acts.bounce_email(caller.portal, campaign, "a@example.com", NOW + timedelta(seconds=1))

    bounce = caller.get(PATH, recipient="a@example.com", limit=1)["events"][0]
    assert (bounce["type"], bounce["sentBy"]["id"]) == ("BOUNCE", sent.id)
    assert bounce["status"] == "5.1.1"
