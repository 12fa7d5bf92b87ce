"""HubSpot's Webhooks Journal <-> the nouns: pointers, subscriptions, and events as deliveries.

An event of the journal says what a webhook says, in other words
(https://developers.hubspot.com/docs/api-reference/latest/webhooks-journal/guide). So it is
written as the webhook's entry would be, and goes the same way from there. Which fields merges,
associations and list memberships have isn't documented: all that is guessed of them is here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from marshmallow import fields

from mappings.fields import Wire, load, moment, record_id, text, texts
from mappings.model import ObjectType
from mappings.values import Unreadable
from mappings.words import TYPE_IDS

INSTALLED: Final = "4-1909196"
UNINSTALLED: Final = "4-1916193"
CHANGES: Final = ("CREATE", "UPDATE", "DELETE", "MERGE", "RESTORE")
LINKS: Final = ("ASSOCIATION_ADDED", "ASSOCIATION_REMOVED")
LISTINGS: Final = ("ADDED_TO_LIST", "REMOVED_FROM_LIST")
_WORDS: Final = {
    "CREATE": "object.creation",
    "DELETE": "object.deletion",
    "RESTORE": "object.restore",
    "MERGE": "object.merge",
    "GDPR_DELETE": "contact.privacyDeletion",
}


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a file of the journal lies, and the offset that stands for it."""

    offset: str
    url: str


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """What a subscription of the journal is for; `portal_id` is 0 for the app's own lifecycle."""

    portal_id: int
    kind: str  # HubSpot's subscriptionType
    object_type_id: str = ""
    actions: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    other_type_ids: tuple[str, ...] = ()
    list_ids: tuple[str, ...] = ()
    event_type_id: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A contact joined a list or left it, whoever did it."""

    portal_id: int
    list_id: str
    contact_id: int
    is_member: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The app was installed in a portal, or uninstalled."""

    portal_id: int
    installed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What a file told: a webhook's entries by portal, list memberships, installs."""

    entries: Mapping[int, list[dict[str, Any]]] = field(default_factory=dict)
    listed: tuple[Listed, ...] = ()
    lifecycles: tuple[Lifecycle, ...] = ()
    events: int = 0


class PointerSchema(Wire):
    """An answer of the journal."""

    offset = text(data_key="currentOffset", required=True)
    url = text(required=True)


class SubscriptionSchema(Wire):
    """A subscription as HubSpot lists it."""

    id = record_id(required=True)
    kind = text(data_key="subscriptionType", required=True)
    portal_id = record_id(data_key="portalId", load_default=None)
    object_type_id = text(data_key="objectTypeId", load_default=None)
    actions = fields.List(text(), load_default=None, allow_none=True)
    properties = fields.List(text(), load_default=None, allow_none=True)
    other_type_ids = fields.List(
        text(), data_key="associatedObjectTypeIds", load_default=None, allow_none=True
    )
    list_ids = fields.List(text(), data_key="listIds", load_default=None, allow_none=True)
    event_type_id = text(data_key="eventTypeId", load_default=None)


class EventSchema(Wire):
    """One event of a file."""

    portal_id = record_id(data_key="portalId", required=True)
    action = text(required=True)
    at = moment(data_key="occurredAt", required=True)
    object_type_id = text(data_key="objectTypeId", load_default=None)
    object_id = record_id(data_key="objectId", load_default=None)
    changes = texts(data_key="propertyChanges", load_default=dict)
    list_id = text(data_key="listId", load_default=None)


class AppTokenSchema(Wire):
    """The token endpoint's answer to client credentials."""

    token = text(data_key="access_token", required=True)
    expires_in = fields.Integer(required=True)


POINTER: Final = PointerSchema()
SUBSCRIPTION: Final = SubscriptionSchema()
EVENT: Final = EventSchema()
APP_TOKEN: Final = AppTokenSchema()


def app_token(said: Any) -> tuple[str, int]:
    """Read an app's own token and for how many seconds it is good."""
    read = load(APP_TOKEN, said)
    return read["token"], read["expires_in"]


def pointer(said: Any) -> Pointer:
    """Read where the next file lies."""
    read = load(POINTER, said)
    return Pointer(read["offset"], read["url"])


def subscription(said: Any) -> tuple[int, Wanted]:
    """Read a subscription's id and what it is for."""
    read = load(SUBSCRIPTION, said)

    def several(name: str) -> tuple[str, ...]:
        return tuple(sorted(str(one) for one in read[name] or ()))

    return read["id"], Wanted(
        portal_id=read["portal_id"] or 0,
        kind=read["kind"],
        object_type_id=read["object_type_id"] or "",
        actions=several("actions"),
        properties=several("properties"),
        other_type_ids=several("other_type_ids"),
        list_ids=several("list_ids"),
        event_type_id=read["event_type_id"] or "",
    )


