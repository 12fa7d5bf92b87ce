"""Reading the journal, its files, and the subscriptions that fill it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request

from sandbox import facts
from sandbox.apps import App
from sandbox.asking import body
from sandbox.clock import to_wire
from sandbox.errors import not_found
from sandbox.gate import sandbox

from .asking import app_asking, count, is_signed, read_wanted
from .model import Entry

blueprint = Blueprint("journal", __name__)
Json = dict[str, Any]
_ROOT = "/webhooks-journal/journal/2026-03"
_SUBSCRIPTIONS = "/webhooks-journal/subscriptions/2026-03"
_READ = "developer.webhooks_journal.read"
_SUBSCRIPTIONS_READ = "developer.webhooks_journal.subscriptions.read"
_SUBSCRIPTIONS_WRITE = "developer.webhooks_journal.subscriptions.write"
Answer = Json | tuple[str, int]


@blueprint.get(f"{_ROOT}/earliest")
def earliest() -> Answer:
    """Point at the oldest entry that is kept."""
    app = app_asking(_READ)
    return _one(_entries(app)[:1])


@blueprint.get(f"{_ROOT}/latest")
def latest() -> Answer:
    """Point at the newest entry."""
    app = app_asking(_READ)
    return _one(_entries(app)[-1:])


@blueprint.get(f"{_ROOT}/offset/<offset>/next")
def following(offset: str) -> Answer:
    """Point at the entry behind one."""
    app = app_asking(_READ)
    return _one(_after(app, offset)[:1])


@blueprint.get(f"{_ROOT}/batch/earliest/<size>")
def batch_earliest(size: str) -> Answer:
    """Point at the oldest entries."""
    app = app_asking(_READ)
    return _many(_entries(app)[: count(size)])


@blueprint.get(f"{_ROOT}/batch/<offset>/next/<size>")
def batch_following(offset: str, size: str) -> Answer:
    """Point at the entries behind one."""
    app = app_asking(_READ)
    return _many(_after(app, offset)[: count(size)])


@blueprint.get("/journal-files/<offset>")
def file(offset: str) -> Response | Json:
    """Answer a file. The store behind refuses a request that is signed twice, as S3 does."""
    if request.headers.get("Authorization"):
        return _refused(400, "InvalidArgument", "Only one auth mechanism allowed")
    if not is_signed(offset, _signature(offset)):
        return _refused(403, "AccessDenied", "Request has expired")
    now = sandbox().clock.now()
    for journal in sandbox().journal.apps.values():
        for entry in journal.kept(now):
            if entry.offset == offset:
                return dict(entry.to_json())
    return _refused(404, "NoSuchKey", "The specified key does not exist.")


@blueprint.get(_SUBSCRIPTIONS)
def list_subscriptions() -> Json:
    """List the app's subscriptions."""
    app = app_asking(_SUBSCRIPTIONS_READ)
    known = sandbox().journal.of(app.client_id).subscriptions
    return {"results": [each.to_json() for each in known.values()]}


@blueprint.post(_SUBSCRIPTIONS)
def subscribe() -> Json:
    """Add a subscription."""
    app = app_asking(_SUBSCRIPTIONS_WRITE)
    wanted = read_wanted(body())
    return sandbox().journal.subscribe(app, wanted, sandbox().clock.now()).to_json()


@blueprint.delete(f"{_SUBSCRIPTIONS}/<int:subscription_id>")
def unsubscribe(subscription_id: int) -> tuple[str, int]:
    """Take a subscription away."""
    app = app_asking(_SUBSCRIPTIONS_WRITE)
    if sandbox().journal.of(app.client_id).subscriptions.pop(subscription_id, None) is None:
        raise not_found(f"There is no subscription {subscription_id}")
    return "", 204


@blueprint.delete(f"{_SUBSCRIPTIONS}/portals/<int:hub_id>")
def unsubscribe_portal(hub_id: int) -> tuple[str, int]:
    """Take all of the app's subscriptions to a portal away."""
    app = app_asking(_SUBSCRIPTIONS_WRITE)
    sandbox().journal.drop_portal(app.client_id, hub_id)
    return "", 204


def _entries(app: App) -> Sequence[Entry]:
    return sandbox().journal.of(app.client_id).kept(sandbox().clock.now())


def _after(app: App, offset: str) -> Sequence[Entry]:
    return sandbox().journal.of(app.client_id).after(offset, sandbox().clock.now())


def _one(entries: Sequence[Entry]) -> Answer:
    return _pointer(entries[0]) if entries else ("", 204)


def _many(entries: Sequence[Entry]) -> Answer:
    return {"results": [_pointer(each) for each in entries]} if entries else ("", 204)


def _pointer(entry: Entry) -> Json:
    entry.read = True
    ends = sandbox().clock.now() + facts.JOURNAL_URL_LIFE
    signed = f"X-Amz-Expires-At={int(ends.timestamp())}&X-Amz-Signature={_signature(entry.offset)}"
    return {
        "currentOffset": entry.offset,
        "url": f"{request.url_root}journal-files/{entry.offset}?{signed}",
        "expiresAt": to_wire(ends),
    }


def _signature(offset: str) -> str:
    return hashlib.sha256(f"journal:{offset}".encode()).hexdigest()


def _refused(status: int, code: str, message: str) -> Response:
    page = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Response(page, status=status, content_type="application/xml")
