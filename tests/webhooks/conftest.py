"""A Segue whose door can be knocked at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.webhooks.knocking import Door, open_door


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    """A door on each engine."""
    made = open_door(database_url)
    yield made
    made.segue.store.engine.dispose()
