"""The examples of a rule file are run, and a wrong one says how."""

from integration.decide.kernel import examples_of, failing_examples
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
