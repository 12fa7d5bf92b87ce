"""People behaving while the demonstration runs; their traces go out as webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random

from . import behaviour, trade
from .behaviour import people, shop
from .behaviour.nouns import Cart, Order
from .behaviour.web import EBOOK, NEWSLETTER
from .marketing import acts
from .objects.record import Record
from .populate import campaign_id, form_id
from .portal import Portal
from .state import Sandbox

KINDS = ("contact", "order", "cart", "profile", "form", "visit", "mail")
_FIRST_NEWCOMER = 300_000
_FIRST_TURNING = 400_000
_SITE = "https://www.cdshop.example"


@dataclass(frozen=True)
class Deed:
    """What one contact just did; `what` names the record or page, for people to read."""

    kind: str
    contact_id: str
    at: datetime
    what: str


@dataclass(frozen=True)
class Turning:
    """A contact whose last `event` ("purchase" or "cart_updated") gets `window` old soon.

    At `turns_at` it leaves what asks for the event within the window, and enters what waited for
    nothing else to happen within it, by the passing of time alone.
    """

    contact_id: str
    event: str
    window: timedelta
    happened_at: datetime
    turns_at: datetime


def script(length: int, seed: int = behaviour.SEED) -> tuple[str, ...]:
    """List the kinds of so many deeds: all kinds come by turns, each round in another order."""
    rng = Random(f"{seed}/script")
    kinds: list[str] = []
    while len(kinds) < length:
        kinds.extend(rng.sample(KINDS, len(KINDS)))
    return tuple(kinds[:length])


@dataclass
class Crowd:
    """The people of a populated portal, behaving by chance with a fixed seed.

    Every method takes the sandbox's lock and acts at the sandbox's present instant.
    """

    sandbox: Sandbox
    portal: Portal
    seed: int = behaviour.SEED
    _numbers: Iterable[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        """Find the shop's catalogue in the portal."""
        self._rng = Random(f"{self.seed}/crowd")
        self._catalogue = behaviour.products()
        self._shelf = trade.find_shelf(self.portal, self._catalogue)

    def perform(self, kind: str) -> Deed:
        """Let somebody do one thing of a kind (see KINDS)."""
        with self.sandbox.lock:
            at = self.sandbox.clock.now()
            contact_id, what = _DEEDS[kind](self, at)
            return Deed(kind, contact_id, at, what)

    def turning(self, windows: Iterable[timedelta], after: timedelta) -> tuple[Turning, ...]:
        """Bring in new contacts, two for each window, whose only event ages past it `after` now.

        One bought, the other left a cart; every further pair turns a second later.
        """
        made: list[Turning] = []
        with self.sandbox.lock:
            for window in windows:
                delay = after + timedelta(seconds=len(made) // 2)
                made.append(self._turning("purchase", window, delay))
                made.append(self._turning("cart_updated", window, delay))
        return tuple(made)

    def _turning(self, event: str, window: timedelta, delay: timedelta) -> Turning:
        now = self.sandbox.clock.now()
        happened_at = now - window + delay
        number = self._next()
        came_at = happened_at - timedelta(minutes=1)
        person = people.newcomer(_FIRST_TURNING + number, came_at, self.seed)
        contact = trade.put_contact(self.portal, person)
        if event == "purchase":
            order = self._order(number, happened_at)
            trade.put_order(self.portal, self._shelf, contact.id, order, now)
        else:
            # The record is as old as the cart: a later change of it would be a later event.
            cart = self._cart(number, happened_at)
            trade.put_cart(self.portal, self._shelf, contact.id, cart)
        return Turning(contact.id, event, window, happened_at, happened_at + window)

    def _next(self) -> int:
        return next(iter(self._numbers))

    def _order(self, number: int, at: datetime) -> Order:
        lines = shop.basket(self._rng, self._catalogue)
        return Order(0, f"LIVE-{number:05d}", at, lines, shop.total(lines))

    def _cart(self, number: int, at: datetime) -> Cart:
        lines = shop.basket(self._rng, self._catalogue)
        return Cart(0, f"CART-LIVE-{number:05d}", at, lines, shop.total(lines), None)

    def _somebody(self, with_email: bool = False) -> Record:
        live = [
            r
            for r in self.portal.contacts.records.values()
            if r.archived_at is None and (r.properties.get("email") or not with_email)
        ]
        return self._rng.choice(live)

    def _come(self, at: datetime) -> tuple[str, str]:
        person = people.newcomer(_FIRST_NEWCOMER + self._next(), at, self.seed)
        values = {"email": person.email or "", "firstname": person.first_name}
        page = f"{_SITE}/newsletter"
        contact = acts.fill_form(self.portal, form_id(NEWSLETTER), values, page, at)
        return contact.id, values["email"]

    def _buy(self, at: datetime) -> tuple[str, str]:
        contact, order = self._somebody(), self._order(self._next(), at)
        trade.put_order(self.portal, self._shelf, contact.id, order, at)
        return contact.id, order.number

    def _fill_cart(self, at: datetime) -> tuple[str, str]:
        contact, cart = self._somebody(), self._cart(self._next(), at)
        trade.put_cart(self.portal, self._shelf, contact.id, cart, at)
        return contact.id, cart.number

    def _move_house(self, at: datetime) -> tuple[str, str]:
        contact = self._somebody()
        old = contact.properties.get("country")
        country = self._rng.choice([c for c in ("SE", "DE", "US", "NO", "FI") if c != old])
        self.portal.contacts.update(contact.id, {"country": country}, at=at)
        return contact.id, country

    def _download(self, at: datetime) -> tuple[str, str]:
        contact = self._somebody(with_email=True)
        names = ("email", "firstname", "lastname")
        values = {n: contact.properties[n] for n in names if n in contact.properties}
        acts.fill_form(self.portal, form_id(EBOOK), values, f"{_SITE}/e-book", at)
        return contact.id, EBOOK

    def _look(self, at: datetime) -> tuple[str, str]:
        contact, product = self._somebody(), self._rng.choice(self._catalogue)
        acts.visit_page(self.portal, contact.id, (product.url, product.name), at)
        return contact.id, product.url

    def _read_mail(self, at: datetime) -> tuple[str, str]:
        contact = self._somebody(with_email=True)
        email, campaign = contact.properties["email"], campaign_id(8)
        if (campaign, email) not in self.portal.marketing.sent:
            acts.send_email(self.portal, campaign, email, at - timedelta(seconds=3))
            acts.deliver_email(self.portal, campaign, email, at - timedelta(seconds=2))
        acts.open_email(self.portal, campaign, email, at - timedelta(seconds=1))
        acts.click_email(self.portal, (campaign, email), f"{_SITE}/offers/8", at)
        return contact.id, email


_DEEDS: Mapping[str, Callable[[Crowd, datetime], tuple[str, str]]] = {
    "contact": Crowd._come,
    "order": Crowd._buy,
    "cart": Crowd._fill_cart,
    "profile": Crowd._move_house,
    "form": Crowd._download,
    "visit": Crowd._look,
    "mail": Crowd._read_mail,
}
