"""`segue preview` as a marketer sees it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from console.commands import portal as accounts
from console.commands.preview import preview
from integration import wiring
from integration.store import portals
from integration.store.engine import open_store
from integration.store.portals import NewTokens
from mappings.catalogue import load_catalogue
from mappings.model import Account
from mappings.rules import shipped
from tests.console.test_settings import GOOD
from tests.flows.desk import ANNA, BERT, CLEO, PORTAL, Desk, opened

RULES = """
segments:
  keen_swedes:
    name: Keen Swedes
    when:
      all:
        - {property: country, is: SE}
        - any: [{event: resource_downloaded, within: 14d}, {event: video_watched}]
        - {not: {event: purchase, within: 30d}}
  all_buyers: {when: {event: purchase}}
"""
DAY = timedelta(days=1)


@pytest.fixture
def url(database_url: str) -> str:
    """A database with a portal of three contacts. The commands live by the real clock."""
    with opened(database_url) as desk:
        desk.time.at = wiring.now()
        people(desk)
    return database_url


def people(desk: Desk) -> None:
    desk.contact(ANNA, country="SE", firstname="Anna", lastname="Ek", email="anna@ek.example")
    desk.contact(BERT, country="SE")
    desk.contact(CLEO, country="NO")
    desk.did(ANNA, "resource_downloaded", ago=2 * DAY)
    desk.did(BERT, "video_watched", ago=2 * DAY)
    desk.did(BERT, "purchase", ago=DAY)


def run(url: str, *words: str) -> Result:
    return CliRunner().invoke(preview, words, env={**GOOD, "DATABASE_URL": url})


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "rules.yml"
    path.write_text(RULES, encoding="utf-8")
    return str(path)


def test_a_page_says_what_each_condition_does_and_who_would_be_in(url: str, file: str) -> None:
    result = run(url, "--rules", file)

    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0].startswith("3 contacts at 20")
    start = lines.index("keen_swedes: Keen Swedes")
    assert lines[start + 2 : start + 14] == [
        "1 member (33.3 %). By themselves, if nothing more is done, 1 leave some day and 1 enter.",
        "",
        "What each condition does",
        "condition                                 alone  so far  change",
        "----------------------------------------  -----  ------  ------",
        "all of                                        1",
        "  has a property: country is SE               2       2      -1",
        "  any of                                      2       2      +0",
        "    downloaded a resource within 14 days      1       1      +1",
        "    watched a video                           1       2      +1",
        "  not                                         2       1      -1",
        "    made a purchase within 30 days            1",
    ]
    shown = lines[lines.index("Some of its members, by lot") + 3]
    assert shown.split("  ")[:3] == [str(ANNA), "Anna Ek", "anna@ek.example"]
    assert "all_buyers: All buyers" in lines


def test_json_holds_the_whole_tree(url: str, file: str) -> None:
    result = run(url, "keen_swedes", "--rules", file, "--sample", "0", "--json")

    answer: dict[str, Any] = json.loads(result.output)
    assert (answer["portal"], answer["contacts"]) == (PORTAL, 3)
    assert list(answer["segments"]) == ["keen_swedes"]
    found = answer["segments"]["keen_swedes"]
    assert (found["name"], found["members"], found["sample"]) == ("Keen Swedes", 1, [])
    assert (found["leave_by_themselves"], found["enter_by_themselves"]) == (1, 1)
    first, second, third = found["rule"]["all"]
    assert (first["holds"], first["left"], first["dropped"]) == (2, 2, 1)
    assert [(each["found"], each["added"]) for each in second["any"]] == [(1, 1), (2, 1)]
    assert third["not"] == {"condition": "made a purchase within 30 days", "holds": 1}


def test_json_shows_members_with_since_and_until(url: str, file: str) -> None:
    answer = json.loads(run(url, "all_buyers", "--rules", file, "--json").output)

    (member,) = answer["segments"]["all_buyers"]["sample"]
    assert (member["contact"], member["name"], member["email"]) == (BERT, "", "")
    assert member["since"].endswith("Z")
    assert member["until"] is None


def test_without_a_file_the_accounts_own_segments_are_counted(url: str) -> None:
    answer = json.loads(run(url, "--json").output)
    assert list(answer["segments"]) == list(shipped(load_catalogue()).segments)


def test_of_many_contacts_the_progress_is_told_on_stderr(
    url: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(url, "--rules", file).stderr == ""
    monkeypatch.setattr(accounts, "QUIET_UP_TO", 2)
    assert run(url, "--rules", file).stderr == "3 of 3 contacts\n"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--portal", "7"], f"the account 7 hasn't installed Segue; there is: {PORTAL}"),
        (["keen_swede"], 'there is no segment "keen_swede"; did you mean "keen_swedes"?'),
        (["--sample", "-1"], "-1 is not in the range"),
        (["--rules", "/nowhere.yml"], "does not exist"),
    ],
)
def test_wrong_words_are_told_plainly(url: str, file: str, words: list[str], reason: str) -> None:
    result = run(url, "--rules", file, *words)

    assert result.exit_code == 2
    assert reason in result.output


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"segments: {a: {when: {event: purchse}}}", "rules.yml:1: segments.a.when.event: unknown"),
        (b"\xff", "not UTF-8 text"),
        (b"settings: {x: {default: 4h}}", "settings.x"),
        (b"segments: {}", "no segments in these rules"),
    ],
)
def test_faulty_rules_are_told_in_full(url: str, file: str, text: bytes, reason: str) -> None:
    Path(file).write_bytes(text)

    result = run(url, "--rules", file)

    assert result.exit_code == 2
    assert reason in result.output


def test_of_several_accounts_one_has_to_be_named(url: str, file: str) -> None:
    store = open_store(url)
    with store.write() as connection:
        other = Account(PORTAL + 1, "UTC", "EUR", "app.hubspot.com")
        portals.install(connection, other, NewTokens("a", "r", wiring.now()), (), wiring.now())
    store.engine.dispose()

    result = run(url, "--rules", file)

    assert result.exit_code == 2
    assert f"say --portal, one of: {PORTAL}, {PORTAL + 1}" in result.output
    assert run(url, "--rules", file, "--portal", str(PORTAL + 1)).output.startswith("0 contacts")


def test_before_any_install_the_next_step_is_named(tmp_path: Path, file: str) -> None:
    with opened(f"sqlite:///{tmp_path}/segue.db") as desk, desk.store.write() as connection:
        connection.exec_driver_sql("DELETE FROM portals")

    result = run(f"sqlite:///{tmp_path}/segue.db", "--rules", file)

    assert result.exit_code == 1
    assert "no HubSpot account has installed Segue yet" in result.output


def test_a_database_without_schema_is_told(tmp_path: Path, file: str) -> None:
    result = run(f"sqlite:///{tmp_path}/empty.db", "--rules", file)

    assert result.exit_code == 1
    assert "segue db upgrade" in result.output
