"""Communication preferences."""

from __future__ import annotations

import pytest

from sandbox.clock import to_wire
from sandbox.populate import MARKETING_INFORMATION, PRODUCT_NEWS

from .conftest import NOW, Caller

ROOT = "/communication-preferences/2026-03"
EMAIL = "eva@example.com"


def _set(caller: Caller, state: str, email: str = EMAIL) -> str:
    body = {"subscriptionId": PRODUCT_NEWS, "statusState": state, "channel": "EMAIL"}
    reason: str = caller.post(f"{ROOT}/statuses/{email}", body)["results"][0][
        "setStatusSuccessReason"
    ]
    return reason


def _states(caller: Caller, email: str = EMAIL) -> dict[int, str]:
    results = caller.get(f"{ROOT}/statuses/{email}", channel="EMAIL")["results"]
    return {s["subscriptionId"]: s["status"] for s in results}


def test_definitions_are_the_portals_subscription_types(caller: Caller) -> None:
    answer = caller.get(f"{ROOT}/definitions")

    assert answer["status"] == "COMPLETE"
    assert [d["name"] for d in answer["results"]] == ["Marketing Information", "New records"]
    assert answer == caller.get("/communication-preferences/v4/definitions")


def test_an_address_nobody_knows_has_said_nothing(caller: Caller) -> None:
    assert _states(caller) == {
        MARKETING_INFORMATION: "NOT_SPECIFIED",
        PRODUCT_NEWS: "NOT_SPECIFIED",
    }


def test_setting_a_status_tells_what_it_changed(caller: Caller) -> None:
    assert _set(caller, "SUBSCRIBED") == "REQUESTED_CHANGE_OCCURRED"
    assert _set(caller, "SUBSCRIBED") == "NO_STATUS_CHANGE"
    assert _set(caller, "UNSUBSCRIBED") == "REQUESTED_CHANGE_OCCURRED"
    assert _set(caller, "SUBSCRIBED") == "RESUBSCRIBE_OCCURRED"
    assert _states(caller, EMAIL.upper())[PRODUCT_NEWS] == "SUBSCRIBED"
    _set(caller, "UNSUBSCRIBED")
    assert _set(caller, "NOT_SPECIFIED") == "REQUESTED_CHANGE_OCCURRED"


def test_a_change_is_also_an_email_event(caller: Caller) -> None:
    _set(caller, "UNSUBSCRIBED")

    event = caller.get("/email/public/v1/events", recipient=EMAIL)["events"][0]

    assert event["type"] == "STATUSCHANGE"
    assert event["subscriptions"] == [{"id": PRODUCT_NEWS, "status": "UNSUBSCRIBED"}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"statusState": "MAYBE"},
        {"channel": "PIGEON"},
        {"subscriptionId": 1},
        {"legalBasis": "BECAUSE"},
    ],
)
def test_a_faulty_status_is_refused(caller: Caller, wrong: dict[str, object]) -> None:
    body = {"subscriptionId": PRODUCT_NEWS, "statusState": "SUBSCRIBED", "channel": "EMAIL"}

    caller.post(f"{ROOT}/statuses/{EMAIL}", {**body, **wrong}, 400)

    assert _states(caller)[PRODUCT_NEWS] == "NOT_SPECIFIED"


def test_the_channel_must_be_named(caller: Caller) -> None:
    caller.get(f"{ROOT}/statuses/{EMAIL}", 400)


def test_links_lead_to_the_preferences_of_an_address(caller: Caller) -> None:
    body = {"channel": "EMAIL", "subscriberIdString": EMAIL, "subscriptionId": PRODUCT_NEWS}

    links = caller.post(f"{ROOT}/links/generate", body, channel="EMAIL")

    assert links["unsubscribeSingleUrl"].endswith(f"/{PRODUCT_NEWS}")
    assert links["subscriberIdString"] == EMAIL
    caller.post(f"{ROOT}/links/generate", [], 400, channel="EMAIL")


def test_the_legal_basis_is_kept(caller: Caller) -> None:
    body = {
        "subscriptionId": PRODUCT_NEWS,
        "statusState": "SUBSCRIBED",
        "channel": "EMAIL",
        "legalBasis": "CONSENT_WITH_NOTICE",
        "legalBasisExplanation": "Asked at the counter",
    }

    caller.post(f"{ROOT}/statuses/{EMAIL}", body)

    status = caller.get(f"{ROOT}/statuses/{EMAIL}", channel="EMAIL")["results"][1]
    assert (status["legalBasis"], status["legalBasisExplanation"]) == (
        "CONSENT_WITH_NOTICE",
        "Asked at the counter",
    )
    assert status["timestamp"] == to_wire(NOW)


