"""The stand-in on a port, in threads of this process."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .app import create_app
from .state import Sandbox
from .webhooks.dispatch import Dispatcher


class _Handler(WSGIRequestHandler):
    """Answer requests without a word about each of them."""

    # Headers and body leave in two writes; without this the second waits for the first's ack.
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the sandbox has a log of calls."""


@dataclass
class RunningSandbox:
    """A stand-in that answers at `url` until `stop`."""

    url: str
    sandbox: Sandbox
    _server: BaseWSGIServer
    _thread: threading.Thread
    _dispatcher: Dispatcher | None = None

    def stop(self) -> None:
        """Stop answering and sending; waits until both have stopped."""
        self.sandbox.stopping.set()
        if self._dispatcher:
            self._dispatcher.stop()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def start(
    sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0, dispatch: bool = False
) -> RunningSandbox:
    """Serve a sandbox from a thread; port 0 takes a free one.

    With `dispatch` webhooks are sent as they come up, without it by `flush` alone.
    """
    server = make_server(host, port, create_app(sandbox), True, request_handler=_Handler)
    thread = threading.Thread(
        target=server.serve_forever, args=(0.05,), name="stand-in", daemon=True
    )
    thread.start()
    dispatcher = Dispatcher(sandbox) if dispatch else None
    if dispatcher:
        dispatcher.start()
    return RunningSandbox(f"http://{host}:{server.port}", sandbox, server, thread, dispatcher)


def run(sandbox: Sandbox, port: int, host: str = "127.0.0.1") -> None:
    """Serve a sandbox, webhooks and all, until the process is told to stop."""
    running = start(sandbox, host, port, dispatch=True)
    try:
        sandbox.stopping.wait()
    finally:
        running.stop()
