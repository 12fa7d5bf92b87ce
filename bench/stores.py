"""Databases to measure on: a file of SQLite, a temporary PostgreSQL server that syncs."""

import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
import sqlalchemy as sa

from bench.crowds import NOW, Block
from integration.store import migrate, portals
from integration.store.engine import Store, open_store
from integration.store.portals import NewTokens
from integration.store.tables import events
from mappings.model import Account, PortalState

PORTAL: Final = 62_515_001
ENGINES: Final = ("sqlite", "postgresql")
# As in production each commit is synced, and a quarter of the memory is the server's own cache.
_MEMORY: Final = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
_SERVER: Final = (
    f"-c shared_buffers={_MEMORY // 4}MB -c work_mem=32MB -c maintenance_work_mem=512MB "
    "-c max_wal_size=8GB -c checkpoint_timeout=30min -c max_connections=40"
)
_CONTACTS: Final = ("portal_id", "contact_id", "state", "state_at", "created_at", "properties")
_EVENTS: Final = (
    "portal_id",
    "contact_id",
    "id",
    "kind",
    "at",
    "known_at",
    "source",
    "properties",
)


@contextmanager
def database(engine: str, folder: Path) -> Iterator[str]:
    """Make an empty database with the tables of Segue; give its URL."""
    with _server(folder) if engine == "postgresql" else _file(folder) as url:
        migrate.upgrade(url)
        yield url


@contextmanager
def _file(folder: Path) -> Iterator[str]:
    place = Path(tempfile.mkdtemp(prefix="segue-bench-", dir=folder))
    try:
        yield f"sqlite:///{place}/segue.db"
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server on a socket alone. It refuses to be root: `postgres` runs it."""
    binaries = _binaries()
    place = Path(tempfile.mkdtemp(prefix="segue-bench-", dir=folder))
    as_user: list[str] = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(place, owner.pw_uid, owner.pw_gid)
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = str(place / "data")
    options = f"-c listen_addresses= -c unix_socket_directories={place} {_SERVER}"
    pg_ctl = [*as_user, str(binaries / "pg_ctl"), "-D", data]
    initdb = [str(binaries / "initdb"), "-D", data, "-U", "segue", "-A", "trust", "-E", "UTF8"]
    try:
        _run([*as_user, *initdb])
        _run([*pg_ctl, "-o", options, "-l", str(place / "log"), "-w", "start"])
        yield f"postgresql+psycopg://segue@/postgres?host={place}"
    finally:
        _run([*pg_ctl, "-m", "immediate", "stop"], check=False)
        shutil.rmtree(place, ignore_errors=True)


def _run(command: list[str], *, check: bool = True) -> None:
    subprocess.run(command, check=check, capture_output=True)


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path is None and not found:
        raise FileNotFoundError("PostgreSQL isn't installed: try `--engine sqlite`")
    return (Path(on_path) if on_path else found[0]).parent


def fill(url: str, blocks: Iterable[Block]) -> Store:
    """Load a portal in bulk, as if it had just been read from HubSpot; give the open store."""
    store = open_store(url)
    with store.write() as connection:
        account = Account(PORTAL, "Europe/Berlin", "EUR", "app.hubspot.com")
        portals.install(connection, account, NewTokens("a", "r", NOW), (), NOW)
        portals.set_state(connection, PORTAL, PortalState.LIVE)
        indexes = list(events.indexes)
        for index in indexes:  # made anew afterwards: filling one row by row takes far longer
            index.drop(connection)
    with driver(store) as raw:
        load = _load_sqlite if isinstance(raw, sqlite3.Connection) else _load_postgresql
        for block in blocks:
            load(raw, "contacts", _CONTACTS, _contact_rows(block))
            load(raw, "events", _EVENTS, ((PORTAL, *row) for row in block.events))
            raw.commit()
    with store.write() as connection:
        for index in indexes:
            index.create(connection)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))
    return store


def _contact_rows(block: Block) -> Iterator[tuple[object, ...]]:
    for contact_id, created, text in block.contacts:
        yield PORTAL, contact_id, "live", created, created, text


def address(store: Store) -> str:
    """Give a store's URL, for a process of its own."""
    return store.engine.url.render_as_string(hide_password=False)


@contextmanager
def driver(store: Store) -> Iterator[Any]:
    """Open a connection of the database's own driver."""
    url = store.engine.url
    if url.get_backend_name() == "sqlite":
        raw: Any = sqlite3.connect(str(url.database))
        raw.execute("PRAGMA synchronous=OFF")  # for bulk loading; the store's own connections sync
    else:
        raw = psycopg.connect(host=str(url.query["host"]), user="segue", dbname=url.database)
    try:
        yield raw
    finally:
        raw.close()


def _load_sqlite(
    raw: sqlite3.Connection, table: str, names: tuple[str, ...], rows: Iterable[tuple[object, ...]]
) -> None:
    places = ",".join("?" * len(names))
    raw.executemany(f"INSERT INTO {table} ({','.join(names)}) VALUES ({places})", rows)


def _load_postgresql(
    raw: psycopg.Connection, table: str, names: tuple[str, ...], rows: Iterable[tuple[object, ...]]
) -> None:
    quoted = ",".join(f'"{name}"' for name in names)
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