def test_opting_out_of_everything_and_coming_back(caller: Caller) -> None:
    path = f"{ROOT}/statuses/{EMAIL}/unsubscribe-all"
    assert caller.get(path, channel="EMAIL")["results"][0]["status"] == "NOT_SPECIFIED"

    caller.post(path, channel="EMAIL")

    assert caller.get(path, channel="EMAIL")["results"][0]["status"] == "UNSUBSCRIBED"
    assert set(_states(caller).values()) == {"UNSUBSCRIBED"}
    _set(caller, "SUBSCRIBED")
    assert caller.get(path, channel="EMAIL")["results"][0]["status"] == "NOT_SPECIFIED"


def test_batches_read_and_write_several_addresses(caller: Caller) -> None:
    row = {"subscriptionId": PRODUCT_NEWS, "statusState": "SUBSCRIBED", "channel": "EMAIL"}
    rows = [{**row, "subscriberIdString": e} for e in ("a@example.com", "b@example.com")]

    caller.post(f"{ROOT}/statuses/batch/write", {"inputs": rows})
    caller.post(
        f"{ROOT}/statuses/batch/unsubscribe-all", {"inputs": ["b@example.com"]}, channel="EMAIL"
    )

    emails = {"inputs": ["a@example.com", "b@example.com"]}
    read = caller.post(f"{ROOT}/statuses/batch/read", emails, channel="EMAIL")["results"]
    wide = caller.post(f"{ROOT}/statuses/batch/unsubscribe-all/read", emails, channel="EMAIL")
    assert [r["statuses"][1]["status"] for r in read] == ["SUBSCRIBED", "UNSUBSCRIBED"]
    assert [w["wideStatuses"][0]["status"] for w in wide["results"]] == [
        "NOT_SPECIFIED",
        "UNSUBSCRIBED",
    ]


def test_a_batch_with_a_faulty_row_sets_nothing(caller: Caller) -> None:
    row = {"subscriptionId": PRODUCT_NEWS, "statusState": "SUBSCRIBED", "channel": "EMAIL"}
    rows = [{**row, "subscriberIdString": EMAIL}, {**row, "subscriberIdString": "nobody"}]

    caller.post(f"{ROOT}/statuses/batch/write", {"inputs": rows}, 400)
    caller.post(f"{ROOT}/statuses/batch/write", {"inputs": [rows[0]] * 101}, 400)
    caller.post(f"{ROOT}/statuses/batch/read", [], 400, channel="EMAIL")
    caller.post(f"{ROOT}/statuses/batch/read", {"inputs": 5}, 400, channel="EMAIL")
    caller.post(f"{ROOT}/statuses/batch/write", {"inputs": ["a@example.com"]}, 400)

    assert _states(caller)[PRODUCT_NEWS] == "NOT_SPECIFIED"


def test_batches_are_for_enterprise(professional: Caller) -> None:
    refused = professional.post(
        f"{ROOT}/statuses/batch/read", {"inputs": [EMAIL]}, 403, channel="EMAIL"
    )

    assert refused["category"] in {"NOT_AUTHORIZED", "MISSING_SCOPES"}


def test_the_old_version_cannot_bring_back_who_left(caller: Caller) -> None:
    body = {"emailAddress": EMAIL, "subscriptionId": str(PRODUCT_NEWS)}
    root = "/communication-preferences/v3"

    assert caller.post(f"{root}/subscribe", body)["status"] == "SUBSCRIBED"
    assert caller.post(f"{root}/unsubscribe", body)["status"] == "NOT_SUBSCRIBED"
    caller.post(f"{root}/subscribe", body, 400)
    statuses = caller.get(f"{root}/status/email/{EMAIL}")["subscriptionStatuses"]
    assert [s["status"] for s in statuses] == ["NOT_SUBSCRIBED", "NOT_SUBSCRIBED"]
    caller.post(f"{root}/subscribe", {**body, "subscriptionId": "1"}, 400)
    caller.post(f"{root}/subscribe", {"subscriptionId": "1"}, 400)


def test_reading_and_writing_want_their_scopes(bare: Caller) -> None:
    """Failure mode 11."""
    for path in ("definitions", f"statuses/{EMAIL}"):
        assert bare.get(f"{ROOT}/{path}", 403)["category"] == "MISSING_SCOPES"
    assert bare.post(f"{ROOT}/statuses/{EMAIL}", {}, 403)["category"] == "MISSING_SCOPES"
