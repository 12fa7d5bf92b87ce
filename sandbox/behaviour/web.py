"""Pages seen and forms sent, around the purchases and on their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random

from .nouns import FormFill, Order, Person, Product, Visit

NEWSLETTER = "Newsletter"
EBOOK = "E-book: Building a record collection"
CONTACT_SALES = "Contact sales"
_SITE = "https://www.cdshop.example"
_PAGES = (
    ("/pricing", "Prices for companies"),
    ("/blog/listening-in-the-dark", "Listening in the dark"),
    ("/blog/ten-jazz-records", "Ten jazz records to begin with"),
    ("/cases/hotel-lobby", "How a hotel chose its music"),
    ("/cases/cafe-corner", "A café that sounds like home"),
)
_WEB_DAYS = 90
_ROAMERS = 0.3


def visits(
    people: Iterable[Person],
    placed: Iterable[Order],
    catalogue: Sequence[Product],
    span: tuple[datetime, int],
) -> tuple[Visit, ...]:
    """Make the page views of the last weeks; `span` is (now, seed).

    Every order of that time was preceded by a look at its products, and some people just
    looked around.
    """
    now, seed = span
    since = now - timedelta(days=_WEB_DAYS)
    seen = [v for o in placed if o.at > since for v in _before_order(o, seed)]
    for person in people:
        seen.extend(_roaming(person, catalogue, now, Random(f"{seed}/web/{person.key}")))
    return tuple(sorted(seen, key=lambda v: (v.at, v.person)))


def _before_order(order: Order, seed: int) -> list[Visit]:
    rng = Random(f"{seed}/views/{order.number}")
    return [
        Visit(
            order.person,
            order.at - timedelta(seconds=rng.randrange(120, 7200)),
            line.product.url,
            line.product.name,
        )
        for line in order.lines
    ]


def _roaming(
    person: Person, catalogue: Sequence[Product], now: datetime, rng: Random
) -> list[Visit]:
    if rng.random() >= _ROAMERS:
        return []
    seconds = min(_WEB_DAYS * 86_400, int((now - person.created_at).total_seconds()))
    found = []
    for _ in range(rng.randrange(1, 6)):
        at = now - timedelta(seconds=rng.randrange(seconds))
        if rng.random() < 0.6:
            product = rng.choice(catalogue)
            found.append(Visit(person.key, at, product.url, product.name))
        else:
            path, title = rng.choice(_PAGES)
            found.append(Visit(person.key, at, _SITE + path, title))
    return found


def form_fills(people: Iterable[Person], now: datetime, seed: int) -> tuple[FormFill, ...]:
    """Make the forms sent: subscribers signed up, some took the e-book, companies asked."""
    sent = []
    for person in people:
        if person.email is None:
            continue
        rng = Random(f"{seed}/forms/{person.key}")
        if person.subscribed:
            sent.append(FormFill(person.key, person.created_at, NEWSLETTER, f"{_SITE}/newsletter"))
        if rng.random() < 0.12:
            at = _some_time_since(person.created_at, now, rng)
            sent.append(FormFill(person.key, at, EBOOK, f"{_SITE}/e-book"))
        if person.company is not None and rng.random() < 0.5:
            at = _some_time_since(person.created_at, now, rng)
            sent.append(FormFill(person.key, at, CONTACT_SALES, f"{_SITE}/contact"))
    return tuple(sorted(sent, key=lambda f: (f.at, f.person)))


def _some_time_since(created_at: datetime, now: datetime, rng: Random) -> datetime:
    since = max(created_at, now - timedelta(days=120))
    return since + (now - since) * rng.random()
