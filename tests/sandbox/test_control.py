"""Moving the stand-in from outside."""

from __future__ import annotations

from typing import Any

import pytest

from .hub import CLIENT_ID, HUB_ID, Hub

PORTAL = f"/portals/{HUB_ID}"


def test_time_can_be_moved(hub: Hub) -> None:
    later: Any = hub.control("POST", "/clock", {"advance": 90}).json
    set_: Any = hub.control("POST", "/clock", {"set": "2027-01-01T00:00:00+01:00"}).json
    read: Any = hub.control("GET", "/clock").json

    assert later == {"now": "2026-03-01T09:31:30.000Z"}
    assert set_ == read == {"now": "2026-12-31T23:00:00.000Z"}


@pytest.mark.parametrize(
    "body", [{"advance": "soon"}, {"set": "tomorrow"}, {"set": "2027-01-01T00:00:00"}]
)
def test_a_faulty_time_is_refused(hub: Hub, body: Any) -> None:
    assert hub.control("POST", "/clock", body).status_code == 400


def test_a_person_creates_changes_and_deletes_a_contact(hub: Hub) -> None:
    made: Any = hub.control("POST", f"{PORTAL}/contacts", {"properties": {"city": "Oslo"}}).json
    path = f"{PORTAL}/contacts/{made['id']}"
    hub.control("PATCH", path, {"properties": {"city": "Rome"}})
    hub.control("DELETE", path)

    shown: Any = hub.control("GET", path).json

    assert shown["archived"] is True
    assert [v["value"] for v in shown["history"]["city"]] == ["Rome", "Oslo"]
    assert {v["sourceType"] for v in shown["history"]["city"]} == {"CRM_UI"}


def test_a_person_orders_with_line_items(hub: Hub) -> None:
    contact_id = hub.contact(email="a@example.com")
    hub.messages()
    body = {
        "properties": {"hs_order_name": "One", "hs_total_price": "30"},
        "lines": [{"name": "CD", "quantity": "2", "price": "15"}],
    }

    made: Any = hub.control("POST", f"{PORTAL}/contacts/{contact_id}/orders", body).json

    order_id = made["id"]
    (line_id,) = hub.portal.associations.of("0-123", order_id, "0-8")
    assert hub.portal.associations.of("0-1", contact_id, "0-123") == [order_id]
    assert hub.portal.line_items.records[line_id].properties["quantity"] == "2"
    told = {m["subscriptionType"] for m in hub.messages()}
    assert told == {"object.creation", "object.propertyChange", "object.associationChange"}


@pytest.mark.parametrize(("noun", "type_id"), [("carts", "0-142"), ("deals", "0-3")])
def test_a_person_has_carts_and_deals(hub: Hub, noun: str, type_id: str) -> None:
    contact_id = hub.contact()

    made: Any = hub.control(
        "POST", f"{PORTAL}/contacts/{contact_id}/{noun}", {"properties": {}}
    ).json

    assert hub.portal.associations.of("0-1", contact_id, type_id) == [made["id"]]


def test_a_deal_moves_to_a_stage(hub: Hub) -> None:
    deal = hub.portal.deals.create({"dealstage": "contractsent"})
    hub.messages()

    hub.control("PATCH", f"{PORTAL}/deals/{deal.id}", {"properties": {"dealstage": "closedwon"}})

    (message,) = hub.messages()
    assert (message["propertyName"], message["propertyValue"]) == ("dealstage", "closedwon")


def test_people_merge_and_delete_for_privacy(hub: Hub) -> None:
    one, two = hub.contact(firstname="A"), hub.contact(city="Oslo")

    merged: Any = hub.control(
        "POST", f"{PORTAL}/contacts/{one}/merge", {"objectIdToMerge": two}
    ).json
    gone = hub.control("POST", f"{PORTAL}/contacts/{one}/privacy-delete")

    assert merged["properties"]["city"] == "Oslo"
    assert gone.status_code == 204
    assert hub.portal.contacts.records == {}


