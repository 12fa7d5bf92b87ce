"""A small populated portal and a caller with a token for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from sandbox.app import create_app
from sandbox.apps import App
from sandbox.clock import Clock
from sandbox.populate import populate
from sandbox.portal import Portal
from sandbox.state import Sandbox

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Caller:
    """Somebody who asks with a token and reads JSON."""

    client: FlaskClient
    portal: Portal
    sandbox: Sandbox
    token: str

    def get(self, path: str, status: int = 200, /, **query: object) -> Any:
        """GET a path and return the JSON of an answer with that status."""
        return self._ask("GET", path, status, query=query)

    def post(self, path: str, body: object = None, status: int = 200, **query: object) -> Any:
        """POST a JSON body and return the JSON of an answer with that status."""
        return self._ask("POST", path, status, body, query)

    def delete(self, path: str, status: int = 204) -> Any:
        """DELETE a path and return the JSON of an answer with that status."""
        return self._ask("DELETE", path, status)

    def patch(self, path: str, body: object, status: int = 200) -> Any:
        """PATCH with a JSON body and return the JSON of an answer with that status."""
        return self._ask("PATCH", path, status, body)

    def _ask(
        self,
        method: str,
        path: str,
        status: int,
        body: object = None,
        query: Mapping[str, object] | None = None,
    ) -> Any:
        answer = self.client.open(
            path,
            method=method,
            json=body,
            query_string={k: str(v) for k, v in (query or {}).items()},
            headers={"Authorization": f"Bearer {self.token}"},
        )
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json(silent=True)


def _caller(tier: str, scopes: tuple[str, ...] | None = None) -> Caller:
    sandbox = Sandbox(clock=Clock(frozen_at=NOW))
    sandbox.add_app(App("client", "secret", 77))
    portal = populate(sandbox, NOW, "small", tier=tier)
    tokens = sandbox.install(portal.hub_id, "client", scopes)
    return Caller(create_app(sandbox).test_client(), portal, sandbox, tokens.access.value)


@pytest.fixture
def caller() -> Caller:
    """Ask an Enterprise portal with every scope."""
    return _caller("enterprise")


@pytest.fixture
def professional() -> Caller:
    """Ask a Professional portal with every scope that it can grant."""
    return _caller("professional")


@pytest.fixture
def bare() -> Caller:
    """Ask with a token that holds no scope of marketing."""
    return _caller("enterprise", ("crm.objects.contacts.read",))
