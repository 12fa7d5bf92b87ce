"""Fixtures of the stand-in's own tests."""

from __future__ import annotations

import pytest

from .hub import Hub, open_hub


@pytest.fixture
def hub() -> Hub:
    """Give a stand-in of its own to each test."""
    return open_hub()
