"""The examples of a rule file are run, and a wrong one says how."""

from integration.decide.examples import examples_of, failing_examples
from tests.decide.kernel.asking import book

RULES = """
segments:
  buyers:
    when: {event: purchase, within: 7d}
    examples:
      - {given: [{event: purchase, ago: 1d}], expect: in, leaves_in: 6d}
      - {given: [{event: purchase, ago: 1d}], expect: in, leaves_in: 5d}
      - {given: [{event: purchase, ago: 1d}], expect: out}
      - {given: [{event: purchase, in: 1d}], expect: out, enters_in: 1d}
      - {given: [], expect: out, enters_in: 1d}
      - {expect: out, enters_in: never}
      - {given: [{event: purchase, at: 2026-01-01}], now: 2026-01-02, expect: in, leaves_in: 6d}
  spenders:
    when: {event: purchase, total: {of: amount, exactly: 3.3}, where: {currency: {known: true}}}
    examples:
      - given: [{event: purchase, ago: 1h, times: 3, properties: {amount: 1.1, currency: SEK}}]
        expect: in
      - given: [{event: purchase, ago: 1h, id: a, times: 3, properties: {amount: 1.1, currency: S}}]
        expect: out
      - given: [{event: purchase, ago: 1h, properties: {amount: "3.3", currency: null}}]
        expect: out
  due:
    when: {all: [{property: due, in_next: 2d}, {property: country, is: SE}]}
    examples:
      - {contact: {due: {in: 3d}, country: SE}, expect: out, enters_in: 1d}
      - {contact: {due: {ago: 3d}, country: SE}, expect: out, enters_in: never}
      - {contact: {due: {in: 1d}, country: "no"}, expect: out}
  wishers:
    when: {event: custom.wish, where: {vip: true, n: {at_least: 2}}}
    examples:
      - {given: [{event: custom.wish, ago: 1d, properties: {vip: true, n: 2}}], expect: in}
      - {given: [{event: custom.wish, ago: 1d, properties: {vip: true, n: "2"}}], expect: out}
lifecycle:
  stages:
    first:
      when: {event: refund, within: 2d}
      examples: [{given: [{event: refund, ago: 1d}], expect: out}]
    second:
      when: {event: purchase, within: 7d}
      examples:
        - given: [{event: refund, ago: 1d}, {event: purchase, ago: 1d}]
          expect: out
          enters_in: 1d
        - given: [{event: purchase, ago: 1d}]
          expect: in
          leaves_in: never
"""


def test_each_failing_example_is_told_with_its_place_and_the_difference() -> None:
    rules = book(RULES)

    failures = [str(failure) for failure in failing_examples(rules)]

    assert examples_of(rules) == 18
    assert failures == [
        "rules.yml:7: segments.buyers, example 2: leaves in 6d, expected in 5d",
        "rules.yml:8: segments.buyers, example 3: expected out, is in",
        "rules.yml:10: segments.buyers, example 5: enters never, expected in 1d",
        "rules.yml:37: lifecycle.stages.first, example 1: expected out, is in",
        "rules.yml:44: lifecycle.stages.second, example 2: leaves in 6d, expected never",
    ]


def test_a_book_without_a_lifecycle_or_examples_has_nothing_to_fail() -> None:
    assert failing_examples(book("segments: {a: {when: {event: purchase}}}")) == []


TRIGGERS = """
segments:
  left: {when: {event: cart_updated, within: 7d, without: {event: purchase, inside: 4h}}}
  swedes: {when: {property: country, is: SE}}
lifecycle:
  stages:
    customer: {when: {event: purchase}}
triggers:
  cart:
    on: {enters: left}
    enroll: {workflow: Abandoned cart}
    again: after 10d
    split: {control: 100}
    goal: {event: purchase, within: 14d}
    examples:
      - {given: [{event: cart_updated, ago: 9h}], enrolls: [5h], enrolls_in: never, goal: open}
      - {given: [{event: cart_updated, ago: 20d}, {event: purchase, ago: 18d},
          {event: cart_updated, ago: 5d}], enrolls: [476h, 116h], goal: open}
      - {given: [{event: cart_updated, ago: 20d}, {event: cart_updated, ago: 12d}], enrolls: [476h]}
      - {given: [{event: cart_updated, ago: 3h}], enrolls: [], enrolls_in: 1h}
      - {given: [{event: cart_updated, ago: 4h}], enrolls: [now]}
      - given: [{event: cart_updated, ago: 9h}, {event: purchase, ago: 4h}]
        enrolls: [5h]
        goal: reached
      - given: [{event: cart_updated, ago: 9h}, {event: purchase, in: 1h}]
        enrolls: [5h]
        goal: open
      - {given: [{event: cart_updated, at: 2026-01-01}], now: 2026-01-02, enrolls: [20h]}
      - {given: [{event: cart_updated, ago: 5h}, {event: purchase, ago: 3h}], enrolls: [1h]}
      - {given: [{event: cart_updated, ago: 9h}], enrolls: []}
      - {given: [{event: cart_updated, ago: 9h}], enrolls: [5h, 1d]}
      - {given: [{event: cart_updated, ago: 3h}], enrolls: [], enrolls_in: 2h}
      - {given: [{event: cart_updated, ago: 3h}], enrolls: [], enrolls_in: never}
      - {given: [{event: cart_updated, ago: 9h}], enrolls: [5h], enrolls_in: 1h}
      - given: [{event: cart_updated, ago: 9h}, {event: purchase, ago: 4h}]
        enrolls: [5h]
        goal: open
      - {given: [{event: cart_updated, ago: 20d}], enrolls: [476h], goal: reached}
  swede:
    on: {enters: swedes}
    enroll: {workflow: Swedes}
    examples: [{contact: {country: SE}, enrolls: []}]
  customer:
    on: {stage: customer}
    enroll: {workflow: Customers}
    examples: [{given: [{event: purchase, ago: 2d}, {event: purchase, ago: 1d}], enrolls: [2d]}]
  book:
    on: {event: {event: resource_downloaded, where: {resource: Guide}}}
    enroll: {workflow: Guide}
    again: always
    examples:
      - given: [{event: resource_downloaded, ago: 1d, times: 2, properties: {resource: guide}}]
        enrolls: [1d, 1d]
      - {given: [{event: resource_downloaded, ago: 1d}], enrolls: [1d]}
"""


def test_the_examples_of_triggers_are_replayed_and_told_like_the_others() -> None:
    rules = book(TRIGGERS)

    failures = [str(failure) for failure in failing_examples(rules)]

    assert examples_of(rules) == 20
    line = "rules.yml:{}: triggers.{}, example {}: {}"
    assert failures == [
        line.format(29, "cart", 9, "enrolled never, expected 1h ago"),
        line.format(30, "cart", 10, "enrolled 5h ago, expected never"),
        line.format(31, "cart", 11, "enrolled 5h ago, expected 5h ago, 1d ago"),
        line.format(32, "cart", 12, "enrolls next in 1h, expected in 2h"),
        line.format(33, "cart", 13, "enrolls next in 1h, expected never"),
        line.format(34, "cart", 14, "enrolls next never, expected in 1h"),
        line.format(35, "cart", 15, "the goal is reached, expected open"),
        line.format(38, "cart", 16, "the goal is open, expected reached"),
        line.format(54, "book", 2, "enrolled never, expected 1d ago"),
    ]
