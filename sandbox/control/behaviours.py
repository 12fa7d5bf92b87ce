"""What people do in a portal: through the same code as the API, but as `CRM_UI`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from sandbox import acts
from sandbox.asking import body, text
from sandbox.errors import invalid
from sandbox.happening import USER
from sandbox.objects import types
from sandbox.objects.merge import merge as merge_records
from sandbox.objects.record import Record
from sandbox.objects.unmerge import unmerge as unmerge_record

from .asking import PORTAL, portal_of

blueprint = Blueprint("behaviours", __name__)
Json = dict[str, Any]
_CONTACT = f"{PORTAL}/contacts/<record_id>"
_MAKERS = {
    "orders": acts.place_order,
    "carts": acts.fill_cart,
    "deals": acts.open_deal,
}


@blueprint.post(f"{PORTAL}/contacts")
def create_contact(hub_id: int) -> tuple[Json, int]:
    """Create a contact: `{"properties": {...}}`."""
    return _shown(portal_of(hub_id).contacts.create(_properties(), USER)), 201


@blueprint.post(f"{PORTAL}/contacts/<contact_id>/<any(orders, carts, deals):noun>")
def create_for_contact(hub_id: int, contact_id: str, noun: str) -> tuple[Json, int]:
    """Create a contact's order, cart or deal: `{"properties": {...}, "lines": [{...}]}`."""
    portal, lines = portal_of(hub_id), body().get("lines", [])
    return _shown(_MAKERS[noun](portal, contact_id, _properties(), lines)), 201


@blueprint.post(
    f"{PORTAL}/contacts/<contact_id>/<any(meetings, calls, tickets, subscriptions):noun>"
)
def engage(hub_id: int, contact_id: str, noun: str) -> tuple[Json, int]:
    """Create a contact's meeting, call, ticket or subscription: `{"properties": {...}}`."""
    return _shown(acts.engage(portal_of(hub_id), types.find(noun), contact_id, _properties())), 201


@blueprint.patch(f"{PORTAL}/<object_type>/<record_id>")
def change(hub_id: int, object_type: str, record_id: str) -> Json:
    """Change a record (a deal's stage, say): `{"properties": {...}}`."""
    store = portal_of(hub_id).stores[types.find(object_type).type_id]
    return _shown(store.update(record_id, _properties(), USER))


@blueprint.delete(f"{PORTAL}/<object_type>/<record_id>")
def delete(hub_id: int, object_type: str, record_id: str) -> tuple[str, int]:
    """Delete a record; it can be restored."""
    portal_of(hub_id).stores[types.find(object_type).type_id].archive(record_id, USER)
    return "", 204


@blueprint.post(f"{PORTAL}/<object_type>/<record_id>/restore")
def restore(hub_id: int, object_type: str, record_id: str) -> Json:
    """Bring a deleted record back."""
    store = portal_of(hub_id).stores[types.find(object_type).type_id]
    return _shown(store.restore(record_id, USER))


@blueprint.post(f"{_CONTACT}/merge")
def merge(hub_id: int, record_id: str) -> Json:
    """Merge another contact into this one: `{"objectIdToMerge": id}`."""
    ids = (record_id, text(body(), "objectIdToMerge"))
    return _shown(merge_records(portal_of(hub_id), types.CONTACT, ids, USER))


@blueprint.post(f"{_CONTACT}/unmerge")
def unmerge(hub_id: int, record_id: str) -> Json:
    """Let a contact that was merged away live again under its id."""
    return _shown(unmerge_record(portal_of(hub_id), types.CONTACT, record_id, USER))


@blueprint.post(f"{_CONTACT}/drop-address")
def drop_address(hub_id: int, record_id: str) -> Json:
    """Take a secondary address off a contact: `{"email": address}`."""
    return _shown(portal_of(hub_id).contacts.drop_address(record_id, text(body(), "email"), USER))


@blueprint.post(f"{_CONTACT}/privacy-delete")
def forget(hub_id: int, record_id: str) -> tuple[str, int]:
    """Delete a contact for privacy; nothing brings it back."""
    portal = portal_of(hub_id)
    known = portal.contacts.find(record_id) or portal.contacts.get(record_id)
    portal.forget(known.id, USER)
    return "", 204


def _properties() -> Json:
    given = body().get("properties")
    if not isinstance(given, dict):
        raise invalid("properties are needed")
    return given


def _shown(record: Record) -> Json:
    return {"id": record.id, "properties": record.properties}
