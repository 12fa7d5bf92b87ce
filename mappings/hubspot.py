"""HubSpot's JSON of the CRM <-> the nouns: records, accounts, tokens, properties, lists.

Every reader raises Unreadable, naming the faulty fields, for JSON that isn't what it should be,
and ignores what it doesn't know. Webhook deliveries are read in mappings.messages, marketing's
behaviour in mappings.marketing.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from marshmallow import fields

from mappings.fields import Wire, load, moment, record_id, text, texts
from mappings.history import versions
from mappings.messages import messages
from mappings.model import Account, ContactRecord, Grant, ObjectRecord, ObjectType, TokenOwner
from mappings.values import Unreadable, id_of, ids_in, instant
from mappings.words import MODIFIED_AT, object_type
from mappings.writing import Choice, HubSpotList, ItemFault, ListAnswer, PropertyDefinition

__all__ = [
    "account",
    "contact_record",
    "grant",
    "hubspot_list",
    "item_faults",
    "list_answer",
    "messages",
    "object_record",
    "property_body",
    "property_definition",
    "token_owner",
    "truncated",
]

CREATED_AT: Final = ("createdate", "hs_createdate")
ABSORBED: Final = "hs_merged_object_ids"


class RecordSchema(Wire):
    """A CRM record of any object type."""

    id = record_id(required=True)
    properties = texts(load_default=dict)
    created_at = moment(data_key="createdAt", load_default=None)
    updated_at = moment(data_key="updatedAt", load_default=None)
    archived = fields.Boolean(load_default=False)
    associations = fields.Raw(load_default=None)
    history = fields.Raw(data_key="propertiesWithHistory", load_default=None)


class GrantSchema(Wire):
    """A reply of the token endpoint."""

    portal_id = record_id(data_key="hub_id", load_default=None)
    access_token = fields.String(required=True)
    refresh_token = fields.String(required=True)
    expires_in = fields.Integer(required=True)
    scopes = fields.List(fields.String(), load_default=None)


class OwnerSchema(Wire):
    """A reply of the token introspection."""

    portal_id = record_id(data_key="hub_id", load_default=None)
    scopes = fields.List(fields.String(), load_default=None)
    active = fields.Boolean(load_default=True)
    user = text(load_default=None)
    hub_domain = text(load_default=None)


class AccountSchema(Wire):
    """A portal's account details."""

    portal_id = record_id(data_key="portalId", required=True)
    time_zone = text(data_key="timeZone", required=True)
    currency = text(data_key="companyCurrency", load_default=None)
    ui_domain = text(data_key="uiDomain", load_default=None)


class ChoiceSchema(Wire):
    """One option of a property."""

    value = text(required=True)
    label = text(load_default=None)
    hidden = fields.Boolean(load_default=False)


class PropertySchema(Wire):
    """The definition of a property."""

    name = text(required=True)
    label = text(load_default=None)
    type = text(required=True)
    field_type = text(data_key="fieldType", load_default=None)
    group = text(data_key="groupName", load_default=None)
    options = fields.List(fields.Nested(ChoiceSchema), load_default=None)
    description = text(load_default=None)


class ListSchema(Wire):
    """A list, as HubSpot's lists API gives it."""

    list_id = text(data_key="listId", required=True)
    name = text(load_default=None)
    processing_type = text(data_key="processingType", required=True)
    created_at = moment(data_key="createdAt", load_default=None)
    size = fields.Integer(load_default=None)


RECORD: Final = RecordSchema()
GRANT: Final = GrantSchema()
OWNER: Final = OwnerSchema()
ACCOUNT: Final = AccountSchema()
PROPERTY: Final = PropertySchema()
LIST: Final = ListSchema()


def contact_record(said: Any) -> ContactRecord:
    """Read a contact."""
    record = load(RECORD, said)
    created_at, updated_at = _instants(record, ObjectType.CONTACT)
    properties = record["properties"]
    return ContactRecord(
        contact_id=record["id"],
        properties=properties,
        created_at=created_at,
        updated_at=updated_at,
        archived=record["archived"],
        absorbed=frozenset(ids_in(properties.get(ABSORBED))),
    )


def object_record(kind: ObjectType, said: Any) -> ObjectRecord:
    """Read a record of another object type, with the links and versions that came along."""
    record = load(RECORD, said)
    created_at, updated_at = _instants(record, kind)
    return ObjectRecord(
        type=kind,
        object_id=record["id"],
        properties=record["properties"],
        created_at=created_at,
        updated_at=updated_at,
        archived=record["archived"],
        associated=_associated(record["associations"]),
        history=versions(record["history"]),
    )


def truncated(said: Any) -> tuple[ObjectType, ...]:
    """Name the object types of which the record has more associations than came along."""
    linked = said.get("associations") if isinstance(said, Mapping) else None
    pages = linked.items() if isinstance(linked, Mapping) else ()
    return tuple(object_type(word) for word, page in pages if page.get("paging"))


