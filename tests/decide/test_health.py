"""Segment health: what is found in plain figures, and what isn't."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from integration.decide.health import (
    Course,
    Experiment,
    Facts,
    Finding,
    Kind,
    Thresholds,
    contacts_needed,
    courses,
    health,
    reckoned,
)
from integration.decide.health.pairs import common
from mappings.health import Combination, DaySize, Difference, Flapping, Moves, ProofDay
from mappings.instants import EPOCH
from mappings.rules import RuleBook
from tests.house import book_of

TODAY = date(2026, 6, 30)
DAY = timedelta(days=1)
HEARD = frozenset({"purchase", "cart_updated", "product_viewed"})
# Out of the way of what a test is about.
QUIET = Thresholds(experiment=Experiment(rate=0.5, uplift=0.9), act_on=1)

RULES = """
version: 1
segments:
  a: {name: A, family: custom, description: A., when: {event: purchase}}
  b: {name: B, family: custom, description: B., when: {event: cart_updated, within: 7d}}
  c: {name: C, family: custom, description: C., when: {all: [{segment: a}, {event: form_viewed}]}}
"""


def found(
    facts: Facts, kind: Kind, book: str | RuleBook = RULES, limits: Thresholds = QUIET
) -> list[Finding]:
    """Give the findings of a kind."""
    rules = book_of(book) if isinstance(book, str) else book
    return [each for each in health(facts, rules, limits).findings if each.kind is kind]


def facts(sizes: Mapping[str, int] | None = None, **how: Any) -> Facts:
    """Give the facts of a portal of 10,000 contacts."""
    members = {"a": 1000, "b": 1000, "c": 1000} | dict(sizes or {})
    return Facts(today=TODAY, contacts=10_000, sizes=members, heard=HEARD, **how)


def course(*sizes: int, moved: int = 0) -> Course:
    """Give a course that ends today, with so much moving each day."""
    first = TODAY - DAY * (len(sizes) - 1)
    return Course(
        tuple(
            DaySize("a", first + DAY * place, size, moved, moved)
            for place, size in enumerate(sizes)
        )
    )


# -- one by one ------------------------------------------------------------------------------------


def test_an_empty_segment_is_found_with_since_when() -> None:
    [finding] = found(facts({"a": 0}, courses={"a": course(5, 0, 0)}), Kind.EMPTY)

    assert finding.segments == ("a",)
    assert finding.says == "“A” has no member since 2026-06-29, or longer."
    assert finding.suggestion == "Ask for less in its rule, or switch it off."


def test_an_empty_segment_that_waits_for_what_is_never_heard_says_so() -> None:
    [finding] = found(facts({"c": 0}), Kind.EMPTY)

    assert finding.says == "“C” has no member."
    assert finding.suggestion.startswith("Nothing of form_viewed was ever heard")


@pytest.mark.parametrize(("size", "is_found"), [(0, False), (1, True), (24, True), (25, False)])
def test_a_segment_below_the_limit_is_too_small_to_act_on(size: int, is_found: bool) -> None:
    [*these] = found(facts({"a": size}), Kind.TOO_SMALL, limits=replace(QUIET, act_on=25))

    assert [each.figures["size"] for each in these] == ([size] if is_found else [])


def test_equal_groups_take_what_is_in_every_table() -> None:
    """R: power.prop.test(p1=.05, p2=.10, power=.8) gives n = 434.432 a group."""
    assert contacts_needed(Experiment(rate=0.05, uplift=1.0), 0.5) == 2 * 435
    # R: power.prop.test(p1=.5, p2=.75, power=.9, sig.level=.05): n = 76.65294
    assert contacts_needed(Experiment(0.5, 0.5, 0.05, 0.9), 0.5) == 2 * 77


def test_a_small_control_group_takes_more_contacts_than_an_even_split() -> None:
    even, tenth = (contacts_needed(Experiment(), control) for control in (0.5, 0.1))
    assert even < tenth < 4 * even


def test_a_segment_is_too_small_to_learn_from_until_enough_come_by() -> None:
    needed = contacts_needed(Experiment(), 0.1)
    limits = Thresholds()
    small = facts({"a": 300}, courses={"a": course(300, 300, moved=200)})

    [finding] = [each for each in found(small, Kind.TOO_FEW, limits=limits) if "a" in each.segments]

    assert finding.figures == {"reach": 400, "needed": needed, "control": 0.1}
    assert finding.says == (
        f"“A” reaches 400 contacts in 90 days; a test with 10 % held out takes {needed:,}."
    )
    assert "5.0 % reach from one that 7.5 % reach" in finding.suggestion
    enough = facts({"a": needed, "b": needed, "c": needed})
    assert found(enough, Kind.TOO_FEW, limits=limits) == []
    assert found(replace(enough, sizes={"a": needed - 1}), Kind.TOO_FEW, limits=limits) != []


def test_the_control_group_of_a_segments_own_trigger_counts() -> None:
    rules = (
        RULES
        + """
