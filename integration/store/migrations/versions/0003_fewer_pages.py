"""A look is one row, and what is done is in no index: fewer pages change with each contact.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Change the schema. Nobody looks at contacts meanwhile: leases that stand are dropped."""
    op.create_table(
        "claims",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lease", sa.Text(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=False),
        sa.Column("contact_ids", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "lease", name=op.f("pk_claims")),
        sqlite_with_rowid=False,
    )
    op.drop_column("due", "lease")
    op.drop_column("due", "leased_until")
    op.drop_index("ix_stages_portal_id_stage", table_name="stages")
    op.drop_index("ix_outbox_portal_id_state_kind_due_at", table_name="outbox")
    for name, state, columns in (
        ("ix_outbox_due", "due", ["portal_id", "kind", "due_at"]),
        ("ix_outbox_dead", "dead", ["portal_id", "kind"]),
    ):
        which = sa.text(f"state = '{state}'")
        op.create_index(name, "outbox", columns, sqlite_where=which, postgresql_where=which)
