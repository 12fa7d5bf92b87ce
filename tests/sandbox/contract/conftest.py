"""A stand-in on a port, and both official clients pointed at a portal of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import hubspot_sdk
import pytest
from hubspot import HubSpot

from sandbox.apps import OPTIONAL_SCOPES, App
from sandbox.populate import populate
from sandbox.portal import Portal
from sandbox.server import RunningSandbox, start
from sandbox.state import Sandbox, Tokens

CLIENT_ID, CLIENT_SECRET = "contract-client", "contract-secret"
REDIRECT_URI = "http://localhost/oauth/callback"
_hub_ids = count(7_000_001)


@dataclass(frozen=True)
class Contract:
    """One portal with our app installed, and the clients that talk to it.

    `v3` is `hubspot-api-client`, whose models refuse what the specification does not allow;
    `dated` is `hubspot-sdk` with strict response validation, without retries. Its model calls
    every property value a string, while HubSpot sends null for a property without a value: tests
    that use it ask for properties that have one.
    """

    url: str
    sandbox: Sandbox
    portal: Portal
    tokens: Tokens
    v3: Any
    dated: hubspot_sdk.HubSpot


@pytest.fixture(scope="session")
def running() -> Iterator[RunningSandbox]:
    """Serve one stand-in for all contract tests."""
    sandbox = Sandbox()
    sandbox.settings.index_lag = timedelta(0)
    app = App(CLIENT_ID, CLIENT_SECRET, 77, redirect_uris=(REDIRECT_URI,))
    app.optional_scopes = (*OPTIONAL_SCOPES, "crm.objects.deals.write")
    sandbox.add_app(app)
    served = start(sandbox)
    yield served
    served.stop()


@pytest.fixture
def make_contract(running: RunningSandbox) -> Iterator[Callable[[str], Contract]]:
    """Open a new small portal of a tier for each call, and close its clients afterwards."""
    opened: list[hubspot_sdk.HubSpot] = []

    def make(tier: str) -> Contract:
        sandbox = running.sandbox
        now = sandbox.clock.now()
        portal = populate(sandbox, now, "small", tier=tier, hub_id=next(_hub_ids))
        tokens = sandbox.install(portal.hub_id, CLIENT_ID)
        access = tokens.access.value
        dated = hubspot_sdk.HubSpot(
            access_token=access,
            base_url=running.url,
            max_retries=0,
            _strict_response_validation=True,
        )
        opened.append(dated)
        v3 = HubSpot(access_token=access, host=running.url)
        return Contract(running.url, sandbox, portal, tokens, v3, dated)

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def contract(make_contract: Callable[[str], Contract]) -> Contract:
    """Talk to an Enterprise portal."""
    return make_contract("enterprise")
