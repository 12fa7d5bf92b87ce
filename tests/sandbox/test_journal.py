"""The Webhooks Journal: what it tells, to whom, for how long."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox import acts
from sandbox.apps import JOURNAL_SCOPES
from sandbox.marketing.acts import submit_form
from sandbox.marketing.model import Form

from .hub import CLIENT_ID, HUB_ID, NOW, SECRET, Hub

ROOT = "/webhooks-journal/journal/2026-03"
SUBSCRIPTIONS = "/webhooks-journal/subscriptions/2026-03"
CONTACTS = {
    "subscriptionType": "OBJECT",
    "portalId": HUB_ID,
    "objectTypeId": "0-1",
    "actions": ["CREATE", "UPDATE", "DELETE", "MERGE", "RESTORE"],
    "properties": ["country", "city"],
}


def own_token(hub: Hub, scopes: str = " ".join(JOURNAL_SCOPES)) -> Any:
    """Ask for a token of the app itself."""
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "scope": scopes,
    }
    return hub.client.post("/oauth/2026-03/token", data=form)


@pytest.fixture
def token(hub: Hub) -> str:
    hub.app.own_scopes = JOURNAL_SCOPES
    answer: str = own_token(hub).json["access_token"]
    return answer


def subscribe(hub: Hub, token: str, **wanted: Any) -> Any:
    return hub.ask("POST", SUBSCRIPTIONS, {**CONTACTS, **wanted}, token)


def fetch(hub: Hub, pointer: dict[str, Any]) -> Any:
    parts = urlsplit(pointer["url"])
    return hub.client.get(f"{parts.path}?{parts.query}")


def read(hub: Hub, token: str) -> list[dict[str, Any]]:
    """Read everything from the oldest entry on."""
    events, answer = [], hub.ask("GET", f"{ROOT}/earliest", token=token)
    while answer.status_code == 200:
        events += fetch(hub, answer.json).json["journalEvents"]
        following = f"{ROOT}/offset/{answer.json['currentOffset']}/next"
        answer = hub.ask("GET", following, token=token)
    assert answer.status_code == 204
    return events


def test_an_app_without_the_scopes_has_no_journal(hub: Hub) -> None:
    refused = own_token(hub)
    assert (refused.status_code, refused.json["status"]) == (400, "BAD_SCOPES")

    hub.app.own_scopes = JOURNAL_SCOPES[:1]
    answer = own_token(hub, JOURNAL_SCOPES[0]).json
    assert answer["token_use"] == "client_credentials"
    assert answer["expires_in"] == 1800
    assert "refresh_token" not in answer
    lacking = hub.ask("GET", SUBSCRIPTIONS, token=answer["access_token"])
    assert (lacking.status_code, lacking.json["category"]) == (403, "MISSING_SCOPES")


def test_neither_token_does_for_the_other(hub: Hub, token: str) -> None:
    assert hub.get(f"{ROOT}/earliest").status_code == 403
    assert hub.ask("GET", "/crm/v3/objects/contacts", token=token).status_code == 401
    hub.advance(minutes=31)
    assert hub.ask("GET", f"{ROOT}/earliest", token=token).status_code == 401


def test_it_tells_what_happens_to_records(hub: Hub, token: str) -> None:
    assert subscribe(hub, token).status_code == 200
    anna = hub.contact(email="a@example.com", country="SE")
    bert = hub.contact(email="b@example.com")
    hub.advance(minutes=1)
    hub.portal.contacts.update(anna, {"country": "NO", "city": "Oslo", "firstname": "Anna"})
    hub.portal.contacts.archive(bert)
    hub.portal.contacts.restore(bert)

    told = [
        (one["action"], one["objectId"], one.get("propertyChanges")) for one in read(hub, token)
    ]

    assert told == [
        ("CREATE", int(anna), None),
        ("UPDATE", int(anna), {"country": "SE"}),
        ("CREATE", int(bert), None),
        ("UPDATE", int(anna), {"country": "NO", "city": "Oslo"}),
        ("DELETE", int(bert), None),
        ("RESTORE", int(bert), None),
    ]


def test_it_tells_of_links_lists_privacy_and_installs(hub: Hub, token: str) -> None:
    known = hub.portal.lists.create("Friends")
    for wanted in (
        {
            "subscriptionType": "ASSOCIATION",
            "objectTypeId": "0-123",
            "actions": ["ASSOCIATION_ADDED"],
            "associatedObjectTypeIds": ["0-1"],
        },
        {
            "subscriptionType": "LIST_MEMBERSHIP",
            "actions": ["ADDED_TO_LIST", "REMOVED_FROM_LIST"],
            "listIds": [int(known.id)],
        },
        {"subscriptionType": "GDPR_PRIVACY_DELETION", "actions": []},
        {"subscriptionType": "APP_LIFECYCLE_EVENT", "eventTypeId": "4-1916193"},
    ):
        assert subscribe(hub, token, **wanted).status_code == 200
    anna = hub.contact(email="a@example.com")
    order = acts.place_order(hub.portal, anna, {"hs_total_price": "5"})
    hub.portal.lists.add(known.id, [anna])
    hub.portal.lists.remove(known.id, [anna])
    hub.portal.forget(anna)
    hub.sandbox.uninstall(HUB_ID, CLIENT_ID)

    told = {one["action"]: one for one in read(hub, token)}

    assert set(told) == {
        "ASSOCIATION_ADDED",
        "ADDED_TO_LIST",
        "REMOVED_FROM_LIST",
        "GDPR_DELETE",
        "APP_UNINSTALL",
    }
    link = told["ASSOCIATION_ADDED"]
    assert (link["objectId"], link["associatedObjectId"]) == (int(order.id), int(anna))
    assert told["ADDED_TO_LIST"]["listId"] == int(known.id)
    assert told["GDPR_DELETE"]["objectId"] == int(anna)
    assert told["APP_UNINSTALL"]["portalId"] == HUB_ID
    [left] = hub.ask("GET", SUBSCRIPTIONS, token=token).json["results"]
    assert left["subscriptionType"] == "APP_LIFECYCLE_EVENT"


def test_it_tells_only_what_was_subscribed_to(hub: Hub, token: str) -> None:
    hub.contact(email="before@example.com")
    subscribe(hub, token, actions=["DELETE"], properties=[])
    hub.contact(email="a@example.com")
    hub.portal.marketing.forms["f"] = Form("f", "Form", ("email",), NOW)
    submit_form(hub.portal, "f", {"email": "a@example.com"}, "https://x", NOW)

    assert read(hub, token) == []


def test_files_are_kept_for_three_days(hub: Hub, token: str) -> None:
    subscribe(hub, token)
    first = hub.contact(email="a@example.com")
    before = hub.ask("GET", f"{ROOT}/latest", token=token).json["currentOffset"]
    hub.advance(days=2)
    token = own_token(hub).json["access_token"]
    second = hub.contact(email="b@example.com")
    assert [one["objectId"] for one in read(hub, token)] == [int(first), int(second)]

    hub.advance(days=1)
    token = own_token(hub).json["access_token"]

    assert [one["objectId"] for one in read(hub, token)] == [int(second)]
    lost = hub.ask("GET", f"{ROOT}/offset/{before}/next", token=token)
    assert lost.status_code == 404


def test_a_file_that_was_read_never_changes(hub: Hub, token: str) -> None:
    hub.sandbox.settings.journal_file_events = 2
    subscribe(hub, token)
    for number in range(3):
        hub.contact(email=f"p{number}@example.com")
    batch = hub.ask("GET", f"{ROOT}/batch/earliest/100", token=token).json["results"]
    sizes = [len(fetch(hub, each).json["journalEvents"]) for each in batch]
    hub.contact(email="p9@example.com")

    again = [len(fetch(hub, each).json["journalEvents"]) for each in batch]
    behind = hub.ask("GET", f"{ROOT}/batch/{batch[-1]['currentOffset']}/next/5", token=token).json

    assert sizes == again == [2, 1]
    assert len(behind["results"]) == 1
    assert hub.ask("GET", f"{ROOT}/batch/earliest/101", token=token).status_code == 400


def test_a_files_address_is_good_for_itself_and_for_a_while(hub: Hub, token: str) -> None:
    subscribe(hub, token)
    hub.contact(email="a@example.com")
    pointer = hub.ask("GET", f"{ROOT}/earliest", token=token).json
    parts = urlsplit(pointer["url"])

    signed_twice = hub.ask("GET", f"{parts.path}?{parts.query}", token=token)
    unsigned = hub.client.get(parts.path)
    assert fetch(hub, pointer).status_code == 200
    hub.advance(hours=1)

    assert (signed_twice.status_code, unsigned.status_code) == (400, 403)
    assert fetch(hub, pointer).status_code == 403


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"subscriptionType": "NEWS"}, 400),
        ({"portalId": None}, 400),
        ({"portalId": 1}, 400),
        ({"actions": []}, 400),
        ({"actions": ["ADDED_TO_LIST"]}, 400),
        ({"objectTypeId": "0-999"}, 400),
        ({"subscriptionType": "LIST_MEMBERSHIP", "actions": ["ADDED_TO_LIST"]}, 400),
        ({"subscriptionType": "APP_LIFECYCLE_EVENT", "eventTypeId": "4-1"}, 400),
    ],
)
def test_a_subscription_that_lacks_something_is_refused(
    hub: Hub, token: str, wanted: dict[str, Any], status: int
) -> None:
    assert subscribe(hub, token, **wanted).status_code == status


def test_a_subscription_is_there_once_and_can_be_taken_away(hub: Hub, token: str) -> None:
    made = subscribe(hub, token).json
    assert subscribe(hub, token).status_code == 409
    gone = hub.ask("DELETE", f"{SUBSCRIPTIONS}/{made['id']}", token=token)
    assert gone.status_code == 204
    assert hub.ask("DELETE", f"{SUBSCRIPTIONS}/{made['id']}", token=token).status_code == 404
    assert subscribe(hub, token).status_code == 200
    assert hub.ask("DELETE", f"{SUBSCRIPTIONS}/portals/{HUB_ID}", token=token).status_code == 204
    assert hub.ask("GET", SUBSCRIPTIONS, token=token).json == {"results": []}


def test_it_has_a_rate_of_its_own(hub: Hub, token: str) -> None:
    answers = [hub.ask("GET", f"{ROOT}/latest", token=token).status_code for _ in range(101)]

    assert answers == [204] * 100 + [429]
    assert hub.get("/crm/v3/objects/contacts").headers["X-HubSpot-RateLimit-Remaining"] == "109"
