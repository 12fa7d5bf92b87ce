"""A Segue beside a stand-in HubSpot, and a browser in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.browser import Browser
from tests.house import House, open_house


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    """A house on SQLite."""
    made = open_house(f"sqlite:///{tmp_path}/segue.db")
    yield made
    made.close()


@pytest.fixture
def browser(home: House) -> Browser:
    """A browser without a session."""
    return Browser(home.segue)
