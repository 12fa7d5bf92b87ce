"""Servers and transports for this room's tests."""

from collections.abc import Callable, Iterator

import pytest

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
