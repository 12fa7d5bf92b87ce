"""A migrated, empty store of either engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration.store.engine import Store, open_store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store that a test may fill."""
    made = open_store(database_url)
    yield made
    made.engine.dispose()


@pytest.fixture
def careful(database_url: str) -> Iterator[Store]:
    """A store whose server syncs, which the tests' own one doesn't."""
    syncs = "&options=-c%20synchronous_commit%3Don"
    made = open_store(database_url + (syncs if database_url.startswith("postgresql") else ""))
    yield made
    made.engine.dispose()
