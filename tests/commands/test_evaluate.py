"""`segue evaluate` on files."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from console.commands.evaluate import evaluate

RULES = """
segments:
  buyers: {name: Buyers, when: {event: purchase, within: 29d}}
  swedes: {when: {property: country, is: SE}}
lifecycle:
  stages:
    customer: {when: {event: purchase}}
  otherwise: {name: Visitor}
"""
EVENTS = """{"id": "1", "contact": "a", "event": "purchase", "at": "2026-06-01T00:00:00.001Z"}

{"id": 2, "contact": 7, "event": "purchase", "at": "2026-07-01T02:00:00+02:00", "properties": {}}
{"id": "3", "contact": "b", "event": "not.in.the.catalogue", "at": 1782777600000}
"""
CONTACTS = """{"contact": "z", "properties": {"country": "se", "age": 5, "vip": true, "tags": []}}
{"contact": "a", "properties": {"country": null}}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "rules.yml").write_text(RULES, encoding="utf-8")
    (tmp_path / "events.jsonl").write_text(EVENTS, encoding="utf-8")
    (tmp_path / "contacts.jsonl").write_text(CONTACTS, encoding="utf-8")
    return tmp_path


def run(files: Path, *more: str, at: str = "2026-06-30") -> Result:
    arguments = ["--rules", f"{files}/rules.yml", "--events", f"{files}/events.jsonl"]
    return CliRunner().invoke(evaluate, [*arguments, "--at", at, *more])


def test_json_says_who_is_where_and_until_when(files: Path) -> None:
    result = run(files, "--contacts", f"{files}/contacts.jsonl", "--json")

    assert result.exit_code == 0
    assert json.loads(result.output) == {
        "at": "2026-06-30T00:00:00.000Z",
        "contacts": 4,
        "segments": {
            "buyers": {
                "members": {"a": "2026-06-30T00:00:00.001Z"},
                "upcoming": {"7": "2026-07-01T00:00:00.000Z"},
            },
            "swedes": {"members": {"z": None}, "upcoming": {}},
        },
        "stages": {
            "z": [None, None],
            "a": ["customer", None],
            "7": [None, "2026-07-01T00:00:00.000Z"],
            "b": [None, None],
        },
    }


def test_a_number_is_spelled_as_it_stands(files: Path) -> None:
    """A text property compares by spelling: `1e-7` isn't what another program makes of it."""
    rules = "segments: {s: {when: {event: page_viewed, where: {category: 1e-7}}}}"
    line = '{"id": "1", "contact": "a", "event": "page_viewed", "at": 0, "properties": '
    (files / "rules.yml").write_text(rules, encoding="utf-8")
    (files / "events.jsonl").write_text(line + '{"category": 1e-7}}', encoding="utf-8")

    assert json.loads(run(files, "--json").output)["segments"]["s"]["members"] == {"a": None}


def test_without_json_a_table_is_printed(files: Path) -> None:
    result = run(files)

    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "3 contacts at 2026-06-30T00:00:00.000Z",
        "",
        "segment  members  next to leave             will enter  next to enter",
        "buyers   1        2026-06-30T00:00:00.001Z  1           2026-07-01T00:00:00.000Z",
        "swedes   0        -                         0           -",
        "",
        "stage     contacts",
        "customer  1",
        "Visitor   2",
    ]


def test_rules_without_a_lifecycle_have_no_stages(files: Path) -> None:
    (files / "rules.yml").write_text("segments: {}", encoding="utf-8")

    answer = json.loads(run(files, "--json").output)

    assert answer["stages"] == {}
    assert "stage" not in run(files).output


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": "9", "contact": "a"', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"contact": "a", "event": "purchase", "at": "2026-01-01"}', '"id" is missing'),
        ('{"id": "9", "event": "purchase", "at": "2026-01-01"}', '"contact" is missing'),
        ('{"id": "9", "contact": true, "event": "purchase", "at": 1}', '"contact" is not a text'),
        ('{"id": 9.5, "contact": "a", "event": "purchase", "at": 1}', '"id" is not a text'),
        ('{"id": "9", "contact": "", "event": "purchase", "at": 1}', '"contact" is not a text'),
        ('{"id": "9", "contact": "a", "at": "2026-01-01"}', '"event" is missing'),
        ('{"id": "9", "contact": "a", "event": "purchase"}', '"at" is missing'),
        (
            '{"id": "9", "contact": "a", "event": "purchase", "at": "today"}',
            "not an instant: today",
        ),
        ('{"id": "9", "contact": "a", "event": "purchase", "at": true}', "not an instant: True"),
        ('{"id": "9", "contact": "a", "event": "purchase", "at": 1e99}', "not an instant"),
        (
            '{"id": "9", "contact": "a", "event": "purchase", "at": 999999999999999}',
            "not an instant",
        ),
        (
            '{"id": "9", "contact": "a", "event": "purchase", "at": 1, "properties": [1]}',
            '"properties" is not a JSON object',
        ),
    ],
)
def test_a_faulty_line_is_named_with_file_and_number(files: Path, line: str, reason: str) -> None:
    with (files / "events.jsonl").open("a", encoding="utf-8") as events:
        events.write(f"{line}\n")

    result = run(files, "--json")

    assert result.exit_code == 2
    assert f"{files}/events.jsonl:5: " in result.output
    assert reason in result.output


def test_all_faulty_lines_of_both_files_are_named_together(files: Path) -> None:
    (files / "events.jsonl").write_bytes(b"\xef\xbb\xbf{}\n\xff\n")
    (files / "contacts.jsonl").write_text(CONTACTS + '{"contact": "z"}\n', encoding="utf-8")

    result = run(files, "--contacts", f"{files}/contacts.jsonl")

    assert result.exit_code == 2
    assert result.output.splitlines() == [
        f'{files}/contacts.jsonl:3: the contact "z" stands twice',
        f'{files}/events.jsonl:1: "contact" is missing',
        f"{files}/events.jsonl:2: not UTF-8 text",
    ]


def test_of_very_many_faulty_lines_the_first_are_named(files: Path) -> None:
    (files / "events.jsonl").write_text("x\n" * 25, encoding="utf-8")

    lines = run(files).output.splitlines()

    assert len(lines) == 21
    assert lines[-1] == "and 5 more faulty lines"


def test_faulty_rules_are_told_in_full(files: Path) -> None:
    (files / "rules.yml").write_text("segments: {a: {when: {event: purchse}}}", encoding="utf-8")

    result = run(files)

    assert result.exit_code == 2
    assert 'rules.yml:1: segments.a.when.event: unknown event kind "purchse"' in result.output


def test_an_instant_that_is_none_is_refused(files: Path) -> None:
    result = run(files, at="tomorrow")

    assert result.exit_code == 2
    assert '"tomorrow" is not an instant' in result.output


def test_several_rule_files_make_one_book(files: Path) -> None:
    (files / "more.yml").write_text("segments: {m: {when: {segment: buyers}}}", encoding="utf-8")

    answer: dict[str, Any] = json.loads(run(files, "--rules", f"{files}/more.yml", "--json").output)

    assert answer["segments"]["m"] == answer["segments"]["buyers"]
