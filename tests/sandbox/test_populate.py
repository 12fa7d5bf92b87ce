"""The portal of the demonstration, and people behaving in it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sandbox.apps import App
from sandbox.clock import Clock, to_wire
from sandbox.live import KINDS, Crowd, script
from sandbox.objects import types
from sandbox.populate import HUB_ID, MARKETING_INFORMATION, form_id, populate
from sandbox.portal import Portal
from sandbox.state import Sandbox

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture
def stand_in() -> Sandbox:
    sandbox = Sandbox(clock=Clock(frozen_at=NOW))
    app = App("client", "secret", 77, target_url="https://app.example/webhooks")
    sandbox.add_app(app).subscribe_to_usual()
    return sandbox


@pytest.fixture
def small(stand_in: Sandbox) -> Portal:
    portal = populate(stand_in, NOW, "small")
    stand_in.install(HUB_ID, "client")
    return portal


def _sent(sandbox: Sandbox) -> Counter[object]:
    return Counter(w.message["subscriptionType"] for w in sandbox.webhooks.waiting)


def test_the_full_portal_holds_every_customer_and_every_purchase(stand_in: Sandbox) -> None:
    portal = populate(stand_in, NOW, "full", tier="enterprise")

    customers = [
        r for r in portal.contacts.records.values() if r.properties["lifecyclestage"] == "customer"
    ]
    orders = list(portal.orders.records.values())
    assert (len(customers), len(orders), len(portal.products.records)) == (2357, 6919, 40)
    assert sum(Decimal(o.properties["hs_total_price"]) for o in orders) == Decimal("244091.94")
    newest = max(o.properties["hs_external_created_date"] for o in orders)
    assert newest == to_wire(NOW - timedelta(minutes=1))
    assert portal.tier == "enterprise"


def test_filling_a_portal_sends_no_webhooks(stand_in: Sandbox) -> None:
    stand_in.add_portal(HUB_ID)
    stand_in.install(HUB_ID, "client")

    populate(stand_in, NOW, "small")

    assert stand_in.webhooks.waiting == []


def test_every_order_has_its_contact_and_lines_that_add_up(small: Portal) -> None:
    order_type, line_type = types.ORDER.type_id, types.LINE_ITEM.type_id
    for order in small.orders.records.values():
        contacts = small.associations.of(order_type, order.id, types.CONTACT.type_id)
        lines = [
            small.line_items.get(id_).properties
            for id_ in small.associations.of(order_type, order.id, line_type)
        ]
        total = Decimal(order.properties["hs_total_price"])

        assert len(contacts) == 1
        assert sum(Decimal(line["amount"]) for line in lines) == total
        for line in lines:
            assert Decimal(line["price"]) * int(line["quantity"]) == Decimal(line["amount"])
            assert small.products.get(line["hs_product_id"]).properties["hs_sku"] == line["hs_sku"]


def test_a_customer_was_a_lead_until_the_first_order(small: Portal) -> None:
    contact = next(
        r for r in small.contacts.records.values() if r.properties["lifecyclestage"] == "customer"
    )
    order_ids = small.associations.of("0-1", contact.id, types.ORDER.type_id)
    first = min(small.orders.get(id_).created_at for id_ in order_ids)

    assert [(v.value, v.at) for v in contact.history["lifecyclestage"]] == [
        ("customer", first),
        ("lead", contact.created_at),
    ]


def test_subscribers_said_yes_to_marketing_and_got_mail(small: Portal) -> None:
    marketing = small.marketing
    subscribed = {
        email
        for (email, kind), consent in marketing.consents.items()
        if kind == MARKETING_INFORMATION and consent.status == "SUBSCRIBED"
    }

    recipients = {e.recipient for e in marketing.email_events if e.type == "SENT"}

    assert len(subscribed) > 20
    assert recipients <= subscribed | set(marketing.opted_out)
    assert marketing.submissions[form_id("Newsletter")]


def test_the_script_has_every_kind_in_every_round_and_is_always_the_same() -> None:
    kinds = script(14)

    assert kinds == script(14)
    assert Counter(kinds) == dict.fromkeys(KINDS, 2)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("contact", {"contact.creation"}),
        ("order", {"object.creation", "object.associationChange"}),
        ("cart", {"object.creation", "object.associationChange"}),
        ("profile", {"contact.propertyChange"}),
    ],
)
def test_what_people_do_to_records_goes_out_as_webhooks(
    stand_in: Sandbox, small: Portal, kind: str, told: set[str]
) -> None:
    deed = Crowd(stand_in, small).perform(kind)

    assert set(_sent(stand_in)) >= told
    assert deed.contact_id in small.contacts.records


@pytest.mark.parametrize("kind", ["visit", "mail"])
def test_pages_and_mail_are_told_by_no_webhook(stand_in: Sandbox, small: Portal, kind: str) -> None:
    Crowd(stand_in, small).perform(kind)

    assert stand_in.webhooks.waiting == []


def test_reading_mail_the_first_time_is_getting_it_first(stand_in: Sandbox, small: Portal) -> None:
    small.marketing.email_events.clear()
    small.marketing.sent.clear()

    deed = Crowd(stand_in, small).perform("mail")

    events = small.marketing.email_events
    assert [e.type for e in events] == ["SENT", "DELIVERED", "OPEN", "CLICK"]
    assert {e.recipient for e in events} == {deed.what}


def test_a_download_is_a_submission_of_the_known_contact(stand_in: Sandbox, small: Portal) -> None:
    deed = Crowd(stand_in, small).perform("form")

    newest = small.marketing.submissions[form_id(deed.what)][-1]
    assert dict(newest.values)["email"] == small.contacts.get(deed.contact_id).properties["email"]


def test_turning_contacts_have_one_event_that_ages_past_each_window_soon(
    stand_in: Sandbox, small: Portal
) -> None:
    windows = (timedelta(hours=4), timedelta(days=30))

    made = Crowd(stand_in, small).turning(windows, after=timedelta(seconds=20))

    assert [(t.event, t.window, t.turns_at - NOW) for t in made] == [
        ("purchase", windows[0], timedelta(seconds=20)),
        ("cart_updated", windows[0], timedelta(seconds=20)),
        ("purchase", windows[1], timedelta(seconds=21)),
        ("cart_updated", windows[1], timedelta(seconds=21)),
    ]
    for turning in made:
        kind = types.ORDER if turning.event == "purchase" else types.CART
        (record_id,) = small.associations.of("0-1", turning.contact_id, kind.type_id)
        record = small.stores[kind.type_id].get(record_id)
        assert record.properties["hs_external_created_date"] == to_wire(turning.happened_at)
        assert turning.happened_at + turning.window == turning.turns_at
        if turning.event == "cart_updated":
            assert record.updated_at == turning.happened_at
