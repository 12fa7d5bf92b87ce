"""Orders, deals and carts: from messages about them to their contacts' timelines."""

from __future__ import annotations

from datetime import timedelta

from mappings.instants import to_ms
from mappings.model import Event
from sandbox import acts
from sandbox.associations.kinds import between
from sandbox.faults import Fault, Kind
from sandbox.objects import types
from sandbox.portal import Account
from tests.flows.entries import body, change, deliveries, entry, kinds, open_portal, values
from tests.house import HUB_ID, NOON, House

MINUTE = timedelta(minutes=1)
SHOE = {"name": "Shoe", "quantity": "2", "price": "20", "amount": "40", "hs_product_id": "7001"}


def test_an_order_is_on_the_timeline_as_soon_as_it_is_told(house: House) -> None:
    """Issue 2: orders are fetched with their contacts and line items, in batches."""
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    calls = house.calls()

    paid = {"hs_total_price": "40", "hs_currency_code": "EUR"}
    orders = [acts.place_order(house.portal, anna, paid, [SHOE]) for _ in range(3)]
    house.hear()
    house.step()

    by_id = {event.id: event for event in house.timeline(anna)}
    order = orders[0]
    assert len(by_id) == 6
    assert by_id[f"order:{order.id}"] == Event(
        int(anna),
        f"order:{order.id}",
        "purchase",
        NOON,
        "order",
        {"order_id": order.id, "amount": "40", "currency": "EUR", "products": "1"},
    )
    [line] = [event for name, event in by_id.items() if name.startswith(f"order:{order.id}:")]
    assert (line.kind, line.at, line.source) == ("product_purchased", NOON, "line_item")
    assert line.properties == {
        "order_id": order.id,
        "product_id": "7001",
        "quantity": "2",
        "amount": "40",
    }
    reading = [call.path.split("/", 3)[-1] for call in house.sandbox.calls.calls[calls:]]
    assert reading[:4] == [
        "2026-03/0-123/batch/read",
        "2026-03/0-123/0-1/batch/read",
        "2026-03/0-123/0-8/batch/read",
        "2026-03/0-8/batch/read",
    ]


def test_an_order_whose_contact_comes_later_is_theirs_then(house: House) -> None:
    """HubSpot tells of the association apart from the order, and after it."""
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    order = house.portal.orders.create({"hs_total_price": "40"})
    house.settle()
    assert house.members("buyers") == set()

    house.clock.advance(MINUTE)
    house.portal.associate(between(types.CONTACT, types.ORDER), (anna, order.id))
    house.settle()

    assert [(event.kind, event.at) for event in house.timeline(anna)] == [("purchase", NOON)]
    assert house.members("buyers") == {int(anna)}


def test_an_order_is_what_it_says_last_and_one_taken_back_is_a_refund(house: House) -> None:
    """A shop makes the order first and writes its total and line items after that."""
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    order = acts.place_order(house.portal, anna, {})
    house.settle()
    item = house.portal.line_items.create(SHOE)
    house.portal.associate(between(types.ORDER, types.LINE_ITEM), (order.id, item.id))

    house.clock.advance(MINUTE)
    house.portal.orders.update(order.id, {"hs_total_price": "40"})
    house.settle()

    assert {(event.kind, event.properties.get("amount")) for event in house.timeline(anna)} == {
        ("purchase", "40"),
        ("product_purchased", "40"),
    }
    house.clock.advance(MINUTE)
    returned = {"hs_external_order_status": "refunded", "hs_fulfillment_status": "returned"}
    house.portal.orders.update(order.id, returned)
    house.settle()
    house.clock.advance(MINUTE)
    house.portal.orders.update(order.id, {"hs_total_price": "41"})
    house.settle()

    refund = [event for event in house.timeline(anna) if event.kind == "refund"]
    assert [(event.at, event.properties["amount"]) for event in refund] == [
        (NOON + 2 * MINUTE, "41")
    ]
    assert len(house.timeline(anna)) == 3


def test_a_deal_counts_once_it_is_won(small_house: House) -> None:
    house = small_house
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    bert = house.portal.contacts.create({"email": "bert@example.com"}).id
    house.install()
    deal = acts.open_deal(
        house.portal, anna, {"dealname": "Big", "amount": "900", "dealstage": "contractsent"}
    )
    house.portal.associate(between(types.DEAL, types.CONTACT), (deal.id, bert))
    house.settle()
    assert kinds(house, anna) == []

    house.clock.advance(MINUTE)
    house.portal.deals.update(deal.id, {"dealstage": "closedwon"})
    house.settle()

    assert house.members("buyers") == house.listed("buyers") == {int(anna), int(bert)}
    assert [event.id for event in house.timeline(anna)] == [f"deal:{deal.id}"]


