"""The worker's process, seen from outside: spoken to, killed, begun anew."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mappings.instants import to_ms
from tests.house import KEY, House

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROOT = Path(__file__).parents[2]


class Died(Exception):
    """The process is no more; nothing is known of what it did with the last command."""


@dataclass(frozen=True)
class Death:
    """Where a process is killed: at so many requests, or boundaries of commits, from now on.

    At a request it dies before HubSpot gets it, or after HubSpot did it and before the answer.
    Boundaries lie before and after each commit. Only those count that come while it does what
    `doing` says (the name of a command, or any), and requests whose path has `path` in it.
    """

    at: str  # "request before", "request after" or "commit"
    doing: str
    path: str
    number: int

    def counts(self, doing: str, path: str) -> bool:
        """Say whether what the process does now counts."""
        return self.doing in ("any", doing) and self.path in path


@dataclass
class Process:
    """One life after another of a Segue beside the house's stand-in."""

    house: House
    database_url: str
    kills: list[Death] = field(default_factory=list)
    armed: Death | None = None
    _left: int = 0
    _doing: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _child: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        """Start the process."""
        command = [sys.executable, "-m", "tests.flows.year_worker"]
        self._child = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        where = {"api_url": self.house.running.url, "database_url": self.database_url}
        self._write({**where, "token_key": KEY})

    def arm(self, death: Death) -> None:
        """Let the process die there."""
        self.armed, self._left = death, death.number

    def say(self, do: str, **what: Any) -> int:
        """Give a command and wait for its answer; raise Died where none ever comes."""
        assert self._child is not None
        assert self._child.stdout is not None
        self._doing = do
        self._write({"do": do, "now": to_ms(self.house.clock.now()), **what, **self._doom()})
        line = self._child.stdout.readline()
        if not line:
            self._bury()
        answer, left = line.split()
        if self._doom():
            self._left = int(left)
        return int(answer)

    def end(self) -> None:
        """Let the process end by itself, or make it."""
        if self._child is None:
            return
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        self._child.wait(30)
        self._child.stdout.close()
        self._child = None

    def stand_before(self, inner: WSGIApplication) -> WSGIApplication:
        """Wrap the stand-in, so that it sees whose request is the last one."""

        def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            which = self._its_time(str(environ["PATH_INFO"]))
            if which is None:
                return inner(environ, start)
            if which == "request after":
                b"".join(inner(environ, start))
            environ["wsgi.input"].read()  # or else the server takes it for the next request
            assert self._child is not None
            self._child.send_signal(signal.SIGKILL)
            self._child.wait()
            connection: socket.socket | None = environ.get("werkzeug.socket")
            if connection is not None:
                connection.shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError("the one who asked is dead")

        return application

    def _its_time(self, path: str) -> str | None:
        with self._lock:
            death = self.armed
            if death is None or death.at == "commit" or not death.counts(self._doing, path):
                return None
            self._left -= 1
            return death.at if self._left == 0 else None

    def _doom(self) -> dict[str, int]:
        death = self.armed
        if death is None or death.at != "commit" or not death.counts(self._doing, ""):
            return {}
        return {"doom": self._left}

    def _write(self, said: dict[str, Any]) -> None:
        assert self._child is not None
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(said) + "\n")
        self._child.stdin.flush()

    def _bury(self) -> None:
        """Note how it died; anything but the kill that was meant is a fault."""
        assert self._child is not None
        code = self._child.wait()
        assert code == -signal.SIGKILL, f"it ended by itself, with {code}"
        assert self.armed is not None, "nobody meant to kill it"
        self.kills.append(self.armed)
        self.armed = None
        for stream in (self._child.stdin, self._child.stdout):
            assert stream is not None
            stream.close()
        self._child = None
        raise Died
