"""Behaviour made up around real purchases: pure, and the same for the same seed.

Every person and every purchase draws from a generator of its own, so that a portal with fewer
customers holds exactly the same people as the full one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sandbox.cdnow import Purchase

from . import mail as mailbox
from . import people, shop, web
from .catalogue import products
from .nouns import World

__all__ = ["SEED", "World", "products", "world"]

SEED = 1997


def world(purchases: Sequence[Purchase], now: datetime, leads: int, seed: int = SEED) -> World:
    """Make up everything that happened until `now` around the purchases.

    `leads` people who haven't bought yet are added to the customers.
    """
    first: dict[int, datetime] = {}
    for purchase in purchases:
        first[purchase.customer] = min(purchase.at, first.get(purchase.customer, purchase.at))
    everybody = people.customers(first, seed) + people.leads(leads, now, seed)
    catalogue = products()
    placed = shop.orders(purchases, catalogue, seed)
    sent = mailbox.mailings(now)
    return World(
        people=everybody,
        orders=placed,
        carts=shop.carts(placed, now, seed) + shop.abandoned_carts(everybody, catalogue, now, seed),
        visits=web.visits(everybody, placed, catalogue, (now, seed)),
        form_fills=web.form_fills(everybody, now, seed),
        mailings=sent,
        mail=mailbox.mail(everybody, sent, now, seed),
        opt_outs=mailbox.opt_outs(everybody, now, seed),
        deals=shop.deals(everybody, now, seed),
    )
