"""A Segue beside a stand-in HubSpot, and a browser in front of it."""

from __future__ import annotations

import pytest

from tests.console.browser import Browser
from tests.house import House


@pytest.fixture
def home(house: House) -> House:
    """A house on each engine."""
    return house


@pytest.fixture
def browser(home: House) -> Browser:
    """A browser without a session."""
    return Browser(home.segue)
