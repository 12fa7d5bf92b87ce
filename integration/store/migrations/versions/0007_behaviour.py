"""Contacts that are read one by one, and portals' own patterns with their versions.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Expand the schema."""
    op.create_table(
        "contact_reads",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("newest", sa.BigInteger(), nullable=True),
        sa.Column("active_at", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "contact_id", "source", name=op.f("pk_contact_reads")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_contact_reads_portal_id_source_due_at",
        "contact_reads",
        ["portal_id", "source", "due_at"],
        unique=False,
    )
    op.create_table(
        "source_versions",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("own", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "version", name=op.f("pk_source_versions")),
        sqlite_with_rowid=False,
    )
