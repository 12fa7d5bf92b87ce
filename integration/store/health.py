"""Can the database be worked with?"""

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from integration.store import migrate
from integration.store.engine import Store


def trouble(store: Store) -> str:
    """Say what keeps the database from being used; empty where nothing does."""
    try:
        current = migrate.is_current(store)
    except SQLAlchemyError as error:
        return f"the database can't be reached ({type(error).__name__})"
    return "" if current else "the database isn't migrated: run `segue db upgrade`"


def is_embedded(url: str) -> bool:
    """Is it the database that lives in this process, SQLite?"""
    return make_url(url).get_backend_name() == "sqlite"
