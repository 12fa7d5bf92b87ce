"""What was missed is looked for: the journal, watches beside the sources, reports.

Revision ID: 0006
Revises: 0005
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_WATCHES = ("contact_changes", "order_changes", "deal_changes", "cart_changes", "reconcile")


def upgrade() -> None:
    """Change the schema. What changed in portals since is looked for from now on."""
    op.add_column("sync", sa.Column("total", sa.Integer()))
    op.create_table(
        "journal",
        sa.Column("app_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease", sa.Text()),
        sa.Column("leased_until", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("polled_at", sa.BigInteger()),
        sa.Column("subscribed_with", sa.Text(), nullable=False),
        sa.Column("subscribed_at", sa.BigInteger()),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", name=op.f("pk_journal")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reconciliations",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("there", sa.Integer(), nullable=False),
        sa.Column("here", sa.Integer(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("samples", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "started_at", name=op.f("pk_reconciliations")),
        sqlite_with_rowid=False,
    )
    _watch_all()


def _watch_all() -> None:
    """Let portals that were read before be watched as new ones are; due at once."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    for place, name in enumerate(_WATCHES):
        op.execute(
            sa.text(
                "INSERT INTO sync (portal_id, source, position, cursor, state, records, due_at, "
                "attempts, reason) SELECT DISTINCT portal_id, :name, :position, :cursor, 'done', "
                "0, :now, 0, '' FROM sync"
            ).bindparams(
                name=name,
                position=100 + place,
                cursor="" if name == "reconcile" else f'{{"through": {now}}}',
                now=now,
            )
        )
