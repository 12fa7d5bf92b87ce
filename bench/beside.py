"""The service beside a stand-in HubSpot, as in production: processes of its own, real webhooks."""

import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.figures import tell
from console.demo.browser import install
from console.demo.service import COMMAND, answers, begin, end, environment, free_port
from integration.flows.books import Books
from integration.store import keys, outbox, portals, segments
from integration.store.engine import Store, open_store
from integration.store.keys import WriteKey
from integration.wiring import now
from mappings.catalogue import load_catalogue
from mappings.model import PortalState
from mappings.rules import shipped_files
from sandbox.command import make_app
from sandbox.portal import Portal
from sandbox.server import RunningSandbox, start
from sandbox.state import Sandbox

HUB_ID: Final = 24_611_997
_RATE: Final = 500  # calls a second of the write key: what `segue keys add` gives
_LISTS: Final = len(Books(shipped_files(), load_catalogue()).shipped.segments)
_START_SECONDS: Final = 60
_SYNC_SECONDS: Final = 600
_GUNICORN: Final = (sys.executable, "-m", "gunicorn", "console.app:create_app()")
_WEB: Final = ("--workers", "2", "--threads", "4", "--preload", "--log-level", "error")


class NotUp(Exception):
    """The service didn't come to where the measuring begins."""


@dataclass(frozen=True)
class Beside:
    """A stand-in, and a live service at `url` whose collector takes `key`."""

    hub: RunningSandbox
    url: str
    key: str
    store: Store  # the service's, to look into

    @property
    def portal(self) -> Portal:
        """The portal in the stand-in."""
        return self.hub.sandbox.portals[HUB_ID]


@contextmanager
def beside(database_url: str, furnish: Callable[[Portal], None]) -> Iterator[Beside]:
    """Run both until the portal, furnished first, is live and all its lists are written."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    sandbox = Sandbox()
    sandbox.add_app(make_app(url))
    furnish(sandbox.add_portal(HUB_ID))
    with ExitStack() as stack:
        hub = start(sandbox, dispatch=True)
        stack.callback(hub.stop)
        served = environment(database_url, hub.url, url, port)
        log = stack.enter_context(_log(database_url).open("ab"))
        every = [begin(command, served, log.fileno()) for command in _commands(database_url, port)]
        stack.callback(end, *every)
        _until(_START_SECONDS, "the service to answer", every, lambda: answers(url))
        store = open_store(database_url)
        stack.callback(store.engine.dispose)
        install(url)
        _until(_SYNC_SECONDS, "the portal to be live", every, lambda: _is_live(store))
        yield Beside(hub, url, _key(store), store)


def _commands(database_url: str, port: int) -> list[tuple[str, ...]]:
    """Say how an operator runs it: all in one on SQLite, else as the Procfile has it."""
    if database_url.startswith("sqlite"):
        return [(*COMMAND, "serve")]
    return [(*_GUNICORN, "--bind", f"127.0.0.1:{port}", *_WEB), (*COMMAND, "worker")]


def _log(database_url: str) -> Path:
    """Give the file for what the service logs, beside its database."""
    path = database_url.partition("?host=")[2] or database_url.partition(":///")[2]
    return Path(path) / "service.log" if Path(path).is_dir() else Path(f"{path}.log")


def _until(
    seconds: float, what: str, processes: list[subprocess.Popen[bytes]], done: Callable[[], bool]
) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end or any(each.poll() is not None for each in processes):
            raise NotUp(f"waited in vain for {what}")
        time.sleep(0.1)


def _is_live(store: Store) -> bool:
    """Is everybody counted, and stands what came of it in HubSpot?"""
    with store.read() as connection:
        portal = portals.get(connection, HUB_ID)
        if portal is None or portal.state is not PortalState.LIVE:
            return False
        lists = segments.lists(connection, HUB_ID)
        waiting = outbox.counts(connection, HUB_ID)
    made = sum(each.list_id is not None for each in lists.values())
    return made == _LISTS and not any(state == "due" for _, state in waiting)


def _key(store: Store) -> str:
    """Make a write key, as `segue keys add` does."""
    key = secrets.token_urlsafe(24)
    made = WriteKey(HUB_ID, keys.id_of(key), "Shop", (), "", _RATE, now())
    with store.write() as connection:
        keys.add(connection, key, made)
    tell("  the portal is live")
    return key
