"""`segue serve`: everything in one process."""

import os

import click

from console import logs
from console.app import create_app
from console.serving import WebServer
from console.stopping import stop_on_signals
from integration.scheduler import Worker, spare_what_stands
from integration.settings import read
from integration.store import migrate
from integration.store.health import is_embedded
from integration.wiring import build


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="On which address to listen.")
def serve(host: str) -> None:
    """Run the pages, HubSpot's door and the worker together.

    For small portals, on SQLite: the database is made, or brought to today's schema, at the
    start. On PostgreSQL `segue db upgrade` does that. Listens on PORT (8000) of --host; in a
    container, give --host 0.0.0.0.

    SIGTERM or Ctrl-C: requests and jobs that were begun are finished first.
    """
    settings = read(os.environ)
    logs.configure()
    stop = stop_on_signals()
    if is_embedded(settings.database_url):
        migrate.upgrade(settings.database_url)
    segue = build(settings)
    server = WebServer(create_app(segue), host, settings.port)
    worker = Worker(segue)
    spare_what_stands()
    worker.start()
    click.echo(f"Segue answers at http://{host}:{server.port} (for browsers {settings.public_url})")
    try:
        server.run_until(stop)
    finally:
        worker.stop()
