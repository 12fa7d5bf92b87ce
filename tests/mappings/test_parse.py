"""Rule files as the values they become."""

from decimal import Decimal
from pathlib import Path

import pytest

from mappings.catalogue import load_catalogue
from mappings.rules import (
    Enters,
    Happens,
    Leaves,
    RuleBook,
    RuleFaults,
    StageIs,
    combine,
    event_properties_used,
    kinds_used,
    load_files,
    parse,
    properties_used,
    shipped,
)
from mappings.rules.nodes import (
    AllOf,
    Bound,
    Comparison,
    EventCondition,
    InSegment,
    Measure,
    Not,
    Pattern,
    PropertyCondition,
    RatioCondition,
    Sequel,
    Where,
    Window,
)
from mappings.rules.values import DAY, HOUR

CATALOGUE = load_catalogue()


def book(text: str) -> RuleBook:
    return parse(text, "rules.yml", CATALOGUE)


def test_an_event_condition_says_which_when_followed_by_what_and_how_much() -> None:
    rules = book(
        """
segments:
  all_of_it:
    when:
      event: [purchase, cart_updated]
      where: {currency: SEK, amount: {at_least: 5, less_than: "10.50"}}
      within: 2w
      before: 1d
      from: 2026-01-01
      to: 2026-01-01T01:00:00+01:00
      then: {event: checkout_started, inside: 1h, same: [amount]}
      without: {event: refund}
      total: {of: amount, more_than: 10, at_most: 20}
"""
    )

    assert rules.segments["all_of_it"].when == EventCondition(
        Pattern(
            ("purchase", "cart_updated"),
            (
                Where("currency", (Comparison("is", ("SEK",)),)),
                Where(
                    "amount", (Comparison("at_least", ("5",)), Comparison("less_than", ("10.50",)))
                ),
            ),
        ),
        Window(14 * DAY, DAY, 1767225600000, 1767225600000),
        Sequel(Pattern(("checkout_started",)), HOUR, ("amount",)),
        Sequel(Pattern(("refund",))),
        Measure(
            "total", "amount", (Bound("more_than", Decimal(10)), Bound("at_most", Decimal(20)))
        ),
    )


def test_other_conditions_are_read_as_they_stand() -> None:
    rules = book(
        """
segments:
  ratio:
    when:
      ratio: {of: {event: email_clicked}, to: {event: email_delivered}}
      within: 90d
      at_least: 0.2
      minimum: 5
  property: {when: {property: country, in: [SE, no], known: true, in_next: 1d}}
  combined: {when: {all: [{segment: ratio}, {not: {segment: property}}]}}
"""
    )

    whens = {key: segment.when for key, segment in rules.segments.items()}
    assert whens["ratio"] == RatioCondition(
        Pattern(("email_clicked",)),
        Pattern(("email_delivered",)),
        Window(90 * DAY),
        (Bound("at_least", Decimal("0.2")),),
        Decimal(5),
    )
    assert whens["property"] == PropertyCondition(
        "country", (Comparison("in", ("SE", "no")), Comparison("known", ("true",))), in_next=DAY
    )
    assert whens["combined"] == AllOf((InSegment("ratio"), Not(InSegment("property"))))


