"""A contact that comes back from a merge has its own timeline again.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Change the schema. What was merged before has its events under the survivor's id alone."""
    op.add_column("contacts", sa.Column("lived_at", sa.BigInteger(), nullable=True))
    op.add_column("contacts", sa.Column("gone_at", sa.BigInteger(), nullable=True))
    op.execute("UPDATE contacts SET lived_at = state_at WHERE state = 'live'")
    op.execute("UPDATE contacts SET gone_at = state_at WHERE state = 'archived'")
    op.add_column("events", sa.Column("address", sa.BigInteger(), nullable=True))
    op.add_column(
        "events", sa.Column("lent", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "addresses_since",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "portal_id", "contact_id", "email", "since", name=op.f("pk_addresses_since")
        ),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO addresses_since SELECT a.portal_id, a.contact_id, a.email, c.state_at"
        " FROM addresses a JOIN contacts c"
        " ON c.portal_id = a.portal_id AND c.contact_id = a.contact_id"
    )
    op.drop_index("ix_addresses_portal_id_email", table_name="addresses")
    op.drop_table("addresses")
    op.rename_table("addresses_since", "addresses")
    op.create_index("ix_addresses_portal_id_email", "addresses", ["portal_id", "email"])