def test_each_change_of_a_cart_is_an_event_and_keeps_what_it_was(house: House) -> None:
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    cart = acts.fill_cart(house.portal, anna, {"hs_total_price": "10"})
    house.settle()

    house.clock.advance(MINUTE)
    house.portal.carts.update(cart.id, {"hs_total_price": "20"})
    house.settle()
    house.clock.advance(MINUTE)
    house.portal.carts.update(cart.id, {"hs_total_price": "30"})
    house.settle()

    assert [(event.id, event.at, event.properties["amount"]) for event in house.timeline(anna)] == [
        (f"cart:{cart.id}:{to_ms(NOON + 2 * MINUTE)}", NOON + 2 * MINUTE, "30"),
        (f"cart:{cart.id}:{to_ms(NOON + MINUTE)}", NOON + MINUTE, "20"),
        (f"cart:{cart.id}", NOON, "10"),
    ]


def test_an_order_that_hubspot_doesnt_show_yet_is_not_lost(house: House) -> None:
    """Failure mode 18."""
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    with house.portal.quiet():
        first = house.portal.orders.create({}).id
    late = int(first) + 1
    house.post(
        body(
            entry("object.creation", NOON, late, objectTypeId="0-123"),
            change(NOON + MINUTE, anna, "country", "SE"),
        )
    )
    house.settle()
    assert values(house, anna, "country") == ["SE"]
    assert house.members("buyers") == set()

    with house.portal.quiet():
        order = acts.place_order(house.portal, anna, {"hs_total_price": "5"})
    assert int(order.id) == late
    house.pass_time(timedelta(seconds=30))

    assert house.members("buyers") == {int(anna)}
    assert [(one.state, one.heard_before) for one in deliveries(house)] == [("done", 0)]


def test_a_missing_permission_costs_only_what_it_is_for(small_house: House) -> None:
    """Failure mode 11: without the scope for deals, contacts and orders go on."""
    house = small_house
    withheld = frozenset({"crm.objects.deals.read", "crm.objects.line_items.read", "e-commerce"})
    portal = open_portal(house, HUB_ID + 1, Account(withheld_scopes=withheld))
    anna = portal.contacts.create({"email": "anna@example.com"}).id
    house.settle()

    acts.place_order(portal, anna, {"hs_total_price": "5"}, [SHOE])
    acts.open_deal(portal, anna, {"dealname": "Big", "dealstage": "closedwon"})
    portal.contacts.update(anna, {"country": "SE"})
    house.settle()

    assert {one.state for one in deliveries(house)} == {"done"}
    assert values(house, anna, "country", hub_id=HUB_ID + 1) == ["SE"]
    assert kinds(house, anna, HUB_ID + 1) == ["purchase"]


def test_hubspots_bad_moments_cost_no_message(small_house: House) -> None:
    """Failure modes 13 and 14: 500, 502 with HTML, an empty 500, a cut connection, 423, 429."""
    house = small_house
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    for kind in (
        Kind.SERVER_ERROR,
        Kind.BAD_GATEWAY,
        Kind.EMPTY_SERVER_ERROR,
        Kind.RESET,
        Kind.LOCKED,
        Kind.RATE_LIMIT,
    ):
        house.sandbox.faults.add(Fault(kind, path="*/0-123/batch/read"))

    acts.place_order(house.portal, anna, {"hs_total_price": "5"})
    house.settle()
    assert house.members("buyers") == set()
    for _ in range(25):
        house.pass_time(timedelta(seconds=10))

    assert house.members("buyers") == {int(anna)}
    assert {one.state for one in deliveries(house)} == {"done"}
    assert not house.sandbox.faults.waiting


def test_one_delivery_that_hubspot_cant_serve_holds_up_no_other(small_house: House) -> None:
    """Failure mode 14: bounded attempts, then it is put aside alone, with a reason."""
    house = small_house
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    house.sandbox.faults.add(Fault(Kind.SERVER_ERROR, path="*/0-3/batch/read", times=1000))
    house.post(body(entry("deal.creation", NOON, 5)))
    for minute in range(5):
        house.post(body(change(NOON + minute * MINUTE, anna, "firstname", f"Anna {minute}")))

    for _ in range(4):
        house.pass_time(timedelta(seconds=10))
    assert values(house, anna, "firstname") == ["Anna 4"]
    assert sorted(one.state for one in deliveries(house)) == ["done"] * 5 + ["due"]
    house.post(body(change(NOON + 9 * MINUTE, anna, "firstname", "Anna 9")))
    house.settle()
    assert values(house, anna, "firstname") == ["Anna 9"]

    for _ in range(20):
        house.pass_time(timedelta(hours=1))

    dead = deliveries(house)[0]
    assert (dead.state, dead.attempts < 20) == ("dead", True)
    assert "HubSpot failed 16 times" in dead.reason
