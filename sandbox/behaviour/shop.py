"""Orders and carts around the real purchases, and sales to companies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from sandbox.cdnow import Purchase

from .nouns import Cart, Deal, Line, Order, Person, Product

_CENT = Decimal("0.01")
_ABANDONERS = 0.14
_CART_DAYS = 60
_CART_BEFORE_ORDER = 0.5
_STAGES = ("closedwon", "closedwon", "closedlost", "qualifiedtobuy", "contractsent")


def orders(
    purchases: Iterable[Purchase], catalogue: Sequence[Product], seed: int
) -> tuple[Order, ...]:
    """Give each purchase its lines, their quantities and amounts adding up to it."""
    counts: dict[int, int] = {}
    made = []
    for purchase in purchases:
        counts[purchase.customer] = counts.get(purchase.customer, 0) + 1
        number = f"CD{purchase.customer:05d}-{counts[purchase.customer]:02d}"
        rng = Random(f"{seed}/order/{number}")
        lines = _lines(rng, catalogue, purchase.quantity, purchase.dollars)
        made.append(Order(purchase.customer, number, purchase.at, lines, purchase.dollars))
    return tuple(made)


def basket(rng: Random, catalogue: Sequence[Product]) -> tuple[Line, ...]:
    """Fill a basket with one or two records at the catalogue's prices."""
    chosen = rng.sample(catalogue, rng.choice((1, 1, 2)))
    return tuple(Line(product, 1, product.price) for product in chosen)


def total(lines: Iterable[Line]) -> Decimal:
    """Add up what lines cost."""
    return sum((line.amount for line in lines), Decimal())


def _lines(
    rng: Random, catalogue: Sequence[Product], quantity: int, dollars: Decimal
) -> tuple[Line, ...]:
    """Split an order in one or two lines whose unit prices are whole cents."""
    cents = int(dollars / _CENT)
    if quantity == 1 or (cents % quantity == 0 and rng.random() < 0.5):
        return (Line(rng.choice(catalogue), quantity, dollars),)
    first, second = rng.sample(catalogue, 2)
    many = quantity - 1
    unit = min(int(first.price / _CENT), cents // quantity) * _CENT
    return (
        Line(first, many, unit * many),
        Line(second, 1, dollars - unit * many),
    )


def carts(placed: Iterable[Order], now: datetime, seed: int) -> tuple[Cart, ...]:
    """Make the carts of the last weeks that became orders."""
    since = now - timedelta(days=_CART_DAYS)
    return tuple(
        Cart(
            o.person,
            f"CART-{o.number}",
            o.at - timedelta(minutes=Random(f"{seed}/cart/{o.number}").randrange(2, 90)),
            o.lines,
            o.total,
            o.number,
        )
        for o in placed
        if o.at > since and Random(f"{seed}/carted/{o.number}").random() < _CART_BEFORE_ORDER
    )


def abandoned_carts(
    people: Iterable[Person], catalogue: Sequence[Product], now: datetime, seed: int
) -> tuple[Cart, ...]:
    """Make carts that nothing became of, one for every seventh person or so."""
    made = []
    for person in people:
        rng = Random(f"{seed}/abandoned/{person.key}")
        if rng.random() >= _ABANDONERS:
            continue
        lines = basket(rng, catalogue)
        at = max(
            now - timedelta(seconds=rng.randrange(600, _CART_DAYS * 86_400)),
            person.created_at + timedelta(minutes=1),
        )
        made.append(Cart(person.key, f"CART-{person.key}-A", at, lines, total(lines), None))
    return tuple(made)


def deals(people: Iterable[Person], now: datetime, seed: int) -> tuple[Deal, ...]:
    """Make one sale for every person who buys for a company."""
    made = []
    for person in people:
        if person.company is None:
            continue
        rng = Random(f"{seed}/deal/{person.key}")
        stage = rng.choice(_STAGES)
        closed = stage.startswith("closed")
        created_at = now - timedelta(seconds=rng.randrange(20 * 86_400, 200 * 86_400))
        created_at = max(created_at, person.created_at)
        span = (now - created_at) * rng.uniform(0.2, 0.95)
        made.append(
            Deal(
                person=person.key,
                name=f"{person.company}: background music",
                amount=Decimal(rng.randrange(300, 9000)),
                stage=stage,
                created_at=created_at,
                closes_at=created_at + span if closed else now + timedelta(days=30),
            )
        )
    return tuple(made)
