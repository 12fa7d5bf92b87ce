"""Migrations keep what there is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from integration.store import contacts, migrate
from integration.store.engine import open_store
from mappings.model import Contact, ContactState
from tests.house import NOON

PORTAL = 62_515_001
BEFORE = "0003"


def test_contacts_erased_before_there_were_tombstones_get_theirs(bare_database_url: str) -> None:
    """Their bare ids go, and deliveries that are done lose what they said."""
    store = open_store(bare_database_url)
    with store.engine.connect() as connection:
        config = migrate.config()
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
        connection.commit()
    put = "INSERT INTO contacts (portal_id, contact_id, state, state_at, properties)"
    done = (
        "INSERT INTO inbox (received_at, body, state, due_at, attempts, reason, messages,"
        " heard_before, skipped) VALUES (0, :body, :state, 0, 0, '', 0, 0, 0)"
    )
    with store.write() as connection:
        for contact_id, state in ((5, "erased"), (6, "live")):
            row = {"p": PORTAL, "c": contact_id, "s": state, "at": 1_782_820_800_000}
            connection.execute(sa.text(f"{put} VALUES (:p, :c, :s, :at, '{{}}')"), row)
        for state in ("done", "dead"):
            connection.execute(sa.text(done), {"body": b"[1]", "state": state})

    migrate.upgrade(bare_database_url)

    with store.read() as connection:
        found = contacts.load(connection, PORTAL, [5, 6, 7])
        assert found[5] == Contact(5, ContactState.ERASED, NOON)
        assert {each: known.state.value for each, known in found.items()} == {
            5: "erased",
            6: "live",
        }
        assert contacts.number(connection, PORTAL) == 1
        bodies = connection.execute(sa.text("SELECT state, length(body) FROM inbox ORDER BY id"))
        assert [tuple(row) for row in bodies] == [("done", 0), ("dead", 3)]
    store.engine.dispose()
