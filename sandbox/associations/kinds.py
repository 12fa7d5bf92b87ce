"""The association types that HubSpot defines between the kinds of objects we have."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.errors import invalid
from sandbox.objects import types
from sandbox.objects.types import ObjectType

CATEGORY = "HUBSPOT_DEFINED"
# (from, to, type id of this direction, type id of the way back)
_PAIRS = (
    (types.CONTACT, types.DEAL, 4, 3),
    (types.CONTACT, types.ORDER, 508, 507),
    (types.CONTACT, types.CART, 587, 586),
    (types.DEAL, types.ORDER, 511, 512),
    (types.ORDER, types.LINE_ITEM, 513, 514),
    (types.CART, types.LINE_ITEM, 590, 591),
    (types.ORDER, types.CART, 593, 592),
    (types.DEAL, types.LINE_ITEM, 19, 20),
    (types.CONTACT, types.TICKET, 15, 16),
    (types.CONTACT, types.MEETING, 199, 200),
    (types.CONTACT, types.CALL, 193, 194),
    # Hypothesis: the numbers are remembered, not documented. Read them, never write them down.
    (types.CONTACT, types.SUBSCRIPTION, 295, 296),
    (types.SUBSCRIPTION, types.LINE_ITEM, 300, 301),
)
_TYPE_IDS = {(a.type_id, b.type_id): there for a, b, there, _ in _PAIRS} | {
    (b.type_id, a.type_id): back for a, b, _, back in _PAIRS
}


@dataclass(frozen=True)
class Direction:
    """From one kind of object to another, with the id that this direction has."""

    from_kind: ObjectType
    to_kind: ObjectType
    type_id: int

    @property
    def back(self) -> Direction:
        """Return the opposite direction."""
        return between(self.to_kind, self.from_kind)

    @property
    def name(self) -> str:
        """Name the direction as classic webhooks do: `CONTACT_TO_DEAL`."""
        return f"{self.from_kind.constant}_TO_{self.to_kind.constant}"

    def to_json(self) -> dict[str, object]:
        """Write the type as the associations API does; HubSpot's plain types have no label."""
        return {"category": CATEGORY, "typeId": self.type_id, "label": None}


def between(from_kind: ObjectType, to_kind: ObjectType) -> Direction:
    """Find the direction between two kinds; raise the 400 where HubSpot knows none."""
    type_id = _TYPE_IDS.get((from_kind.type_id, to_kind.type_id))
    if type_id is None:
        message = f"No association type exists from {from_kind.constant} to {to_kind.constant}"
        raise invalid(message)
    return Direction(from_kind, to_kind, type_id)


def by_type_id(from_kind: ObjectType, type_id: object) -> Direction | None:
    """Find the direction that begins at a kind and has this type id."""
    for (start, end), known in _TYPE_IDS.items():
        if start == from_kind.type_id and known == type_id:
            return between(from_kind, types.find(end))
    return None
