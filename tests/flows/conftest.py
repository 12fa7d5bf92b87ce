"""What the flows' tests share."""

from __future__ import annotations

import pytest

from tests.house import House


@pytest.fixture
def small_house(house: House) -> House:
    """A house for stories in which the engine plays no part: they run on both all the same."""
    return house
