"""The command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from console.cli import COMMANDS, main
from integration.store import inbox, migrate
from integration.store.engine import open_store
from integration.store.health import trouble
from integration.wiring import now
from tests.console.processes import PATIENCE, segue
from tests.console.test_settings import GOOD

ROOT = Path(__file__).parents[2]
NOTHING = dict.fromkeys([*GOOD, "DATABASE_URL", "PORT"], "")


def run(*words: str, **env: str) -> tuple[int, str]:
    """Run a command with no settings but these; give its exit code and all it said."""
    ended = CliRunner().invoke(main, words, env={**NOTHING, **env})
    return ended.exit_code, ended.output


def test_help_names_every_command() -> None:
    code, said = run("--help")

    assert code == 0
    assert all(f"\n  {name} " in said for name in COMMANDS)


@pytest.mark.parametrize("words", [[name] for name in COMMANDS] + [["db", "upgrade"]])
def test_every_command_has_help(words: list[str]) -> None:
    code, said = run(*words, "--help")

    assert code == 0
    assert len(said) > 100


def test_an_unknown_command_is_named() -> None:
    code, said = run("sevre")

    assert code == 2
    assert "sevre" in said


@pytest.mark.parametrize("name", ["serve", "web", "worker", "retry"])
def test_bad_settings_end_a_command_with_one_message(name: str) -> None:
    code, said = run(name, PORT="x", **dict.fromkeys(GOOD, ""))

    assert code == 2
    assert "PORT is 'x'" in said
    assert "TOKEN_KEYS is missing" in said
    assert "Traceback" not in said


def test_keys_makes_a_fresh_key_each_time() -> None:
    (_, first), (_, second) = run("keys"), run("keys")

    assert first != second
    Fernet(first.strip())


def test_db_upgrade_needs_the_database_alone_and_may_run_again(database_url: str) -> None:
    for _ in range(2):
        code, said = run("db", "upgrade", DATABASE_URL=database_url)
        assert (code, said) == (0, "The database has today's schema.\n")

    store = open_store(database_url)
    assert trouble(store) == ""
    store.engine.dispose()


def test_a_worker_wont_start_on_a_database_without_schema(tmp_path: Path) -> None:
    with segue("worker", DATABASE_URL=f"sqlite:///{tmp_path}/new.db") as process:
        said, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert said == "Error: the database isn't migrated: run `segue db upgrade`\n"


@pytest.mark.parametrize(("words", "revived"), [([], 1), (["--portal", "7"], 0)])
def test_retry_brings_back_what_was_given_up(
    tmp_path: Path, words: list[str], revived: int
) -> None:
    url = f"sqlite:///{tmp_path}/segue.db"
    migrate.upgrade(url)
    store = open_store(url)
    with store.write() as connection:
        inbox.put(connection, [inbox.Arrived(b"{", now())])
        inbox.bury(connection, 1, now(), "the delivery is not JSON")
    store.engine.dispose()

    code, said = run("retry", *words, **{**GOOD, "DATABASE_URL": url})

    assert code == 0
    deliveries = "1 delivery" if revived else "0 deliveries"
    assert said == f"Due again: {deliveries}, 0 writes, 0 lists.\n"


def test_evaluate_reads_neither_the_web_nor_the_database() -> None:
    """It works on files, so it starts without the weight of the rest."""
    code = (
        "import sys\n"
        "from console.cli import main\n"
        "main(['evaluate', '--help'], standalone_mode=False)\n"
        "heavy = {'flask', 'sqlalchemy', 'requests', 'apscheduler', 'hubspot', 'alembic'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")
