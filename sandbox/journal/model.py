"""Subscriptions of the journal and its entries."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.clock import to_wire

Json = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What a subscription is for. Empty `object_ids` mean all records of the type."""

    kind: str
    portal_id: int | None = None
    object_type_id: str = ""
    actions: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    object_ids: tuple[str, ...] = ()
    other_type_ids: tuple[str, ...] = ()
    list_ids: tuple[str, ...] = ()
    event_type_id: str = ""


@dataclass(frozen=True)
class Subscription:
    """One subscription of one app."""

    id: int
    app_id: int
    wanted: Wanted
    created_at: datetime

    def to_json(self) -> Json:
        """Write it as HubSpot lists it."""
        wanted = self.wanted
        shown: Json = {
            "id": self.id,
            "appId": self.app_id,
            "subscriptionType": wanted.kind,
            "portalId": wanted.portal_id,
            "objectTypeId": wanted.object_type_id or None,
            "actions": list(wanted.actions),
            "properties": list(wanted.properties) or None,
            "objectIds": [int(each) for each in wanted.object_ids] or None,
            "associatedObjectTypeIds": list(wanted.other_type_ids) or None,
            "listIds": [int(each) for each in wanted.list_ids] or None,
            "createdAt": to_wire(self.created_at),
            "updatedAt": to_wire(self.created_at),
            "deletedAt": None,
        }
        return shown | ({"eventTypeId": wanted.event_type_id} if wanted.event_type_id else {})


@dataclass
class Entry:
    """One file of the journal; once `read` nothing is added to it any more."""

    published_at: datetime
    offset: str = field(default_factory=lambda: str(uuid.uuid4()))
    events: list[Json] = field(default_factory=list)
    read: bool = False

    def to_json(self) -> Mapping[str, Any]:
        """Write the file behind the pre-signed address."""
        return {
            "offset": self.offset,
            "journalEvents": self.events,
            "publishedAt": to_wire(self.published_at),
        }
