"""The kinds of CRM objects, by name and by type id."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import errors


@dataclass(frozen=True)
class ObjectType:
    """One kind of object.

    `created` and `modified` are the names of the properties that hold those instants
    (contacts differ from the others); `shown` are returned when no properties are asked for.
    """

    type_id: str
    singular: str
    plural: str
    created: str
    modified: str
    shown: tuple[str, ...]
    pipeline: tuple[str, str] | None = None

    @property
    def constant(self) -> str:
        """Name the type as error messages do: `LINE_ITEM`."""
        return self.singular.upper()

    def scope(self, action: str) -> tuple[str, ...]:
        """List the scopes, any of which lets an app `read` or `write` these records."""
        own = f"crm.objects.{self.plural}.{action}"
        if self in ENGAGEMENTS:
            return (f"crm.objects.contacts.{action}",)
        if self is TICKET:
            return (own, "tickets")
        return (own,) if self in (CONTACT, DEAL) else (own, "e-commerce")

    def schema_scope(self, action: str) -> tuple[str, ...]:
        """List the scopes, any of which lets an app `read` or `write` the definitions."""
        if self in ENGAGEMENTS:
            return (f"crm.schemas.contacts.{action}", *self.scope(action))
        own = f"crm.schemas.{self.plural}.{action}"
        return (own,) if self is CONTACT else (own, *self.scope(action))


CONTACT = ObjectType(
    "0-1",
    "contact",
    "contacts",
    "createdate",
    "lastmodifieddate",
    ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
)
DEAL = ObjectType(
    "0-3",
    "deal",
    "deals",
    "createdate",
    "hs_lastmodifieddate",
    (
        "amount",
        "closedate",
        "createdate",
        "dealname",
        "dealstage",
        "hs_lastmodifieddate",
        "hs_object_id",
        "pipeline",
    ),
    ("pipeline", "dealstage"),
)
PRODUCT = ObjectType(
    "0-7",
    "product",
    "products",
    "createdate",
    "hs_lastmodifieddate",
    ("createdate", "description", "hs_lastmodifieddate", "hs_object_id", "name", "price"),
)
LINE_ITEM = ObjectType(
    "0-8",
    "line_item",
    "line_items",
    "createdate",
    "hs_lastmodifieddate",
    ("createdate", "hs_lastmodifieddate", "hs_object_id"),
)
ORDER = ObjectType(
    "0-123",
    "order",
    "orders",
    "hs_createdate",
    "hs_lastmodifieddate",
    ("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
    ("hs_pipeline", "hs_pipeline_stage"),
)
CART = ObjectType(
    "0-142",
    "cart",
    "carts",
    "hs_createdate",
    "hs_lastmodifieddate",
    ("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
)
_STAMPED = ("hs_createdate", "hs_lastmodifieddate", "hs_object_id")
TICKET = ObjectType(
    "0-5",
    "ticket",
    "tickets",
    "createdate",
    "hs_lastmodifieddate",
    (
        "content",
        "createdate",
        "hs_lastmodifieddate",
        "hs_object_id",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hs_ticket_category",
        "hs_ticket_priority",
        "subject",
    ),
    ("hs_pipeline", "hs_pipeline_stage"),
)
MEETING = ObjectType(
    "0-47", "meeting", "meetings", "hs_createdate", "hs_lastmodifieddate", _STAMPED
)
CALL = ObjectType("0-48", "call", "calls", "hs_createdate", "hs_lastmodifieddate", _STAMPED)
SUBSCRIPTION = ObjectType(
    "0-69", "subscription", "subscriptions", "hs_createdate", "hs_lastmodifieddate", _STAMPED
)
# What a salesperson logs is read and written by the scopes of contacts.
ENGAGEMENTS = (MEETING, CALL)
ALL = (CONTACT, DEAL, PRODUCT, LINE_ITEM, ORDER, CART, TICKET, MEETING, CALL, SUBSCRIPTION)
_BY_NAME = {
    name: kind
    for kind in ALL
    for name in (kind.type_id, kind.singular, kind.plural, kind.plural.replace("_", " "))
} | {"meeting_event": MEETING}


def find(name: str) -> ObjectType:
    """Find a type by its name (singular, plural) or id; raise the 400 that HubSpot answers."""
    kind = _BY_NAME.get(name.lower())
    if kind is None:
        raise errors.invalid(f"Unable to infer object type from: {name}")
    return kind
