"""What doors add is what others put, all of it or nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from integration.store import calls, inbox
from integration.store.appending import Appending
from integration.store.engine import Store
from integration.store.tables import calls as calls_table
from integration.store.tables import inbox as inbox_table

NOON = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
MS = timedelta(milliseconds=1)
BODIES = (b"[]", b"\x00\xff'\"\\ %s ? :x", b"[1]" * 5_000)


def rows(store: Store, table: sa.Table) -> list[dict[str, Any]]:
    with store.read() as connection:
        found = connection.execute(sa.select(table).order_by(table.c.id)).mappings()
        return [{name: value for name, value in row.items() if name != "id"} for row in found]


def test_a_delivery_at_the_door_is_kept_as_any_other(store: Store) -> None:
    arrived = [inbox.Arrived(body, NOON + place * MS) for place, body in enumerate(BODIES)]
    with store.write() as connection:
        inbox.put(connection, arrived)
    put = rows(store, inbox_table)

    append = inbox.appending(store)
    append(arrived[:2])
    append(arrived[2:])

    assert [bytes(row["body"]) for row in put] == list(BODIES)
    assert rows(store, inbox_table) == put * 2


def test_a_call_at_the_collectors_door_is_kept_as_any_other(store: Store) -> None:
    arrived = [calls.Arrived(2**53, "k", "track", body, NOON + 7 * MS) for body in BODIES]
    with store.write() as connection:
        calls.put(connection, arrived)
    put = rows(store, calls_table)

    calls.appending(store)(arrived)

    assert rows(store, calls_table) == put * 2


@pytest.fixture
def words(store: Store) -> sa.Table:
    table = sa.Table(
        "words",
        sa.MetaData(),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    with store.write() as connection:
        table.create(connection)
    return table


def as_they_are(row: Mapping[str, str | None]) -> dict[str, Any]:
    return dict(row)


def written(store: Store, table: sa.Table) -> list[tuple[str, str]]:
    with store.read() as connection:
        found = connection.execute(sa.select(table.c.key, table.c.value).order_by(table.c.key))
        return [(key, value) for key, value in found]


def test_of_rows_that_cannot_all_be_kept_none_is_and_the_next_can_be(
    store: Store, words: sa.Table
) -> None:
    whole = {"key": "a", "value": "1"}
    appending = Appending(store, words, as_they_are)

    with pytest.raises(store.engine.dialect.loaded_dbapi.IntegrityError):
        appending.add([whole, {"key": "b", "value": None}])
    assert written(store, words) == []

    appending.add([whole])
    appending.add([{"key": "b", "value": "2"}, {"key": "c", "value": "3"}])
    assert written(store, words) == [("a", "1"), ("b", "2"), ("c", "3")]


def test_a_server_that_was_restarted_is_asked_once_more(store: Store, words: sa.Table) -> None:
    """Nobody at a door is told of it."""
    appending = Appending(store, words, as_they_are)
    appending.add([{"key": "a", "value": "1"}])
    if store.engine.dialect.name == "postgresql":
        others = sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        with store.write() as connection:
            assert connection.scalars(others).all() == [True]

    appending.add([{"key": "b", "value": "2"}])

    assert written(store, words) == [("a", "1"), ("b", "2")]


def test_what_a_door_answers_for_is_on_the_disk(
    careful: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's log is synced by whoever has to know, once for all who wrote before."""
    with careful.write() as connection:
        connection.execute(sa.text("CREATE TABLE told (word TEXT)"))
    held = careful.hold()
    if careful.engine.dialect.name == "postgresql":
        assert held._connection.autocommit
        found = held._connection.execute("SHOW synchronous_commit").fetchall()
        assert found == [("on",)], "the server answers once it is there"
        held.close()
        return
    synced: list[tuple[str, int]] = []
    syncing = os.fdatasync

    def fdatasync(number: int) -> None:
        [(rows,)] = held._connection.execute("SELECT count(*) FROM told")
        synced.append((Path(f"/proc/self/fd/{number}").readlink().name, rows))
        syncing(number)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    statement = "INSERT INTO told VALUES ('hello')"
    held.run(statement, [])
    held.run(statement, [])
    held.settle()
    held.settle()
    held.run(statement, [])
    held.settle()

    name = Path(str(careful.engine.url.database)).name
    assert synced == [(f"{name}-wal", 2), (f"{name}-wal", 3)]
    held.close()


def test_who_adds_waits_in_the_queue_and_lets_the_next_one_in(
    tmp_path: Path, store: Store, words: sa.Table
) -> None:
    """Also where it can't be added."""
    if store.engine.dialect.name != "sqlite":
        return
    appending = Appending(store, words, as_they_are)
    appending.add([{"key": "a", "value": "1"}])
    with ThreadPoolExecutor(1) as pool:
        with store.turn():
            waits = pool.submit(appending.add, [{"key": "b", "value": "2"}])
            with pytest.raises(TimeoutError):
                waits.result(0.05)
        waits.result(10)
    with pytest.raises(store.engine.dialect.loaded_dbapi.IntegrityError):
        appending.add([{"key": "a", "value": "3"}])
    with store.turn():
        assert written(store, words) == [("a", "1"), ("b", "2")]
