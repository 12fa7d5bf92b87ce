"""A tiny HTTP server that answers as told, and the gate and tokens that the transport asks.

Faults of the wire (resets, HTML, silence) are made here to the byte; HubSpot's own behaviour is
the stand-in's.
"""

import json
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from integration.errors import BudgetSpent
from integration.hubspot.transport import Observed, Transport
from integration.hubspot.wire import open_session
from mappings.model import Bucket, Lane

PORTAL = 62515


@dataclass(frozen=True)
class Script:
    """What to answer: `cut` resets the connection, `mute` says nothing until the server stops."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    mute: bool = False


def said(status: int, body: Any, **headers: str) -> Script:
    """Script a JSON answer; underscores in header names become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Script(status, json.dumps(body).encode(), named)


@dataclass(frozen=True)
class Heard:
    """One request, as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def token(self) -> str:
        """The bearer token."""
        return self.headers.get("Authorization", "").removeprefix("Bearer ")


class Scripted:
    """A server that gives the scripted answers in turn, the last one for ever."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.heard: list[Heard] = []
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        """End the server and let go of those it keeps waiting."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _next(self) -> Script:
        return self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                body = self.rfile.read(length)
                heard = Heard(self.command, self.path, dict(self.headers), body)
                outer.heard.append(heard)
                outer._play(self, outer._next())

            def log_message(self, *_: Any) -> None:
                """Keep the tests' output clean."""

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 -- http.server's

        return Handler

    def _play(self, handler: BaseHTTPRequestHandler, script: Script) -> None:
        if script.mute:
            self._over.wait()
        if script.cut or script.mute:
            linger = struct.pack("ii", 1, 0)  # close with a reset, not a farewell
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.close_connection = True
            handler.connection.close()
            return
        handler.send_response(script.status)
        for name, value in script.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(script.body)))
        handler.end_headers()
        handler.wfile.write(script.body)


@dataclass
class OpenGate:
    """A gate that grants everything, or nothing, and remembers what it was asked."""

    spent: BudgetSpent | None = None
    taken: list[tuple[int, Bucket, Lane]] = field(default_factory=list)
    blocked: list[tuple[int, Bucket, float | None]] = field(default_factory=list)

    def take(self, portal_id: int, bucket: Bucket, lane: Lane) -> None:
        """Grant one call."""
        if self.spent:
            raise self.spent
        self.taken.append((portal_id, bucket, lane))

    def block(self, portal_id: int, bucket: Bucket, seconds: float | None, reason: str) -> None:
        """Remember the block."""
        self.blocked.append((portal_id, bucket, seconds))


@dataclass
class Wallet:
    """Tokens by portal; a renewal puts a number behind the token."""

    tokens: dict[int, str] = field(default_factory=lambda: {PORTAL: "token-of-62515"})
    renewed: list[tuple[int, str]] = field(default_factory=list)

    def current(self, portal_id: int) -> str:
        """Give the portal's token."""
        return self.tokens[portal_id]

    def renew(self, portal_id: int, refused: str) -> str:
        """Give another one."""
        self.renewed.append((portal_id, refused))
        self.tokens[portal_id] = f"{refused}-{len(self.renewed)}"
        return self.tokens[portal_id]


@dataclass
class Way:
    """A transport to one address, with everything it asked and said."""

    url: str
    gate: OpenGate = field(default_factory=OpenGate)
    wallet: Wallet = field(default_factory=Wallet)
    seen: list[Observed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = open_session()
        self.transport = Transport(self.url, self.gate, self.wallet, self.session, self.seen.append)
