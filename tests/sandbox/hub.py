"""A stand-in with one app installed in one portal, and a way to ask it things."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sandbox.app import create_app
from sandbox.clock import Clock
from sandbox.happening import USER
from sandbox.state import Account, App, Portal, Sandbox, Tokens
from sandbox.webhooks.dispatch import flush
from sandbox.webhooks.queue import Delivery

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
HUB_ID = 24_600_001
CLIENT_ID = "client-one"
SECRET = "secret-one"
TARGET = "https://app.example.com/webhooks/hubspot"
WRITES = tuple(
    f"crm.objects.{plural}.write"
    for plural in ("deals", "orders", "carts", "line_items", "tickets")
)

__all__ = ["CLIENT_ID", "HUB_ID", "NOW", "SECRET", "TARGET", "USER", "Hub", "open_hub"]


@dataclass
class Hub:
    """The stand-in under test; `posted` are the webhook bodies that the app took."""

    sandbox: Sandbox
    portal: Portal
    app: App
    tokens: Tokens
    client: FlaskClient
    posted: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """Send one request with the portal's token."""
        bearer = token if token is not None else self.tokens.access.value
        return self.client.open(
            path,
            method=method,
            data=None if body is None else json.dumps(body),
            headers={"Authorization": f"Bearer {bearer}"},
            content_type="application/json" if body is not None else None,
        )

    def get(self, path: str) -> TestResponse:
        """Ask with GET."""
        answer: TestResponse = self.ask("GET", path)
        return answer

    def post(self, path: str, body: Any) -> TestResponse:
        """Ask with POST."""
        answer: TestResponse = self.ask("POST", path, body)
        return answer

    def put(self, path: str, body: Any = None) -> TestResponse:
        """Ask with PUT."""
        answer: TestResponse = self.ask("PUT", path, body)
        return answer

    def patch(self, path: str, body: Any) -> TestResponse:
        """Ask with PATCH."""
        answer: TestResponse = self.ask("PATCH", path, body)
        return answer

    def delete(self, path: str) -> TestResponse:
        """Ask with DELETE."""
        answer: TestResponse = self.ask("DELETE", path)
        return answer

    def control(self, method: str, path: str, body: Any = None) -> TestResponse:
        """Ask a control endpoint, without a token."""
        return self.client.open(f"/sandbox{path}", method=method, json=body)

    def contact(self, **properties: str) -> str:
        """Create a contact as a person in the portal does; return its id."""
        return self.portal.contacts.create(properties).id

    def flush(self) -> list[Delivery]:
        """Send the webhooks that are due; the app answers with `answers` in turn, then 204."""
        return flush(self.sandbox, self._take)

    def messages(self) -> list[dict[str, Any]]:
        """Flush, and return all messages that came with it."""
        before = len(self.posted)
        self.flush()
        return [m for _, body, _ in self.posted[before:] for m in json.loads(body)]

    def advance(self, **distance: float) -> None:
        """Let time pass."""
        self.sandbox.clock.advance(timedelta(**distance))

    def _take(self, url: str, body: bytes, headers: Any) -> int:
        self.posted.append((url, body, dict(headers)))
        return self.answers.pop(0) if self.answers else 204


def open_hub(tier: str = "professional", **account: Any) -> Hub:
    """Open a portal with the app installed, at a time that stands still."""
    sandbox = Sandbox(clock=Clock(frozen_at=NOW))
    app = App(
        CLIENT_ID,
        SECRET,
        777,
        redirect_uris=("https://app.example.com/oauth/callback",),
        target_url=TARGET,
    )
    app.optional_scopes += WRITES
    app.subscribe_to_usual()
    sandbox.add_app(app)
    portal = sandbox.add_portal(HUB_ID, Account(tier=tier, **account))
    tokens = sandbox.install(HUB_ID, CLIENT_ID)
    return Hub(sandbox, portal, app, tokens, create_app(sandbox).test_client())
