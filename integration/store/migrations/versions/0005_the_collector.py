"""The collector: write keys, requests as they came, visitors and what they did.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Change the schema."""
    _keys()
    op.create_table(
        "calls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        _portal(),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_calls_state_due_at", "calls", ["state", "due_at"])
    _visitors()


def _keys() -> None:
    op.create_table(
        "write_keys",
        _portal(),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("origins", sa.Text(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("portal_id", "key_id", name=op.f("pk_write_keys")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_write_keys_digest", "write_keys", ["digest"], unique=True)
    op.create_table(
        "collected",
        _portal(),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "key_id", "day", name=op.f("pk_collected")),
        sqlite_with_rowid=False,
    )


def _visitors() -> None:
    op.create_table(
        "visitors",
        _portal(),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("is_who", sa.Text(), nullable=False),
        sa.Column("named_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "mark", name=op.f("pk_visitors")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_visitors_portal_id_is_who", "visitors", ["portal_id", "is_who"])
    op.create_table(
        "visits",
        _portal(),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("properties", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "mark", "id", name=op.f("pk_visits")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_visits_kept_at", "visits", ["kept_at"])


def _portal() -> "sa.Column[int]":
    return sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False)
