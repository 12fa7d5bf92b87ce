"""The engine and its two kinds of transaction. SQLite (WAL) and PostgreSQL behave alike."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine, make_url
from sqlalchemy.pool import PoolProxiedConnection

WRITES = "segue_writes"
SYNCS = "segue_syncs"
# From how many pages on a commit of SQLite itself copies the log into the file. The worker does
# so every second (`Store.checkpoint`), so that nobody who writes waits for it.
_WAL_PAGES = 50_000


class Store:
    """Opens transactions: `read()` sees one state of the data, `write()` may change it.

    A write transaction of SQLite takes the write lock at its beginning, so that a transaction
    that reads before it writes never fails half-way for a lock. Who waits for it waits in a queue
    of the operating system's: SQLite itself would look again after longer and longer pauses.
    """

    def __init__(self, engine: Engine, queue: Path | None = None) -> None:
        self.engine = engine
        self._queue = queue  # a file to lock; None where the engine needs no queue

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                # SQLite shows one state anyway; PostgreSQL by itself one for each query.
                options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                connection = connection.execution_options(**options)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self, *, synced: bool = True) -> Iterator[Connection]:
        """Open a transaction that commits at its end and rolls back on an error.

        One that isn't `synced` doesn't wait for the disk: a power cut may undo it, as a whole,
        with all that came after it. The next one that is synced takes it to the disk as well, so
        it is for what nobody outside is told of before then, and what would be found anew.
        """
        with self.turn(), self.engine.connect() as connection:
            connection = connection.execution_options(**{WRITES: True, SYNCS: synced})
            with connection.begin():
                if not synced and connection.dialect.name == "postgresql":
                    connection.execute(sa.text("SET LOCAL synchronous_commit TO off"))
                yield connection

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait in the queue of those who write to SQLite, and have nobody write meanwhile."""
        if self._queue is None:
            yield
            return
        with self._queue.open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # given back when the file is closed
            yield

    def hold(self) -> "Held":
        """Open a connection to keep, over which rows are added."""
        return Held(self.engine.raw_connection(), self._queue)

    def checkpoint(self) -> None:
        """Copy SQLite's log into its file, as far as nobody has to wait for it.

        What changes often is copied once for many times. PostgreSQL does such things by itself.
        """
        if self.engine.dialect.name != "sqlite":
            return
        with closing(self.engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")


class Held:
    """A connection of the driver's, out of the pool, where each statement is a transaction.

    It takes a tenth of the steps of `Store.write`, and can only do what takes one statement. What
    was run is on the disk once `settle` returns: SQLite commits without waiting for the disk, so
    that nobody waits for the lock meanwhile, and whoever has to know syncs the log for all.
    """

    def __init__(self, connection: PoolProxiedConnection, queue: Path | None) -> None:
        driver: Any = connection.driver_connection
        connection.detach()
        self._connection = driver
        self._queue = queue.open("wb") if queue else None
        self._log: int | None = None
        self._syncing = Lock()
        self._ran, self._synced = 0, 0
        if queue is None:
            driver.autocommit = True
        else:
            driver.execute("PRAGMA synchronous=NORMAL")
            [(_, _, path)] = driver.execute("PRAGMA database_list")
            # The log is there, and stays, while a connection is open that has read something.
            driver.execute("SELECT 1 FROM sqlite_master").fetchall()
            self._log = os.open(f"{path}-wal", os.O_RDONLY)

    @property
    def is_lost(self) -> bool:
        """Is the server gone, or was it in between?"""
        return self._queue is None and self._connection.closed

    def run(self, statement: str, values: list[Any]) -> None:
        """Run a statement, one thread at a time. Raises the driver's errors."""
        cursor = self._connection.cursor()
        if self._queue is None:
            cursor.execute(statement, values)
            return
        fcntl.flock(self._queue, fcntl.LOCK_EX)
        try:
            cursor.execute(statement, values)
        finally:
            fcntl.flock(self._queue, fcntl.LOCK_UN)
        self._ran += 1

    def settle(self) -> None:
        """Return once all that was run before is on the disk; any thread may call it at any time.

        PostgreSQL answers a statement only then.
        """
        if self._log is None:
            return
        mine = self._ran
        with self._syncing:
            if self._synced < mine:
                reached = self._ran
                os.fdatasync(self._log)
                self._synced = reached

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        if self._queue is not None:
            self._queue.close()
        if self._log is not None:
            os.close(self._log)


def open_store(url: str) -> Store:
    """Connect to the database of `url` (SQLite or PostgreSQL with psycopg 3)."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = sa.create_engine(
            normal_url(url), pool_pre_ping=True, pool_size=10, hide_parameters=True
        )
        event.listen(engine, "connect", _prepare_postgresql)
        return Store(engine)
    queue = None
    if parsed.database and parsed.database != ":memory:":
        queue = Path(f"{parsed.database}-queue")
        queue.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        url,
        connect_args={"timeout": 30, "check_same_thread": False},
        hide_parameters=True,  # bodies and properties of contacts stay out of the log
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Store(engine, queue)


def normal_url(url: str) -> str:
    """Name psycopg 3 as the driver where a URL only says `postgres` or `postgresql`."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.autocommit = True
    # Compiling a statement pays for reports over everything, not for a look at a thousand contacts.
    connection.execute("SET jit TO off")
    # By its key a contact's events come in order. The server's own guess of what a page costs is of
    # turning disks: it would rather read them as they lie and sort them, for nearly twice the time.
    connection.execute("SET random_page_cost TO 1.1")
    # A plan that is to fit any values guesses how many rows there are, and sorts them after all.
    connection.execute("SET plan_cache_mode TO force_custom_plan")
    connection.autocommit = False


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # SQLAlchemy begins transactions itself (see _begin_sqlite); the driver must not.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "secure_delete=FAST",  # overwrite what is deleted where it costs nothing; see scrubbing
        "busy_timeout=30000",
        f"wal_autocheckpoint={_WAL_PAGES}",
        "cache_size=-64000",  # KiB: what a look at a thousand contacts changes fits in
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(WRITES):
        # An answered delivery must survive a power cut; what is found anew needn't.
        level = "FULL" if options.get(SYNCS, True) else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITES) else "BEGIN")


