"""Communication preferences: what each address agreed to, keyed by address and not by contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from flask import Blueprint, request

from sandbox.clock import to_wire
from sandbox.errors import invalid
from sandbox.gate import portal, require, require_tier, sandbox

from . import facts
from .acts import opt_out, set_consent
from .asking import body, inputs, one_of
from .model import Consent, SubscriptionType
from .state import MarketingState

blueprint = Blueprint("consent", __name__)
_STATES = ("SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED")
_BASES = (
    "LEGITIMATE_INTEREST_PQL",
    "LEGITIMATE_INTEREST_CLIENT",
    "PERFORMANCE_OF_CONTRACT",
    "CONSENT_WITH_NOTICE",
    "NON_GDPR",
    "PROCESS_AND_STORE",
    "LEGITIMATE_INTEREST_OTHER",
)
_NEW = "/communication-preferences/2026-03"
_OLD = "/communication-preferences/v4"


@blueprint.get(f"{_NEW}/definitions")
@blueprint.get(f"{_OLD}/definitions")
@require(*facts.CONSENT_READ_SCOPES)
def list_definitions() -> dict[str, object]:
    """List the portal's subscription types."""
    return envelope([definition_json(s) for s in portal().marketing.subscriptions.values()])


@blueprint.get(f"{_NEW}/statuses/<email>")
@blueprint.get(f"{_OLD}/statuses/<email>")
@require(*facts.CONSENT_READ_SCOPES)
def read_statuses(email: str) -> dict[str, object]:
    """Show what an address said about each subscription type."""
    _check_channel(request.args)
    return envelope(_statuses(email))


@blueprint.post(f"{_NEW}/statuses/<email>")
@blueprint.post(f"{_OLD}/statuses/<email>")
@require(*facts.CONSENT_WRITE_SCOPES)
def write_status(email: str) -> dict[str, object]:
    """Set what an address says about one subscription type."""
    return envelope([_write({**body(), "subscriberIdString": email})])


@blueprint.get(f"{_NEW}/statuses/<email>/unsubscribe-all")
@blueprint.get(f"{_OLD}/statuses/<email>/unsubscribe-all")
@require(*facts.CONSENT_READ_SCOPES)
def read_opt_out(email: str) -> dict[str, object]:
    """Show whether an address wants no e-mail at all."""
    _check_channel(request.args)
    return envelope([_wide_status(email)])


@blueprint.post(f"{_NEW}/statuses/<email>/unsubscribe-all")
@blueprint.post(f"{_OLD}/statuses/<email>/unsubscribe-all")
@require(*facts.CONSENT_WRITE_SCOPES)
def write_opt_out(email: str) -> dict[str, object]:
    """Unsubscribe an address from everything."""
    _check_channel(request.args)
    opt_out(portal(), email, "PUBLIC_API", sandbox().clock.now())
    return envelope(_statuses(email))


@blueprint.post(f"{_NEW}/statuses/batch/read")
@blueprint.post(f"{_OLD}/statuses/batch/read")
@require(*facts.CONSENT_BATCH_READ_SCOPES)
@require_tier("enterprise")
def read_batch() -> dict[str, object]:
    """Show the statuses of several addresses."""
    _check_channel(request.args)
    emails = [_email(i) for i in inputs(facts.CONSENT_BATCH_MAX)]
    return envelope([{"subscriberIdString": e, "statuses": _statuses(e)} for e in emails])


@blueprint.post(f"{_NEW}/statuses/batch/write")
@blueprint.post(f"{_OLD}/statuses/batch/write")
@require(*facts.CONSENT_BATCH_WRITE_SCOPES)
@require_tier("enterprise")
def write_batch() -> dict[str, object]:
    """Set several statuses; nothing is set where one of them is faulty."""
    wanted = inputs(facts.CONSENT_BATCH_MAX)
    checked = [_checked(w) for w in wanted]
    return envelope([_write(w) for w in checked])


@blueprint.post(f"{_NEW}/statuses/batch/unsubscribe-all/read")
@blueprint.post(f"{_OLD}/statuses/batch/unsubscribe-all/read")
@require(*facts.CONSENT_BATCH_READ_SCOPES)
@require_tier("enterprise")
def read_opt_out_batch() -> dict[str, object]:
    """Show for several addresses whether they want no e-mail at all."""
    _check_channel(request.args)
    emails = [_email(i) for i in inputs(facts.CONSENT_BATCH_MAX)]
    return envelope([{"subscriberIdString": e, "wideStatuses": [_wide_status(e)]} for e in emails])


@blueprint.post(f"{_NEW}/statuses/batch/unsubscribe-all")
@blueprint.post(f"{_OLD}/statuses/batch/unsubscribe-all")
@require(*facts.CONSENT_BATCH_WRITE_SCOPES)
@require_tier("enterprise")
def write_opt_out_batch() -> dict[str, object]:
    """Unsubscribe several addresses from everything."""
    _check_channel(request.args)
    emails = [_email(i) for i in inputs(facts.CONSENT_BATCH_MAX)]
    for email in emails:
        opt_out(portal(), email, "PUBLIC_API", sandbox().clock.now())
    return envelope([{"subscriberIdString": e, "statuses": _statuses(e)} for e in emails])


