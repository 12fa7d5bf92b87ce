"""The older communication preferences, which the official client of today still calls."""

from __future__ import annotations

from flask import Blueprint

from sandbox.errors import invalid
from sandbox.gate import portal, require, sandbox

from . import facts
from .acts import set_consent
from .asking import body
from .consent import definition_json
from .model import Consent, SubscriptionType

blueprint = Blueprint("consent_v3", __name__)
_ROOT = "/communication-preferences/v3"


@blueprint.get(f"{_ROOT}/definitions")
@require(*facts.CONSENT_READ_SCOPES)
def list_definitions() -> dict[str, object]:
    """List the portal's subscription types."""
    kinds = portal().marketing.subscriptions.values()
    return {"subscriptionDefinitions": [definition_json(s) for s in kinds]}


@blueprint.get(f"{_ROOT}/status/email/<email>")
@require(*facts.CONSENT_READ_SCOPES)
def read_status(email: str) -> dict[str, object]:
    """Show what an address said about each subscription type."""
    kinds = portal().marketing.subscriptions.values()
    return {"recipient": email, "subscriptionStatuses": [_status(email, s) for s in kinds]}


@blueprint.post(f"{_ROOT}/subscribe")
@require(*facts.CONSENT_WRITE_SCOPES)
def subscribe() -> dict[str, object]:
    """Subscribe an address; one that had unsubscribed cannot be brought back here."""
    email, kind = _asked()
    before = portal().marketing.consent(email, kind.id)
    if before is not None and before.status == "UNSUBSCRIBED":
        raise invalid(f"Subscription {kind.id} for {email} cannot be updated: they unsubscribed")
    return _set(email, kind, "SUBSCRIBED")


@blueprint.post(f"{_ROOT}/unsubscribe")
@require(*facts.CONSENT_WRITE_SCOPES)
def unsubscribe() -> dict[str, object]:
    """Unsubscribe an address from one subscription type."""
    return _set(*_asked(), "UNSUBSCRIBED")


def _asked() -> tuple[str, SubscriptionType]:
    asked = body()
    email, wanted = asked.get("emailAddress"), str(asked.get("subscriptionId"))
    kinds = portal().marketing.subscriptions
    if not isinstance(email, str) or "@" not in email:
        raise invalid("emailAddress is required")
    if not wanted.isdigit() or int(wanted) not in kinds:
        raise invalid(f"Subscription ID {wanted} does not exist")
    return email, kinds[int(wanted)]


def _set(email: str, kind: SubscriptionType, status: str) -> dict[str, object]:
    consent = Consent(status, sandbox().clock.now(), "PUBLIC_API")
    set_consent(portal(), email, kind.id, consent)
    return _status(email, kind)


def _status(email: str, kind: SubscriptionType) -> dict[str, object]:
    consent = portal().marketing.consent(email, kind.id)
    subscribed = consent is not None and consent.status == "SUBSCRIBED"
    return {
        "id": str(kind.id),
        "name": kind.name,
        "description": kind.description,
        "status": "SUBSCRIBED" if subscribed else "NOT_SUBSCRIBED",
        "sourceOfStatus": "SUBSCRIPTION_STATUS",
        "brandId": None,
        "preferenceGroupName": None,
        "legalBasis": consent.legal_basis if consent else None,
        "legalBasisExplanation": consent.explanation if consent else None,
    }
