"""What a transaction promises of the disk, and how SQLite's log comes into its file."""

from __future__ import annotations

import fcntl
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from integration.store import migrate
from integration.store.engine import Store, open_store


def test_a_transaction_waits_for_the_disk_unless_it_says_it_neednt(careful: Store) -> None:
    """Also on a connection that didn't a moment ago."""
    is_sqlite = careful.engine.dialect.name == "sqlite"
    ask = sa.text("PRAGMA synchronous" if is_sqlite else "SHOW synchronous_commit")
    found = []
    for synced in (True, False, True):
        with careful.write(synced=synced) as connection:
            found.append(connection.scalar(ask))

    assert found == ([2, 1, 2] if is_sqlite else ["on", "off", "on"])


def test_a_checkpoint_takes_the_log_into_the_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/segue.db"
    migrate.upgrade(url)
    store = open_store(url)
    with store.write() as connection:
        connection.execute(sa.text("CREATE TABLE told (word TEXT)"))
        connection.execute(sa.text("INSERT INTO told VALUES ('hello')"))
    store.checkpoint()

    # Nobody but a reader of the file alone can say what is in it without the log.
    alone = tmp_path / "alone.db"
    alone.write_bytes((tmp_path / "segue.db").read_bytes())
    assert sqlite3.connect(alone).execute("SELECT word FROM told").fetchall() == [("hello",)]
    store.engine.dispose()


def test_who_writes_to_sqlite_holds_the_queue_until_it_is_through(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/segue.db")
    with (tmp_path / "segue.db-queue").open("wb") as other:
        with store.write(), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with store.read():
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    store.engine.dispose()


def test_postgresql_is_told_how_to_plan(store: Store) -> None:
    """Also after a transaction that was rolled back."""
    wanted = {"jit": "off", "random_page_cost": "1.1", "plan_cache_mode": "force_custom_plan"}
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect() as connection:
            connection.rollback()
            found = {name: connection.scalar(sa.text(f"SHOW {name}")) for name in wanted}
            assert found == wanted
