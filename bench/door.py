"""The door under load: signed deliveries of 100 events, against an empty view of the same server.

What a database takes for itself differs from machine to machine, so there is a third: a view that
inserts the body as it came, and looks at nothing. All are served by gunicorn as the Procfile has
it, and are knocked at in turns, by ten connections that each wait for their answer before they send
again.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter, time
from typing import Final

from cryptography.fernet import Fernet

from bench.figures import Figure, tell
from bench.stores import PORTAL
from sandbox.webhooks import signatures

CONNECTIONS: Final = 10
EVENTS: Final = 100
ROUNDS: Final = 4
SECONDS: Final = 4.0  # of a round
SLOWEST_MS: Final = 100.0
# How much of an empty view's pace is asked for, by engine.
SHARES: Final = {"sqlite": 0.5, "postgresql": 0.7}
_SIGNED_WITH: Final = "a client secret of the benchmark"
_PUBLIC: Final = "https://segue.example.com"
_PATH: Final = "/webhooks/hubspot"
_GUNICORN: Final = ("--workers", "2", "--threads", "4", "--preload", "--log-level", "error")


@dataclass
class Knocks:
    """How long each answer took, in seconds, and how long it was knocked in all."""

    took: list[float]
    seconds: float

    @property
    def pace(self) -> float:
        """Answers a second."""
        return len(self.took) / self.seconds

    @property
    def slowest_ms(self) -> float:
        """The 99th percentile."""
        return quantiles(self.took, n=100)[98] * 1000


def figures(engine: str, url: str, seconds: float) -> list[Figure]:
    """Measure the door over a migrated, empty database, in rounds of so many seconds."""
    with ExitStack() as stack:
        ports = [stack.enter_context(_served(what, url)) for what in ("empty", "bare", "door")]
        rounds = []
        for number in range(ROUNDS + 1):
            empty, bare, door = [_knock(port, seconds) for port in ports]
            tell(
                f"    empty view {empty.pace:,.0f}/s, bare insert {bare.pace:,.0f}/s, "
                f"door {door.pace:,.0f}/s"
            )
            if number:  # the first one warms up
                rounds.append((empty, bare, door))
    name = f"door, deliveries of {EVENTS} events"
    pace = median(door.pace for _, _, door in rounds)
    by_nothing = median(empty.pace / door.pace for empty, _, door in rounds)
    inserted = median(bare.pace for _, bare, _ in rounds)
    by_insert = median(bare.pace / door.pace for _, bare, door in rounds)
    slowest = [median(one.slowest_ms for one in each) for each in zip(*rounds, strict=True)]
    most = 1 / SHARES[engine]
    return [
        Figure(engine, EVENTS, f"{name}: an empty view over it", pace, "/s", by_nothing, most),
        Figure(engine, EVENTS, f"{name}: 99th percentile", slowest[2], "ms", target=SLOWEST_MS),
        Figure(engine, EVENTS, f"{name}: a bare insert over it", inserted, "/s", by_insert),
        Figure(engine, EVENTS, "a bare insert: 99th percentile", slowest[1], "ms"),
    ]


@contextmanager
def _served(what: str, url: str) -> Iterator[int]:
    """Serve an application of `bench.served`; give its port."""
    settings = {
        "DATABASE_URL": url,
        "PUBLIC_URL": _PUBLIC,
        "HUBSPOT_CLIENT_ID": "bench",
        "HUBSPOT_CLIENT_SECRET": _SIGNED_WITH,
        "HUBSPOT_APP_ID": "777",
        "SECRET_KEY": "a secret key that is long enough",
        "TOKEN_KEYS": Fernet.generate_key().decode(),
    }
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.set_inheritable(True)
        number = listening.fileno()
        command = [sys.executable, "-m", "gunicorn", f"bench.served:{what}()", *_GUNICORN]
        process = subprocess.Popen(
            [*command, "--bind", f"fd://{number}"],
            env={**os.environ, **settings},
            pass_fds=[number],
        )
        try:
            yield int(listening.getsockname()[1])
        finally:
            process.terminate()
            process.wait()


def _knock(port: int, seconds: float) -> Knocks:
    began = perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        every = pool.map(_connection, [(port, seconds, number) for number in range(CONNECTIONS)])
        took = [each for one in every for each in one]
    return Knocks(took, perf_counter() - began)


def _connection(place: tuple[int, float, int]) -> list[float]:
    """Send deliveries over one connection until the round is over; give what each took."""
    port, seconds, number = place
    request = _request(number)
    took = []
    end = perf_counter() + seconds
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        while (began := perf_counter()) < end:
            wire.sendall(request)
            answer = wire.recv(4096)
            if not answer.startswith(b"HTTP/1.1 204"):
                raise LookupError(f"the door answered {answer[:80]!r}")
            took.append(perf_counter() - began)
    return took


def _request(number: int) -> bytes:
    now = int(time() * 1000)
    body = json.dumps(
        [
            {
                "eventId": number * EVENTS + place,
                "subscriptionId": 12345,
                "portalId": PORTAL,
                "appId": 777,
                "occurredAt": now - place,
                "subscriptionType": "contact.propertyChange",
                "attemptNumber": 0,
                "objectId": 508_369_434_347 + place,
                "propertyName": "lifecyclestage",
                "propertyValue": "customer",
                "changeSource": "CRM_UI",
                "sourceId": "userId:123",
            }
            for place in range(EVENTS)
        ]
    ).encode()
    headers = signatures.headers(_SIGNED_WITH, _PUBLIC + _PATH, body, now)
    lines = [f"POST {_PATH} HTTP/1.1", "Host: segue.example.com", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append("Content-Type: application/json")
    return "\r\n".join([*lines, "", ""]).encode() + body
