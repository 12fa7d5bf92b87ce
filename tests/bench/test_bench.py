"""The benchmark on a very small portal: it runs to its end, and what it compares agrees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import crowds
from bench.__main__ import main
from bench.figures import Figure, table


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[dict[str, object]]]:
    folder = tmp_path_factory.mktemp("bench")
    sizes = ["--contacts", "200", "--contacts", "400"]
    where = ["--engine", "sqlite", "--leaving", "0", "--backfill", "0"]
    where += ["--pace", "0", "--door", "0", "--folder", str(folder)]
    path = folder / "figures.json"
    done = CliRunner().invoke(main, [*sizes, *where, "--out", str(path)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout, json.loads(path.read_text())["figures"]


def test_every_target_is_measured(report: tuple[str, list[dict[str, object]]]) -> None:
    printed, figures = report

    held = {str(each["name"]) for each in figures if each["target"] is not None}

    assert held == {
        "full evaluation",
        "full evaluation, peak memory",
        "kernel alone, the same, one core",
        "kernel alone, the same, all cores",
        "tick of 1,000 changed contacts",
        "tick of 1,000 changed contacts, against the smallest portal",
        "tick of 1,000 contacts that only time moves",
        "tick of 1,000 contacts that only time moves, against the smallest portal",
    }
    assert "NOT MET" in printed or "met" in printed


def test_duckdb_answers_every_leaf_as_the_kernel_does(
    report: tuple[str, list[dict[str, object]]],
) -> None:
    names = [str(each["name"]) for each in report[1] if each["engine"] == "duckdb"]

    assert names
    assert all(name.endswith("leaf conditions, 0 of them answered otherwise") for name in names)


def test_one_query_a_segment_finds_as_many_members_as_the_preview(
    report: tuple[str, list[dict[str, object]]],
) -> None:
    names = {(each["events"], str(each["name"])) for each in report[1]}
    queries = {
        (events, name.replace("one query for", "preview of"))
        for events, name in names
        if name.startswith("one query for")
    }

    assert queries
    assert queries <= names


def test_a_portal_is_made_the_same_each_time_and_a_larger_one_begins_with_it() -> None:
    small, again = (list(crowds.blocks(300)) for _ in range(2))
    large = list(crowds.blocks(crowds.BLOCK + 10))

    assert small == again
    assert len(large) == 2
    assert len(large[1].contacts) == 10


def test_what_people_do_arrives_in_hubspots_lists(tmp_path: Path) -> None:
    """Orders told by webhooks and calls of the site, through the service's own process."""
    only = ["--only", "pace", "--pace", "1", "--alone", "2", "--engine", "sqlite"]
    path = tmp_path / "figures.json"
    where = ["--folder", str(tmp_path), "--out", str(path)]
    done = CliRunner().invoke(main, [*only, *where], catch_exceptions=False)
    assert done.exit_code == 0

    figures = {each["name"]: each for each in json.loads(path.read_text())["figures"]}
    ends = {name.rpartition(": ")[2]: each for name, each in figures.items()}
    held = {name for name, each in ends.items() if each["target"] is not None}
    lost, refused = "events that never arrived", "calls that HubSpot refused (429)"
    assert held == {"median", "99th percentile", lost, refused}
    assert {each["events"] for each in figures.values()} == {52}
    assert (ends[lost]["value"], ends[refused]["value"]) == (0, 0)
    assert 0 < ends["median"]["value"] <= ends["99th percentile"]["value"] < 60
    assert 0 < ends["calls for each event"]["value"] < 4


def test_a_table_says_which_targets_are_missed() -> None:
    figures = [
        Figure("sqlite", 1_000_000, "quick", 1.0, ratio=1.2, target=1.3),
        Figure("sqlite", 1_000_000, "slow", 5.0, ratio=2.0, target=1.5),
        Figure("sqlite", 1_000_000, "only told", 5.0),
    ]

    lines = table(figures).splitlines()

    assert lines[1].endswith("1.20 x  <= 1.3  met")
    assert lines[2].endswith("2.00 x  <= 1.5  NOT MET")
    assert lines[3].endswith("5.000 s")


def test_the_door_is_knocked_at(tmp_path: Path) -> None:
    """An empty view, a bare insert and the door, all behind gunicorn, for a moment."""
    path = tmp_path / "door.json"
    only = ["--only", "door", "--door", "0.3", "--engine", "sqlite"]
    done = CliRunner().invoke(
        main, [*only, "--folder", str(tmp_path), "--out", str(path)], catch_exceptions=False
    )
    figures = json.loads(path.read_text())["figures"]

    assert done.exit_code == 0
    assert [each["unit"] for each in figures] == ["/s", "ms", "/s", "ms"]
    assert all(each["value"] > 0 for each in figures)