def subscription_body(wanted: Wanted) -> dict[str, Any]:
    """Write a subscription as HubSpot's create call takes it."""
    said: dict[str, Any] = {
        "subscriptionType": wanted.kind,
        "portalId": wanted.portal_id,
        "objectTypeId": wanted.object_type_id,
        "actions": list(wanted.actions),
        "properties": list(wanted.properties),
        "associatedObjectTypeIds": list(wanted.other_type_ids),
        "listIds": [int(each) for each in wanted.list_ids],
        "eventTypeId": wanted.event_type_id,
    }
    if wanted.kind == "APP_LIFECYCLE_EVENT":
        return {name: said[name] for name in ("subscriptionType", "eventTypeId", "properties")}
    return {name: value for name, value in said.items() if value}


def wanted_of(
    portal_id: int,
    objects: Mapping[ObjectType, Iterable[str]],
    list_ids: Iterable[str],
) -> list[Wanted]:
    """Say what to subscribe to in a portal.

    `objects` are the types to hear of, each with the properties whose changes matter; all but
    contacts are heard of their links with contacts, too.
    """
    contact = TYPE_IDS[ObjectType.CONTACT]
    found = [Wanted(portal_id, "GDPR_PRIVACY_DELETION")]
    for kind, names in objects.items():
        type_id = TYPE_IDS[kind]
        properties = tuple(sorted(set(names)))
        found.append(Wanted(portal_id, "OBJECT", type_id, tuple(sorted(CHANGES)), properties))
        if kind is not ObjectType.CONTACT:
            found.append(
                Wanted(portal_id, "ASSOCIATION", type_id, LINKS, other_type_ids=(contact,))
            )
    if lists := tuple(sorted(list_ids)):
        found.append(Wanted(portal_id, "LIST_MEMBERSHIP", actions=LISTINGS, list_ids=lists))
    return found


def told(said: Any) -> Told:
    """Read a file. What can't be read is passed on as it is: intake counts it as unreadable."""
    events = said.get("journalEvents") if isinstance(said, Mapping) else None
    if not isinstance(events, Sequence):
        raise Unreadable("journalEvents: missing data for required field")
    entries: dict[int, list[dict[str, Any]]] = {}
    listed: list[Listed] = []
    lifecycles: list[Lifecycle] = []
    for event in events:
        try:
            read = load(EVENT, event)
        except Unreadable:
            entries.setdefault(0, []).append({"unreadable": event})
            continue
        portal_id, action, at = read["portal_id"], read["action"], read["at"]
        if action in ("APP_INSTALL", "APP_UNINSTALL"):
            lifecycles.append(Lifecycle(portal_id, action == "APP_INSTALL", at))
        elif action in LISTINGS and read["list_id"] and read["object_id"] is not None:
            joined = action == "ADDED_TO_LIST"
            listed.append(Listed(portal_id, read["list_id"], read["object_id"], joined, at))
        else:
            entries.setdefault(portal_id, []).extend(_entries(event, read))
    return Told(entries, tuple(listed), tuple(lifecycles), len(events))


def joined(several: Sequence[Told]) -> Told:
    """Put what files told together, in their order."""
    entries: dict[int, list[dict[str, Any]]] = {}
    for each in several:
        for portal_id, some in each.entries.items():
            entries.setdefault(portal_id, []).extend(some)
    return Told(
        entries,
        tuple(one for each in several for one in each.listed),
        tuple(one for each in several for one in each.lifecycles),
        sum(each.events for each in several),
    )


def _entries(event: Mapping[str, Any], read: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Write an event as a webhook would tell it: one entry for each property that changed."""
    said = {
        "portalId": read["portal_id"],
        "occurredAt": event["occurredAt"],
        "objectTypeId": read["object_type_id"],
        "objectId": read["object_id"],
    }
    changes = [
        {
            **said,
            "subscriptionType": "object.propertyChange",
            "propertyName": name,
            "propertyValue": value,
        }
        for name, value in read["changes"].items()
    ]
    if read["action"] == "UPDATE":
        return changes
    if read["action"] in LINKS:
        return [_link(event, said, read["action"])]
    word = _WORDS.get(read["action"], f"object.{read['action'].lower()}")
    ids = ("primaryObjectId", "mergedObjectIds", "newObjectId")
    extra = {name: event[name] for name in ids if name in event}
    return [{**said, **extra, "subscriptionType": word}, *changes]


def _link(event: Mapping[str, Any], said: dict[str, Any], action: str) -> dict[str, Any]:
    return {
        **{name: value for name, value in said.items() if name != "objectId"},
        "subscriptionType": "object.associationChange",
        "fromObjectId": said["objectId"],
        "fromObjectTypeId": said["objectTypeId"],
        "toObjectId": event.get("associatedObjectId"),
        "toObjectTypeId": event.get("associatedObjectTypeId"),
        "associationRemoved": action == "ASSOCIATION_REMOVED",
    }
