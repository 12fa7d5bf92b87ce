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
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    store.engine.dispose()


def is_current(store: Store) -> bool:
    """Say whether a database has today's schema."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with store.engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return False
        return MigrationContext.configure(connection).get_current_revision() == head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("integration.store") / "migrations"))
    return config