def test_triggers_say_when_whereto_and_how_often() -> None:
    rules = book(
        """
segments:
  carts: {when: {event: cart_updated}}
lifecycle:
  stages:
    customer: {name: Customer, when: {event: purchase}, hubspot: customer}
    risk: {when: {event: refund}, hubspot: null}
  otherwise: {name: Visitor}
  direction: any
triggers:
  enters: {on: {enters: carts}, enroll: {workflow: 17}, again: after 30d, split: {control: 12.5}}
  leaves: {on: {leaves: carts}, enroll: {workflow: W}, again: always, priority: -3, consent: News}
  stage: {name: Won, on: {stage: customer}, enroll: {workflow: W}, again: never}
  event:
    on: {event: {event: resource_downloaded, where: {resource: Guide}}}
    enroll: {workflow: W}
    goal: {event: purchase, within: 14d}
"""
    )

    triggers = rules.triggers
    assert [trigger.on for trigger in triggers.values()][:3] == [
        Enters("carts"),
        Leaves("carts"),
        StageIs("customer"),
    ]
    happens = triggers["event"].on
    assert isinstance(happens, Happens)
    assert happens.condition.pattern.kinds == ("resource_downloaded",)
    assert [trigger.again for trigger in triggers.values()] == [30 * DAY, 0, None, None]
    assert triggers["enters"].workflow == "17"
    assert triggers["enters"].control_percent == Decimal("12.5")
    assert (triggers["leaves"].priority, triggers["leaves"].consent) == (-3, "News")
    assert triggers["event"].goal == EventCondition(Pattern(("purchase",)), Window(14 * DAY))
    assert (triggers["stage"].name, triggers["event"].name) == ("Won", "Event")
    assert rules.lifecycle is not None
    assert [(one.key, one.hubspot) for one in rules.lifecycle.stages] == [
        ("customer", "customer"),
        ("risk", None),
    ]
    assert (rules.lifecycle.otherwise, rules.lifecycle.direction) == ("Visitor", "any")


def test_words_that_yaml_would_turn_into_truths_stay_words() -> None:
    when = book("segments: {norwegians: {when: {property: country, in: [NO, on, yes]}}}")

    condition = when.segments["norwegians"].when
    assert isinstance(condition, PropertyCondition)
    assert condition.tests[0].values == ("NO", "on", "yes")


@pytest.mark.parametrize(
    "text", ["", "version: 1", "segments:", "version: 1\ntriggers:\nlifecycle:\n"]
)
def test_a_file_that_says_nothing_is_an_empty_book(text: str) -> None:
    rules = book(text)

    assert (dict(rules.segments), rules.lifecycle, dict(rules.triggers)) == ({}, None, {})


def test_files_of_one_book_may_refer_to_one_another(tmp_path: Path) -> None:
    one, other = tmp_path / "one.yml", tmp_path / "other.yml"
    one.write_text("segments: {a: {when: {segment: b}}}", encoding="utf-8")
    other.write_text("\ufeffsegments: {b: {when: {event: purchase}}}", encoding="utf-8")

    rules = load_files([one, other], CATALOGUE)

    assert set(rules.segments) == {"a", "b"}
    with pytest.raises(RuleFaults, match='unknown segment "b"'):
        load_files([one], CATALOGUE)


