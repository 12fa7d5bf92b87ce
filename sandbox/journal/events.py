"""From what happened to the events of the journal.

The names of an event's fields were seen by others on a live account; which of them merges,
associations and list memberships have is a hypothesis.
"""

from __future__ import annotations

from sandbox import facts
from sandbox.clock import to_wire
from sandbox.happening import Happening

from .model import Json, Subscription, Wanted

LISTED = "listMembership"  # of a happening
_ACTIONS = {
    "creation": "CREATE",
    "propertyChange": "UPDATE",
    "deletion": "DELETE",
    "merge": "MERGE",
    "restore": "RESTORE",
}


def event(subscription: Subscription, hub_id: int, happening: Happening) -> Json | None:
    """Write what a subscription gets of a happening; None where it isn't for it."""
    wanted = subscription.wanted
    if wanted.portal_id != hub_id:
        return None
    match wanted.kind:
        case "OBJECT":
            return _object(wanted, hub_id, happening)
        case "ASSOCIATION":
            return _association(wanted, hub_id, happening)
        case "LIST_MEMBERSHIP":
            return _listed(wanted, hub_id, happening)
        case "GDPR_PRIVACY_DELETION":
            if happening.action == "privacyDeletion":
                return _told("gdpr_privacy_deletion", "GDPR_DELETE", hub_id, happening)
    return None


def lifecycle(hub_id: int, action: str, at: str) -> Json:
    """Write that an app was installed or uninstalled."""
    return {
        "type": "app_lifecycle_event",
        "portalId": hub_id,
        "occurredAt": at,
        "action": action,
        "eventTypeId": facts.JOURNAL_LIFECYCLE[action],
    }


def _object(wanted: Wanted, hub_id: int, happening: Happening) -> Json | None:
    action = _ACTIONS.get(happening.action)
    if action not in wanted.actions or happening.type_id != wanted.object_type_id:
        return None
    if wanted.object_ids and happening.object_id not in wanted.object_ids:
        return None
    told = _told("object", action, hub_id, happening)
    details = happening.details
    if action == "UPDATE":
        if details["propertyName"] not in wanted.properties:
            return None
        told["propertyChanges"] = {str(details["propertyName"]): details["propertyValue"]}
    if action == "MERGE":
        told |= {k: details[k] for k in ("primaryObjectId", "mergedObjectIds", "newObjectId")}
    return told


def _association(wanted: Wanted, hub_id: int, happening: Happening) -> Json | None:
    details = happening.details
    if happening.action != "associationChange" or happening.type_id != wanted.object_type_id:
        return None
    action = "ASSOCIATION_REMOVED" if details["associationRemoved"] else "ASSOCIATION_ADDED"
    if action not in wanted.actions or details["toObjectTypeId"] not in wanted.other_type_ids:
        return None
    return _told("association", action, hub_id, happening) | {
        "associatedObjectTypeId": details["toObjectTypeId"],
        "associatedObjectId": details["toObjectId"],
        "associationTypeId": details["associationTypeId"],
    }


def _listed(wanted: Wanted, hub_id: int, happening: Happening) -> Json | None:
    if happening.action != LISTED or happening.details["listId"] not in wanted.list_ids:
        return None
    action = "ADDED_TO_LIST" if happening.details["added"] else "REMOVED_FROM_LIST"
    if action not in wanted.actions:
        return None
    list_id = int(str(happening.details["listId"]))
    return _told("list_membership", action, hub_id, happening) | {"listId": list_id}


def _told(kind: str, action: str | None, hub_id: int, happening: Happening) -> Json:
    return {
        "type": kind,
        "portalId": hub_id,
        "occurredAt": to_wire(happening.at),
        "action": action,
        "objectTypeId": happening.type_id,
        "objectId": int(happening.object_id),
    }