def insert(connection: Connection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """Give the engine's own INSERT, which knows ON CONFLICT; both spell it alike."""
    return insert_by(connection.dialect.name, table)


def insert_by(dialect: str, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """Do the same by the engine's name."""
    if dialect == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def locks_rows(connection: Connection) -> bool:
    """Say whether rows can be locked here: PostgreSQL does so, in a write transaction."""
    writes = connection.get_execution_options().get(WRITES)
    return bool(writes) and connection.dialect.name == "postgresql"


def locked(connection: Connection, query: sa.Select[Any]) -> sa.Select[Any]:
    """Lock the rows a query finds, passing over those that others hold (SQLite locks it all)."""
    if connection.dialect.name == "postgresql":
        return query.with_for_update(skip_locked=True)
    return query


def chunks(items: list[Any], size: int = 500) -> Iterator[list[Any]]:
    """Cut a list into parts that fit the engines' limits on bound values."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def plain(connection: Connection, query: sa.Select[Any]) -> list[Any]:
    """Read all rows as the driver's own tuples, with nothing made of their values.

    For many rows: SQLAlchemy's rows and types take longer than the reading itself.
    """
    with connection.execute(query) as result:
        cursor = result.cursor
        return list(cursor.fetchall()) if cursor is not None else []


def among(column: sa.ColumnElement[int], ids: list[int]) -> sa.ColumnElement[bool]:
    """Ask whether a column of numbers is one of `ids`, which are written into the statement.

    A bound value for each costs several times the search for it, and engines limit their number.
    """
    return column.op("IN", is_comparison=True)(
        sa.bindparam(None, ids, _Numbers(), literal_execute=True, unique=True)
    )


class _Numbers(sa.types.UserDefinedType[list[int]]):
    """Whole numbers as one list of SQL. SQLAlchemy writes each by itself, which takes longer."""

    cache_ok = True

    def literal_processor(self, _dialect: Dialect) -> Callable[[list[int]], str]:
        """Give what writes the list."""
        return lambda ids: f"({','.join(map(str, ids)) or 'NULL'})"
