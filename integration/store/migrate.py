"""Bring a database to today's schema."""

from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from integration.store.engine import Store, open_store


def upgrade(url: str) -> None:
    """Run the migrations that a database lacks; safe to run again."""
    store = open_store(url)
    with store.engine.connect() as connection:
        configured = config()
        configured.attributes["connection"] = connection
        command.upgrade(configured, "head")
        connection.commit()
    store.engine.dispose()


def is_current(store: Store) -> bool:
    """Say whether a database has today's schema."""
    head = ScriptDirectory.from_config(config()).get_current_head()
    with store.engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return False
        return MigrationContext.configure(connection).get_current_revision() == head


def config() -> Config:
    """Say to Alembic where the migrations are."""
    made = Config()
    made.set_main_option("script_location", str(files("integration.store") / "migrations"))
    return made
