"""Alembic's environment: the connection comes from `integration.store.migrate`."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from integration.store.tables import metadata


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own kinds of columns as what they are in the database: a migration stands alone."""
    is_ours = kind == "type" and isinstance(item, TypeDecorator)
    return f"sa.{type(item.impl_instance).__name__}()" if is_ours else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
