"""Servers and transports for this room's tests."""

from collections.abc import Callable, Iterator

import pytest

from sandbox.server import RunningSandbox
from sandbox.server import start as start_sandbox
from sandbox.state import Sandbox
from tests.hubspot.standin import StandIn
from tests.hubspot.wires import Script, Scripted, Way


@pytest.fixture
def scripted() -> Iterator[Callable[..., tuple[Scripted, Way]]]:
    """Start a server that answers as scripted, and a way to it."""
    started: list[tuple[Scripted, Way]] = []

    def start(*scripts: Script) -> tuple[Scripted, Way]:
        server = Scripted(*scripts)
        started.append((server, Way(server.url)))
        return started[-1]

    yield start
    for server, way in started:
        way.session.close()
        server.stop()


@pytest.fixture(scope="session")
def running() -> Iterator[RunningSandbox]:
    """Run one stand-in HubSpot for all tests of this room: starting one takes a while."""
    server = start_sandbox(Sandbox())
    yield server
    server.stop()


@pytest.fixture
def standin(running: RunningSandbox) -> Iterator[StandIn]:
    """Give an empty enterprise portal in which the app is installed."""
    portal = StandIn(running)
    yield portal
    portal.close()
