"""Webhook deliveries of HubSpot -> messages. One unreadable entry never fails its batch.

Both families of subscriptions are read: classic (`contact.propertyChange`) and generic
(`object.propertyChange` with `objectTypeId`). The shapes differ by account and by year, so every
field but three is optional (https://developers.hubspot.com/docs/guides/api/app-management/webhooks).
"""

from collections.abc import Sequence
from typing import Any

from mappings.fields import Wire, load, moment, record_id, record_ids, text
from mappings.model import Message, ObjectType, Refused
from mappings.values import Unreadable
from mappings.words import object_type


class MessageSchema(Wire):
    """One entry of a delivery, as HubSpot writes it."""

    portal_id = record_id(data_key="portalId", required=True)
    type = text(data_key="subscriptionType", required=True)
    occurred_at = moment(data_key="occurredAt", required=True)
    event_id = text(data_key="eventId", load_default=None)
    object_id = record_id(data_key="objectId", load_default=None)
    object_type_id = text(data_key="objectTypeId", load_default=None)
    property_name = text(data_key="propertyName", load_default=None)
    property_value = text(data_key="propertyValue", load_default=None)
    change_source = text(data_key="changeSource", load_default=None)
    source_id = text(data_key="sourceId", load_default=None)
    app_id = record_id(data_key="appId", load_default=None)
    primary_id = record_id(data_key="primaryObjectId", load_default=None)
    merged = record_ids(data_key="mergedObjectIds", load_default=(), allow_none=True)
    new_id = record_id(data_key="newObjectId", load_default=None)
    association = text(data_key="associationType", load_default=None)
    from_id = record_id(data_key="fromObjectId", load_default=None)
    to_id = record_id(data_key="toObjectId", load_default=None)
    from_type_id = text(data_key="fromObjectTypeId", load_default=None)
    to_type_id = text(data_key="toObjectTypeId", load_default=None)


SCHEMA = MessageSchema()
PASSED_ON = ("property_name", "property_value", "change_source", "source_id", "app_id")


def messages(body: Sequence[Any]) -> tuple[list[Message], list[Refused]]:
    """Read a delivery's entries: the messages in order, and each unreadable entry with why."""
    read: list[Message] = []
    refused: list[Refused] = []
    for index, entry in enumerate(body):
        try:
            read.append(message(entry))
        except Unreadable as error:
            refused.append(Refused(index, str(error)))
    return read, refused


def message(entry: Any) -> Message:
    """Read one entry; Unreadable names the faulty fields."""
    said = load(SCHEMA, _with_type(entry))
    family, _, action = said["type"].rpartition(".")
    merges = action == "merge"
    survivor = _survivor(said) if merges else None
    kind = object_type(said["object_type_id"] or family)
    return Message(
        portal_id=said["portal_id"],
        type=said["type"],
        action=action,
        object_type=kind,
        object_id=survivor if merges else said["object_id"],
        occurred_at=said["occurred_at"],
        event_id=said["event_id"] or "",
        merged_ids=_merged(said, survivor) if survivor is not None else (),
        survivor_id=survivor,
        ends=_ends(said, kind) if action == "associationChange" else (),
        **{name: said[name] for name in PASSED_ON},
    )


def _with_type(entry: Any) -> Any:
    """Take `eventType` for the type, as HubSpot's own table of fields calls it."""
    if isinstance(entry, dict) and entry.get("subscriptionType") is None and "eventType" in entry:
        return entry | {"subscriptionType": entry["eventType"]}
    return entry


def _survivor(said: dict[str, Any]) -> int:
    """Name the id that lives on: a merge may make a third one."""
    for name in ("new_id", "primary_id", "object_id"):
        if said[name] is not None:
            return int(said[name])
    raise Unreadable("a merge without the id that lives on")


def _merged(said: dict[str, Any], survivor: int) -> tuple[int, ...]:
    named = [said["primary_id"], *(said["merged"] or ())]
    return tuple(one for one in dict.fromkeys(named) if one is not None and one != survivor)


def _ends(said: dict[str, Any], kind: ObjectType) -> tuple[tuple[ObjectType, int], ...]:
    """Name both ends of an association: by type ids, or by words such as LINE_ITEM_TO_DEAL."""
    from_word, _, to_word = (said["association"] or "").partition("_TO_")
    named = said["from_type_id"] or from_word
    from_type = object_type(named) if named else kind
    ends = [
        (from_type, said["from_id"]),
        (object_type(said["to_type_id"] or to_word), said["to_id"]),
    ]
    return tuple((end, one) for end, one in ends if one is not None)
