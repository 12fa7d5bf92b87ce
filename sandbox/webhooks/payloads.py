"""From what happened to the messages that subscriptions get."""

from __future__ import annotations

from sandbox.apps import App, Subscription
from sandbox.clock import to_ms
from sandbox.happening import Happening

# The nouns of classic subscription types; all others are only reachable as `object.*`.
_CLASSIC_NOUNS = {
    "0-1": "contact",
    "0-3": "deal",
    "0-5": "ticket",
    "0-7": "product",
    "0-8": "line_item",
}
# Associations that have a classic name; others are told generically only. Hypothesis.
_CLASSIC_ENDS = ("0-1", "0-3", "0-8")
_CLASSIC_ASSOCIATION = (
    "associationType",
    "fromObjectId",
    "toObjectId",
    "associationRemoved",
    "isPrimaryAssociation",
)
_CLASSIC_FLAGS = {"creation": "NEW", "deletion": "DELETED"}
_GENERIC_FLAGS = {"creation": "CREATED", "deletion": "DELETED"}


def wants(subscription: Subscription, happening: Happening) -> bool:
    """Tell whether a subscription is for this happening."""
    noun, _, action = subscription.subscription_type.partition(".")
    if not subscription.active or action != happening.action:
        return False
    if action == "propertyChange" and (
        subscription.property_name != happening.details["propertyName"]
    ):
        return False
    if noun == "object":
        return subscription.object_type_id == happening.type_id and action != "privacyDeletion"
    if action == "associationChange" and (happening.details["toObjectTypeId"] not in _CLASSIC_ENDS):
        return False
    return _CLASSIC_NOUNS.get(happening.type_id) == noun


def message(
    app: App, hub_id: int, subscription: Subscription, happening: Happening
) -> dict[str, object]:
    """Write the message, but for its `eventId` and `attemptNumber`."""
    generic = subscription.subscription_type.startswith("object.")
    body: dict[str, object] = {
        "subscriptionId": subscription.id,
        "portalId": hub_id,
        "appId": app.app_id,
        "occurredAt": to_ms(happening.at),
        "subscriptionType": subscription.subscription_type,
        "changeSource": happening.author.change_source,
        "sourceId": happening.author.source_id,
    }
    if happening.action != "associationChange":
        body["objectId"] = int(happening.object_id)
    if generic:
        body["objectTypeId"] = happening.type_id
    flags = _GENERIC_FLAGS if generic else _CLASSIC_FLAGS
    if happening.action in flags:
        body["changeFlag"] = flags[happening.action]
    return body | _details(happening, generic)


def _details(happening: Happening, generic: bool) -> dict[str, object]:
    details = dict(happening.details)
    if happening.action == "propertyChange" and generic:
        return {**details, "isSensitive": False}
    if happening.action != "associationChange":
        return details
    if generic:
        return {name: value for name, value in details.items() if name != "associationType"}
    return {name: details[name] for name in _CLASSIC_ASSOCIATION}
