"""Databases of the tests' own: files, and a PostgreSQL server started from what is installed.

Each has today's schema from the beginning, copied from one that the migrations made.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from integration.store import migrate

OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"


def find_binaries() -> Path:
    """Find the folder of initdb and pg_ctl, newest version first."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if on_path:
        found.insert(0, Path(on_path))
    if not found:
        raise RuntimeError("PostgreSQL isn't installed; `.ci/run` shows how to install it")
    return found[0].parent


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a server in a temporary folder, on a socket alone; give the URL of its database.

    The server refuses to run as root: root lets the user `postgres` run it.
    """
    binaries = find_binaries()
    folder = Path(tempfile.mkdtemp(prefix="segue-pg-"))
    data = folder / "data"
    as_user: list[str] = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    listen = f"-c listen_addresses= -c unix_socket_directories={folder} {OPTIONS}"
    initdb = [binaries / "initdb", "-D", data, "-U", "segue", "-A", "trust", "-E", "UTF8", "-N"]
    start = [binaries / "pg_ctl", "-D", data, "-o", listen, "-l", folder / "log", "-w", "start"]
    try:
        for command in (initdb, start):
            subprocess.run([*as_user, *map(str, command)], check=True, capture_output=True)
        yield f"postgresql+psycopg://segue@/postgres?host={folder}"
    finally:
        stop = [str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]
        subprocess.run([*as_user, *stop], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def fresh_database(server_url: str, name: str) -> str:
    """Make a database with today's schema on the server; give its URL."""
    return _create(server_url, f'"{name}" TEMPLATE {_template(server_url)}', name)


def empty_database(server_url: str, name: str) -> str:
    """Make a database with nothing in it on the server; give its URL."""
    return _create(server_url, f'"{name}"', name)


def furnish(url: str) -> None:
    """Let a file of SQLite's that isn't there yet have today's schema."""
    path = make_url(url).database if url.startswith("sqlite") else None
    if path and not Path(path).exists():
        shutil.copyfile(_file(), path)


def _create(server_url: str, what: str, name: str) -> str:
    host = server_url.split("host=")[1]
    with psycopg.connect(host=host, user="segue", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {what}")
    return f"postgresql+psycopg://segue@/{name}?host={host}"


@lru_cache(maxsize=1)
def _template(server_url: str) -> str:
    migrate.upgrade(empty_database(server_url, "segue_schema"))
    return "segue_schema"


@lru_cache(maxsize=1)
def _file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="segue-schema-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = folder / "schema.db"
    migrate.upgrade(f"sqlite:///{made}")
    return made
