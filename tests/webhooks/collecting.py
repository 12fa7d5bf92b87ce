"""A Segue with a write key, for whoever knocks at the collector's door."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from flask import Flask
from werkzeug.serving import make_server

from console.app import create_app
from console.serving import WebServer
from integration import wiring
from integration.flows import collect
from integration.store import keys, timeline
from integration.store.keys import WriteKey
from integration.wiring import Segue
from mappings.model import Event
from tests.flows.desk import ANNA, PORTAL, opened
from tests.house import RULES, files_of, settings_for
from tests.webhooks.knocking import NOWHERE

KEY = "the-shops-write-key"
EMAIL = "anna@example.com"
PATIENCE = 30


@dataclass
class Shop:
    """A Segue that lives by the real clock, with one contact, Anna, and one write key."""

    segue: Segue

    def take_in(self) -> list[Event]:
        """Let the worker take in what came; give what Anna did, oldest first."""
        while collect.run(self.segue.tools):
            pass
        with self.segue.store.read() as connection:
            return list(reversed(timeline.of(connection, PORTAL, ANNA)))


@contextmanager
def opened_shop(database_url: str, *origins: str) -> Iterator[Shop]:
    """Open a shop on an empty database; its key is for pages of these origins."""
    with opened(database_url) as desk:
        desk.contact(ANNA, email=EMAIL)
        made = WriteKey(PORTAL, keys.id_of(KEY), "Shop", origins, "", 500, desk.now)
        with desk.store.write() as connection:
            keys.add(connection, KEY, made)
    segue = wiring.build(settings_for(NOWHERE, database_url), rules=files_of(RULES))
    yield Shop(segue)
    segue.store.engine.dispose()


@contextmanager
def served(segue: Segue) -> Iterator[str]:
    """Serve a Segue as `segue web` does, under the address that it has in public; give that."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    known = replace(segue, settings=replace(segue.settings, public_url=address))
    server, stop = WebServer(create_app(known), "127.0.0.1", port), threading.Event()
    thread = threading.Thread(target=server.run_until, args=[stop])
    thread.start()
    yield address
    stop.set()
    thread.join(PATIENCE)


@contextmanager
def served_pages(app: Flask) -> Iterator[str]:
    """Serve the customer's own site; give its origin."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(PATIENCE)
    server.server_close()
