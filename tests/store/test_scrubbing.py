"""Removing bytes: what stands in the way, and what is found of it again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from integration.store import timeline
from integration.store.engine import Store
from integration.store.scrubbing import scrub, stands_in
from integration.store.tables import events, shipped_rules
from mappings.model import Event
from tests.flows.marked import files_of_engine_with
from tests.house import NOON

NO_TIME = timedelta(0)


def test_while_somebody_still_reads_it_waits(store: Store) -> None:
    """A long reading sees rows that are deleted meanwhile: so their bytes have to stay."""
    with store.read() as reading:
        reading.execute(sa.select(shipped_rules)).all()
        with store.write() as connection:
            connection.execute(sa.delete(shipped_rules))

        assert scrub(store, [], NO_TIME) is None

    how = scrub(store, [], NO_TIME)
    assert how is not None
    assert how["engine"] == store.engine.dialect.name


def test_free_pages_and_gaps_hold_nothing_of_what_was_deleted(store: Store) -> None:
    """More than a page of it, changed and moved about before it went."""
    said = {"amount": "zq7" * 40}
    told = [Event(each % 40, f"e:{each}", "purchase", NOON, "test", said) for each in range(4000)]
    with store.write() as connection:
        timeline.add(connection, 7, told, NOON)
    for part in range(4):
        with store.write() as connection:
            here = events.c.contact_id % 4 == part
            connection.execute(sa.update(events).where(here).values(properties="{}"))
            if part:  # of the others something stays on the same pages
                connection.execute(sa.delete(events).where(here))
    store.checkpoint()
    assert files_of_engine_with(store.engine, "zq7zq7") != []

    how = scrub(store, [b"zq7zq7"], NO_TIME)

    assert how is not None
    assert not how.get("addresses_found_after")
    assert files_of_engine_with(store.engine, "zq7zq7") == []


@pytest.mark.parametrize("place", [0, 1, (1 << 20) - 6, (1 << 20) - 1, (1 << 20), (1 << 21) + 3])
def test_a_text_is_found_wherever_it_stands(tmp_path: Path, place: int) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"\x00" * place + b"Anna@Example.com" + b"\x00" * 100)

    assert stands_in(file, [b"none", b"anna@example.com"])
    assert not stands_in(file, [b"none"])
    assert not stands_in(file, [])
