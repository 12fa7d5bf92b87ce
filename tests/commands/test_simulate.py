"""`segue simulate` over files and over an account's history."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from console.commands.evaluate import evaluate
from console.commands.simulate import simulate
from console.commands.simulate_text import sample_of
from integration.decide.rehearsal import Enrollment
from integration.decide.simulation import Simulation
from tests.console.test_settings import GOOD
from tests.flows.desk import ANNA, BERT, PORTAL, opened

RULES = """
segments:
  buyers: {when: {event: purchase, within: 2d}}
  swedes: {when: {property: country, is: SE}}
lifecycle:
  stages:
    customer: {when: {event: purchase}}
  otherwise: {name: Visitor}
triggers:
  thanks:
    on: {enters: buyers}
    enroll: {workflow: Thank you}
    again: always
    split: {control: 50}
    goal: {event: purchase, within: 5d}
  hello: {on: {stage: customer}, enroll: {workflow: Hello}, goal: {event: refund}}
  quiet: {on: {event: {event: refund}}, enroll: {workflow: Sorry}}
"""
EVENTS = [
    ("a", "2026-06-01T00:00:00Z"),
    ("a", "2026-06-05T12:00:00Z"),
    ("b", "2026-06-02T23:59:59.999Z"),
    ("c", "2026-06-09T00:00:00Z"),
]
CONTACTS = '{"contact": "a", "properties": {"country": "SE", "firstname": "Anna"}}\n'


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "rules.yml").write_text(RULES, encoding="utf-8")
    lines = [
        json.dumps({"id": str(number), "contact": contact, "event": "purchase", "at": at})
        for number, (contact, at) in enumerate(EVENTS)
    ]
    (tmp_path / "events.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "contacts.jsonl").write_text(CONTACTS, encoding="utf-8")
    return tmp_path


def run(files: Path, *more: str, first: str = "2026-06-01", last: str = "2026-06-06") -> Result:
    words = ["--rules", f"{files}/rules.yml", "--events", f"{files}/events.jsonl"]
    words += ["--contacts", f"{files}/contacts.jsonl", "--from", first, "--to", last]
    return CliRunner().invoke(simulate, [*words, *more], env=dict.fromkeys(GOOD, ""))


def column(answer: dict[str, Any], name: str) -> list[int]:
    return [day[name] for day in answer["days"]]


def test_json_says_each_day_and_each_enrollment(files: Path) -> None:
    result = run(files, "--json")

    assert result.exit_code == 0, result.output
    answer = json.loads(result.output)
    assert (answer["from"], answer["to"], answer["contacts"]) == ("2026-06-01", "2026-06-06", 3)
    buyers = answer["segments"]["buyers"]
    assert buyers["before"] == 0
    assert buyers["days"][0] == {"day": "2026-06-01", "members": 1, "entered": 1, "left": 0}
    assert column(buyers, "members") == [1, 2, 1, 0, 1, 1]
    assert column(buyers, "left") == [0, 0, 1, 1, 0, 0]
    assert column(answer["segments"]["swedes"], "members") == [1] * 6
    assert column(answer["stages"]["customer"], "members") == [1, 2, 2, 2, 2, 2]
    assert column(answer["stages"][""], "members") == [2, 1, 1, 1, 1, 1]
    thanks = answer["triggers"]["thanks"]
    assert [(each["contact"], each["at"], each["goal_at"]) for each in thanks["enrollments"]] == [
        ("a", "2026-06-01T00:00:00.000Z", "2026-06-05T12:00:00.000Z"),
        ("b", "2026-06-02T23:59:59.999Z", None),
        ("a", "2026-06-05T12:00:00.000Z", None),
    ]
    a_day = zip(column(thanks, "enrolled"), column(thanks, "held_out"), strict=True)
    assert [sum(numbers) for numbers in a_day] == [1, 1, 0, 0, 1, 0]
    assert answer["triggers"]["quiet"]["enrollments"] == []


def test_the_members_of_each_day_are_those_that_evaluate_finds_at_its_end(files: Path) -> None:
    answer = json.loads(run(files, "--json", last="2026-06-12").output)

    for place, day in enumerate(column(answer["segments"]["buyers"], "day")):
        words = ["--rules", f"{files}/rules.yml", "--events", f"{files}/events.jsonl"]
        words += ["--contacts", f"{files}/contacts.jsonl", "--at", f"{day}T23:59:59.999Z", "--json"]
        then = json.loads(CliRunner().invoke(evaluate, words).output)
        for key, segment in then["segments"].items():
            members = answer["segments"][key]["days"][place]["members"]
            assert members == len(segment["members"]), (key, day)


def test_a_page_begins_with_everything_in_short(files: Path) -> None:
    result = run(files)

    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[:11] == [
        "3 contacts, 2026-06-01 to 2026-06-06 (UTC days)",
        "",
        "Segments over all days",
        "segment  before  entered  left  members",
        "-------  ------  -------  ----  -------",
        "buyers        0        3     2        1",
        "swedes        1        0     0        1",
        "",
        "Stages over all days",
        "stage     before  entered  left  members",
        "--------  ------  -------  ----  -------",
    ]
    assert "Visitor        3        0     2        1" in lines
    first_day = lines.index("Segment buyers") + 3
    assert lines[first_day] == "2026-06-01        1        1     0"
    assert 'Trigger quiet: 0 enrollments of 0 contacts into "Sorry"' in lines
    assert (
        'Trigger hello: 2 enrollments of 2 contacts into "Hello"; the goal was reached after 0 of '
        "them" in lines
    )
    thanks = next(line for line in lines if line.startswith("Trigger thanks"))
    assert "held out; the goal was reached after" in thanks
    shown = lines[lines.index("Some of them, by lot") + 3]
    assert shown.startswith("2026-06-01T00:00:00.000Z  a        Anna  -")


def test_rules_without_stages_and_triggers_have_none_on_the_page(files: Path) -> None:
    (files / "rules.yml").write_text("segments: {a: {when: {event: refund}}}", encoding="utf-8")

    lines = run(files).output.splitlines()

    assert not [line for line in lines if line.startswith(("Stage", "Trigger"))]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (["--to", "2026-05-31"], "--to lies before --from"),
        (["--to", "2036-06-10"], "more than 3660 days"),
        (["--to", "yesterday"], '"yesterday" is not a day such as 2026-06-30'),
        (["--portal", "1"], "either --portal or files"),
    ],
)
def test_wrong_words_are_told_plainly(files: Path, more: list[str], reason: str) -> None:
    result = run(files, *more)

    assert result.exit_code == 2
    assert reason in result.output


def test_faulty_rules_and_lines_are_told_with_exit_2(files: Path) -> None:
    (files / "contacts.jsonl").write_text("{", encoding="utf-8")
    assert (run(files).exit_code, "contacts.jsonl:1: not JSON" in run(files).output) == (2, True)

    (files / "rules.yml").write_text("segments: [1]", encoding="utf-8")
    assert (run(files).exit_code, "must be a mapping" in run(files).output) == (2, True)


def test_files_need_rules_too(files: Path) -> None:
    words = ["--events", f"{files}/events.jsonl", "--from", "2026-06-01", "--to", "2026-06-02"]
    result = CliRunner().invoke(simulate, words)
    assert (result.exit_code, "name the --rules too" in result.output) == (2, True)


def on_account(url: str, *words: str) -> dict[str, Any]:
    words = ("--from", "2026-06-26", "--to", "2026-06-30", *words, "--json")
    result = CliRunner().invoke(simulate, words, env={**GOOD, "DATABASE_URL": url})
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.output)
    return answer


def test_an_accounts_own_history_and_rules_are_simulated(database_url: str) -> None:
    with opened(database_url) as desk:
        desk.contact(ANNA, BERT)
        desk.did(ANNA, "cart_updated", ago=timedelta(days=3))

    answer = on_account(database_url)

    assert column(answer["segments"]["cart_abandoners"], "members") == [0, 1, 1, 1, 1]
    assert {"customer", ""} <= set(answer["stages"])
    (enrolled,) = answer["triggers"]["abandoned_cart"]["enrollments"]
    assert (enrolled["contact"], enrolled["at"]) == (ANNA, "2026-06-27T16:00:00.000Z")


def test_unsaved_rules_alone_are_simulated_over_an_account(
    database_url: str, tmp_path: Path
) -> None:
    with opened(database_url) as desk:
        desk.contact(ANNA, firstname="Anna", email="anna@ek.example")
        desk.did(ANNA, "cart_updated", ago=timedelta(days=3))
    path = tmp_path / "new.yml"
    path.write_text(
        "segments: {lapsed: {when: {not: {segment: cart_abandoners}}}}\n"
        "triggers: {back: {on: {leaves: lapsed}, enroll: {workflow: Back}}}",
        encoding="utf-8",
    )

    answer = on_account(database_url, "--rules", str(path), "--portal", str(PORTAL))

    assert list(answer["segments"]) == ["lapsed"]
    assert column(answer["segments"]["lapsed"], "left") == [0, 1, 0, 0, 0]
    assert answer["stages"] == {}
    assert [each["contact"] for each in answer["triggers"]["back"]["enrollments"]] == [ANNA]
    words = ["--rules", str(path), "--from", "2026-06-26", "--to", "2026-06-30"]
    page = CliRunner().invoke(simulate, words, env={**GOOD, "DATABASE_URL": database_url}).output
    assert "Anna  anna@ek.example" in page


def test_a_sample_is_the_same_whatever_the_order_in_which_contacts_come() -> None:
    enrolled = [Enrollment(number, 1_000 - number, False) for number in range(100)]

    one = sample_of(Simulation(triggers={"t": enrolled}))
    other = sample_of(Simulation(triggers={"t": enrolled[::-1]}))

    assert one == other
    assert len(one) == 5
    assert sorted(one) != list(range(5))
