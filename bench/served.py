"""What gunicorn serves for the benchmark: the service itself, and two views to hold it against."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from threading import local

import psycopg
from flask import Flask, Response, request
from sqlalchemy.engine import make_url

from console.app import create_app

_TABLE = "CREATE TABLE bare (id {key}, body {bytes} NOT NULL)"
_INSERT = "INSERT INTO bare (body) VALUES ({value})"


def empty() -> Flask:
    """Make an application with one view that reads the body and answers 204."""
    app = Flask(__name__)

    @app.post("/webhooks/hubspot")
    def hear() -> Response:
        request.get_data(cache=False)
        return Response(status=204)

    return app


def door() -> Flask:
    """Make the service, by the settings of the environment."""
    return create_app()


def bare() -> Flask:
    """Make an application with one view that keeps the body as it came, and looks at nothing.

    Each thread has a connection of its own, and each body a statement and a synced commit.
    """
    app = Flask(__name__)
    keep = _keeper(os.environ["DATABASE_URL"])

    @app.post("/webhooks/hubspot")
    def hear() -> Response:
        keep(request.get_data(cache=False))
        return Response(status=204)

    return app


def _keeper(url: str) -> Callable[[bytes], object]:
    own = local()
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        file = str(parsed.database)
        statement = _INSERT.format(value="?")
        # Closed before gunicorn forks: a connection must not get into another process.
        with closing(sqlite3.connect(file)) as connection:
            connection.execute(_TABLE.format(key="INTEGER PRIMARY KEY", bytes="BLOB"))

        def keep(body: bytes) -> object:
            if not hasattr(own, "open"):
                own.open = sqlite3.connect(file, timeout=30, isolation_level=None)
                own.open.execute("PRAGMA synchronous=FULL")
            return own.open.execute(statement, (body,))

        return keep
    server = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(server) as made:
        made.execute(_TABLE.format(key="BIGSERIAL PRIMARY KEY", bytes="BYTEA"))

    def keep_there(body: bytes) -> object:
        if not hasattr(own, "open"):
            own.open = psycopg.connect(server, autocommit=True)
        return own.open.execute(_INSERT.format(value="%s"), (body,))

    return keep_there
