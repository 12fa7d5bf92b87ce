"""The command that runs a stand-in."""

from __future__ import annotations

import logging
import signal
from types import FrameType

import click

from .apps import JOURNAL_SCOPES, App
from .populate import populate
from .server import run
from .state import Account, Sandbox

#: What .env.example has, so that a service with those settings finds its HubSpot here.
CLIENT_ID = "11111111-2222-3333-4444-555555555555"
CLIENT_SECRET = "stand-in-client-secret"
APP_ID = 4_242_424
SERVICE_URL = "http://127.0.0.1:8000"
EMPTY_HUB_ID = 24_600_000


def make_app(
    service_url: str = SERVICE_URL, client_id: str = CLIENT_ID, secret: str = CLIENT_SECRET
) -> App:
    """Describe the service's app: where its browser comes back to and its webhooks go."""
    base = service_url.rstrip("/")
    app = App(
        client_id,
        secret,
        APP_ID,
        redirect_uris=(f"{base}/install/callback",),
        target_url=f"{base}/webhooks/hubspot",
        own_scopes=JOURNAL_SCOPES,
    )
    app.subscribe_to_usual()
    return app


def make_sandbox(app: App, portal_kind: str, tier: str = "professional") -> Sandbox:
    """Build a stand-in with the app and one account: `cdnow`, `small` or `empty`."""
    made = Sandbox()
    made.add_app(app)
    if portal_kind == "empty":
        made.add_portal(EMPTY_HUB_ID, Account(tier=tier))
    else:
        size = "full" if portal_kind == "cdnow" else "small"
        populate(made, made.clock.now(), size, tier)
    return made


@click.command()
@click.option("--port", default=8025, show_default=True, help="Where to listen.")
@click.option("--host", default="127.0.0.1", show_default=True, help="On which address.")
@click.option(
    "--portal",
    "portal_kind",
    type=click.Choice(["cdnow", "small", "empty"]),
    default="cdnow",
    show_default=True,
    help="What the account holds: the CDNOW shop, sixty of its customers, or nothing.",
)
@click.option(
    "--tier",
    type=click.Choice(["free", "starter", "professional", "enterprise"]),
    default="professional",
    show_default=True,
    help="The account's subscription.",
)
@click.option(
    "--service-url", default=SERVICE_URL, show_default=True, help="Where the app is served."
)
@click.option("--client-id", default=CLIENT_ID, show_default=True, help="The app's client id.")
@click.option("--client-secret", default=CLIENT_SECRET, show_default=True, help="Its secret.")
def sandbox(
    port: int,
    host: str,
    portal_kind: str,
    tier: str,
    service_url: str,
    client_id: str,
    client_secret: str,
) -> None:
    """Run a stand-in HubSpot."""
    made = make_sandbox(make_app(service_url, client_id, client_secret), portal_kind, tier)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    click.echo(f"A stand-in HubSpot answers at http://{host}:{port}")
    run(made, port, host)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """Leave the wait of `run`, which then stops what it started."""
    raise SystemExit(0)