def test_a_key_that_two_files_say_is_refused(tmp_path: Path) -> None:
    for name in ("one.yml", "other.yml"):
        text = "segments: {a: {when: {event: purchase}}}\nlifecycle: {stages: {}}"
        (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(RuleFaults) as refusal:
        load_files(sorted(tmp_path.iterdir()), CATALOGUE)

    assert [fault.path for fault in refusal.value.faults] == ["lifecycle", "segments.a"]
    assert all("one.yml" in fault.message for fault in refusal.value.faults)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path, other = tmp_path / "latin.yml", tmp_path / "other.yml"
    path.write_bytes("segments:\n  a: {name: Ö}".encode("latin-1"))
    other.write_text("segmentz: {}", encoding="utf-8")

    with pytest.raises(RuleFaults) as refusal:
        load_files([path, other], CATALOGUE)

    assert str(refusal.value).splitlines() == [
        f"{path}:2: not UTF-8 text",
        f'{other}:1: segmentz: unknown key "segmentz" in a rule file; did you mean "segments"?',
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_they_do_anywhere(tmp_path: Path, end: str) -> None:
    lines = ["segments:", "  a:", "    when: {event: purchase}", "  b: {when: {event: purchse}}"]
    path = tmp_path / "rules.yml"
    path.write_bytes(end.join(lines[:3]).encode())
    assert load_files([path], CATALOGUE) == book("\n".join(lines[:3]))

    path.write_bytes(end.join(lines).encode())
    with pytest.raises(RuleFaults) as refusal:
        load_files([path], CATALOGUE)

    [fault] = refusal.value.faults
    assert (fault.line, fault.path) == (4, "segments.b.when.event")


def test_a_sign_that_yaml_does_not_take_is_told_with_its_line() -> None:
    with pytest.raises(RuleFaults) as refusal:
        book("segments:\n  a:\n    name: a\x07b")

    [fault] = refusal.value.faults
    assert (fault.line, fault.message) == (3, "not YAML: special characters are not allowed")


def test_a_book_may_lean_on_another_and_be_put_together_with_it() -> None:
    base = book("segments: {a: {when: {event: purchase}}}")

    own = parse("segments: {b: {when: {segment: a}}}", "own.yml", CATALOGUE, beside=base)

    assert set(own.segments) == {"b"}
    assert set(combine(base, own).segments) == {"a", "b"}
    with pytest.raises(RuleFaults, match="said twice"):
        combine(base, base)
    with pytest.raises(RuleFaults, match='unknown segment "a"'):
        combine(own)
    with pytest.raises(ValueError, match="no book"):
        combine()


def test_books_that_lead_in_a_circle_together_are_refused() -> None:
    leaf = "segments: {a: {when: {event: purchase}}}"
    over = parse("segments: {b: {when: {segment: a}}}", "over.yml", CATALOGUE, beside=book(leaf))
    other_leaf = book("segments: {b: {when: {event: purchase}}}")
    under = parse("segments: {a: {when: {segment: b}}}", "under.yml", CATALOGUE, beside=other_leaf)

    with pytest.raises(RuleFaults, match="circle of references"):
        combine(over, under)


def test_a_whole_book_put_together_with_an_empty_one_is_itself() -> None:
    own = book("triggers: {t: {on: {event: {event: purchase}}, enroll: {workflow: W}}}")
    stages = parse(
        "triggers: {u: {on: {stage: customer}, enroll: {workflow: W}}}",
        "own.yml",
        CATALOGUE,
        beside=shipped(CATALOGUE),
    )

    whole = combine(shipped(CATALOGUE), own, stages)

    assert combine(whole, book("")) == whole


def test_a_circle_through_the_book_beside_is_seen() -> None:
    base = book("segments: {a: {when: {segment: c}}, c: {when: {event: purchase}}}")

    with pytest.raises(RuleFaults, match="circle"):
        parse("segments: {c: {when: {segment: a}}}", "own.yml", CATALOGUE, beside=base)


def test_a_book_says_what_it_looks_at() -> None:
    rules = book(
        """
segments:
  a:
    when:
      any:
        - {property: country, is: SE}
        - event: email_opened
          without: {event: custom.wish, same: [email], where: {n: 1}}
        - not:
            ratio: {of: {event: refund, where: {amount: 1}}, to: {event: purchase}}
            at_least: 1
lifecycle: {stages: {s: {when: {property: city, known: true}}}}
triggers:
  t:
    on: {event: {event: page_viewed}}
    enroll: {workflow: W}
    goal: {event: [purchase, call_logged], where: {amount: 5}}
"""
    )

    assert properties_used(rules) == {"country", "city"}
    kinds = kinds_used(rules)
    assert kinds is not None
    assert set(kinds) == {
        "email_opened",
        "custom.wish",
        "refund",
        "purchase",
        "page_viewed",
        "call_logged",
    }
    assert event_properties_used(rules) == {
        "email_opened": {"email"},
        "custom.wish": {"email", "n"},
        "refund": {"amount"},
        "purchase": {"amount"},
        "page_viewed": set(),
        "call_logged": set(),
    }


def test_what_ships_can_be_read() -> None:
    rules = shipped(CATALOGUE)

    assert {"frequent_buyers", "cart_abandoners", "churn_risk"} <= set(rules.segments)
    assert rules.lifecycle is not None


def test_nesting_of_absurd_depth_is_refused_without_harm() -> None:
    deep = "segments: {a: {when: " + "{not: " * 5000 + "x" + "}" * 5002

    with pytest.raises(RuleFaults, match="nested more than 200 deep"):
        book(deep)


def test_a_chain_of_a_thousand_references_is_followed() -> None:
    links = [f"  s{place}: {{when: {{segment: s{place + 1}}}}}" for place in range(1000)]

    rules = book("\n".join(["segments:", *links, "  s1000: {when: {event: purchase}}"]))

    assert len(rules.segments) == 1001
