"""Settings: values with names, which stand in the rules that mention them."""

from decimal import Decimal
from pathlib import Path

import pytest

from mappings.catalogue import load_catalogue
from mappings.rules import (
    Happens,
    PropertyCondition,
    RatioCondition,
    RuleBook,
    RuleFaults,
    Setting,
    TriggerExample,
    combine,
    load_files,
    parse,
)
from mappings.rules.nodes import AllOf, EventCondition
from mappings.rules.spelling import in_words, respelled
from mappings.rules.values import DAY, HOUR, MINUTE

CATALOGUE = load_catalogue()

EVERYWHERE = """
settings:
  wait: {default: 4h, description: How long to wait.}
  often: {default: 3}
  share: {default: 0.25}
  mail: {default: Welcome}
  code: {default: "12"}
  pages: {default: [/a*, "*b: c*", "d"]}
  kinds: {default: [purchase, refund]}
  kind: {default: email_opened}
  since: {default: "2026-01-01"}
segments:
  events:
    when:
      event: {setting: kinds}
      within: {setting: wait}
      before: {setting: wait}
      from: {setting: since}
      count: {more_than: {setting: often}}
      where: {amount: {setting: often}, order_id: {setting: code}}
      then: {event: purchase, inside: {setting: wait}}
  others:
    when:
      all:
        - ratio: {of: {event: {setting: kind}}, to: {event: [{setting: kind}, email_clicked]}}
          at_least: {setting: share}
          minimum: {setting: often}
        - {property: city, in: {setting: pages}, is_not: {setting: mail}, in_next: {setting: wait}}
        - {event: email_opened, where: {email: {in: [x, {setting: mail}]}}}
        - event: page_viewed
          where:
            url: {matches: {setting: pages}, not_in: {setting: pages}}
            title: {setting: mail}
lifecycle:
  stages:
    lead:
      description: "Waited {wait}, {often} times, for {pages} or {mail}."
      when: {event: purchase, within: {setting: wait}}
triggers:
  one:
    description: "{wait}"
    on: {event: {event: page_viewed, where: {seconds: {at_least: {setting: often}}}}}
    enroll: {workflow: {setting: mail}}
    again: {after: {setting: wait}}
    consent: {setting: mail}
    split: {control: {setting: often}}
    goal: {event: purchase, within: {setting: wait}}
"""

VALUES = (
    ("wait", "4h", "4 hours"),
    ("often", "3", "3"),
    ("share", "0.25", ""),
    ("mail", "Welcome", "Welcome"),
    ("code", '"12"', ""),
    ("pages", '[/a*, "*b: c*", d]', "/a*, *b: c* or d"),
    ("kinds", "[purchase, refund]", ""),
    ("kind", "email_opened", ""),
    ("since", "2026-01-01", ""),
)


def book(text: str) -> RuleBook:
    return parse(text, "rules.yml", CATALOGUE)


def test_a_setting_stands_wherever_it_is_mentioned() -> None:
    rules = book(EVERYWHERE)

    plain = EVERYWHERE[EVERYWHERE.index("segments:") :]
    for name, value, words in VALUES:
        plain = plain.replace(f"{{setting: {name}}}", value).replace(f"{{{name}}}", words)
    written = book(plain)
    assert rules.segments == written.segments
    assert rules.lifecycle == written.lifecycle
    assert rules.triggers == written.triggers
    stages = rules.lifecycle.stages if rules.lifecycle else ()
    assert stages[0].description == "Waited 4 hours, 3 times, for /a*, *b: c* or d or Welcome."
    assert rules.triggers["one"].again == 4 * HOUR


def test_the_spelling_of_a_default_gives_its_kind() -> None:
    settings = book(EVERYWHERE).settings

    assert {key: one.kind for key, one in settings.items()} == {
        "wait": "duration",
        "often": "number",
        "share": "number",
        "mail": "text",
        "code": "text",
        "pages": "list",
        "kinds": "list",
        "kind": "text",
        "since": "text",
    }
    assert settings["wait"] == Setting("wait", "duration", "4h", "4h", "How long to wait.")
    assert settings["pages"].value == '[/a*, "*b: c*", d]'


