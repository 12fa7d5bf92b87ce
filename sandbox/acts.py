"""What people do in a portal that takes more than one record: order, fill a cart, close a deal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .associations.kinds import between
from .happening import USER, Author
from .objects import types
from .objects.record import Record
from .portal import Portal

Values = Mapping[str, Any]


def place_order(
    portal: Portal,
    contact_id: str,
    values: Values,
    lines: Sequence[Values] = (),
    author: Author = USER,
) -> Record:
    """Create an order with its line items, of a contact."""
    return _with_lines(portal, types.ORDER, (contact_id, values, lines), author)


def fill_cart(
    portal: Portal,
    contact_id: str,
    values: Values,
    lines: Sequence[Values] = (),
    author: Author = USER,
) -> Record:
    """Create a cart with its line items, of a contact."""
    return _with_lines(portal, types.CART, (contact_id, values, lines), author)


def open_deal(
    portal: Portal,
    contact_id: str,
    values: Values,
    lines: Sequence[Values] = (),
    author: Author = USER,
) -> Record:
    """Create a deal with its line items, of a contact."""
    return _with_lines(portal, types.DEAL, (contact_id, values, lines), author)


def engage(
    portal: Portal,
    kind: types.ObjectType,
    contact_id: str,
    values: Values,
    author: Author = USER,
) -> Record:
    """Log a meeting or call, open a ticket or begin a subscription, of a contact."""
    return _with_lines(portal, kind, (contact_id, values, ()), author)


def _with_lines(
    portal: Portal,
    kind: types.ObjectType,
    what: tuple[str, Values, Sequence[Values]],
    author: Author,
) -> Record:
    contact_id, values, lines = what
    contact = portal.contacts.get(contact_id)
    record = portal.stores[kind.type_id].create(values, author)
    for line in lines:
        item = portal.line_items.create(line, author)
        portal.associate(between(kind, types.LINE_ITEM), (record.id, item.id), author)
    portal.associate(between(types.CONTACT, kind), (contact.id, record.id), author)
    return record