triggers:
  t: {name: T, on: {enters: a}, enroll: {workflow: W}, split: {control: 50}}
  u: {name: U, on: {leaves: b}, enroll: {workflow: W}, split: {control: 20}}
"""
    )
    these = found(facts(), Kind.TOO_FEW, rules, Thresholds())
    assert [each.figures["control"] for each in these] == [0.5, 0.1, 0.1]


def test_a_segment_nobody_moves_in_or_out_of_is_static() -> None:
    still, lively = course(*[7] * 31), course(*[7] * 31, moved=1)
    young = course(*[7] * 30)

    for line, is_found in ((still, True), (lively, False), (young, False), (Course(), False)):
        these = found(facts({"a": 7}, courses={"a": line}), Kind.STATIC)
        assert [each.segments for each in these] == ([("a",)] if is_found else [])
    assert found(facts({"a": 0}, courses={"a": course(*[0] * 31)}), Kind.STATIC) == []


@pytest.mark.parametrize(
    ("before", "size", "kind"),
    [
        (100, 150, Kind.GROWING),
        (150, 100, Kind.SHRINKING),
        (0, 50, Kind.GROWING),
        (100, 149, None),
        (98, 147, None),  # by half, but by fewer than 50
        (1000, 1100, None),
    ],
)
def test_fast_growth_and_shrinking_are_found_by_factor_and_number(
    before: int, size: int, kind: Kind | None
) -> None:
    line = course(before, 0, 0, 0, 0, 0, 0, size)
    changed = [
        each.kind
        for each in health(facts({"a": size}, courses={"a": line}), book_of(RULES), QUIET).findings
        if each.kind in (Kind.GROWING, Kind.SHRINKING)
    ]
    assert changed == ([kind] if kind else [])


# -- pairs -----------------------------------------------------------------------------------------


def test_common_members_are_counted_from_who_is_in_exactly_what() -> None:
    counts = common(
        [
            Combination(("b", "a"), 3),
            Combination(("a", "b", "c"), 2),
            Combination(("c",), 9),
        ]
    )
    assert counts == {("a", "b"): 5, ("a", "c"): 2, ("b", "c"): 2}
    assert common([]) == {}


def test_common_members_of_very_many_combinations_are_added_up() -> None:
    keys = [f"s{number:02}" for number in range(17)]
    every = [
        Combination(tuple(key for place, key in enumerate(keys) if number >> place & 1), 2)
        for number in range(1, 2**17)
    ]
    assert set(common(every).values()) == {2 * 2**15}


def test_two_segments_of_the_same_members_are_one_too_many() -> None:
    pair = (Combination(("a", "b"), 900), Combination(("a",), 40), Combination(("b",), 60))

    [finding] = found(facts({"a": 940, "b": 960}, combinations=pair), Kind.SAME_MEMBERS)

    assert finding.segments == ("a", "b")
    assert finding.figures == {"jaccard": 0.9, "common": 900}
    assert finding.says == "“A” and “B” have 90 % of their members in common (900 of 1,000)."
    fewer = (replace(pair[0], contacts=899), *pair[1:])
    assert found(facts({"a": 939, "b": 959}, combinations=fewer), Kind.SAME_MEMBERS) == []
    assert found(facts({"a": 940, "b": 960}, combinations=pair), Kind.INSIDE) == []


def test_a_segment_inside_of_another_is_found_with_how_much_of_it() -> None:
    pair = (Combination(("a", "b"), 97), Combination(("a",), 3), Combination(("b",), 903))

    [finding] = found(facts({"a": 100, "b": 1000}, combinations=pair), Kind.INSIDE)

    assert finding.segments == ("a", "b")
    assert finding.says == "97 % of “A” (97 of 100) are in “B” (1,000)."
    assert finding.figures == {"containment": 0.97, "common": 97}


@pytest.mark.parametrize(
    ("sizes", "common_members", "why"),
    [
        ({"a": 100, "b": 1000}, 94, "less than 95 %"),
        ({"a": 24, "b": 1000}, 24, "so few are in it by chance"),
        ({"a": 100, "b": 9000}, 100, "nearly everybody is in the larger one"),
    ],
)
def test_what_is_inside_by_chance_or_of_no_meaning_is_not_told(
    sizes: dict[str, int], common_members: int, why: str
) -> None:
    pair = (Combination(tuple(sizes), common_members),)
    assert found(facts(sizes, combinations=pair), Kind.INSIDE) == [], why


def test_a_segment_that_the_rules_no_longer_have_is_not_told() -> None:
    pair = (Combination(("a", "x"), 100),)
    assert found(facts({"a": 100}, combinations=pair), Kind.INSIDE) == []


def test_that_a_rule_refers_to_another_segment_is_no_news() -> None:
    pair = (Combination(("a", "c"), 100),)
    sizes = {"a": 100, "c": 100}
    assert found(facts(sizes, combinations=pair), Kind.SAME_MEMBERS) == []
    far = RULES + "  d: {name: D, family: custom, description: D., when: {segment: c}}\n"
    far += "  e: {name: E, family: custom, description: E., when: {stage: s}}\n"
    far += "lifecycle:\n  stages: {s: {name: S, when: {segment: d}}}\n  otherwise: {name: O}\n"
    for each in ("d", "e"):
        pair = (Combination(("a", each), 100),)
        these = facts({"a": 100, each: 100}, combinations=pair)
        assert found(these, Kind.SAME_MEMBERS, far) == []


def test_of_several_segments_that_one_is_inside_of_the_smallest_is_told() -> None:
    rules = RULES + "  d: {name: D, family: custom, description: D., when: {event: refund}}\n"
    three = (Combination(("a", "b", "d"), 100),)
    sizes = {"a": 2000, "b": 100, "d": 1000}

    these = found(facts(sizes, combinations=three), Kind.INSIDE, rules)

    assert [each.segments for each in these] == [("b", "d")]


# -- rules -----------------------------------------------------------------------------------------


def alike(one: str, other: str) -> list[Finding]:
    """Give what is found of two segments with these rules."""
    head = "{name: %s, family: custom, description: D., when: %s}"
    rules = f"version: 1\nsegments:\n  a: {head % ('A', one)}\n  b: {head % ('B', other)}\n"
    return found(facts(), Kind.ALIKE, rules)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "{event: purchase, within: 30d, count: {at_least: 2}}",
            "{event: purchase, within: 90d, count: {at_least: 5}}",
        ),
        (
            "{event: purchase, where: {amount: {more_than: 5}, currency: EUR}}",
            "{event: purchase, where: {currency: EUR, amount: {more_than: 9.5}}}",
        ),
        ("{event: [purchase, refund]}", "{event: [refund, purchase]}"),
        (
            "{all: [{event: purchase}, {not: {event: refund, within: 9d}}]}",
            "{all: [{not: {event: refund, within: 1d}}, {event: purchase}]}",
        ),
        ("{property: age, at_least: 18}", "{property: age, at_least: 65}"),
        (
            "{ratio: {of: {event: email_clicked}, to: {event: email_opened}}, at_least: 0.2}",
            "{ratio: {of: {event: email_clicked}, to: {event: email_opened}}, at_least: 0.3, "
            "minimum: 5}",
        ),
    ],
)
def test_rules_that_differ_in_numbers_or_order_only_are_alike(one: str, other: str) -> None:
    [finding] = alike(one, other)
    assert finding.segments == ("a", "b")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{event: purchase, within: 30d}", "{event: purchase}"),
        ("{event: purchase, within: 30d}", "{event: purchase, before: 30d}"),
        ("{event: purchase, count: {at_least: 2}}", "{event: purchase, count: {exactly: 2}}"),
        ("{event: purchase}", "{event: refund}"),
        ("{property: country, is: SE}", "{property: country, is: NO}"),
        ("{property: country, known: true}", "{property: country, known: false}"),
        (
            "{all: [{event: purchase}, {event: refund}]}",
            "{any: [{event: purchase}, {event: refund}]}",
        ),
    ],
)
def test_rules_that_ask_for_something_else_are_not_alike(one: str, other: str) -> None:
    assert alike(one, other) == []


def test_what_differs_in_rules_that_are_alike_is_told_in_words() -> None:
    [finding] = alike("{event: purchase, within: 30d}", "{event: purchase, within: 90d}")
    assert finding.says.startswith("The rules of “A” and “B” differ in numbers only: ")
    assert "within 30 days; " in finding.says
    assert finding.says.endswith("within 90 days.")

    [finding] = alike("{event: purchase}", "{event: purchase}")
    assert finding.says.startswith("“A” and “B” have the same rule: ")


# -- contacts and the proof ------------------------------------------------------------------------


def test_contacts_that_come_and_go_are_told_with_the_worst_of_them() -> None:
    flapping = (Flapping("a", 34, ((7, 9), (5, 4))), Flapping("gone", 3, ((1, 4),)))

    [finding] = found(facts(flapping=flapping), Kind.FLAPPING)

    assert finding.segments == ("a",)
    assert finding.contacts == (7, 5)
    assert "by 34 contacts, most often by contact 7 (9 times)" in finding.says


def test_contacts_in_very_many_segments_are_counted() -> None:
    limits = replace(QUIET, crowd=2)
    many = (
        Combination(("a",), 5),
        Combination(("a", "b"), 20),
        Combination(("a", "b", "c"), 10),
    )

    [finding] = found(
        facts(combinations=many, crowded=((4, 3), (9, 2))), Kind.CROWDED, limits=limits
    )

    assert finding.figures == {"contacts": 30, "most": 3}
    assert finding.says == (
        "30 contacts (0.3 %) are in 2 segments or more, at most in 3; among them: 4, 9."
    )
    assert found(facts(combinations=many[:1]), Kind.CROWDED, limits=limits) == []


def test_what_the_proof_found_of_late_is_told_first() -> None:
    days = (
        ProofDay(TODAY - 7 * DAY, 500, 9),
        ProofDay(TODAY - 6 * DAY, 500, 2),
        ProofDay(TODAY, 100, 0),
    )
    wrong = Difference(7, datetime(2026, 6, 24, tzinfo=EPOCH.tzinfo), "due", "never", "then")

    findings = health(
        facts({"a": 0}, proofs=days, differences=(wrong,)), book_of(RULES), QUIET
    ).findings

    assert findings[0].kind is Kind.WRONG
    assert findings[0].figures == {"checked": 600, "differed": 2}
    assert findings[0].contacts == (7,)
    assert findings[1].kind is Kind.EMPTY
    assert found(facts(proofs=days[2:]), Kind.WRONG) == []


# -- over time -------------------------------------------------------------------------------------


def test_sizes_are_reckoned_back_from_today_by_what_moved() -> None:
    moves = [
        Moves("a", TODAY, 3, 1),
        Moves("a", TODAY - DAY, 0, 4),
        Moves("gone", TODAY, 5, 0),
    ]

    rows = reckoned({"a": 10, "b": 0}, moves, (TODAY - 2 * DAY, TODAY))

    assert rows == [
        DaySize("a", TODAY, 10, 3, 1),
        DaySize("a", TODAY - DAY, 8, 0, 4),
        DaySize("a", TODAY - 2 * DAY, 12, 0, 0),
        DaySize("b", TODAY, 0, 0, 0),
        DaySize("b", TODAY - DAY, 0, 0, 0),
        DaySize("b", TODAY - 2 * DAY, 0, 0, 0),
    ]


def test_a_complete_day_keeps_its_size_and_learns_of_late_moves() -> None:
    complete = [DaySize("a", TODAY - DAY, 9, 0, 0)]
    moves = [Moves("a", TODAY - DAY, 2, 0), Moves("a", TODAY, 1, 0)]

    rows = reckoned({"a": 10}, moves, (TODAY - DAY, TODAY), complete)

    assert rows == [DaySize("a", TODAY, 10, 1, 0), DaySize("a", TODAY - DAY, 9, 2, 0)]


def test_contacts_that_were_erased_never_make_a_size_negative() -> None:
    rows = reckoned({"a": 0}, [Moves("a", TODAY, 2, 0)], (TODAY - DAY, TODAY))
    assert rows[-1] == DaySize("a", TODAY - DAY, 0, 0, 0)


def test_a_line_has_the_size_now_and_how_it_changed() -> None:
    line = course(*range(100, 131), moved=2)
    state = health(facts({"a": 131}, courses={"a": line}), book_of(RULES), QUIET)

    a, b, _ = state.lines
    assert (a.key, a.name, a.size) == ("a", "A", 131)
    assert (a.change_7, a.change_30) == (8, 31)
    assert (a.entered, a.left) == (14, 14)
    assert len(a.days) == 30
    assert (b.change_7, b.change_30, b.entered, b.days) == (None, None, 0, ())


def test_courses_are_sorted_out_by_segment() -> None:
    one, two = DaySize("a", TODAY - DAY, 1, 0, 0), DaySize("a", TODAY, 2, 0, 0)
    other = DaySize("b", TODAY, 3, 0, 0)

    assert courses([one, two, other]) == {"a": Course((one, two)), "b": Course((other,))}
    assert Course((one, two)).size_on(TODAY - 2 * DAY) is None
    assert Course().empty_since() is None
