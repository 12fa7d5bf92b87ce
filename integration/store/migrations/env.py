"""Alembic's environment: the connection comes from `integration.store.migrate`."""

from typing import Any, Literal

from alembic import context

from integration.store.tables import Instant, metadata


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our instants as what they are in the database: a migration stands alone."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, Instant) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
