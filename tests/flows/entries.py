"""Webhook entries as HubSpot writes them, and what tests ask of the store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import requests
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.flows import install
from integration.store import contacts, tables, timeline
from integration.store.engine import WRITES
from integration.wiring import Segue
from mappings.instants import to_ms
from mappings.model import Contact
from sandbox.portal import Account, Portal
from tests.house import APP_ID, CLIENT_ID, HUB_ID, House

Entry = dict[str, Any]


def entry(kind: str, at: datetime, object_id: int | str | None, **more: Any) -> Entry:
    """Write one classic entry; `more` are fields by their names on the wire."""
    said: Entry = {
        "eventId": 100,
        "subscriptionId": 1160452001,
        "portalId": HUB_ID,
        "appId": APP_ID,
        "occurredAt": to_ms(at),
        "subscriptionType": kind,
        "attemptNumber": 0,
        "changeSource": "CRM_UI",
        "sourceId": "userId:9586504",
    }
    if object_id is not None:
        said["objectId"] = int(object_id)
    return said | more


def change(at: datetime, contact_id: int | str, name: str, value: str, **more: Any) -> Entry:
    """Write a property change of a contact."""
    return entry(
        "contact.propertyChange", at, contact_id, propertyName=name, propertyValue=value, **more
    )


def body(*entries: Entry) -> bytes:
    """Write a delivery."""
    return json.dumps(entries).encode()


def rows(house: House, table: sa.Table) -> list[Any]:
    """Read a whole table, in the order of its key."""
    with house.segue.store.read() as connection:
        return list(connection.execute(sa.select(table).order_by(*table.primary_key.columns)))


def deliveries(house: House) -> list[Any]:
    """Read the inbox: state, reason, messages, heard_before, skipped, attempts, due_at."""
    return rows(house, tables.inbox)


def contact(house: House, contact_id: int | str, hub_id: int = HUB_ID) -> Contact | None:
    """Read a contact as it is kept."""
    with house.segue.store.read() as connection:
        return contacts.load(connection, hub_id, [int(contact_id)]).get(int(contact_id))


def values(house: House, contact_id: int | str, *names: str, hub_id: int = HUB_ID) -> list[str]:
    """Read a contact's values."""
    known = contact(house, contact_id, hub_id)
    assert known is not None
    return [known.text(name) for name in names]


def open_portal(house: House, hub_id: int, account: Account | None = None) -> Portal:
    """Open another portal in the stand-in and let its admin install the app."""
    portal = house.sandbox.add_portal(hub_id, account)
    connect(house, hub_id)
    return portal


def connect(house: House, hub_id: int) -> int:
    """Let a portal's admin install the app, without the pages; give the portal's id."""
    return install.install(
        house.segue.tools, house.segue.keeper, code_for(house, hub_id), redirect_uri(house)
    )


def code_for(house: House, hub_id: int) -> str:
    """Press the button on HubSpot's authorize page; give the code it sends back."""
    app = house.sandbox.apps[CLIENT_ID]
    form = {
        "client_id": CLIENT_ID,
        "redirect_uri": redirect_uri(house),
        "scope": " ".join(app.required_scopes),
        "optional_scope": " ".join(app.optional_scopes),
        "portal": str(hub_id),
    }
    page = requests.post(
        f"{house.running.url}/oauth/authorize", data=form, allow_redirects=False, timeout=10
    )
    return page.headers["Location"].split("code=")[1].split("&")[0]


def redirect_uri(house: House) -> str:
    """Say where HubSpot sends the admin back to."""
    return house.segue.settings.redirect_uri


def kinds(house: House, contact_id: int | str, hub_id: int = HUB_ID) -> list[str]:
    """Name the kinds of a contact's events, oldest first."""
    with house.segue.store.read() as connection:
        line = timeline.of(connection, hub_id, int(contact_id))
    return [event.kind for event in reversed(line)]


def calls_of(house: House, method: str, part: str) -> int:
    """Count the calls whose path has a part in it."""
    log = house.sandbox.calls.calls
    return sum(1 for call in log if call.method == method and part in call.path)


class Crash(Exception):
    """The process dies here."""


@contextmanager
def dying(segue: Segue, after: int) -> Iterator[None]:
    """Let the process die before the commit of its `after`th transaction that writes."""
    seen = 0

    def die(connection: Connection) -> None:
        nonlocal seen
        if connection.get_execution_options().get(WRITES):
            seen += 1
            if seen == after:
                raise Crash

    sa.event.listen(segue.store.engine, "commit", die)
    try:
        yield
    finally:
        sa.event.remove(segue.store.engine, "commit", die)
