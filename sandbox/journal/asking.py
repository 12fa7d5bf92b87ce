"""Who asks for a journal, and for what: strict as HubSpot is."""

from __future__ import annotations

from typing import Any

from flask import g, request

from sandbox import errors, facts, gate
from sandbox.apps import App
from sandbox.errors import invalid
from sandbox.objects import types

from .model import Wanted

Json = dict[str, Any]
_SUBSCRIBED = {
    "OBJECT": ("CREATE", "UPDATE", "DELETE", "MERGE", "RESTORE"),
    "ASSOCIATION": ("ASSOCIATION_ADDED", "ASSOCIATION_REMOVED"),
    "LIST_MEMBERSHIP": ("ADDED_TO_LIST", "REMOVED_FROM_LIST"),
    "GDPR_PRIVACY_DELETION": ("GDPR_DELETE",),
}


def app_asking(*scopes: str) -> App:
    """Find the app behind the request's token, if it holds one of the scopes and has calls left."""
    token = gate.find_token()
    gate.check_token(token)
    g.token = token
    if token.grant.hub_id != facts.NO_PORTAL:
        raise errors.missing_scopes(scopes)
    gate.check_scopes(*scopes)
    sandbox = gate.sandbox()
    app = sandbox.apps[token.grant.client_id]
    if not app.journal_rate.admit(sandbox.clock.now()):
        raise errors.rate_limited("SECONDLY")
    return app


def read_wanted(given: Json) -> Wanted:
    """Read a subscription; raise the 400 for one that lacks what its type needs."""
    kind = str(given.get("subscriptionType"))
    if kind == "APP_LIFECYCLE_EVENT":
        event_type_id = str(given.get("eventTypeId"))
        if event_type_id not in facts.JOURNAL_LIFECYCLE.values():
            raise invalid(f"{event_type_id} is no app lifecycle event")
        return Wanted(kind, event_type_id=event_type_id)
    if kind not in _SUBSCRIBED:
        raise invalid(f"{kind} is no subscription type")
    portal_id = given.get("portalId")
    if not isinstance(portal_id, int):
        raise invalid("portalId is missing")
    wanted = Wanted(
        kind,
        portal_id,
        str(given.get("objectTypeId") or ""),
        tuple(str(each) for each in given.get("actions") or ()),
        tuple(str(each) for each in given.get("properties") or ()),
        tuple(str(each) for each in given.get("objectIds") or ()),
        tuple(str(each) for each in given.get("associatedObjectTypeIds") or ()),
        tuple(str(each) for each in given.get("listIds") or ()),
    )
    _check(wanted)
    return wanted


def _check(wanted: Wanted) -> None:
    allowed = _SUBSCRIBED[wanted.kind]
    if wanted.kind != "GDPR_PRIVACY_DELETION" and not wanted.actions:
        raise invalid("actions are missing")
    if not set(wanted.actions) <= set(allowed):
        raise invalid(f"{wanted.kind} takes the actions {list(allowed)}")
    if wanted.kind in ("OBJECT", "ASSOCIATION"):
        _check_installed(wanted, types.find(wanted.object_type_id))
    if wanted.kind == "ASSOCIATION" and not wanted.other_type_ids:
        raise invalid("associatedObjectTypeIds are missing")
    if wanted.kind == "LIST_MEMBERSHIP" and not wanted.list_ids:
        raise invalid("listIds are missing")


def _check_installed(wanted: Wanted, kind: types.ObjectType) -> None:
    """Refuse what the app's install in the portal has no permission for."""
    client_id = g.token.grant.client_id
    install = gate.sandbox().installs.get((wanted.portal_id or 0, client_id))
    if install is None or not install.is_active:
        raise invalid(f"The app is not installed in portal {wanted.portal_id}")
    if not set(kind.scope("read")) & set(install.scopes):
        raise errors.missing_scopes(kind.scope("read"))


def count(text: str) -> int:
    """Read how many entries are asked for; raise the 400 for too many."""
    if not text.isdecimal() or not 1 <= int(text) <= facts.JOURNAL_BATCH_MAX:
        raise invalid(f"count must be between 1 and {facts.JOURNAL_BATCH_MAX}")
    return int(text)


def is_signed(offset: str, signature: str) -> bool:
    """Tell whether the pre-signed address of a file is one that was handed out for now."""
    expires = request.args.get("X-Amz-Expires-At", "")
    if not expires.isdecimal() or int(expires) <= gate.sandbox().clock.now().timestamp():
        return False
    return request.args.get("X-Amz-Signature") == signature and bool(offset)
