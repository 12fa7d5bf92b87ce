"""What is told to the app, to whom, signed how, and how often."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import requests

from sandbox.associations.kinds import between
from sandbox.happening import Author
from sandbox.objects import types
from sandbox.webhooks import signatures
from sandbox.webhooks.dispatch import flush

from .hub import CLIENT_ID, HUB_ID, NOW, SECRET, TARGET, Hub

_NOW_MS = 1_772_357_400_000
BY_APP = Author.of_app(777)


def _kinds(messages: list[dict[str, Any]]) -> list[str]:
    return [m["subscriptionType"] for m in messages]


def test_a_creation_is_told_the_classic_way(hub: Hub) -> None:
    contact_id = hub.contact()

    (message,) = hub.messages()

    assert message.pop("subscriptionId") > 0
    assert message == {
        "eventId": 1,
        "portalId": HUB_ID,
        "appId": 777,
        "occurredAt": _NOW_MS,
        "subscriptionType": "contact.creation",
        "attemptNumber": 0,
        "objectId": int(contact_id),
        "changeSource": "CRM_UI",
        "sourceId": "userId:9586504",
        "changeFlag": "NEW",
    }


def test_a_change_names_only_the_changed_property(hub: Hub) -> None:
    contact_id = hub.contact(email="a@example.com", city="Oslo")
    hub.messages()

    hub.portal.contacts.update(contact_id, {"country": "NO", "city": "Rome"})

    (message,) = hub.messages()
    assert message["subscriptionType"] == "contact.propertyChange"
    assert (message["propertyName"], message["propertyValue"]) == ("country", "NO")
    assert "objectTypeId" not in message
    assert "changeFlag" not in message


def test_a_creation_also_tells_the_subscribed_values_it_came_with(hub: Hub) -> None:
    hub.contact(email="a@example.com", city="Oslo")

    messages = hub.messages()
    hub.sandbox.settings.changes_on_creation = False
    hub.contact(email="b@example.com")

    assert _kinds(messages) == ["contact.creation", "contact.propertyChange"]
    assert messages[1]["propertyValue"] == "a@example.com"
    assert _kinds(hub.messages()) == ["contact.creation"]


def test_an_apps_own_write_comes_back_as_its_own(hub: Hub) -> None:
    """Failure mode 45."""
    contact_id = hub.contact()
    hub.messages()

    path = f"/crm/objects/2026-03/contacts/{contact_id}"
    hub.patch(path, {"properties": {"lifecyclestage": "lead"}})
    first = hub.messages()
    hub.patch(path, {"properties": {"lifecyclestage": "lead"}})

    assert [(m["changeSource"], m["sourceId"]) for m in first] == [("INTEGRATION", "777")]
    assert hub.messages() == []


def test_values_that_hubspot_calculates_are_not_told(hub: Hub) -> None:
    hub.app.subscribe("contact.propertyChange", None, "hs_email_open")
    contact_id = hub.contact()
    hub.messages()

    hub.portal.contacts.calculate(contact_id, {"hs_email_open": "1"})

    assert hub.messages() == []


def test_deletion_and_restoration_are_told(hub: Hub) -> None:
    contact_id = hub.contact()
    hub.messages()

    hub.portal.contacts.archive(contact_id)
    hub.portal.contacts.restore(contact_id)

    messages = hub.messages()
    assert _kinds(messages) == ["contact.deletion", "contact.restore"]
    assert messages[0]["changeFlag"] == "DELETED"


def test_orders_are_told_generically_with_their_type(hub: Hub) -> None:
    order = hub.portal.orders.create({"hs_total_price": "12.50"}, BY_APP)

    messages = hub.messages()

    assert _kinds(messages) == ["object.creation", *["object.propertyChange"] * 2]
    assert {m["objectTypeId"] for m in messages} == {"0-123"}
    assert {m["objectId"] for m in messages} == {int(order.id)}
    assert messages[0]["changeFlag"] == "CREATED"
    prices = [m for m in messages if m.get("propertyName") == "hs_total_price"]
    assert prices[0]["propertyValue"] == "12.50"
    assert prices[0]["isSensitive"] is False


def test_a_generic_association_is_told_for_both_sides(hub: Hub) -> None:
    hub.app.subscribe("object.associationChange", "0-1")
    contact_id, order = hub.contact(), hub.portal.orders.create({})
    hub.messages()

    hub.portal.associate(between(types.CONTACT, types.ORDER), (contact_id, order.id))

    messages = {m["fromObjectTypeId"]: m for m in hub.messages()}
    assert set(messages) == {"0-1", "0-123"}
    assert messages["0-123"]["fromObjectId"] == int(order.id)
    assert messages["0-123"]["toObjectId"] == int(contact_id)
    assert messages["0-123"]["associationTypeId"] == 507
    assert messages["0-1"]["associationTypeId"] == 508
    assert messages["0-1"]["associationCategory"] == "HUBSPOT_DEFINED"
    assert messages["0-1"]["associationRemoved"] is False
    assert "objectId" not in messages["0-1"]


def test_a_classic_association_names_its_type(hub: Hub) -> None:
    contact_id, deal = hub.contact(), hub.portal.deals.create({})
    hub.messages()
    direction = between(types.CONTACT, types.DEAL)

    hub.portal.associate(direction, (contact_id, deal.id))
    hub.portal.associations.unlink(direction, contact_id, deal.id)

    classic = [m for m in hub.messages() if m["subscriptionType"] == "contact.associationChange"]
    assert [m["associationType"] for m in classic] == ["CONTACT_TO_DEAL"] * 2
    assert [m["associationRemoved"] for m in classic] == [False, True]
    assert classic[0]["fromObjectId"] == int(contact_id)
    assert "fromObjectTypeId" not in classic[0]


def test_a_classic_subscription_does_not_hear_of_orders(hub: Hub) -> None:
    contact_id, order = hub.contact(), hub.portal.orders.create({})
    hub.messages()

    hub.portal.associate(between(types.CONTACT, types.ORDER), (contact_id, order.id))

    assert _kinds(hub.messages()) == ["object.associationChange"]


def test_a_delivery_holds_a_hundred_messages_at_most(hub: Hub) -> None:
    for _ in range(101):
        hub.contact()

    deliveries = hub.flush()

    assert [len(d.batch.messages) for d in deliveries] == [100, 1]


def test_deliveries_are_of_one_portal_each(hub: Hub) -> None:
    other = hub.sandbox.add_portal(HUB_ID + 1)
    hub.sandbox.install(HUB_ID + 1, CLIENT_ID)
    hub.contact()
    other.contacts.create({})
    hub.contact()

    deliveries = hub.flush()

    assert [(d.batch.hub_id, len(d.batch.messages)) for d in deliveries] == [
        (HUB_ID, 2),
        (HUB_ID + 1, 1),
    ]


def test_a_portal_without_the_app_is_not_told_of(hub: Hub) -> None:
    other = hub.sandbox.add_portal(HUB_ID + 1)

    other.contacts.create({})

    assert hub.flush() == []


def test_messages_go_on_for_a_while_after_uninstalling(hub: Hub) -> None:
    """Failure modes 7 and 8."""
    hub.sandbox.uninstall(HUB_ID, CLIENT_ID)

    hub.contact()
    soon = hub.messages()
    hub.advance(minutes=6)
    hub.contact()

    assert _kinds(soon) == ["contact.creation"]
    assert hub.messages() == []


def test_nothing_is_told_of_what_is_done_quietly(hub: Hub) -> None:
    with hub.portal.quiet():
        hub.contact(email="a@example.com")

    assert hub.messages() == []


def test_a_delivery_is_signed_both_ways_with_the_stand_ins_time(hub: Hub) -> None:
    """Failure mode 34."""
    hub.contact()
    hub.flush()

    url, body, headers = hub.posted[0]

    assert url == TARGET
    assert headers["X-HubSpot-Request-Timestamp"] == str(_NOW_MS)
    assert headers["X-HubSpot-Signature-Version"] == "v1"
    assert headers["X-HubSpot-Signature"] == signatures.version_1(SECRET, body)
    signed = signatures.version_3(SECRET, "POST", TARGET, body, _NOW_MS)
    assert headers["X-HubSpot-Signature-v3"] == signed
    assert headers["Content-Type"] == "application/json"


_EXAMPLE = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"


@pytest.mark.parametrize(
    ("body", "timestamp", "signature"),
    [
        (
            "{'example_field':'example_value'}",
            1_693_657_560_000,
            "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
        ),
        (
            "{'example_field':'example_value'}",
            1_700_000_300_000,
            "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw=",
        ),
        (
            '{"example_field":"example_value"}',
            1_700_000_300_000,
            "ZEux4lGY4urKtKJ9fqGCQDJ0FasZeSunWHlJMEoU3Bg=",
        ),
    ],
)
def test_version_3_signs_as_the_vectors_say(body: str, timestamp: int, signature: str) -> None:
    uri = "https://www.example.com/webhook_uri"

    signed = signatures.version_3(_EXAMPLE, "POST", uri, body.encode(), timestamp)

    assert signed == signature


def test_version_3_decodes_a_few_characters_of_the_uri() -> None:
    uri = "https://example.com/api/hubspot/webhooks?src=hs%3Aapp%2Fv3&x=%28a%29"

    signed = signatures.version_3(
        "autopilot-test-client-secret-0001", "POST", uri, b"[]", 1_790_000_004_000
    )

    assert signed == "G8ddQlikFQ0ScZOZn+MHQ0E3WCV7vOJTzKlvrkvbvuk="


def test_version_1_signs_as_the_vector_says() -> None:
    body = (
        b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
        b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,'
        b'"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
    )

    signed = signatures.version_1(_EXAMPLE, body)

    assert signed == "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"


@pytest.mark.parametrize("status", [301, 404, 500])
def test_a_refused_delivery_comes_again_later_with_the_next_attempt(hub: Hub, status: int) -> None:
    """Failure mode 33."""
    hub.contact()
    hub.answers = [status]

    (refused,) = hub.messages()
    at_once = hub.messages()
    hub.advance(minutes=1)
    (again,) = hub.messages()

    assert at_once == []
    assert (refused.pop("attemptNumber"), again.pop("attemptNumber")) == (0, 1)
    assert refused == again


def test_there_are_ten_retries_within_a_day(hub: Hub) -> None:
    hub.contact()
    hub.answers = [500] * 50
    taken = []
    for _ in range(24 * 60):
        taken += hub.flush()
        hub.advance(minutes=1)

    assert [d.batch.attempt for d in taken] == list(range(11))
    assert hub.sandbox.webhooks.retries == []


def test_nobody_answering_counts_as_refused(hub: Hub) -> None:
    def hang_up(_url: str, _body: bytes, _headers: Mapping[str, str]) -> int:
        raise requests.ConnectionError("nobody there")

    hub.contact()

    (delivery,) = flush(hub.sandbox, hang_up)

    assert delivery.status is None
    assert "nobody there" in delivery.error
    hub.advance(minutes=1)
    assert len(hub.messages()) == 1


def test_duplicates_come_in_deliveries_of_their_own(hub: Hub) -> None:
    """Failure mode 30."""
    hub.sandbox.webhooks.settings.duplicates = 2
    hub.contact()

    deliveries = hub.flush()

    messages = [d.batch.messages for d in deliveries]
    assert len(messages) == 3
    assert messages[0] == messages[1] == messages[2]


def test_messages_can_come_in_an_order_of_chance(hub: Hub) -> None:
    """Failure mode 32."""
    hub.control("PATCH", "/webhooks", {"shuffle": True, "seed": 3})
    ids = [int(hub.contact()) for _ in range(20)]

    told = [m["objectId"] for m in hub.messages()]

    assert told != ids
    assert sorted(told) == ids


def test_messages_can_be_late(hub: Hub) -> None:
    hub.sandbox.webhooks.settings.delay = timedelta(minutes=2)
    hub.contact()

    at_once = hub.messages()
    hub.advance(minutes=2)
    (late,) = hub.messages()

    assert at_once == []
    assert late["occurredAt"] == _NOW_MS


def test_event_ids_are_not_unique(hub: Hub) -> None:
    """Failure mode 31."""
    hub.control("PATCH", "/webhooks", {"event_ids": 2})
    for _ in range(5):
        hub.contact()

    assert [m["eventId"] for m in hub.messages()] == [1, 2, 1, 2, 1]


def test_sending_can_be_paused(hub: Hub) -> None:
    hub.control("PATCH", "/webhooks", {"paused": True})
    hub.contact()

    paused = hub.messages()
    hub.control("PATCH", "/webhooks", {"paused": False})

    assert paused == []
    assert len(hub.messages()) == 1


def test_the_same_subscription_is_there_once(hub: Hub) -> None:
    before = len(hub.app.subscriptions)

    hub.app.subscribe("contact.creation")

    assert len(hub.app.subscriptions) == before


def test_a_change_made_in_the_past_says_when(hub: Hub) -> None:
    at = NOW - timedelta(days=1)

    hub.portal.contacts.create({"email": "a@example.com"}, BY_APP, at)

    assert {m["occurredAt"] for m in hub.messages()} == {_NOW_MS - 86_400_000}


def test_bodies_are_json_arrays(hub: Hub) -> None:
    hub.contact(firstname="Zoë 🎷")
    hub.flush()

    messages = json.loads(hub.posted[0][1])

    assert isinstance(messages, list)
    assert messages[1]["propertyValue"] == "Zoë 🎷"


def test_a_privacy_deletion_has_no_generic_form(hub: Hub) -> None:
    hub.app.subscribe("object.privacyDeletion", "0-1")
    contact_id = hub.contact()
    hub.messages()

    hub.portal.forget(contact_id)

    assert sorted(_kinds(hub.messages())) == ["contact.deletion", "contact.privacyDeletion"]
