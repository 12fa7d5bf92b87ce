"""HubSpot's words for its object types, and ours."""

from typing import Final

from mappings.model import ObjectType

TYPE_IDS: Final[dict[ObjectType, str]] = {
    ObjectType.CONTACT: "0-1",
    ObjectType.DEAL: "0-3",
    ObjectType.PRODUCT: "0-7",
    ObjectType.LINE_ITEM: "0-8",
    ObjectType.ORDER: "0-123",
    ObjectType.CART: "0-142",
    ObjectType.TICKET: "0-5",
    ObjectType.MEETING: "0-47",
    ObjectType.CALL: "0-48",
    ObjectType.SUBSCRIPTION: "0-69",
}

PLURALS: Final[dict[ObjectType, str]] = {
    ObjectType.CONTACT: "contacts",
    ObjectType.DEAL: "deals",
    ObjectType.PRODUCT: "products",
    ObjectType.LINE_ITEM: "line_items",
    ObjectType.ORDER: "orders",
    ObjectType.CART: "carts",
    ObjectType.TICKET: "tickets",
    ObjectType.MEETING: "meetings",
    ObjectType.CALL: "calls",
    ObjectType.SUBSCRIPTION: "subscriptions",
}

# Contacts alone call it otherwise than every other object type.
MODIFIED_AT: Final[dict[ObjectType, str]] = {
    kind: "lastmodifieddate" if kind is ObjectType.CONTACT else "hs_lastmodifieddate"
    for kind in ObjectType
}

_KNOWN: Final[dict[str, ObjectType]] = (
    {word: kind for kind, word in TYPE_IDS.items()}
    | {word: kind for kind, word in PLURALS.items()}
    | {kind.value: kind for kind in TYPE_IDS}
    | {"meeting_event": ObjectType.MEETING}
)


def object_type(word: str) -> ObjectType:
    """Name the object type behind HubSpot's word: an id, a singular or a plural, in any case.

    HubSpot writes `0-8`, `line_item`, `LINE_ITEM`, `line_items` and `line items` for the same.
    """
    return _KNOWN.get(word.strip().lower().replace(" ", "_"), ObjectType.OTHER)
