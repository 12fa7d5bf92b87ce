"""What generated contacts do: kinds of the event catalogue, how often, with which properties."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Pool = Sequence[tuple[str, ...]]

_SITE: Final = "https://www.example.com"
_TOPICS: Final = ("shoes", "jackets", "tents", "packs", "maps", "stoves", "lamps", "ropes")


@dataclass(frozen=True)
class Kind:
    """A kind of event: its share of all events, and its properties as a text with places.

    Each of `pools` fills as many places as its entries are long; SERIAL fills one with a number
    of its own.
    """

    name: str
    share: int
    source: str
    text: str
    pools: tuple[Pool, ...]


SERIAL: Final[Pool] = ()


def _pages() -> Pool:
    named = [("company", "Pricing", f"{_SITE}/pricing"), ("company", "About", f"{_SITE}/about")]
    named += [("cases", f"Case {n}", f"{_SITE}/cases/{n}") for n in range(20)]
    for n in range(280):
        topic = _TOPICS[n % len(_TOPICS)]
        part = ("blog", "guides", "shop", "shop")[n % 4]
        named.append((topic, f"All about {topic} {n}", f"{_SITE}/{part}/{topic}-{n}"))
    return named


def _products() -> Pool:
    return [
        (_TOPICS[n % len(_TOPICS)], f"{5 + n * 7 % 400}.{n % 2 * 5}0", f"p{n}", f"{_SITE}/p/{n}")
        for n in range(500)
    ]


_EMAILS: Final = [
    (f"campaign-{n % 40}", f"{'Welcome' if n < 4 else 'News'} {n}") for n in range(400)
]
_FORMS: Final = [(f"form-{n}", f"Form {n}", f"{_SITE}/forms/{n}") for n in range(12)]
_RESOURCES: Final = [(f"Guide {n}", f"{_SITE}/guides/{n}.pdf") for n in range(25)]
_LINKS: Final = [(url,) for _, _, url in _pages()]
_MACHINE: Final = [("no",)] * 2 + [("yes",)]
_SECONDS: Final = [(str(int(5 * 1.012**n)),) for n in range(480)]
_AMOUNTS: Final = [(f"{5 + n * 13 % 700}.{n * 7 % 100:02}",) for n in range(7_000)]
_FEW: Final = [(str(n),) for n in range(1, 11)]
_TOPIC: Final = [(topic,) for topic in _TOPICS]
_PLANS: Final = [("basic",), ("team",), ("company",)]

_MAIL = '{"campaign":"%s","email":"%s"}'
_MACHINE_MAIL = '{"campaign":"%s","email":"%s","machine":"%s"}'
_FORM = '{"form_id":"%s","form_name":"%s","url":"%s"}'
_CART = '{"amount":"%s","cart_id":"%s"}'

KINDS: Final = (
    Kind(
        "page_viewed",
        260,
        "collector",
        '{"category":"%s","title":"%s","url":"%s","seconds":"%s"}',
        (_pages(), _SECONDS),
    ),
    Kind("email_delivered", 200, "email_events", _MAIL, (_EMAILS,)),
    Kind("email_opened", 130, "email_events", _MACHINE_MAIL, (_EMAILS, _MACHINE)),
    Kind(
        "product_viewed",
        110,
        "collector",
        '{"category":"%s","price":"%s","product_id":"%s","url":"%s"}',
        (_products(),),
    ),
    Kind("app_session", 50, "collector", '{"seconds":"%s"}', (_SECONDS,)),
    Kind(
        "email_clicked",
        40,
        "email_events",
        '{"campaign":"%s","email":"%s","machine":"%s","url":"%s"}',
        (_EMAILS, _MACHINE, _LINKS),
    ),
    Kind("form_viewed", 30, "collector", _FORM, (_FORMS,)),
    Kind(
        "cart_updated",
        30,
        "carts",
        '{"amount":"%s","cart_id":"%s","products":"%s"}',
        (_AMOUNTS, SERIAL, _FEW),
    ),
    Kind(
        "product_purchased",
        25,
        "line_items",
        '{"amount":"%s","order_id":"%s","category":"%s","product_id":"%s","quantity":"%s"}',
        (_AMOUNTS, SERIAL, _TOPIC, _FEW, _FEW),
    ),
    Kind("search_performed", 20, "collector", '{"query":"%s"}', (_TOPIC,)),
    Kind("form_submitted", 15, "forms", _FORM, (_FORMS,)),
    Kind(
        "purchase",
        15,
        "orders",
        '{"amount":"%s","order_id":"%s","currency":"EUR","products":"%s"}',
        (_AMOUNTS, SERIAL, _FEW),
    ),
    Kind("article_read", 15, "collector", '{"article":"%s","category":"blog"}', (_LINKS,)),
    Kind("checkout_started", 12, "collector", _CART, (_AMOUNTS, SERIAL)),
    Kind("resource_downloaded", 10, "forms", '{"resource":"%s","url":"%s"}', (_RESOURCES,)),
    Kind("video_watched", 8, "collector", '{"seconds":"%s","percent":"%s0"}', (_SECONDS, _FEW)),
    Kind("subscribed", 8, "subscriptions", '{"subscription":"Marketing Information"}', ()),
    Kind("survey_answered", 5, "feedback", '{"score":"%s","survey":"nps"}', (_FEW,)),
    Kind("webinar_registered", 3, "marketing_events", '{"webinar":"%s"}', (_TOPIC,)),
    Kind("webinar_attended", 2, "marketing_events", '{"webinar":"%s"}', (_TOPIC,)),
    Kind("email_replied", 2, "email_events", _MAIL, (_EMAILS,)),
    Kind("email_forwarded", 1, "email_events", _MAIL, (_EMAILS,)),
    Kind("email_unsubscribed", 2, "email_events", _MAIL, (_EMAILS,)),
    Kind("trial_started", 2, "collector", '{"plan":"%s"}', (_PLANS,)),
    Kind("trial_ended", 1, "collector", '{"plan":"%s"}', (_PLANS,)),
    Kind("plan_started", 1, "collector", '{"amount":"%s","plan":"%s"}', (_AMOUNTS, _PLANS)),
    Kind("plan_renewed", 1, "collector", '{"amount":"%s","plan":"%s"}', (_AMOUNTS, _PLANS)),
    Kind("ticket_opened", 1, "tickets", '{"pipeline":"help","priority":"%s"}', (_FEW,)),
    Kind("meeting_booked", 1, "meetings", '{"title":"A first talk"}', ()),
)


def texts(kind: Kind, rng: np.random.Generator, count: int) -> list[str]:
    """Draw the properties of so many events of a kind, as the store keeps them."""
    if not kind.pools:
        return [kind.text] * count
    drawn = [_drawn(pool, rng, count) for pool in kind.pools]
    return [kind.text % sum(places, ()) for places in zip(*drawn, strict=True)]


def _drawn(pool: Pool, rng: np.random.Generator, count: int) -> list[tuple[str, ...]]:
    """Draw from a pool, its first entries more often."""
    if pool is SERIAL:
        return [(str(number),) for number in rng.integers(10**10, size=count).tolist()]
    places: npt.NDArray[np.int64] = (len(pool) * rng.random(count) ** 2).astype(np.int64)
    return [pool[place] for place in places.tolist()]
