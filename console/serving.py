"""The pages and the door by waitress, until asked to stop; then what was begun is finished."""

import socket
import threading
import time
from typing import Any

import structlog
import waitress
from flask import Flask
from waitress import wasyncore

from webhooks.deliveries import MOST_BYTES

log = structlog.get_logger(__name__)

THREADS = 6
LOOK_EVERY = 0.25  # seconds between two looks at `stop`
PATIENCE = 20.0  # seconds that begun requests get after `stop`


class WebServer:
    """Listens from the moment it is made; answers while `run_until` runs."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # One socket of our own: for a name with several addresses waitress would make several.
        listening = socket.create_server((host, port), family=family)
        self._sockets: dict[int, Any] = {}
        self._server = waitress.create_server(
            app,
            map=self._sockets,
            sockets=[listening],
            threads=THREADS,
            ident=None,
            # The door itself refuses what is over its limit; this is for what never gets there.
            max_request_body_size=2 * MOST_BYTES,
        )

    @property
    def port(self) -> int:
        """The port it listens on (of interest where 0 was asked for)."""
        return int(self._server.effective_port)

    def run_until(self, stop: threading.Event) -> None:
        """Answer until `stop` is set, then finish what was begun."""
        log.info("web started", port=self.port)
        while not stop.is_set():
            self._turn()
        self._finish()
        log.info("web stopped")

    def _turn(self) -> None:
        wasyncore.loop(timeout=LOOK_EVERY, use_poll=True, map=self._sockets, count=1)

    def _finish(self) -> None:
        """Take no new connection, answer what was received, and end the threads.

        The server's own `close` would also take away what wakes the loop for answers that a
        thread has ready, so only its listening socket is closed first.
        """
        wasyncore.dispatcher.close(self._server)
        until = time.monotonic() + PATIENCE
        while self._is_busy() and time.monotonic() < until:
            self._turn()
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._sockets)

    def _is_busy(self) -> bool:
        channels = list(self._server.active_channels.values())
        return any(
            channel.requests or channel.request or channel.total_outbufs_len for channel in channels
        )
