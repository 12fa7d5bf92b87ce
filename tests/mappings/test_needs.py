"""How far back events of a kind may lie and still matter to a book."""

from __future__ import annotations

from mappings.catalogue import load_catalogue
from mappings.rules import lookbacks, parse

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
