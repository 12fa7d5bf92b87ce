"""`segue worker`: what happens without anybody asking."""

import os

import click

from console import logs
from console.stopping import stop_on_signals
from integration.scheduler import Worker, spare_what_stands
from integration.settings import read
from integration.store.health import trouble
from integration.wiring import build


@click.command("worker")
def worker() -> None:
    """Take deliveries in, evaluate who is due, write back to HubSpot.

    Any number of workers can run beside each other. One that dies leaves its work due again, and
    nothing is done twice. It won't start on a database that isn't migrated.

    SIGTERM or Ctrl-C: jobs that were begun are finished first.
    """
    settings = read(os.environ)
    logs.configure()
    segue = build(settings)
    if reason := trouble(segue.store):
        raise click.ClickException(reason)
    spare_what_stands()
    Worker(segue).run_until(stop_on_signals())
