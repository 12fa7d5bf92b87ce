"""`segue web`: the pages and the door alone."""

import os

import click

from console import logs
from console.app import create_app
from console.serving import WebServer
from console.stopping import stop_on_signals
from integration.settings import read
from integration.wiring import build


@click.command("web")
@click.option("--host", default="127.0.0.1", show_default=True, help="On which address to listen.")
def web(host: str) -> None:
    """Run the pages and HubSpot's door, without the worker.

    Any number of these can run beside each other and beside `segue worker`. Under gunicorn the
    same application is 'console.app:create_app()'. Listens on PORT (8000) of --host.

    SIGTERM or Ctrl-C: requests that were begun are answered first.
    """
    settings = read(os.environ)
    logs.configure()
    stop = stop_on_signals()
    server = WebServer(create_app(build(settings)), host, settings.port)
    click.echo(f"Segue's pages are at http://{host}:{server.port}")
    server.run_until(stop)
