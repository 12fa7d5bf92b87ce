"""A first sync against the stand-in HubSpot in real time: how much of the limit it uses."""

import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import requests

from bench.figures import Figure, tell
from console.demo.service import environment
from integration import wiring
from integration.flows import install, sync
from integration.settings import read
from integration.store import migrate
from integration.store import sync as sync_store
from integration.wiring import Segue
from sandbox import acts
from sandbox.command import CLIENT_ID, make_app
from sandbox.server import RunningSandbox, start
from sandbox.state import Sandbox

HUB_ID = 24_611_997
NOBODY = "http://127.0.0.1:9"  # where the service would be: nothing is told of by webhooks
ALLOWED = 110  # calls in any ten seconds
WARM_UP = timedelta(seconds=1)
TEN = timedelta(seconds=10)


def figures(contacts: int, url: str = "") -> Iterator[Figure]:
    """Read a portal of so many contacts, a tenth of them with an order; give what it took."""
    with tempfile.TemporaryDirectory() as folder, _beside(url or _sqlite(folder)) as (hub, segue):
        _furnish(hub.sandbox, contacts)
        tell(f"backfill: {contacts:,} contacts")
        began = time.perf_counter()
        _read(segue)
        seconds = time.perf_counter() - began
        calls = [call for call in hub.sandbox.calls.of(HUB_ID) if "/search" not in call.path]
        pages = [call for call in calls if call.path.endswith("/contacts")]
        refused = sum(call.status == 429 for call in hub.sandbox.calls.calls)
        name = segue.store.engine.dialect.name
        share = used([call.at for call in calls])
        yield Figure(name, contacts, "first sync", seconds)
        yield Figure(name, contacts, "calls unused of those allowed", 1 - share, "", target=0.05)
        yield Figure(name, contacts, "calls that HubSpot refused (429)", refused, "", target=0)
        yield Figure(name, contacts, "contacts a call", contacts / max(1, len(pages)), "")


def used(instants: list[datetime]) -> float:
    """Give the share of the calls allowed that was used while there was work to do.

    The first window's calls are allowed at once, and the end has no work: neither is counted.
    """
    whole = [at for at in instants if instants[0] + WARM_UP <= at <= instants[-1] - WARM_UP]
    if len(whole) < 2:
        return 0.0
    return (len(whole) - 1) / ((whole[-1] - whole[0]) / TEN) / ALLOWED


def _read(segue: Segue) -> None:
    """Do what a worker does, until the past is read."""
    while True:
        sync.run_streams(segue.tools)
        with segue.store.read() as connection:
            if sync_store.first_pass_done(connection, HUB_ID):
                return
        time.sleep(0.05)


@contextmanager
def _beside(url: str) -> Iterator[tuple[RunningSandbox, Segue]]:
    """Run a stand-in with an empty portal, and a Segue beside it that is installed there."""
    sandbox = Sandbox()
    sandbox.add_app(make_app(NOBODY))
    sandbox.add_portal(HUB_ID)
    running = start(sandbox)
    migrate.upgrade(url)
    segue = wiring.build(read(environment(url, running.url, NOBODY, 9)))
    try:
        _install(running, segue)
        yield running, segue
    finally:
        segue.store.engine.dispose()
        running.stop()


def _install(running: RunningSandbox, segue: Segue) -> None:
    app, redirect = running.sandbox.apps[CLIENT_ID], segue.settings.redirect_uri
    form = {
        "client_id": CLIENT_ID,
        "redirect_uri": redirect,
        "scope": " ".join(app.required_scopes),
        "optional_scope": " ".join(app.optional_scopes),
        "portal": str(HUB_ID),
    }
    address = f"{running.url}/oauth/authorize"
    page = requests.post(address, data=form, allow_redirects=False, timeout=10)
    code = page.headers["Location"].split("code=")[1].split("&")[0]
    install.install(segue.tools, segue.keeper, code, redirect)


def _furnish(sandbox: Sandbox, contacts: int) -> None:
    portal = sandbox.portals[HUB_ID]
    with portal.quiet():
        made = deque(portal.contacts.create({"country": "SE"}).id for _ in range(contacts))
        for place in range(0, contacts, 10):
            acts.place_order(portal, made[place], {"hs_total_price": "10"})


def _sqlite(folder: str) -> str:
    return f"sqlite:///{Path(folder)}/segue.db"
