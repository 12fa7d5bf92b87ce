"""The behaviour made up around the purchases."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from sandbox import behaviour, cdnow
from sandbox.behaviour.nouns import World
from sandbox.cdnow import Purchase

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def purchases() -> tuple[Purchase, ...]:
    return cdnow.ending_at(cdnow.read(), NOW)


@pytest.fixture(scope="module")
def world(purchases: tuple[Purchase, ...]) -> World:
    return behaviour.world(purchases, NOW, leads=100)


def test_the_same_seed_makes_the_same_world(purchases: tuple[Purchase, ...], world: World) -> None:
    assert behaviour.world(purchases, NOW, leads=100) == world


def test_another_seed_makes_another_world(purchases: tuple[Purchase, ...], world: World) -> None:
    other = behaviour.world(purchases, NOW, leads=100, seed=5)

    assert other.people != world.people
    assert [o.total for o in other.orders] == [o.total for o in world.orders]


def test_fewer_customers_are_the_same_people(purchases: tuple[Purchase, ...], world: World) -> None:
    few = [p for p in purchases if p.customer <= 60]

    small = behaviour.world(few, NOW, leads=100)

    assert set(small.people) <= set(world.people)
    assert set(small.mail) <= set(world.mail)


def test_every_purchase_is_an_order_whose_lines_add_up(
    purchases: tuple[Purchase, ...], world: World
) -> None:
    assert [(o.person, o.at, o.total) for o in world.orders] == [
        (p.customer, p.at, p.dollars) for p in purchases
    ]
    for order, purchase in zip(world.orders, purchases, strict=True):
        assert sum((line.amount for line in order.lines), Decimal()) == order.total
        assert sum(line.quantity for line in order.lines) == purchase.quantity
        assert all(line.amount >= 0 for line in order.lines)


def test_a_unit_price_is_in_whole_cents(world: World) -> None:
    for order in world.orders:
        for line in order.lines:
            assert line.amount * 100 % line.quantity == 0


def test_nobody_buys_before_being_a_contact_and_nothing_happens_later_than_now(
    world: World,
) -> None:
    created_at = {p.key: p.created_at for p in world.people}

    for things in (world.orders, world.carts, world.visits, world.form_fills, world.mail):
        assert all(created_at[t.person] <= t.at < NOW for t in things)


def test_addresses_are_unique_reserved_and_missing_for_some(world: World) -> None:
    addresses = [p.email for p in world.people if p.email]

    assert len(set(addresses)) == len(addresses)
    assert {a.rpartition("@")[2] for a in addresses} == {
        "example.com",
        "example.net",
        "example.org",
    }
    assert all(a.isascii() for a in addresses)
    assert 50 < sum(p.email is None for p in world.people) < 200


def test_opens_follow_deliveries_and_some_are_by_machines(world: World) -> None:
    delivered = {(m.person, m.mailing): m.at for m in world.mail if m.type == "DELIVERED"}
    opens = [m for m in world.mail if m.type == "OPEN"]

    assert all(m.at > delivered[m.person, m.mailing] for m in opens)
    assert 0.1 < sum(m.machine for m in opens) / len(opens) < 0.5
    assert not any(m.machine for m in world.mail if m.type != "OPEN")


def test_some_carts_became_orders_and_some_were_left(world: World) -> None:
    placed = {o.number: o for o in world.orders}
    kept = [c for c in world.carts if c.order]
    left = [c for c in world.carts if not c.order]

    assert all(placed[c.order].at > c.at for c in kept if c.order)
    assert len(kept) > 50
    assert len(left) > 200


def test_only_people_of_a_company_have_deals(world: World) -> None:
    companies = {p.key for p in world.people if p.company}

    assert {d.person for d in world.deals} == companies
    assert {d.stage for d in world.deals} >= {"closedwon", "closedlost", "qualifiedtobuy"}
    assert all(d.closes_at <= NOW for d in world.deals if d.stage.startswith("closed"))


def test_the_catalogue_has_forty_products_in_five_categories() -> None:
    catalogue = behaviour.products()

    assert len(catalogue) == len({p.sku for p in catalogue}) == 40
    assert len({p.category for p in catalogue}) == 5