def test_nodes_hold_plain_values() -> None:
    rules = book(EVERYWHERE)

    events = rules.segments["events"].when
    assert isinstance(events, EventCondition)
    assert events.window.within == 4 * HOUR
    assert events.measure.bounds[0].value == Decimal(3)
    others = rules.segments["others"].when
    assert isinstance(others, AllOf)
    ratio, city = others.conditions[:2]
    assert isinstance(ratio, RatioCondition)
    assert ratio.minimum == 3
    assert isinstance(city, PropertyCondition)
    assert city.tests[0].values == ("/a*", "*b: c*", "d")
    assert isinstance(rules.triggers["one"].on, Happens)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("duration", " 6h ", "6h"),
        ("duration", "banana", None),
        ("duration", "0h", None),
        ("duration", "[6h]", None),
        ("number", "12.50", "12.50"),
        ("number", "1,5", None),
        ("number", "", None),
        ("text", "Welcome: part 1", "Welcome: part 1"),
        ("text", '"*e-book*"', "*e-book*"),
        ("text", "'12'", "12"),
        ("text", '"', None),
        ("text", "*e-book*", "*e-book*"),
        ("text", "  ", None),
        ("list", "[/a*, 'b, c', 12]", '[/a*, "b, c", 12]'),
        ("list", '["say \\"a\\\\b\\""]', '["say \\"a\\\\b\\""]'),
        ("list", "/a*", None),
        ("list", "[]", None),
        ("list", "[a, [b]]", None),
        ("list", "[a, '']", None),
        ("list", "[*a]", None),
    ],
)
def test_what_is_said_instead_of_a_default_is_of_its_kind(
    kind: str, text: str, value: str | None
) -> None:
    assert respelled(kind, text) == value
    assert value is None or kind == "text" or respelled(kind, value) == value


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("duration", "4h", "4 hours"),
        ("duration", "1d", "1 day"),
        ("number", "0.1", "0.1"),
        ("text", "Welcome", "Welcome"),
        ("list", "[/a*]", "/a*"),
        ("list", "[/a*, b]", "/a* or b"),
    ],
)
def test_a_value_reads_in_words(kind: str, value: str, words: str) -> None:
    assert in_words(Setting("key", kind, value, value)) == words


def test_files_of_one_book_share_their_settings(tmp_path: Path) -> None:
    one, other = tmp_path / "one.yml", tmp_path / "other.yml"
    one.write_text("settings: {wait: {default: 4h}}", encoding="utf-8")
    rule = "segments: {a: {when: {event: purchase, within: {setting: wait}}}}"
    other.write_text(rule, encoding="utf-8")

    assert set(load_files([one, other], CATALOGUE).settings) == {"wait"}
    with pytest.raises(RuleFaults, match='unknown setting "wait"'):
        load_files([other], CATALOGUE)
    other.write_text(f"settings: {{wait: {{default: 5h}}}}\n{rule}", encoding="utf-8")
    with pytest.raises(RuleFaults) as refusal:
        load_files([one, other], CATALOGUE)
    assert [str(fault) for fault in refusal.value.faults] == [
        f"{other}:1: settings.wait: said twice, also in {one}"
    ]


def test_a_file_may_use_the_settings_of_the_book_beside_it() -> None:
    base = book(
        "settings: {w: {default: 2d}}\n"
        "segments: {a: {when: {event: purchase, within: {setting: w}}}}"
    )
    text = "segments: {b: {when: {event: refund, within: {setting: w}}}}"

    own = parse(text, "own.yml", CATALOGUE, beside=base)

    found = own.segments["b"].when
    assert isinstance(found, EventCondition)
    assert found.window.within == 2 * DAY
    assert set(combine(base, own).settings) == {"w"}
    again = parse(f"settings: {{w: {{default: 1d}}}}\n{text}", "own.yml", CATALOGUE, beside=base)
    with pytest.raises(RuleFaults, match=r"own.yml: settings.w: said twice"):
        combine(base, again)


def test_the_example_of_a_trigger_says_when_it_enrolled() -> None:
    rules = book(
        """
triggers:
  t:
    family: website
    description: Somebody did something.
    edits: enroll
    on: {event: {event: purchase}}
    enroll: {workflow: W}
    again: {after: 30d}
    examples:
      - given: [{event: purchase, ago: 5h, times: 2}]
        contact: {country: SE}
        now: 1970-01-02
        enrolls: [35d, now, 5h]
        enrolls_in: 45m
        goal: reached
      - {enrolls: [], enrolls_in: never}
      - {enrolls: [1h], goal: open}
"""
    )

    trigger = rules.triggers["t"]
    assert (trigger.family, trigger.edits, trigger.again) == ("website", "enroll", 30 * DAY)
    assert trigger.description == "Somebody did something."
    first, second, third = trigger.examples
    assert len(first.given) == 2
    assert first.enrolls == (0, 5 * HOUR, 35 * DAY)
    assert (first.now, first.enrolls_in, first.goal_reached) == (DAY, 45 * MINUTE, True)
    assert second == TriggerExample((), {}, (), never_enrolls=True, line=second.line)
    assert (third.enrolls, third.goal_reached, third.enrolls_in) == ((HOUR,), False, None)
