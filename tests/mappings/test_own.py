"""A portal's rule book: what ships, and what the portal has of its own."""

import pytest

from mappings.catalogue import load_catalogue
from mappings.rules import Own, RuleBook, RuleFaults, build_book, shipped, shipped_files
from mappings.rules.nodes import EventCondition, Lifecycle
from mappings.rules.values import HOUR

CATALOGUE = load_catalogue()
SHIPS = (
    (
        "carts.yml",
        """
settings:
  wait: {default: 4h, description: How long a cart may stand.}
  pages: {default: [/a*]}
segments:
  carts:
    description: Left a cart for {wait}.
    when: {event: cart_updated, without: {event: purchase, inside: {setting: wait}}}
  visitors: {when: {event: page_viewed, where: {url: {matches: {setting: pages}}}}}
  both: {when: {any: [{segment: carts}, {segment: visitors}]}}
  buyers: {when: {event: purchase}}
lifecycle: {stages: {customer: {when: {segment: buyers}}}}
""",
    ),
    (
        "triggers.yml",
        """
triggers:
  cart: {on: {enters: carts}, enroll: {workflow: Cart}}
  left: {on: {leaves: carts}, enroll: {workflow: Left}}
  visit: {on: {enters: visitors}, enroll: {workflow: Visit}}
  bought: {on: {stage: customer}, enroll: {workflow: Bought}}
  event: {on: {event: {event: refund}}, enroll: {workflow: Sorry}}
""",
    ),
)


def book(own: Own) -> RuleBook:
    return build_book(SHIPS, own, CATALOGUE)


def faults(own: Own) -> list[str]:
    with pytest.raises(RuleFaults) as refusal:
        book(own)
    return [str(fault) for fault in refusal.value.faults]


def waits(rules: RuleBook) -> int | None:
    when = rules.segments["carts"].when
    assert isinstance(when, EventCondition)
    assert when.without is not None
    return when.without.inside


def test_without_anything_of_its_own_a_portal_has_what_ships() -> None:
    assert build_book(shipped_files(), Own(), CATALOGUE) == shipped(CATALOGUE)


def test_a_setting_of_the_portal_changes_the_rules_that_mention_it() -> None:
    rules = book(Own({"wait": "6h"}))

    assert waits(rules) == 6 * HOUR
    assert rules.segments["carts"].description == "Left a cart for 6 hours."
    assert (rules.settings["wait"].default, rules.settings["wait"].value) == ("4h", "6h")
    assert rules.settings["wait"].source == "carts.yml"


def test_wrong_settings_are_told_all_at_once_and_plainly() -> None:
    assert faults(Own({"wait": "banana", "pages": "/b", "wiat": "5h"})) == [
        'settings.pages: "/b" is not a list of texts such as [/a*, /b*]',
        'settings.wait: "banana" is not a duration such as 45m, 3h, 30d or 2w',
        'settings.wiat: unknown setting; did you mean "wait"?',
    ]


def test_an_own_rule_takes_the_place_of_the_one_that_ships_under_its_key() -> None:
    mine = """
settings: {wait: {default: 8h}, mine: {default: 2d}}
segments:
  buyers: {name: Mine, when: {event: purchase, within: {setting: mine}}}
  more: {when: {all: [{segment: buyers}, {segment: carts}]}}
lifecycle: {stages: {fan: {when: {segment: more}}}}
triggers:
  visit: {on: {enters: more}, enroll: {workflow: Other}}
  bought: {on: {stage: fan}, enroll: {workflow: Fan}}
"""

    rules = book(Own(files={"mine.yml": mine}))

    assert rules.segments["buyers"].name == "Mine"
    assert rules.segments["buyers"].source == "mine.yml"
    assert {"carts", "more"} <= set(rules.segments)
    assert isinstance(rules.lifecycle, Lifecycle)
    assert [stage.key for stage in rules.lifecycle.stages] == ["fan"]
    assert rules.triggers["visit"].workflow == "Other"
    assert rules.triggers["cart"].workflow == "Cart"
    assert waits(rules) == 8 * HOUR
    assert waits(book(Own({"wait": "1h"}, {"mine.yml": mine}))) == HOUR


def test_what_an_own_file_leaves_out_others_may_still_need() -> None:
    """The lifecycle of its own has no stage that a shipped trigger waits for."""
    mine = "lifecycle: {stages: {fan: {when: {event: purchase}}}}"

    assert faults(Own(files={"mine.yml": mine})) == [
        'triggers.yml:6: triggers.bought.on.stage: unknown stage "customer"'
    ]
    switched_off = Own(files={"mine.yml": mine}, off=frozenset({"triggers.bought"}))
    assert "bought" not in book(switched_off).triggers


def test_own_files_have_to_make_sense_on_their_own_account() -> None:
    own = Own(
        files={
            "a.yml": "settings: {idle: {default: 3}, wait: {default: 3}}\n"
            "segments: {x: {when: {event: purchse}}}",
            "b.yml": "settings: {idle: {default: 3}}\nsegments: {x: {when: {event: purchase}}}",
            "c.yml": "segments: [",
            "d.yml": "segments: 5\nlifecycle: 7",
        }
    )

    found = faults(own)

    assert [line.split(": ", 2)[0] for line in found] == [
        "a.yml:1",
        "a.yml:2",
        "b.yml:1",
        "b.yml:1",
        "c.yml:1",
        "carts.yml:8",
        "d.yml:1",
        "d.yml:2",
        "triggers.yml:6",
    ]
    assert (
        'carts.yml:8: segments.carts.when.without.inside: the setting "wait" is a number (3)'
        in (found[5])
    )


def test_a_setting_that_is_faulty_in_its_file_is_told_once() -> None:
    own = Own({"wait": "5h"}, {"a.yml": "settings: {wait: {default: 0h}}"})

    assert faults(own) == [
        'a.yml:1: settings.wait.default: "0h" is not a duration such as 45m, 3h, 30d or 2w'
    ]


def test_keys_that_two_own_files_say_are_refused() -> None:
    text = "segments: {x: {when: {event: purchase}}}"
    assert faults(Own(files={"a.yml": text, "b.yml": text})) == [
        "b.yml: segments.x: said twice, also in a.yml"
    ]


def test_what_is_switched_off_is_gone_with_the_triggers_on_it() -> None:
    rules = book(Own(off=frozenset({"segments.both", "segments.carts", "triggers.event"})))

    assert set(rules.segments) == {"visitors", "buyers"}
    assert set(rules.triggers) == {"visit", "bought"}
    assert "wait" in rules.settings


def test_who_needs_what_is_switched_off_is_named() -> None:
    own = Own(
        files={"mine.yml": "triggers: {t: {on: {enters: visitors}, enroll: {workflow: W}}}"},
        off=frozenset({"segments.visitors", "segments.buyers"}),
    )

    assert faults(own) == [
        "carts.yml:10: segments.both.when.any[1].segment: "
        'the segment "both" refers to the segment "visitors", which is switched off',
        "carts.yml:12: lifecycle.stages.customer.when.segment: "
        'the stage "customer" refers to the segment "buyers", which is switched off',
    ]


def test_only_rules_that_are_there_can_be_switched_off() -> None:
    off = frozenset({"segments.cart", "stages.customer", "triggers.zzz", "carts"})

    assert faults(Own(off=off)) == [
        'off: "stages.customer" can\'t be switched off: write a lifecycle of your own without it',
        'off: no key of segments is "cart"; did you mean "carts"?',
        'off: no key of triggers is "zzz"',
        'off: unknown rule "carts"; it is segments.KEY or triggers.KEY',
    ]
