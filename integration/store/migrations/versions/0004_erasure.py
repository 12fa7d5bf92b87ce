"""Erasures leave tombstones and reports; events may have an age at which they go.

Revision ID: 0004
Revises: 0003
"""

import hashlib
import hmac
import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Change the schema. Deliveries that are done need their bodies no more."""
    op.execute("UPDATE inbox SET body = '' WHERE state = 'done'")
    which = sa.text("merged_into IS NOT NULL")
    op.create_index(
        "ix_contacts_merged",
        "contacts",
        ["portal_id", "merged_into"],
        sqlite_where=which,
        postgresql_where=which,
    )
    _tombstones()
    _bury()
    _erasures()
    op.create_table(
        "retention",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("keep_ms", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "kind", name=op.f("pk_retention")),
        sqlite_with_rowid=False,
    )


def _tombstones() -> None:
    op.create_table(
        "salts",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", name=op.f("pk_salts")),
    )
    op.create_table(
        "tombstones",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "mark", name=op.f("pk_tombstones")),
        sqlite_with_rowid=False,
    )


def _bury() -> None:
    """Turn the bare ids of contacts erased before into tombstones."""
    connection = op.get_bind()
    erased = "FROM contacts WHERE state = 'erased'"
    found = connection.execute(sa.text(f"SELECT portal_id, contact_id, state_at {erased}")).all()
    salts = {portal_id: secrets.token_bytes(32) for portal_id in {row[0] for row in found}}
    for portal_id, salt in salts.items():
        put = sa.text("INSERT INTO salts (portal_id, salt) VALUES (:portal, :salt)")
        connection.execute(put, {"portal": portal_id, "salt": salt})
    for portal_id, contact_id, at in found:
        mark = hmac.new(salts[portal_id], b"contact:%d" % contact_id, hashlib.sha256).digest()
        put = sa.text(
            "INSERT INTO tombstones (portal_id, mark, erased_at) VALUES (:portal, :mark, :at)"
        )
        connection.execute(put, {"portal": portal_id, "mark": mark, "at": at})
    connection.execute(sa.text(f"DELETE {erased}"))


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("whom", sa.Text(), nullable=True),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("report", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("portal_id", "id", name=op.f("pk_erasures")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_erasures_state_due_at", "erasures", ["state", "due_at"])
