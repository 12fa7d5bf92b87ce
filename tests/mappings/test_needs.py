"""How far back events of a kind may lie and still matter to a book."""

from __future__ import annotations

from mappings.catalogue import load_catalogue
from mappings.rules import lookbacks, parse, reaches

DAY = 86_400_000
RULES = """
version: 1
segments:
  readers:
    name: Readers
    when: {event: page_viewed, where: {url: {matches: /blog/*}}, within: 30d}
  keen_readers:
    name: Keen readers
    when: {event: page_viewed, where: {url: {matches: /cases/*}, category: x}, within: 7d}
  spenders:
    name: Spenders
    when:
      any:
        - {event: purchase, within: 90d, count: {at_least: 2}}
        - {event: purchase, total: {of: amount, at_least: 100}}
  left_forms:
    name: Left forms
    when:
      event: form_viewed
      within: 7d
      without: {event: form_submitted, inside: 1h, same: [form_id]}
"""


def test_the_longest_window_counts_and_no_window_reaches_back_for_ever() -> None:
    book = parse(RULES, "test.yml", load_catalogue())

    found = lookbacks(book)

    assert found == {
        ("page_viewed", "url"): 30 * DAY,
        ("page_viewed", "category"): 7 * DAY,
        ("purchase", "amount"): None,
        ("form_viewed", "form_id"): 7 * DAY,
        ("form_submitted", "form_id"): 7 * DAY,
    }


def test_an_event_matters_as_long_as_the_longest_window_that_looks_at_its_kind() -> None:
    with_trigger = """
triggers:
  carts:
    name: Carts
    on: {event: {event: cart_updated, without: {event: checkout_started, inside: 1h}}}
    enroll: {workflow: Carts}
  bills:
    name: Bills
    on: {enters: readers}
    enroll: {workflow: Bills}
    goal: {event: form_viewed, within: 1d}
"""
    book = parse(RULES, "test.yml", load_catalogue())
    waiting = parse(RULES + with_trigger, "test.yml", load_catalogue())

    assert reaches(book) == {
        "page_viewed": 30 * DAY,
        "purchase": None,
        "form_viewed": 7 * DAY,
        "form_submitted": 7 * DAY,
    }
    forever = dict.fromkeys(["cart_updated", "checkout_started", "form_viewed"])
    assert reaches(waiting) == {**reaches(book), **forever}, "a trigger looks at the past too"