def test_an_empty_account_can_be_opened(hub: Hub) -> None:
    made = hub.control("POST", "/portals", {"hub_id": 7, "tier": "free", "name": "Small"})
    again = hub.control("POST", "/portals", {"hub_id": 7})
    odd = hub.control("POST", "/portals", {"hub_id": 8, "colour": "red"})

    listed: Any = hub.control("GET", "/portals").json
    assert (made.status_code, again.status_code, odd.status_code) == (201, 400, 400)
    assert listed["portals"] == [
        {
            "hub_id": HUB_ID,
            "name": "A portal",
            "tier": "professional",
            "installed": [CLIENT_ID],
        },
        {"hub_id": 7, "name": "Small", "tier": "free", "installed": []},
    ]


def test_limits_can_be_set(hub: Hub) -> None:
    hub.control("PATCH", PORTAL, {"limit": 1})

    statuses = [hub.get("/account-info/2026-03/details").status_code for _ in range(2)]

    assert statuses == [200, 429]


def test_tokens_can_be_made_to_expire(hub: Hub) -> None:
    """Failure mode 5."""
    hub.control("POST", f"{PORTAL}/expire-tokens")

    assert hub.get("/account-info/2026-03/details").status_code == 401


def test_settings_keep_their_types(hub: Hub) -> None:
    changed: Any = hub.control("PATCH", "/settings", {"rotate_refresh_tokens": False}).json

    assert changed["rotate_refresh_tokens"] is False
    assert changed["index_lag"] == 3.0
    assert hub.control("PATCH", "/settings", {"index_lag": "3"}).status_code == 400
    assert hub.control("PATCH", "/settings", {"rotate_refresh_tokens": 1}).status_code == 400
    assert hub.control("PATCH", "/settings", {"nonsense": 1}).status_code == 400


def test_an_app_can_be_pointed_elsewhere_and_subscribe(hub: Hub) -> None:
    body = {
        "target_url": "http://127.0.0.1:9/hooks",
        "subscribe": [{"type": "contact.propertyChange", "property": "city"}],
    }

    hub.control("PATCH", f"/apps/{CLIENT_ID}", body)

    contact_id = hub.contact()
    hub.messages()
    hub.portal.contacts.update(contact_id, {"city": "Oslo"})
    assert [m["propertyName"] for m in hub.messages()] == ["city"]
    assert hub.posted[0][0] == "http://127.0.0.1:9/hooks"
    assert hub.control("PATCH", "/apps/nobody", {}).status_code == 404


def test_what_was_delivered_can_be_read(hub: Hub) -> None:
    hub.contact()
    before: Any = hub.control("GET", "/webhooks").json
    hub.answers = [500]
    hub.flush()

    after: Any = hub.control("GET", "/webhooks").json
    deliveries: Any = hub.control("GET", "/webhooks/deliveries").json

    assert (before["waiting"], before["delivered"]) == (1, 0)
    assert (after["waiting"], after["delivered"]) == (0, 1)
    assert after["retries"] == [{"dueAt": "2026-03-01T09:31:00.000Z", "attempt": 1}]
    assert deliveries["deliveries"][0]["status"] == 500
    assert deliveries["deliveries"][0]["messages"][0]["subscriptionType"] == "contact.creation"


@pytest.mark.parametrize(
    "path",
    ["/portals/1/contacts", f"{PORTAL}/contacts/1", "/nothing"],
)
def test_what_is_not_there_is_not_found(hub: Hub, path: str) -> None:
    assert hub.control("GET", path).status_code == 404


def test_records_are_shown_without_lag_or_limits(hub: Hub) -> None:
    contact_id = hub.contact(city="Oslo")

    shown: Any = hub.control("GET", f"{PORTAL}/contacts").json

    assert [(r["id"], r["properties"]["city"]) for r in shown["records"]] == [(contact_id, "Oslo")]
