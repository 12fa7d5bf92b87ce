"""`segue explain`: what it prints, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.cli import main
from console.commands.explain import answer
from console.telling import relative
from integration.flows.explain import Asked
from tests.console.test_settings import GOOD
from tests.flows.desk import ANNA, BERT, PORTAL, Desk, opened
from tests.house import NOON

WHOLE = f"""\
Contact {ANNA} (anna@example.com), portal {PORTAL}, at 2026-06-30T12:00:00.000Z
It is due to be looked at since 2026-06-30T12:00:00.000Z, and wasn't yet.

The contact is not in the segment Cart abandoners (cart_abandoners)
  always so; until 2026-06-30T13:00:00.000Z (in 1 hour)
  would change: by itself at 2026-06-30T13:00:00.000Z (in 1 hour)

✗ changed the shopping cart within 7 days, not followed within 4 hours by: made a purchase
    0 of at least 1
    always so; until 2026-06-30T13:00:00.000Z (in 1 hour)
    waits:
      2026-06-30T09:00:00.000Z (3 hours ago)  cart_updated  [test, c1], \
counts from 2026-06-30T13:00:00.000Z (in 1 hour)
    would change: by itself at 2026-06-30T13:00:00.000Z (in 1 hour)"""

PLACES = f"""\
Contact {ANNA} (anna@example.com), portal {PORTAL}, at 2026-06-30T12:00:00.000Z

Stage: Customer (customer)
  since 2026-06-28T12:00:00.000Z (2 days ago); never changes by itself

In 2 of 4 segments:
  ✓ Buyers (buyers)
      since 2026-06-28T12:00:00.000Z (2 days ago); until 2026-07-28T12:00:00.000Z (in 28 days)
  ✓ Swedes (swedes)
      since 2026-06-30T12:00:00.000Z (now) or longer; never changes by itself

Nearest of the others:
  ✗ Cart abandoners (cart_abandoners): by itself at 2026-06-30T13:00:00.000Z (in 1 hour)
  ✗ E-book readers (readers): 1 more: downloaded a resource"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(f"sqlite:///{tmp_path}/segue.db") as made:
        made.contact(ANNA, email="anna@example.com", country="SE")
        yield made


def run(tmp_path: Path, *words: str, **env: str) -> Result:
    database = {"DATABASE_URL": f"sqlite:///{tmp_path}/segue.db"}
    return CliRunner().invoke(main, ["explain", *words], env={**GOOD, **database, **env})


def test_a_segment_is_told_with_its_whole_tree(desk: Desk) -> None:
    desk.look()
    desk.did(ANNA, "cart_updated", timedelta(hours=3), "c1")

    assert answer(desk.tools, Asked("anna@example.com", PORTAL), "cart_abandoners") == WHOLE


def test_all_segments_are_told_the_nearest_others_in_a_line(desk: Desk) -> None:
    desk.did(ANNA, "purchase", timedelta(days=2))
    desk.did(ANNA, "cart_updated", timedelta(hours=3))
    desk.look()

    assert answer(desk.tools, Asked(str(ANNA), PORTAL), None) == PLACES


def test_how_a_contact_came_and_went_is_told(desk: Desk) -> None:
    desk.did(ANNA, "purchase", timedelta(days=2), "p1")
    desk.look()

    lines = answer(desk.tools, Asked(str(ANNA), PORTAL), "buyers").splitlines()

    assert lines[-2:] == [
        "As it was written down:",
        "  2026-06-30T12:00:00.000Z  entered (behaviour): purchase p1 at 2026-06-28T12:00:00.000Z",
    ]


def test_a_stage_names_those_above(desk: Desk) -> None:
    desk.look()

    told = answer(desk.tools, Asked(str(ANNA), PORTAL), "stage:customer")

    assert "The contact is not in the stage Customer (customer)" in told
    assert "would change: 1 more: made a purchase" in told


