"""Remove the bytes of what was deleted: engines mark rows as gone long before they overwrite them.

Both are made to write anew what they keep. SQLite does so with the whole file (VACUUM; its
`secure_delete` alone leaves copies behind that it made when it moved rows from page to page), and
its log is cut to nothing. PostgreSQL does so table by table, as far as they are small enough to be
locked for it.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, ProgrammingError

from integration.store.engine import Store
from integration.store.tables import metadata

PATIENCE: Final = timedelta(seconds=2)  # for others to be through; nobody waits longer for us
LARGEST: Final = 512 * 1024 * 1024  # bytes of a table that is written anew; seconds of a lock
_PIECE: Final = 1 << 20

How = dict[str, Any]


def scrub(store: Store, sought: Sequence[bytes], since: timedelta) -> How | None:
    """Remove the bytes of all rows deleted `since` or before; say how, for a report.

    `sought` are texts (lower case) that are looked for afterwards. Gives None where others stand
    in the way: it must be tried again.
    """
    try:
        if store.engine.dialect.name == "sqlite":
            return _sqlite(store, sought)
        return _postgresql(store, since)
    except OperationalError:  # a lock that isn't to be had
        return None


# -- SQLite -----------------------------------------------------------------------------------


def _sqlite(store: Store, sought: Sequence[bytes]) -> How | None:
    name = store.engine.url.database
    path = Path(name) if name and name != ":memory:" else None
    with store.turn(), closing(store.engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={PATIENCE // timedelta(milliseconds=1)}")
        try:
            return _overwrite(cursor, path, sought)
        except Exception as error:
            if "locked" in str(error):
                return None
            raise
        finally:
            cursor.execute("PRAGMA busy_timeout=30000")


def _overwrite(cursor: Any, path: Path | None, sought: Sequence[bytes]) -> How | None:
    cursor.execute("VACUUM")
    if not _cut_log(cursor):
        return None
    still = path is not None and stands_in(path, sought)
    return {"engine": "sqlite", "file_rewritten": True, "addresses_found_after": still}


def _cut_log(cursor: Any) -> bool:
    """Copy the log into the file and cut it to nothing; False where somebody still reads of it."""
    busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def stands_in(path: Path, sought: Sequence[bytes]) -> bool:
    """Does any of these texts (lower case) stand in a file, in whatever case?"""
    longest = max(map(len, sought), default=0)
    if not longest:
        return False
    return any(each in piece for piece in _pieces(path, longest) for each in sought)


def _pieces(path: Path, overlap: int) -> Iterator[bytes]:
    last = b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            whole = last + piece.lower()
            yield whole
            last = whole[-overlap:]


# -- PostgreSQL -------------------------------------------------------------------------------


def _postgresql(store: Store, since: timedelta) -> How | None:
    with _by_itself(store) as connection:
        if _is_in_use(connection, since):
            return None
        rewritten, vacuumed = [], []
        for name in sorted([*metadata.tables, "pg_statistic"]):
            size = connection.scalar(sa.select(sa.func.pg_total_relation_size(name)))
            if (size or 0) <= LARGEST and _write_anew(connection, name):
                rewritten.append(name)
            else:
                connection.exec_driver_sql(f"VACUUM {name}")
                vacuumed.append(name)
    return {"engine": "postgresql", "tables_rewritten": rewritten, "tables_vacuumed": vacuumed}


def _write_anew(connection: sa.Connection, name: str) -> bool:
    """Write a table anew; False where only the database's owner may (statistics)."""
    options = "FULL" if name == "pg_statistic" else "FULL, ANALYZE"
    try:
        connection.exec_driver_sql(f"VACUUM ({options}) {name}")
    except ProgrammingError:
        return False
    return True


@contextmanager
def _by_itself(store: Store) -> Iterator[sa.Connection]:
    """Open a connection without transactions, whose statements wait for no lock for long."""
    with store.engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.exec_driver_sql(f"SET lock_timeout = {PATIENCE // timedelta(milliseconds=1)}")
        try:
            yield alone
        finally:
            alone.exec_driver_sql("RESET lock_timeout")


def _is_in_use(connection: sa.Connection, since: timedelta) -> bool:
    """Does a transaction go on that still sees rows deleted so long ago?"""
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_xmin IS NOT NULL"
        " AND xact_start <= clock_timestamp() - make_interval(secs => :seconds)"
    )
    return bool(connection.scalar(query, {"seconds": since.total_seconds()}))
