"""Is it alive, and can it work?"""

from __future__ import annotations

from pathlib import Path

import pytest

from console.app import create_app
from integration import wiring
from integration.store import migrate
from tests.house import RULES, files_of, settings_for

NOWHERE = "http://127.0.0.1:9"


def answers(bare_database_url: str) -> tuple[tuple[int, object], tuple[int, object]]:
    """What /healthz and /readyz say of a Segue on this database."""
    segue = wiring.build(settings_for(NOWHERE, bare_database_url), rules=files_of(RULES))
    client = create_app(segue).test_client()
    alive, ready = client.get("/healthz"), client.get("/readyz")
    segue.store.engine.dispose()
    return (alive.status_code, alive.get_json()), (ready.status_code, ready.get_json())


def test_a_migrated_database_is_ready(bare_database_url: str) -> None:
    migrate.upgrade(bare_database_url)

    assert answers(bare_database_url) == ((200, {"status": "ok"}), (200, {"status": "ok"}))


def test_a_database_without_todays_schema_is_not(bare_database_url: str) -> None:
    alive, ready = answers(bare_database_url)

    assert alive[0] == 200
    reason = "the database isn't migrated: run `segue db upgrade`"
    assert ready == (503, {"status": "not ready", "reason": reason})


@pytest.mark.parametrize("where", ["server", "file"])
def test_a_database_that_cant_be_reached_is_not(tmp_path: Path, where: str) -> None:
    url = "postgresql://segue@127.0.0.1:9/segue"
    if where == "file":
        (tmp_path / "a folder.db").mkdir()
        url = f"sqlite:///{tmp_path}/a folder.db"

    alive, ready = answers(url)

    assert alive[0] == 200
    reason = "the database can't be reached (OperationalError)"
    assert ready == (503, {"status": "not ready", "reason": reason})
