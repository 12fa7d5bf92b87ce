"""What the generator makes up around the purchases: plain values, no HubSpot words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Product:
    """A CD of the catalogue; `number` starts at 1."""

    number: int
    name: str
    category: str
    price: Decimal

    @property
    def sku(self) -> str:
        """Name the product as the shop's stock does."""
        return f"CD-{self.number:03d}"

    @property
    def url(self) -> str:
        """Give the address of the product's page in the shop."""
        return f"https://www.cdshop.example/products/{self.sku}"


@dataclass(frozen=True)
class Person:
    """A contact to be; `key` is the CDNOW customer number, or 100,000 and up for leads."""

    key: int
    first_name: str
    last_name: str
    email: str | None
    country: str
    company: str | None
    created_at: datetime
    stage: str
    subscribed: bool


@dataclass(frozen=True)
class Line:
    """Some pieces of one product; `amount` is what they cost together."""

    product: Product
    quantity: int
    amount: Decimal


@dataclass(frozen=True)
class Order:
    """A purchase with its lines; their amounts add up to `total`."""

    person: int
    number: str
    at: datetime
    lines: tuple[Line, ...]
    total: Decimal


@dataclass(frozen=True)
class Cart:
    """A cart as it was left; `order` names the order it became, if it did."""

    person: int
    number: str
    at: datetime
    lines: tuple[Line, ...]
    total: Decimal
    order: str | None


@dataclass(frozen=True)
class Visit:
    """One page seen."""

    person: int
    at: datetime
    url: str
    title: str


@dataclass(frozen=True)
class FormFill:
    """One form sent off; `form` is the form's name."""

    person: int
    at: datetime
    form: str
    page_url: str


@dataclass(frozen=True)
class Mail:
    """One thing that happened to one recipient's copy of one mailing; `type` as HubSpot's."""

    person: int
    mailing: int
    type: str
    at: datetime
    url: str = ""
    machine: bool = False


@dataclass(frozen=True)
class Mailing:
    """A marketing e-mail and when it was sent."""

    number: int
    name: str
    subject: str
    at: datetime


@dataclass(frozen=True)
class OptOut:
    """Somebody who had enough of all e-mail."""

    person: int
    at: datetime


@dataclass(frozen=True)
class Deal:
    """A sale to a company; `stage` is a stage id of HubSpot's default deal pipeline."""

    person: int
    name: str
    amount: Decimal
    stage: str
    created_at: datetime
    closes_at: datetime


@dataclass(frozen=True)
class World:
    """Everything that happened up to one instant."""

    people: tuple[Person, ...]
    orders: tuple[Order, ...]
    carts: tuple[Cart, ...]
    visits: tuple[Visit, ...]
    form_fills: tuple[FormFill, ...]
    mailings: tuple[Mailing, ...]
    mail: tuple[Mail, ...]
    opt_outs: tuple[OptOut, ...]
    deals: tuple[Deal, ...]
