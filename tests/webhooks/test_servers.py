"""The door behind real servers: what travels over the wire reaches the signature untouched."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest
from werkzeug.serving import make_server

from console.serving import WebServer
from integration.store import migrate
from integration.store.engine import Store, open_store
from integration.wiring import now
from mappings.instants import to_ms
from sandbox.webhooks import signatures
from tests.house import CLIENT_SECRET, PUBLIC_URL
from tests.webhooks.knocking import BODY, PATH, bodies, v3_alone
from tests.webhooks.served import make
from webhooks.deliveries import MOST_BYTES

ROOT = Path(__file__).parents[2]
PATIENCE = 30


@dataclass
class Street:
    """A server on a port, and the database behind it."""

    port: int
    store: Store

    def post(self, body: bytes, target: str = PATH, chunked: bool = False) -> int:
        """Post a delivery, signed by version 3 alone; give the status."""
        headers = sign(body, target)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        sent = [body[start : start + 50_000] for start in range(0, len(body), 50_000)]
        connection.request(
            "POST", target, sent if chunked else body, headers, encode_chunked=chunked
        )
        status = connection.getresponse().status
        connection.close()
        return status

    def raw(self, request: bytes) -> bytes:
        """Send bytes, end the sending side, and read what comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as wire:
            wire.sendall(request)
            wire.shutdown(socket.SHUT_WR)
            return wire.recv(65_536)


def sign(body: bytes, target: str = PATH) -> dict[str, str]:
    """Sign by version 3, now."""
    made = signatures.headers(CLIENT_SECRET, PUBLIC_URL + target, body, to_ms(now()))
    return v3_alone(made)


@contextmanager
def by_waitress(url: str) -> Iterator[int]:
    server, stop = WebServer(make(url), "127.0.0.1", 0), threading.Event()
    thread = threading.Thread(target=server.run_until, args=[stop])
    thread.start()
    yield server.port
    stop.set()
    thread.join(PATIENCE)


@contextmanager
def by_werkzeug(url: str) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, make(url), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    yield server.port
    server.shutdown()
    thread.join(PATIENCE)
    server.server_close()


@contextmanager
def by_gunicorn(url: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.set_inheritable(True)
        number = listening.fileno()
        application = "tests.webhooks.served:make()"
        command = [sys.executable, "-m", "gunicorn", application, "--bind", f"fd://{number}"]
        process = subprocess.Popen(
            [*command, "--workers", "1", "--threads", "2", "--log-level", "error"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            pass_fds=[number],
        )
        port = int(listening.getsockname()[1])
        # The socket listens already: this simply waits until the worker is up.
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE) as answer:
            assert answer.status == 200
        yield port
        process.terminate()
        assert process.wait(PATIENCE) == 0


SERVERS: dict[str, Callable[[str], AbstractContextManager[int]]] = {
    "waitress": by_waitress,
    "werkzeug": by_werkzeug,
    "gunicorn": by_gunicorn,
}


@pytest.fixture(scope="module", params=list(SERVERS))
def street(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Street]:
    """The door behind each server in turn."""
    url = f"sqlite:///{tmp_path_factory.mktemp('street')}/segue.db"
    migrate.upgrade(url)
    store = open_store(url)
    with SERVERS[request.param](url) as port:
        yield Street(port, store)
    store.engine.dispose()


@pytest.mark.parametrize(
    "target",
    [
        PATH,
        f"{PATH}?",
        f"{PATH}?src=hs%3Aapp%2Fv3&x=%28a%29&y=%2520&z=a+b%20c&empty=&%c3%a9=%C3%A9",
        "/webhooks/%68ubspot?a=%7e",
    ],
)
def test_the_target_reaches_the_signature_as_it_was_sent(street: Street, target: str) -> None:
    """Failure mode 34."""
    before = len(bodies(street.store))

    assert street.post(BODY, target) == 204
    assert len(bodies(street.store)) == before + 1


def test_another_query_than_the_signed_one_is_refused(street: Street) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", street.port, timeout=PATIENCE)
    connection.request("POST", f"{PATH}?a=%20", BODY, sign(BODY, f"{PATH}?a=+"))
    assert connection.getresponse().status == 401
    connection.close()


def test_chunks_are_put_together(street: Street) -> None:
    body = b'["' + b"x" * 120_000 + b'"]'

    assert street.post(body, chunked=True) == 204
    assert bodies(street.store)[-1] == body


@pytest.mark.parametrize("chunked", [False, True])
def test_a_mebibyte_is_the_most_on_the_wire_too(street: Street, chunked: bool) -> None:
    most = b"[" + b" " * (MOST_BYTES - 2) + b"]"
    before = len(bodies(street.store))

    assert street.post(most, chunked=chunked) == 204
    assert street.post(most + b" ", chunked=chunked) == 413
    assert len(bodies(street.store)) == before + 1


def test_a_length_that_lies_keeps_nothing(street: Street) -> None:
    """Fewer bytes than announced, and more than are taken announced but never sent."""
    before = len(bodies(street.store))
    head = b"POST %b HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n"
    signed = "".join(f"{name}: {value}\r\n" for name, value in sign(BODY).items()).encode()

    short = street.raw(head % (PATH.encode(), len(BODY) + 9) + signed + b"\r\n" + BODY)
    empty = street.raw(head % (PATH.encode(), 64 * MOST_BYTES) + signed + b"\r\n")

    assert b" 204 " not in short
    assert b" 413 " in empty.split(b"\r\n")[0]
    assert len(bodies(street.store)) == before