def _instants(record: Mapping[str, Any], kind: ObjectType) -> tuple[datetime, datetime]:
    """Find when a record was made and last changed; one stands in for the other."""
    properties = record["properties"]
    created_at = record["created_at"] or _first_instant(properties, CREATED_AT)
    updated_at = record["updated_at"] or _first_instant(properties, (MODIFIED_AT[kind],))
    if created_at is None and updated_at is None:
        raise Unreadable("createdAt and updatedAt: both are missing")
    return created_at or updated_at, updated_at or created_at


def _first_instant(properties: Mapping[str, str | None], names: Iterable[str]) -> Any:
    for name in names:
        if properties.get(name):
            return instant(properties[name])
    return None


def _associated(said: Any) -> dict[ObjectType, tuple[int, ...]]:
    """Gather linked ids by type; HubSpot repeats an id for every label of the link."""
    linked: dict[ObjectType, dict[int, None]] = {}
    for word, page in said.items() if isinstance(said, Mapping) else ():
        ids = linked.setdefault(object_type(word), {})
        for one in page.get("results") or ():
            ids[id_of(one.get("id"))] = None
    return {kind: tuple(ids) for kind, ids in linked.items()}


def grant(said: Any) -> tuple[Grant, bool]:
    """Read a token reply; the flag says whether it named portal and scopes (older ones don't)."""
    read = load(GRANT, said)
    whole = read["portal_id"] is not None and read["scopes"] is not None
    return Grant(
        read["portal_id"] or 0,
        read["access_token"],
        read["refresh_token"],
        read["expires_in"],
        tuple(read["scopes"] or ()),
    ), whole


def token_owner(said: Any) -> TokenOwner:
    """Read whose a token is; of a dead one HubSpot only says that it isn't active."""
    read = load(OWNER, said)
    if read["active"] and read["portal_id"] is None:
        raise Unreadable("hub_id: missing data for required field")
    return TokenOwner(
        read["portal_id"] or 0,
        tuple(read["scopes"] or ()),
        read["active"],
        read["user"] or "",
        read["hub_domain"] or "",
    )


def account(said: Any) -> Account:
    """Read a portal's account details."""
    read = load(ACCOUNT, said)
    return Account(
        read["portal_id"],
        read["time_zone"],
        read["currency"] or "",
        read["ui_domain"] or "app.hubspot.com",
    )


def property_definition(said: Any) -> PropertyDefinition:
    """Read the definition of a property."""
    read = load(PROPERTY, said)
    options = tuple(
        Choice(one["value"], one["label"] or one["value"], one["hidden"])
        for one in read["options"] or ()
    )
    return PropertyDefinition(
        name=read["name"],
        label=read["label"] or read["name"],
        type=read["type"],
        field_type=read["field_type"] or "",
        group=read["group"] or "",
        options=options,
        description=read["description"] or "",
    )


def property_body(definition: PropertyDefinition) -> dict[str, Any]:
    """Write the definition of a property as HubSpot's create call takes it."""
    return {
        "name": definition.name,
        "label": definition.label,
        "type": definition.type,
        "fieldType": definition.field_type,
        "groupName": definition.group,
        "description": definition.description,
        "options": option_bodies(definition.options),
    }


def option_bodies(options: Iterable[Choice]) -> list[dict[str, Any]]:
    """Write options in their order."""
    return [
        {"value": one.value, "label": one.label, "hidden": one.hidden, "displayOrder": place}
        for place, one in enumerate(options)
    ]


def hubspot_list(said: Any) -> HubSpotList:
    """Read a list. Its size is HubSpot's own estimate, where it gives one."""
    read = load(LIST, said)
    size = read["size"]
    if size is None and isinstance(said.get("additionalProperties"), Mapping):
        counted = said["additionalProperties"].get("hs_list_size")
        size = int(counted) if str(counted).isdecimal() else None
    return HubSpotList(
        read["list_id"], read["name"] or "", read["processing_type"], read["created_at"], size
    )


def list_answer(said: Any) -> ListAnswer:
    """Read what a change of members did. HubSpot spells it `recordsIdsAdded`, and leaves out
    what is empty."""
    if not isinstance(said, Mapping):
        raise Unreadable("not an object")

    def ids(*names: str) -> frozenset[int]:
        return frozenset(id_of(one) for name in names for one in said.get(name) or ())

    return ListAnswer(
        added=ids("recordsIdsAdded", "recordIdsAdded"),
        removed=ids("recordsIdsRemoved", "recordIdsRemoved"),
        missing=ids("recordIdsMissing", "recordsIdsMissing"),
    )


def item_faults(said: Any) -> list[ItemFault]:
    """Read the errors of a batch reply: one fault an id; `object_id` None where it names none."""
    errors = said.get("errors") if isinstance(said, Mapping) else None
    faults: list[ItemFault] = []
    for error in errors if isinstance(errors, list) else ():
        if not isinstance(error, Mapping):
            continue
        category, message = str(error.get("category") or ""), str(error.get("message") or "")
        context = error.get("context")
        named = context.get("ids") if isinstance(context, Mapping) else None
        ids: list[int | None] = [id_of(one) for one in named or ()]
        faults += [ItemFault(one, category, message) for one in ids or [None]]
    return faults
