"""Serve until told to stop, then finish what was begun."""

from __future__ import annotations

import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from urllib.request import urlopen

import pytest
from flask import Flask

from console.serving import WebServer
from tests.console.processes import PATIENCE, answer, segue

# More than the operating system takes at once: the server has to go on sending.
LONG = "x" * 20_000_000


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_serve_starts_on_an_empty_sqlite_and_stops_when_told_to(
    tmp_path: Path, asked: signal.Signals
) -> None:
    port = free_port()
    database = f"sqlite:///{tmp_path}/var/segue.db"

    with segue("serve", DATABASE_URL=database, PORT=str(port)) as process:
        assert '"ok"' in answer(process, f"http://127.0.0.1:{port}/healthz")
        assert '"ok"' in answer(process, f"http://127.0.0.1:{port}/readyz")
        assert "Install in HubSpot" in answer(process, f"http://127.0.0.1:{port}/")
        process.send_signal(asked)
        said, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, said
    assert "worker stopped" in said
    assert "Traceback" not in said


def test_web_serves_the_pages_and_stops_when_told_to(tmp_path: Path) -> None:
    port = free_port()

    with segue("web", DATABASE_URL=f"sqlite:///{tmp_path}/s.db", PORT=str(port)) as process:
        assert '"ok"' in answer(process, f"http://127.0.0.1:{port}/healthz")
        process.terminate()
        said, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, said


def test_a_worker_stops_when_told_to(tmp_path: Path) -> None:
    database = {"DATABASE_URL": f"sqlite:///{tmp_path}/segue.db"}
    with segue("db", "upgrade", **database) as upgrade:
        assert upgrade.wait(PATIENCE) == 0

    with segue("worker", **database) as process:
        assert process.stdout is not None
        first = next(line for line in process.stdout if "worker started" in line)
        process.terminate()
        said, _ = process.communicate(timeout=PATIENCE)

    assert "worker started" in first
    assert process.returncode == 0, said


def test_a_request_that_was_begun_is_answered_before_the_end() -> None:
    # Given a server in the middle of a request.
    app, begun, go_on = Flask(__name__), threading.Event(), threading.Event()

    @app.get("/slow")
    def slow() -> str:
        begun.set()
        assert go_on.wait(PATIENCE)
        return LONG

    server, stop = WebServer(app, "127.0.0.1", 0), threading.Event()
    url = f"http://127.0.0.1:{server.port}/slow"
    running = threading.Thread(target=server.run_until, args=[stop])
    running.start()
    with ThreadPoolExecutor(1) as asking:
        reply = asking.submit(lambda: urlopen(url, timeout=PATIENCE).read())
        assert begun.wait(PATIENCE)

        # When it is told to stop: then it takes nothing new ...
        stop.set()
        refused_by = monotonic() + PATIENCE
        while _listens(server.port) and monotonic() < refused_by:
            threading.Event().wait(0.05)
        assert not _listens(server.port)

        # ... but what was begun is answered whole, and then it ends.
        go_on.set()
        assert reply.result(PATIENCE) == LONG.encode()
    running.join(PATIENCE)
    assert not running.is_alive()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True