def test_without_a_stage_the_one_named_by_otherwise_is_told(desk: Desk) -> None:
    desk.look()

    told = answer(desk.tools, Asked(str(ANNA), PORTAL), None)

    assert "Stage: Visitor, as no stage's rule holds" in told


def test_long_evidence_is_cut(desk: Desk) -> None:
    for number in range(13):
        desk.did(ANNA, "purchase", timedelta(hours=number))

    told = answer(desk.tools, Asked(str(ANNA), PORTAL), "buyers")

    assert told.count("  purchase  [test, ") == 10
    assert "and 3 earlier ones" in told


def test_who_is_gone_is_said_to_be_so(desk: Desk) -> None:
    desk.contact(BERT)
    desk.merge(ANNA, BERT)
    desk.archive(BERT)

    assert answer(desk.tools, Asked(str(ANNA), PORTAL), "buyers").splitlines()[1:] == [
        f"Contact {ANNA} was merged into {BERT}.",
        "It was deleted in HubSpot (it can be restored there for 90 days), at"
        " 2026-06-30T12:00:00.000Z. So it is evaluated no more and in no segment.",
    ]


def test_json_says_the_same(desk: Desk) -> None:
    desk.did(ANNA, "cart_updated", timedelta(hours=3), "c1")

    told = json.loads(answer(desk.tools, Asked(str(ANNA), PORTAL), "cart_abandoners", as_json=True))

    assert told["due_since"] == "2026-06-30T12:00:00.000Z"
    (condition,) = told["explanation"]["parts"]
    assert condition["measure"]["words"] == "0 of at least 1"
    assert condition["waiting"][0]["id"] == "c1"
    assert condition["until"] == condition["waiting"][0]["counts_from"]
    assert told["history"] == []


def test_json_of_all_segments_has_what_would_flip_each(desk: Desk) -> None:
    desk.look()

    told = json.loads(answer(desk.tools, Asked(str(ANNA), PORTAL), None, as_json=True))

    assert [each["key"] for each in told["inside"]] == ["swedes"]
    assert told["stage"] is None
    flips = {each["key"]: each["flips"] for each in told["others"]}
    assert flips["readers"][0]["acts"][0]["events"] == ["resource_downloaded"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["12"], f"Error: portal {PORTAL} has no contact 12"),
        (["anna@example.com", "buyer"], 'Error: there is no segment "buyer"'),
        (["anna@example.com", "--portal", "7"], "the account 7 hasn't installed Segue"),
        (["anna@example.com", "--at", "soon"], '"soon" is not an instant'),
    ],
)
def test_wrong_input_ends_with_two(desk: Desk, tmp_path: Path, words: list[str], said: str) -> None:
    result = run(tmp_path, *words)

    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_the_command_explains_by_the_rules_that_ship(desk: Desk, tmp_path: Path) -> None:
    result = run(tmp_path, "anna@example.com", "--at", "2026-06-01", "--portal", str(PORTAL))

    assert result.exit_code == 0, result.output
    assert "at 2026-06-01T00:00:00.000Z" in result.output
    assert "Properties stand as today, also those changed since then: country" in result.output
    assert "Nearest of the others:" in result.output


def test_a_database_without_schema_is_said_to_be_so(tmp_path: Path) -> None:
    result = run(tmp_path, "12")

    assert (result.exit_code, "segue db upgrade" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (timedelta(0), "now"),
        (timedelta(milliseconds=20), "in 20 ms"),
        (timedelta(seconds=-1), "1 second ago"),
        (timedelta(days=2, hours=4, minutes=9), "in 2 days 4 hours"),
        (timedelta(days=3, minutes=9), "in 3 days"),
        (timedelta(hours=-1, minutes=-30), "1 hour 30 minutes ago"),
    ],
)
def test_how_far_an_instant_is_away(by: timedelta, said: str) -> None:
    assert relative(NOON + by, NOON) == said
