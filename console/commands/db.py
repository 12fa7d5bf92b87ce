"""`segue db`: the database's schema."""

import os

import click

from integration.settings import database_url
from integration.store import migrate


@click.group("db")
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
def upgrade() -> None:
    """Bring the database of DATABASE_URL to today's schema.

    Run it before a new version's web and worker start; it needs no other setting, and running it
    again does nothing. Without DATABASE_URL it is SQLite's var/segue.db.
    """
    migrate.upgrade(database_url(os.environ))
    click.echo("The database has today's schema.")
