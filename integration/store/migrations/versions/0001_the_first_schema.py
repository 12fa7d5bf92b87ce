"""The first schema.

Revision ID: 0001
Revises: -
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Expand the schema."""
    op.create_table(
        "addresses",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "contact_id", "email", name=op.f("pk_addresses")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_addresses_portal_id_email", "addresses", ["portal_id", "email"], unique=False
    )
    op.create_table(
        "budgets",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("slots", sa.Text(), nullable=False),
        sa.Column("blocked_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "bucket", name=op.f("pk_budgets")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contacts",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", sa.BigInteger(), nullable=False),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("properties", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "contact_id", name=op.f("pk_contacts")),
    )
    op.create_table(
        "due",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("portal_id", "contact_id", name=op.f("pk_due")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_due_portal_id_due_at", "due", ["portal_id", "due_at"], unique=False)
    op.create_table(
        "events",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("properties", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "contact_id", "id", name=op.f("pk_events")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_events_portal_id_kind_at",
        "events",
        ["portal_id", "kind", "at", "contact_id"],
        unique=False,
    )
    op.create_table(
        "heard",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "fingerprint", name=op.f("pk_heard")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_heard_heard_at", "heard", ["heard_at"], unique=False)
    op.create_table(
        "history",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("entered", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "portal_id", "contact_id", "at", "segment", "entered", name=op.f("pk_history")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_history_portal_id_at", "history", ["portal_id", "at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("heard_before", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )
    op.create_index("ix_inbox_state_due_at", "inbox", ["state", "due_at"], unique=False)
    op.create_table(
        "inbox_portals",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("inbox_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "inbox_id", name=op.f("pk_inbox_portals")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "memberships",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("portal_id", "contact_id", "segment", name=op.f("pk_memberships")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_memberships_portal_id_segment",
        "memberships",
        ["portal_id", "segment", "contact_id"],
        unique=False,
    )
    op.create_table(
        "outbox",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("written", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wanted_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(
            "portal_id", "contact_id", "kind", "target", "occurrence", name=op.f("pk_outbox")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_outbox_portal_id_state_kind_due_at",
        "outbox",
        ["portal_id", "state", "kind", "due_at"],
        unique=False,
    )
    op.create_table(
        "portals",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("ui_domain", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("installed_at", sa.BigInteger(), nullable=False),
        sa.Column("access_token", sa.Text(), nullable=False),
        sa.Column("refresh_token", sa.Text(), nullable=False),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column("token_expires_at", sa.BigInteger(), nullable=False),
        sa.Column("refresh_lease", sa.Text(), nullable=True),
        sa.Column("refresh_leased_until", sa.BigInteger(), nullable=True),
        sa.Column("prepared_with", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("portal_id", name=op.f("pk_portals")),
    )
    op.create_table(
        "segments",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=True),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("list_asked_at", sa.BigInteger(), nullable=True),
        sa.Column("list_size", sa.Integer(), nullable=True),
        sa.Column("list_checked_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "key", name=op.f("pk_segments")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stages",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("changes_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("portal_id", "contact_id", name=op.f("pk_stages")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_stages_portal_id_stage", "stages", ["portal_id", "stage", "contact_id"], unique=False
    )
    op.create_table(
        "strays",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("properties", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "email", "id", name=op.f("pk_strays")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sync",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("portal_id", "source", name=op.f("pk_sync")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "workflows",
        sa.Column("portal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("flow_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("re_enrolls", sa.Boolean(), nullable=False),
        sa.Column("list_ids", sa.Text(), nullable=False),
        sa.Column("legacy_id", sa.Text(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "flow_id", name=op.f("pk_workflows")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("workflows")
    op.drop_table("sync")
    op.drop_table("strays")
    op.drop_index("ix_stages_portal_id_stage", table_name="stages")
    op.drop_table("stages")
    op.drop_table("segments")
    op.drop_table("portals")
    op.drop_index("ix_outbox_portal_id_state_kind_due_at", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_memberships_portal_id_segment", table_name="memberships")
    op.drop_table("memberships")
    op.drop_table("inbox_portals")
    op.drop_index("ix_inbox_state_due_at", table_name="inbox")
    op.drop_table("inbox")
    op.drop_index("ix_history_portal_id_at", table_name="history")
    op.drop_table("history")
    op.drop_index("ix_heard_heard_at", table_name="heard")
    op.drop_table("heard")
    op.drop_index("ix_events_portal_id_kind_at", table_name="events")
    op.drop_table("events")
    op.drop_index("ix_due_portal_id_due_at", table_name="due")
    op.drop_table("due")
    op.drop_table("contacts")
    op.drop_table("budgets")
    op.drop_index("ix_addresses_portal_id_email", table_name="addresses")
    op.drop_table("addresses")
