"""When a value of a contact was last news, and since when nobody looked at one that is deleted.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Change the schema. Of what was learnt before nobody knows when it was."""
    op.add_column("contacts", sa.Column("learnt_at", sa.BigInteger(), nullable=True))
    op.add_column("contacts", sa.Column("unseen_since", sa.BigInteger(), nullable=True))
