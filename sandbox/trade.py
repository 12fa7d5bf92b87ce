"""Putting the shop's contacts, orders, carts and deals into a portal, as its connector would.

Every function tells what it does by webhooks, unless the portal is quiet. `at` is when it
happened; HubSpot's own record of it (`hs_createdate` and the like) is as old.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .associations.kinds import between
from .behaviour.nouns import Cart, Deal, Line, Order, Person, Product
from .clock import to_wire
from .objects import types
from .objects.record import Record
from .objects.types import ObjectType
from .portal import Portal

STORE = "cdshop.example"
CURRENCY = "USD"
CATEGORY = "category"


@dataclass(frozen=True)
class Shelf:
    """The ids of the portal's product records, by product number."""

    ids: Mapping[int, str]


def stock(portal: Portal, catalogue: tuple[Product, ...], at: datetime) -> Shelf:
    """Put the catalogue into the portal; products and line items get a category property."""
    for kind in (types.PRODUCT, types.LINE_ITEM):
        book = portal.properties[kind.type_id]
        definition = {
            "name": CATEGORY,
            "label": "Category",
            "type": "string",
            "fieldType": "text",
            "groupName": next(iter(book.groups)),
        }
        book.create(definition, at)
    return Shelf({p.number: _product(portal, p, at) for p in catalogue})


def _product(portal: Portal, product: Product, at: datetime) -> str:
    properties = {
        "name": product.name,
        "price": str(product.price),
        "hs_sku": product.sku,
        "hs_url": product.url,
        CATEGORY: product.category,
    }
    return portal.products.create(properties, at=at).id


def find_shelf(portal: Portal, catalogue: tuple[Product, ...]) -> Shelf:
    """Find the catalogue in a portal that has it already."""
    by_sku = {r.properties["hs_sku"]: r.id for r in portal.products.records.values()}
    return Shelf({p.number: by_sku[p.sku] for p in catalogue})


def put_contact(portal: Portal, person: Person) -> Record:
    """Create the contact of a person; a customer to be begins as a lead."""
    properties = {
        "email": person.email or "",
        "firstname": person.first_name,
        "lastname": person.last_name,
        "country": person.country,
        "company": person.company or "",
        "lifecyclestage": "lead" if person.stage == "customer" else person.stage,
    }
    return portal.contacts.create(properties, at=person.created_at)


def put_order(
    portal: Portal, shelf: Shelf, contact_id: str, order: Order, at: datetime | None = None
) -> Record:
    """Create an order with its line items and its contact, who is a customer from then on.

    The record is as old as the order, or created `at`, while `hs_external_created_date` always
    says when it was placed.
    """
    stage = portal.pipelines.of(types.ORDER)[0].stages[3 if at is None else 0]
    properties = {
        "hs_order_name": f"Order {order.number}",
        "hs_external_order_id": order.number,
        "hs_external_order_status": "paid",
        "hs_external_created_date": to_wire(order.at),
        "hs_currency_code": CURRENCY,
        "hs_source_store": STORE,
        "hs_total_price": str(order.total),
        "hs_fulfillment_status": "fulfilled" if at is None else "unfulfilled",
        "hs_pipeline_stage": stage.id,
    }
    record = portal.orders.create(properties, at=at or order.at)
    _link(portal, (types.CONTACT, contact_id), (types.ORDER, record.id))
    _put_lines(portal, shelf, order.lines, (types.ORDER, record))
    portal.contacts.update(contact_id, {"lifecyclestage": "customer"}, at=record.created_at)
    return record


def put_cart(
    portal: Portal, shelf: Shelf, contact_id: str, cart: Cart, at: datetime | None = None
) -> Record:
    """Create a cart with its line items and its contact; `at` as for orders."""
    properties = {
        "hs_cart_name": f"Cart {cart.number}",
        "hs_external_cart_id": cart.number,
        "hs_external_status": "converted" if cart.order else "pending",
        "hs_external_created_date": to_wire(cart.at),
        "hs_external_last_modified_date": to_wire(cart.at),
        "hs_currency_code": CURRENCY,
        "hs_source_store": STORE,
        "hs_total_price": str(cart.total),
        "hs_cart_url": f"https://www.{STORE}/carts/{cart.number}",
    }
    record = portal.carts.create(properties, at=at or cart.at)
    _link(portal, (types.CONTACT, contact_id), (types.CART, record.id))
    _put_lines(portal, shelf, cart.lines, (types.CART, record))
    return record


def put_deal(portal: Portal, contact_id: str, deal: Deal) -> Record:
    """Create a deal and associate its contact."""
    properties = {
        "dealname": deal.name,
        "pipeline": "default",
        "dealstage": deal.stage,
        "amount": str(deal.amount),
        "closedate": to_wire(deal.closes_at),
        "deal_currency_code": CURRENCY,
    }
    record = portal.deals.create(properties, at=deal.created_at)
    _link(portal, (types.CONTACT, contact_id), (types.DEAL, record.id))
    return record


def _put_lines(
    portal: Portal, shelf: Shelf, lines: tuple[Line, ...], owner: tuple[ObjectType, Record]
) -> None:
    kind, record = owner
    for line in lines:
        properties = {
            "name": line.product.name,
            "quantity": str(line.quantity),
            "price": str(line.amount / line.quantity),
            "amount": str(line.amount),
            "hs_product_id": shelf.ids[line.product.number],
            "hs_sku": line.product.sku,
            "hs_line_item_currency_code": CURRENCY,
            CATEGORY: line.product.category,
        }
        item = portal.line_items.create(properties, at=record.created_at)
        _link(portal, (kind, record.id), (types.LINE_ITEM, item.id))


def _link(portal: Portal, start: tuple[ObjectType, str], end: tuple[ObjectType, str]) -> None:
    portal.associate(between(start[0], end[0]), (start[1], end[1]))
