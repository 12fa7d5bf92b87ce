"""Time, faults, webhooks, portals, the log of calls."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import timedelta
from typing import Any

from flask import Blueprint, request

from sandbox.asking import body
from sandbox.clock import to_wire
from sandbox.errors import invalid, not_found
from sandbox.faults import Fault, Kind
from sandbox.gate import sandbox, unlocked
from sandbox.state import Account
from sandbox.webhooks.dispatch import flush
from sandbox.webhooks.queue import Delivery

from .asking import PORTAL, ROOT, instant, portal_of, seconds, time_now

blueprint = Blueprint("machinery", __name__)
Json = dict[str, Any]


@blueprint.get(f"{ROOT}/clock")
def read_clock() -> Json:
    """Say what time it is."""
    return time_now()


@blueprint.post(f"{ROOT}/clock")
def move_clock() -> Json:
    """Move time: `{"advance": seconds}` or `{"set": instant}`."""
    given = body()
    if "set" in given:
        sandbox().clock.set(instant(given["set"]))
    else:
        sandbox().clock.advance(seconds(given.get("advance")))
    return time_now()


@blueprint.get(f"{ROOT}/faults")
def list_faults() -> Json:
    """List the faults still to come."""
    return {"faults": [asdict(fault) for fault in sandbox().faults.waiting]}


@blueprint.post(f"{ROOT}/faults")
def add_fault() -> tuple[Json, int]:
    """Order a fault: the fields of `Fault`, `kind` among them."""
    given = body()
    unknown = set(given) - {f.name for f in fields(Fault)}
    if unknown or given.get("kind") not in list(Kind):
        raise invalid(f"A fault needs a kind of {list(Kind)} and no {sorted(unknown)}")
    fault = Fault(**{**given, "kind": Kind(given["kind"])})
    sandbox().faults.add(fault)
    return asdict(fault), 201


@blueprint.delete(f"{ROOT}/faults")
def clear_faults() -> tuple[str, int]:
    """Call all faults off."""
    sandbox().faults.clear()
    return "", 204


@blueprint.get(f"{ROOT}/settings")
def read_settings() -> Json:
    """Show how this HubSpot behaves where HubSpot leaves a choice."""
    return _as_json(sandbox().settings)


@blueprint.patch(f"{ROOT}/settings")
def change_settings() -> Json:
    """Change that; times are in seconds."""
    _change(sandbox().settings, body())
    return _as_json(sandbox().settings)


@blueprint.get(f"{ROOT}/webhooks")
def read_webhooks() -> Json:
    """Show how deliveries behave, and how much is waiting."""
    queue = sandbox().webhooks
    return {
        **_as_json(queue.settings),
        "waiting": len(queue.waiting),
        "retries": [{"dueAt": to_wire(b.due_at), "attempt": b.attempt} for b in queue.retries],
        "delivered": len(queue.deliveries),
    }


@blueprint.patch(f"{ROOT}/webhooks")
def change_webhooks() -> Json:
    """Change how deliveries misbehave; times are in seconds."""
    _change(sandbox().webhooks.settings, body())
    return read_webhooks()


@blueprint.patch(f"{ROOT}/apps/<client_id>")
def change_app(client_id: str) -> Json:
    """Set an app's `target_url`, `redirect_uris`, or subscriptions to add.

    `{"subscribe": [{"type": "contact.propertyChange", "property": "city"}]}`; generic types
    have an `object_type_id` too.
    """
    app, given = sandbox().apps.get(client_id), body()
    if app is None:
        raise not_found(f"There is no app {client_id}")
    app.target_url = given.get("target_url", app.target_url)
    app.redirect_uris = tuple(given.get("redirect_uris", app.redirect_uris))
    for row in given.get("subscribe", []):
        app.subscribe(row["type"], row.get("object_type_id"), row.get("property"))
    subscriptions = [asdict(s) for s in app.subscriptions]
    return {
        "app_id": app.app_id,
        "target_url": app.target_url,
        "redirect_uris": list(app.redirect_uris),
        "subscriptions": subscriptions,
    }


@blueprint.post(f"{ROOT}/webhooks/flush")
@unlocked
def flush_webhooks() -> Json:
    """Send all that is due now and say what became of it."""
    return {"deliveries": [_delivery(d) for d in flush(sandbox())]}


@blueprint.get(f"{ROOT}/webhooks/deliveries")
def list_deliveries() -> Json:
    """List the deliveries made."""
    return {"deliveries": [_delivery(d) for d in sandbox().webhooks.deliveries]}


@blueprint.get(f"{ROOT}/portals")
def list_portals() -> Json:
    """List the portals and which apps are installed in them."""
    rows = []
    for portal in sandbox().portals.values():
        installs = [i for i in sandbox().installs.values() if i.hub_id == portal.hub_id]
        rows.append(
            {
                "hub_id": portal.hub_id,
                "name": portal.account.name,
                "tier": portal.tier,
                "installed": [i.client_id for i in installs if i.is_active],
            }
        )
    return {"portals": rows}


@blueprint.post(f"{ROOT}/portals")
def open_portal() -> tuple[Json, int]:
    """Open an empty account: `hub_id` and the fields of `Account`."""
    given = body()
    hub_id = given.pop("hub_id", None)
    names = {f.name for f in fields(Account)}
    if not isinstance(hub_id, int) or hub_id in sandbox().portals or set(given) - names:
        raise invalid(f"A portal needs a new hub_id, and may have {sorted(names)}")
    sandbox().add_portal(hub_id, Account(**given))
    return {"hub_id": hub_id}, 201


@blueprint.patch(PORTAL)
def change_limits(hub_id: int) -> Json:
    """Set a portal's `limit` (requests in 10 s) and `daily` limit."""
    rates, given = portal_of(hub_id).rates, body()
    rates.limit = given.get("limit", rates.limit)
    rates.daily = given.get("daily", rates.daily)
    return {"limit": rates.limit, "daily": rates.daily}


