"""`segue privacy` and `segue timeline` as an admin uses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.cli import main
from integration.flows import retention
from mappings.model import Cause
from mappings.writing import IntentKind
from tests.console.test_settings import GOOD
from tests.flows.desk import ANNA, BERT, PORTAL, Desk, opened

DAY = timedelta(days=1)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url) as made:
        made.contact(ANNA, email="anna@example.com", country="SE")
        made.contact(BERT, email="bert@example.com")
        made.did(ANNA, "purchase", 3 * DAY, "order:1", amount="7")
        made.did(ANNA, "email_opened", 2 * DAY, "email:1", machine="yes", email="Welcome")
        made.did(ANNA, "email_opened", DAY, "email:2", machine="no", email="News")
        made.did(BERT, "purchase", DAY, "order:2")
        made.look()
        yield made


def run(desk: Desk, *words: str, put_in: str = "") -> Result:
    url = desk.store.engine.url.render_as_string(hide_password=False)
    env = {**GOOD, "DATABASE_URL": url}
    return CliRunner().invoke(main, words, env=env, input=put_in)


# -- segue timeline ---------------------------------------------------------------------------


def test_a_timeline_is_told_newest_first_with_sources(desk: Desk) -> None:
    """In the portal's own time zone, Berlin's: two hours before UTC in June."""
    said = run(desk, "timeline", "anna@example.com")

    assert said.exit_code == 0
    assert said.output.splitlines() == [
        f"Contact {ANNA} (anna@example.com), portal {PORTAL}, times in Europe/Berlin",
        "",
        "2026-06-29 14:00:00.000  email_opened: opened an e-mail  email=News  [test, email:2]",
        "2026-06-28 14:00:00.000  email_opened: opened an e-mail (machine)  email=Welcome"
        "  [test, email:1]",
        "2026-06-27 14:00:00.000  purchase: made a purchase  amount=7  [test, order:1]",
    ]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ([], ["email:2", "email:1", "order:1"]),
        (["--kind", "purchase"], ["order:1"]),
        (["--kind", "purchase", "--kind", "email_opened"], ["email:2", "email:1", "order:1"]),
        (["--since", "2026-06-28T12:00:00Z"], ["email:2", "email:1"]),
        (["--limit", "1"], ["email:2"]),
        (["--limit", "0"], ["email:2", "email:1", "order:1"]),
    ],
)
def test_a_timeline_can_be_narrowed(desk: Desk, words: list[str], ids: list[str]) -> None:
    told = json.loads(run(desk, "timeline", str(ANNA), "--json", *words).output)

    assert [each["id"] for each in told["events"]] == ids
    assert told["contact"] == ANNA
    assert [each["machine"] for each in told["events"] if each["id"] == "email:1"] in ([], [True])


def test_a_merged_id_leads_to_the_timeline_that_lives_on(desk: Desk) -> None:
    """Failure mode 28."""
    desk.merge(BERT, ANNA)

    said = run(desk, "timeline", str(BERT), "--kind", "purchase", "--limit", "1").output

    assert f"Contact {BERT} was merged into {ANNA}." in said
    assert "[test, order:2]" in said
    assert "and 1 earlier ones" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody@example.com"], "no contact of portal"),
        (["anna"], "neither the id of a contact nor an e-mail address"),
        ([str(ANNA), "--kind", "purchese"], 'did you mean "purchase"'),
        ([str(ANNA), "--portal", "5"], "hasn't installed Segue"),
    ],
)
def test_what_is_not_there_is_said(desk: Desk, words: list[str], said: str) -> None:
    ended = run(desk, "timeline", *words)

    assert ended.exit_code == 2
    assert said in ended.output


# -- segue privacy ----------------------------------------------------------------------------


def test_a_person_is_given_all_that_is_kept(desk: Desk, tmp_path: Path) -> None:
    desk.merge(BERT, ANNA)
    desk.look()
    out = tmp_path / "anna.json"

    assert run(desk, "privacy", "export", str(BERT), "--out", str(out)).exit_code == 0

    told = json.loads(out.read_text("utf-8"))
    assert out.stat().st_mode & 0o777 == 0o600
    assert (told["contact"]["id"], told["contact"]["merged_ids"]) == (ANNA, [BERT])
    assert told["contact"]["properties"]["country"]["value"] == "SE"
    assert [(each["id"], each["source"]) for each in told["timeline"]] == [
        ("email:2", "test"),
        ("order:2", "test"),
        ("email:1", "test"),
        ("order:1", "test"),
    ]
    assert [each["segment"] for each in told["segments"]] == ["buyers", "swedes"]
    assert {each["contact"] for each in told["history"]} == {ANNA, BERT}
    assert told["stage"]["stage"] == "customer"
    assert {(each["target"], each["wanted"]) for each in told["lists"]} >= {("buyers", "in")}
    assert told["other"].keys() == {"due"}


def test_erasing_asks_first_and_leaves_others_alone(desk: Desk) -> None:
    asked = run(desk, "privacy", "erase", "anna@example.com", put_in="n\n")
    assert asked.exit_code == 1
    assert "events: 3 rows" in asked.output
    assert desk.members("buyers") == {ANNA, BERT}

    done = run(desk, "privacy", "erase", "anna@example.com", "--yes")

    assert done.exit_code == 0, done.output
    assert desk.members("buyers") == {BERT}
    assert desk.items(ANNA, IntentKind.LIST) == []
    gone = run(desk, "timeline", str(ANNA)).output
    assert "deleted for privacy" in gone
    assert run(desk, "privacy", "export", str(ANNA)).exit_code == 1
    assert "erased before" in run(desk, "privacy", "erase", str(ANNA), "--yes").output


def test_a_report_is_printed_and_verified(desk: Desk, tmp_path: Path) -> None:
    run(desk, "privacy", "erase", str(ANNA), "--yes")
    listed = run(desk, "privacy", "reports").output
    assert "contact  by command" in listed
    file = tmp_path / "report.json"
    file.write_text(run(desk, "privacy", "report", listed.split()[0]).output, "utf-8")

    assert run(desk, "privacy", "verify", str(file)).output.startswith("Genuine: erasure")
    file.write_text(file.read_text("utf-8").replace('"events": 3', '"events": 2'), "utf-8")
    forged = run(desk, "privacy", "verify", str(file))
    assert (forged.exit_code, "Not genuine" in forged.output) == (1, True)
    file.write_text("no report", "utf-8")
    assert run(desk, "privacy", "verify", str(file)).exit_code == 1
    assert run(desk, "privacy", "report", "none").exit_code == 1


def test_an_account_is_deleted_at_once(desk: Desk) -> None:
    assert run(desk, "privacy", "erase-portal", str(PORTAL), put_in="n\n").exit_code == 1
    assert desk.members("buyers") == {ANNA, BERT}

    done = run(desk, "privacy", "erase-portal", str(PORTAL), "--yes")

    assert done.exit_code == 0, done.output
    assert "Erased: " in done.output
    assert desk.members("buyers") == set()
    assert f"portal {PORTAL}  portal  by command" in run(desk, "privacy", "reports").output
    assert run(desk, "timeline", str(ANNA)).exit_code == 1


def test_only_contacts_of_the_account_are_found(desk: Desk) -> None:
    ended = run(desk, "privacy", "erase", "4711", "--yes")

    assert ended.exit_code == 2
    assert "has no contact 4711" in ended.output


# -- how long events are kept -----------------------------------------------------------------


def test_a_term_is_set_shown_and_taken_back(desk: Desk) -> None:
    assert "All events are kept for good." in run(desk, "privacy", "retention", "show").output

    words = ("privacy", "retention", "set", "purchase", "2d", "--by", "eva")
    assert run(desk, *words).output == "Events of the kind purchase are kept for 2 days.\n"

    shown = run(desk, "privacy", "retention", "show").output
    assert "purchase  2d  since " in shown
    assert "by eva" in shown
    assert run(desk, "privacy", "retention", "remove", "purchase").exit_code == 0
    assert run(desk, "privacy", "retention", "remove", "purchase").exit_code == 2


@pytest.mark.parametrize(
    ("kind", "age", "said"),
    [
        ("purchese", "2d", 'did you mean "purchase"'),
        ("purchase", "2", "is no age"),
        ("purchase", "3h", "is no age"),
    ],
)
def test_a_wrong_term_changes_nothing(desk: Desk, kind: str, age: str, said: str) -> None:
    ended = run(desk, "privacy", "retention", "set", kind, age)

    assert (ended.exit_code, said in ended.output) == (2, True)
    assert "All events are kept for good." in run(desk, "privacy", "retention", "show").output


def test_old_events_go_and_who_stood_by_them_leaves(desk: Desk) -> None:
    """Only of that kind; nobody did anything, so the history says why it is."""
    desk.did(ANNA, "purchase", 2 * DAY, "order:edge")
    retention.set_term(desk.tools, PORTAL, ("purchase", "2d"), "eva")
    assert retention.run(desk.tools) == 1
    desk.look()
    assert desk.members("buyers") == {ANNA, BERT}

    desk.time.at += timedelta(milliseconds=1)
    assert retention.run(desk.tools) == 1
    desk.look()

    assert desk.members("buyers") == {BERT}
    left = desk.history(ANNA)[0]
    assert (left.segment, left.entered, left.cause) == ("buyers", False, Cause.RETENTION)
    assert left.why == "events are older than they are kept"
    kept = json.loads(run(desk, "timeline", str(ANNA), "--json").output)["events"]
    assert [each["id"] for each in kept] == ["email:2", "email:1"]


def test_what_is_too_old_does_not_come_back(desk: Desk) -> None:
    retention.set_term(desk.tools, PORTAL, ("purchase", "2d"), "eva")
    desk.did(BERT, "purchase", 5 * DAY, "order:old")
    desk.did(BERT, "purchase", 2 * DAY, "order:young")

    kept = json.loads(run(desk, "timeline", str(BERT), "--json").output)["events"]

    assert [each["id"] for each in kept] == ["order:2", "order:young"]
