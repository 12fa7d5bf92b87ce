"""What the flows' tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import House, open_house


@pytest.fixture
def small_house(tmp_path: Path) -> Iterator[House]:
    """A house on SQLite alone, for stories in which the engine plays no part."""
    made = open_house(f"sqlite:///{tmp_path}/segue.db")
    yield made
    made.close()
