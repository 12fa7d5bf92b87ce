"""When a value of a contact was last news, so that what time alone changed can be told apart.

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
