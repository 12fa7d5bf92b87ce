"""What every request passes: token, scopes, rate."""

from __future__ import annotations

import pytest

from .hub import CLIENT_ID, HUB_ID, Hub

DETAILS = "/account-info/2026-03/details"
SEARCH = "/crm/objects/2026-03/contacts/search"


def test_a_request_without_a_token_is_refused(hub: Hub) -> None:
    answer = hub.client.get(DETAILS)

    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["category"] == "INVALID_AUTHENTICATION"


def test_an_unknown_token_is_refused(hub: Hub) -> None:
    assert hub.ask("GET", DETAILS, token="nobody's").status_code == 401


def test_a_token_expires_after_half_an_hour(hub: Hub) -> None:
    """Failure mode 5."""
    hub.advance(minutes=29, seconds=59)
    assert hub.get(DETAILS).status_code == 200

    hub.advance(seconds=1)

    answer = hub.get(DETAILS)
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["category"] == "EXPIRED_AUTHENTICATION"


def test_a_missing_scope_is_named(hub: Hub) -> None:
    """Failure mode 11."""
    tokens = hub.sandbox.install(HUB_ID, CLIENT_ID, ("oauth", "crm.objects.contacts.read"))

    answer = hub.ask("GET", "/crm/v3/lists/1", token=tokens.access.value)

    assert answer.status_code == 403
    assert answer.json["category"] == "MISSING_SCOPES"
    context = answer.json["errors"][0]["context"]
    assert context == {"requiredGranularScopes": ["crm.lists.read"]}


def test_membership_writes_want_both_list_scopes(hub: Hub) -> None:
    made = hub.portal.lists.create("Segment")
    tokens = hub.sandbox.install(HUB_ID, CLIENT_ID, ("oauth", "crm.lists.write"))

    path = f"/crm/lists/2026-03/{made.id}/memberships/add"

    assert hub.ask("PUT", path, ["1"], token=tokens.access.value).status_code == 403


def test_the_hundred_and_eleventh_request_in_ten_seconds_is_refused(hub: Hub) -> None:
    """Failure mode 1."""
    first = hub.get(DETAILS)
    statuses = {hub.get(DETAILS).status_code for _ in range(109)}

    refused = hub.get(DETAILS)

    assert statuses == {200}
    assert first.headers["X-HubSpot-RateLimit-Max"] == "110"
    assert first.headers["X-HubSpot-RateLimit-Remaining"] == "109"
    assert first.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert refused.status_code == 429
    assert refused.headers["X-HubSpot-RateLimit-Remaining"] == "0"
    assert "Retry-After" not in refused.headers
    assert refused.json is not None
    assert refused.json["policyName"] == "TEN_SECONDLY_ROLLING"
    assert refused.json["message"] == "You have reached your ten_secondly_rolling limit."


def test_the_window_rolls(hub: Hub) -> None:
    for _ in range(60):
        hub.get(DETAILS)
    hub.advance(seconds=6)
    for _ in range(50):
        hub.get(DETAILS)
    assert hub.get(DETAILS).status_code == 429

    hub.advance(seconds=4)

    statuses = [hub.get(DETAILS).status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]


def test_each_portal_has_its_own_window(hub: Hub) -> None:
    hub.sandbox.add_portal(HUB_ID + 1)
    other = hub.sandbox.install(HUB_ID + 1, CLIENT_ID)
    for _ in range(111):
        hub.get(DETAILS)

    assert hub.ask("GET", DETAILS, token=other.access.value).status_code == 200


def test_search_has_five_requests_a_second_for_all_apps_and_no_headers(hub: Hub) -> None:
    """Failure mode 4."""
    statuses = [hub.post(SEARCH, {}).status_code for _ in range(6)]

    refused = hub.post(SEARCH, {})

    assert statuses == [200] * 5 + [429]
    assert refused.json is not None
    assert refused.json["policyName"] == "SECONDLY"
    assert not [name for name, _ in refused.headers if "RateLimit" in name]
    assert hub.get(DETAILS).headers["X-HubSpot-RateLimit-Remaining"] == "109"
    hub.advance(seconds=1)
    assert hub.post(SEARCH, {}).status_code == 200


def test_a_daily_limit_ends_at_midnight_in_the_portals_zone(hub: Hub) -> None:
    """Failure mode 3."""
    hub.portal.rates.daily = 2
    statuses = [hub.get(DETAILS).status_code for _ in range(3)]
    refused = hub.get(DETAILS)

    # 09:30 UTC is 10:30 in Berlin.
    hub.advance(hours=13, minutes=29)
    tokens = hub.sandbox.install(HUB_ID, CLIENT_ID)
    before = hub.ask("GET", DETAILS, token=tokens.access.value)
    hub.advance(minutes=1)
    after = hub.ask("GET", DETAILS, token=tokens.access.value)

    assert statuses == [200, 200, 429]
    assert refused.json is not None
    assert refused.json["policyName"] == "DAILY"
    assert before.status_code == 429
    assert after.status_code == 200


def test_too_long_a_url_is_refused_with_html(hub: Hub) -> None:
    """Failure mode 37."""
    answer = hub.get("/crm/v3/objects/contacts?properties=" + "a" * 8200)

    assert answer.status_code == 414
    assert answer.content_type.startswith("text/html")


def test_every_call_is_counted_by_its_template(hub: Hub) -> None:
    one, two = hub.contact(email="a@example.com"), hub.contact(email="b@example.com")
    hub.get(f"/crm/objects/2026-03/contacts/{one}")
    hub.get(f"/crm/objects/2026-03/contacts/{two}")
    hub.get("/crm/objects/2026-03/contacts/1")

    answer = hub.control("GET", "/calls?detail=true").json

    template = "/crm/objects/2026-03/<object_type>/<record_id>"
    assert answer is not None
    assert answer["total"] == 3
    assert answer["counts"] == [
        {"method": "GET", "path": template, "status": 200, "count": 2},
        {"method": "GET", "path": template, "status": 404, "count": 1},
    ]
    assert {call["at"] for call in answer["calls"]} == {"2026-03-01T09:30:00.000Z"}
    assert {call["hub_id"] for call in answer["calls"]} == {HUB_ID}


def test_the_log_of_calls_can_be_reset(hub: Hub) -> None:
    hub.get(DETAILS)

    hub.control("DELETE", "/calls")

    answer = hub.control("GET", "/calls").json
    assert answer is not None
    assert answer["total"] == 0


@pytest.mark.parametrize("body", ["{", "[]", "7"])
def test_what_is_not_a_json_object_is_refused(hub: Hub, body: str) -> None:
    answer = hub.client.post(
        "/crm/v3/objects/contacts",
        data=body,
        headers={"Authorization": f"Bearer {hub.tokens.access.value}"},
    )

    assert answer.status_code == 400


def test_the_account_says_where_and_when_it_is(hub: Hub) -> None:
    answer = hub.get(DETAILS).json

    assert answer == {
        "portalId": HUB_ID,
        "accountType": "STANDARD",
        "timeZone": "Europe/Berlin",
        "companyCurrency": "USD",
        "additionalCurrencies": ["EUR"],
        "utcOffset": "+01:00",
        "utcOffsetMilliseconds": 3_600_000,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
