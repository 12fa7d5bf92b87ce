"""`segue sync` and `segue reconcile` as an operator sees them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from console.commands.reconcile import reconcile
from console.commands.sync import show
from console.commands.sync_text import span
from integration import wiring
from integration.settings import read
from integration.store import portals, reconciliations, sync
from integration.store.reconciliations import Report
from integration.store.tables import sync as sync_table
from mappings.model import PortalState
from tests.console.test_settings import GOOD
from tests.flows.desk import PORTAL, opened

NOW = datetime(2026, 6, 30, 0, 41, tzinfo=UTC)


@pytest.fixture
def url(database_url: str) -> str:
    """A database with one portal whose first sync has begun."""
    with opened(database_url) as desk, desk.store.write() as connection:
        now = wiring.now()
        sync.begin(connection, PORTAL, ["contacts", "emails"], now)
        sync.watch(connection, PORTAL, {"reconcile": now + timedelta(days=1)}, "")
        portals.set_state(connection, PORTAL, PortalState.SYNCING)
        values = {"state": "running", "records": 400, "total": 1000}
        values["started_at"] = now - timedelta(minutes=2)
        connection.execute(
            sync_table.update().where(sync_table.c.source == "contacts").values(**values)
        )
    return database_url


def run(url: str, command: object, *words: str) -> Result:
    return CliRunner().invoke(command, words, env={**GOOD, "DATABASE_URL": url})  # type: ignore[arg-type]


def finish(url: str, **values: object) -> None:
    segue = wiring.build(read({**GOOD, "DATABASE_URL": url}))
    done = {"state": "done", "finished_at": NOW, **values}
    with segue.store.write() as connection:
        connection.execute(sync_table.update().values(**done))
    segue.store.engine.dispose()


def test_it_says_how_far_the_first_sync_is(url: str) -> None:
    page = run(url, show).output.splitlines()

    assert page[0] == f"Account {PORTAL} (syncing): at least 3 minutes left."
    assert "contacts" in page[1]
    assert "400 of 1,000 records" in page[1]
    assert page[2].split() == ["emails", "waiting", "0", "records"]
    assert "reconcile" not in "\n".join(page)


def test_it_says_so_to_machines(url: str) -> None:
    found = json.loads(run(url, show, "--json").output)

    assert (found["read"], found["total"], found["through"]) == (400, 1000, False)
    assert 175 <= found["left_seconds"] <= 200
    assert [each["source"] for each in found["sources"]] == ["contacts", "emails"]


def test_watching_ends_with_the_reading(url: str) -> None:
    finish(url, records=1000)

    seen = run(url, show, "--watch")

    assert seen.exit_code == 0
    assert "100%  2,000 of 2,000 records, read to its end" in seen.output


def test_watching_ends_where_nothing_goes_on(url: str) -> None:
    segue = wiring.build(read({**GOOD, "DATABASE_URL": url}))
    with segue.store.write() as connection:
        portals.set_state(connection, PORTAL, PortalState.DISCONNECTED)
    segue.store.engine.dispose()

    seen = run(url, show, "--watch")

    assert seen.exit_code == 0
    assert "░" in seen.output
    assert " 40%" in seen.output


def test_a_report_is_told_with_what_was_put_right(url: str) -> None:
    segue = wiring.build(read({**GOOD, "DATABASE_URL": url}))
    report = Report(NOW, NOW, 2357, 2359, {"deleted": 2}, {"deleted": [5, 6]})
    with segue.store.write() as connection:
        reconciliations.save(connection, PORTAL, report)
        reconciliations.save(connection, PORTAL, report)
    segue.store.engine.dispose()

    page = run(url, reconcile).output.splitlines()
    found = json.loads(run(url, reconcile, "--json").output)

    assert page[0] == "30 Jun 2026, 02:41: 2,357 contacts in HubSpot, 2,359 here; put right:"
    assert page[1] == "  2 deleted in HubSpot: 5, 6"
    assert page[2].startswith("Next: ")
    assert [each["found"] for each in found["reports"]] == [{"deleted": 2}]


def test_without_a_report_it_says_when_there_will_be_one(url: str) -> None:
    page = run(url, reconcile).output.splitlines()

    assert page[0] == f"Account {PORTAL} wasn't compared with HubSpot yet."
    assert page[1].startswith("Next: ")


def test_it_can_be_asked_for_now(url: str) -> None:
    before = datetime.fromisoformat(json.loads(run(url, reconcile, "--json").output)["next"])
    asked = run(url, reconcile, "--now")
    after = datetime.fromisoformat(json.loads(run(url, reconcile, "--json").output)["next"])

    assert asked.output.splitlines()[0].startswith("A worker compares everything now")
    assert before - after >= timedelta(hours=23)


def test_an_account_that_isnt_kept_up_yet_cant_be_compared(database_url: str) -> None:
    with opened(database_url):
        pass

    refused = run(database_url, reconcile, "--now")

    assert refused.exit_code == 1
    assert "not being kept up yet" in refused.output


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (3599, "60 minutes"),
        (3600, "1 hour 0 minutes"),
        (9000, "2 hours 30 minutes"),
    ],
)
def test_a_length_of_time_is_said_as_people_do(seconds: int, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words
