"""Knock at the door as HubSpot does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from console.app import create_app
from integration import wiring
from integration.store.engine import Store
from integration.store.tables import inbox
from integration.wiring import Segue
from mappings.instants import to_ms
from sandbox.webhooks import signatures
from tests.databases import furnish
from tests.house import CLIENT_SECRET, NOON, PUBLIC_URL, RULES, files_of, settings_for

PATH = "/webhooks/hubspot"
BODY = b'[{"eventId": 1, "portalId": 62515001, "subscriptionType": "contact.creation"}]'


NOWHERE = "http://127.0.0.1:9"  # the door never calls HubSpot


def open_door(database_url: str) -> Door:
    """Make a door on an empty database."""
    furnish(database_url)
    settings = settings_for(NOWHERE, database_url)
    return Door(wiring.build(settings, lambda: NOON, files_of(RULES)))


@dataclass
class Door:
    """The door of a Segue, seen from the street; time stands still there."""

    segue: Segue
    app: Flask = field(init=False)
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(self.segue)
        self.client = self.app.test_client()

    def signed(self, body: bytes, target: str = PATH, skew_ms: int = 0) -> dict[str, str]:
        """Sign as HubSpot does, `skew_ms` away from the door's clock."""
        stamp = to_ms(NOON) + skew_ms
        return signatures.headers(CLIENT_SECRET, PUBLIC_URL + target, body, stamp)

    def knock(self, body: bytes = BODY, **how: Any) -> int:
        """Post a signed delivery; give the status."""
        headers = how.pop("headers", None)
        target = how.pop("target", PATH)
        made = self.signed(body, target) if headers is None else headers
        return self.client.post(target, data=body, headers=made, **how).status_code

    def kept(self) -> list[bytes]:
        """The bodies in the inbox, in the order they came."""
        return bodies(self.segue.store)


def bodies(store: Store) -> list[bytes]:
    """Read the bodies in an inbox."""
    with store.read() as connection:
        return [bytes(body) for body in connection.scalars(sa.select(inbox.c.body).order_by("id"))]


def v3_alone(headers: dict[str, str]) -> dict[str, str]:
    """Leave the older signature out."""
    return {name: value for name, value in headers.items() if "v3" in name or "Timestamp" in name}


def delivery(*event_ids: int) -> bytes:
    """Make a delivery with these event ids."""
    return json.dumps([{"eventId": event_id} for event_id in event_ids]).encode()