@blueprint.post(f"{PORTAL}/uninstall")
def uninstall(hub_id: int) -> tuple[str, int]:
    """Take every app out of a portal, as an admin does: tokens die, nobody is told."""
    for install in list(sandbox().installs.values()):
        if install.hub_id == hub_id and install.is_active:
            sandbox().uninstall(hub_id, install.client_id)
    return "", 204


@blueprint.post(f"{PORTAL}/expire-tokens")
def expire_tokens(hub_id: int) -> tuple[str, int]:
    """Let a portal's access tokens run out at once."""
    sandbox().tokens.expire(hub_id, sandbox().clock.now())
    return "", 204


@blueprint.get(f"{ROOT}/calls")
def read_calls() -> Json:
    """Count the calls by method, path template and status; `?portal=`, `?detail=true`."""
    hub_id = request.args.get("portal", type=int)
    log = sandbox().calls
    rows = [
        {"method": method, "path": template, "status": status, "count": count}
        for (method, template, status), count in sorted(log.counts(hub_id).items())
    ]
    answer: Json = {"total": len(log.of(hub_id)), "counts": rows}
    if request.args.get("detail") == "true":
        answer["calls"] = [{**asdict(c), "at": to_wire(c.at)} for c in log.of(hub_id)]
    return answer


@blueprint.delete(f"{ROOT}/calls")
def reset_calls() -> tuple[str, int]:
    """Forget all calls."""
    sandbox().calls.reset()
    return "", 204


def _delivery(delivery: Delivery) -> Json:
    batch = delivery.batch
    return {
        "at": to_wire(delivery.at),
        "hub_id": batch.hub_id,
        "attempt": batch.attempt,
        "status": delivery.status,
        "error": delivery.error,
        "messages": list(batch.messages),
    }


def _as_json(settings: Any) -> Json:
    return {
        name: value.total_seconds() if isinstance(value, timedelta) else value
        for name, value in asdict(settings).items()
    }


def _change(settings: Any, given: Json) -> None:
    """Set named fields to values of their own types; raise the 400 for anything else."""
    for name, value in given.items():
        old = getattr(settings, name, None)
        if old is None:
            raise invalid(f"There is no setting {name}")
        new = seconds(value) if isinstance(old, timedelta) else value
        if type(new) is not type(old):
            raise invalid(f"{name} must be of the type {type(old).__name__}")
        setattr(settings, name, new)
