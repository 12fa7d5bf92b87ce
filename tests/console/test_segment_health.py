"""`segue health`: what a person reads of a portal's segments, and what a machine does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from console.commands.health_text import page_of, sparkline
from integration.decide.health import Facts, Finding, Health, Kind, SegmentLine
from integration.decide.health import health as judged
from integration.store import portals, proofs, sizes
from integration.store.portals import NewTokens
from integration.wiring import now
from mappings.health import DaySize, Difference, ProofDay
from mappings.model import Account
from tests.console.test_cli import run
from tests.console.test_settings import GOOD
from tests.flows.desk import ANNA, PORTAL, Desk, opened
from tests.house import NOON, RULES, book_of

TODAY = date(2026, 6, 30)
DAY = timedelta(days=1)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """A portal on a migrated database, with one contact."""
    with opened(database_url) as made:
        made.contact(ANNA)
        made.count_everybody()
        yield made


def install(desk: Desk, portal_id: int) -> None:
    """Let one more account install the app."""
    with desk.store.write() as connection:
        account = Account(portal_id, "Europe/Berlin", "EUR", "app.hubspot.com")
        portals.install(connection, account, NewTokens("a", "r", desk.now), (), desk.now)


def ask(url: str, *words: str) -> tuple[int, str]:
    """Run `segue health` on a database."""
    return run("health", *words, **{**GOOD, "DATABASE_URL": url})


def test_the_one_account_needs_no_naming(desk: Desk, database_url: str) -> None:
    code, said = ask(database_url)

    assert code == 0
    assert said.startswith(f"Account {PORTAL} on {now().date()}: 1 contact\n")
    assert "Nothing was measured over time yet" in said
    assert "\nEmpty\n" in said
    assert "\nContinuous proof: " in said
    assert (ask(database_url, "--portal", str(PORTAL))) == (code, said)


def test_of_several_accounts_one_has_to_be_named(desk: Desk, database_url: str) -> None:
    install(desk, 7)

    code, said = ask(database_url)
    assert code == 2
    assert f"several accounts installed Segue; say --portal, one of: 7, {PORTAL}" in said
    code, said = ask(database_url, "--portal", "8")
    assert code == 2
    assert f"the account 8 hasn't installed Segue; there is: 7, {PORTAL}" in said
    code, said = ask(database_url, "--portal", "7")
    assert code == 0
    assert said.startswith("Account 7 on ")


def test_without_any_account_or_schema_it_says_what_to_do(
    bare_database_url: str, database_url: str
) -> None:
    code, said = ask(bare_database_url)
    assert code == 1
    assert "run `segue db upgrade`" in said

    code, said = ask(database_url)
    assert code == 1
    assert "no HubSpot account has installed Segue yet" in said


def test_json_holds_the_same_for_machines(desk: Desk, database_url: str) -> None:
    today = now().date()
    wrong = Difference(ANNA, now(), "due", "never", "then")
    with desk.store.write() as connection:
        sizes.save(connection, PORTAL, [DaySize("form_abandoners", today, 5, 2, 1)])
        proofs.count(connection, PORTAL, ProofDay(today, 50, 1))
        proofs.keep(connection, PORTAL, [wrong])

    code, said = ask(database_url, "--json")

    assert code == 0
    answer = json.loads(said)
    assert (answer["portal"], answer["day"], answer["contacts"]) == (PORTAL, str(today), 1)
    segment = next(each for each in answer["segments"] if each["key"] == "form_abandoners")
    assert segment == {
        "key": "form_abandoners",
        "name": segment["name"],
        "members": 0,
        "change_7_days": None,
        "change_30_days": None,
        "entered_7_days": 2,
        "left_7_days": 1,
        "days": [{"day": str(today), "members": 5, "entered": 2, "left": 1}],
    }
    assert answer["findings"][0] == {
        "kind": "stored_wrong",
        "segments": [],
        "says": answer["findings"][0]["says"],
        "suggestion": answer["findings"][0]["suggestion"],
        "figures": {"checked": 50, "differed": 1},
        "contacts": [ANNA],
    }
    assert answer["proof"]["days"] == [{"day": str(today), "checked": 50, "differed": 1}]
    [difference] = answer["proof"]["differences"]
    assert (difference["contact_id"], difference["target"]) == (ANNA, "due")


def test_a_page_of_a_portal() -> None:
    """Golden: a table, findings by kind with one suggestion for all of the same, the proof."""
    line = [DaySize("buyers", TODAY - DAY * back, 100 - back, 3, 2) for back in range(30, -1, -1)]
    facts = Facts(TODAY, 2000, {"buyers": 1100, "cart_abandoners": 0, "swedes": 24, "readers": 9})
    whole = judged(facts, book_of(RULES))
    buyers = SegmentLine("buyers", "Buyers", 1100, 7, -30, 21, 14, tuple(line))
    lines = (buyers, *whole.lines[1:])
    kept = [each for each in whole.findings if each.kind in (Kind.EMPTY, Kind.TOO_SMALL)]
    wrong = Difference(ANNA, NOON, "segments.buyers", "no member", "member without end")
    proof = (ProofDay(TODAY - DAY, 72_000, 1), ProofDay(TODAY, 1_200, 0))

    page = page_of(PORTAL, Health(TODAY, 2000, lines, tuple(kept), proof, (wrong,)))

    assert page == PAGE


PAGE = """\
Account 62515001 on 2026-06-30: 2,000 contacts