@blueprint.post(f"{_NEW}/links/generate")
@blueprint.post(f"{_OLD}/links/generate")
@require(*facts.CONSENT_READ_SCOPES)
def generate_links() -> dict[str, object]:
    """Make the links under which an address manages what it gets."""
    _check_channel(request.args)
    asked = body()
    email = _email(asked.get("subscriberIdString"))
    root = f"https://hs-{portal().hub_id}.example/hs/manage-preferences"
    links: dict[str, object] = {
        "subscriberIdString": email,
        "managePreferencesUrl": f"{root}/{quote(email)}",
        "unsubscribeAllUrl": f"{root}/{quote(email)}/unsubscribe-all",
    }
    if asked.get("subscriptionId") is not None:
        links["unsubscribeSingleUrl"] = f"{root}/{quote(email)}/{asked['subscriptionId']}"
    return links


def envelope(results: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Wrap results as HubSpot wraps what it did at once."""
    now = to_wire(sandbox().clock.now())
    return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


def definition_json(kind: SubscriptionType) -> dict[str, object]:
    """Write a subscription type; the same in every version of the API."""
    created_at = to_wire(kind.created_at)
    return {
        "id": str(kind.id),
        "name": kind.name,
        "description": kind.description,
        "purpose": kind.purpose,
        "communicationMethod": "Email",
        "isActive": True,
        "isDefault": kind.is_default,
        "isInternal": kind.is_internal,
        "createdAt": created_at,
        "updatedAt": created_at,
    }


def _statuses(email: str) -> list[dict[str, object]]:
    state = portal().marketing
    return [_status_json(state, email, kind) for kind in state.subscriptions.values()]


def _status_json(state: MarketingState, email: str, kind: SubscriptionType) -> dict[str, object]:
    consent = state.consent(email, kind.id) or Consent("NOT_SPECIFIED", kind.created_at, "")
    shown: dict[str, object] = {
        "channel": "EMAIL",
        "subscriberIdString": email,
        "subscriptionId": kind.id,
        "subscriptionName": kind.name,
        "status": consent.status,
        "source": consent.source,
        "timestamp": to_wire(consent.at),
    }
    if consent.legal_basis:
        shown["legalBasis"] = consent.legal_basis
        shown["legalBasisExplanation"] = consent.explanation
    return shown


def _wide_status(email: str) -> dict[str, object]:
    state = portal().marketing
    out_at: datetime | None = state.opted_out.get(email.lower())
    return {
        "channel": "EMAIL",
        "subscriberIdString": email,
        "status": "UNSUBSCRIBED" if out_at else "NOT_SPECIFIED",
        "timestamp": to_wire(out_at or sandbox().clock.now()),
        "wideStatusType": "PORTAL_WIDE",
    }


def _checked(wanted: object) -> Mapping[str, object]:
    if not isinstance(wanted, Mapping):
        raise invalid("Invalid input JSON: expected an object")
    _check_channel(wanted)
    _email(wanted.get("subscriberIdString"))
    one_of("statusState", wanted.get("statusState"), _STATES)
    if wanted.get("legalBasis") is not None:
        one_of("legalBasis", wanted["legalBasis"], _BASES)
    if wanted.get("subscriptionId") not in portal().marketing.subscriptions:
        raise invalid(f"Subscription ID {wanted.get('subscriptionId')} does not exist")
    return wanted


def _write(wanted: Mapping[str, object]) -> dict[str, object]:
    checked = _checked(wanted)
    state, email = portal().marketing, _email(checked["subscriberIdString"])
    kind = state.subscriptions[int(str(checked["subscriptionId"]))]
    before = state.consent(email, kind.id)
    basis, explanation = checked.get("legalBasis"), checked.get("legalBasisExplanation")
    consent = Consent(
        status=str(checked["statusState"]),
        at=sandbox().clock.now(),
        source="PUBLIC_API",
        legal_basis=str(basis) if basis else None,
        explanation=str(explanation) if explanation else None,
    )
    set_consent(portal(), email, kind.id, consent)
    reason = _reason(before.status if before else "NOT_SPECIFIED", consent.status)
    return {**_status_json(state, email, kind), "setStatusSuccessReason": reason}


def _reason(before: str, after: str) -> str:
    if before == after:
        return "NO_STATUS_CHANGE"
    if (before, after) == ("UNSUBSCRIBED", "SUBSCRIBED"):
        return "RESUBSCRIBE_OCCURRED"
    return "REQUESTED_CHANGE_OCCURRED"


def _check_channel(asked: Mapping[str, object]) -> None:
    one_of("channel", asked.get("channel"), ("EMAIL",))


def _email(value: object) -> str:
    if not isinstance(value, str) or "@" not in value:
        raise invalid(f"{value} is not an email address")
    return value