segment          members  7 days  30 days  entered  left  last 14 days
Buyers             1,100      +7      -30       21    14  ▁▂▂▃▃▄▄▅▅▆▆▇▇█
Cart abandoners        0       ?        ?        0     0
Swedes                24       ?        ?        0     0
E-book readers         9       ?        ?        0     0

Empty
  “Cart abandoners” has no member.
    -> Nothing of cart_updated, purchase was ever heard from this account: look whether it is sent
       at all, or switch the segment off.

Too small to act on
  “Swedes” has 24 members, fewer than 25.
  “E-book readers” has 9 members, fewer than 25.
    -> Ask for less in its rule (a longer window, a lower count), or unite it with a segment that
       gets the same message.

Continuous proof: contacts evaluated from scratch and compared with what is stored
  today      1,200 checked, 0 stood otherwise
  90 days    73,200 checked, 1 stood otherwise
  2026-06-30T12:00:00.000Z  contact 508369434347, segments.buyers: stored no member; evaluated
    member without end"""


def test_a_portal_in_which_nothing_stands_out_says_so() -> None:
    page = page_of(PORTAL, Health(TODAY, 0, (), (), (), ()))
    assert "\nNothing stands out.\n" in page


@pytest.mark.parametrize(
    ("sizes_", "drawn"),
    [
        ((0, 7), "▁█"),
        (tuple(range(8)), "▁▂▃▄▅▆▇█"),
        ((5, 5, 5), "▁▁▁"),
        ((1000, 1001, 1003, 1007), "▁▂▄█"),
        ((), ""),
    ],
)
def test_a_sparkline_goes_from_the_least_to_the_greatest(
    sizes_: tuple[int, ...], drawn: str
) -> None:
    days = [
        DaySize("a", TODAY - DAY * back, size, 0, 0) for back, size in enumerate(reversed(sizes_))
    ]
    assert sparkline(days, TODAY) == drawn.rjust(14)


def test_a_day_that_was_not_measured_is_a_blank() -> None:
    days = [DaySize("a", TODAY - 2 * DAY, 1, 0, 0), DaySize("a", TODAY, 3, 0, 0)]
    assert sparkline(days, TODAY) == "▁ █".rjust(14)


def test_a_suggestion_that_is_the_same_for_several_is_said_once() -> None:
    same = [Finding(Kind.EMPTY, (key,), f"{key} is empty.", "Do this.") for key in "ac"]
    other = Finding(Kind.EMPTY, ("b",), "b is empty.", "Do that.")

    page = page_of(PORTAL, Health(TODAY, 0, (), (same[0], other, same[1]), (), ()))

    assert (
        "Empty\n  a is empty.\n  c is empty.\n    -> Do this.\n  b is empty.\n    -> Do that.\n"
        in page
    )
