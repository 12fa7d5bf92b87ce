"""Rules in English."""

import pytest

from mappings.catalogue import load_catalogue
from mappings.rules import explain, parse, shipped
from mappings.rules.explain import duration_in_words

CATALOGUE = load_catalogue()
REST = """
  shoppers: {name: Big shoppers, when: {event: purchase}}
lifecycle:
  stages: {won: {name: Won over, when: {event: purchase}}}
"""


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("frequent_buyers", "made a purchase at least 3 times within 180 days"),
        (
            "one_time_buyers",
            "made a purchase exactly 1 time and made a purchase 14 days ago or earlier",
        ),
        (
            "high_value_buyers",
            "made a purchase with a total amount of at least 200 within 365 days",
        ),
        ("lapsed_buyers", "made a purchase and not: made a purchase within 180 days"),
        (
            "cart_abandoners",
            "changed the shopping cart within 7 days,"
            " not followed within 4 hours by: made a purchase",
        ),
        (
            "form_abandoners",
            "saw a form within 7 days, not followed within 1 hour by: submitted a form"
            " with the same form id",
        ),
        (
            "passive_engagers",
            'at most 0.1 times "clicked a link in an e-mail (where machine is not yes)" for each'
            ' "opened an e-mail (where machine is not yes)" within 60 days,'
            " counted from 3 of the latter on",
        ),
    ],
)
def test_a_shipped_segment_reads_as_english(key: str, words: str) -> None:
    book = shipped(CATALOGUE)

    assert explain(book.segments[key].when, book) == words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("{segment: shoppers}", 'is in the segment "Big shoppers"'),
        ("{stage: won}", 'is in the stage "Won over"'),
        (
            "{event: [refund, custom.sent_back, call_logged]}",
            "got a refund, did sent back or was called",
        ),
        (
            "{any: [{all: [{segment: shoppers}, {stage: won}]}, {all: [{event: refund}]}]}",
            '(is in the segment "Big shoppers" and is in the stage "Won over") or got a refund',
        ),
        (
            "{event: purchase, within: 30d, before: 90m, days: {exactly: 2}}",
            "made a purchase on exactly 2 different days between 90 minutes and 30 days ago",
        ),
        (
            "{event: purchase, from: 2026-01-01, to: 2026-02-01T12:30,"
            " distinct: {of: order_id, more_than: 1, less_than: 9}}",
            "made a purchase with more than 1 and less than 9 different values of order id"
            " from 2026-01-01 before 2026-02-01 12:30:00 UTC",
        ),
        (
            "{event: purchase, where: {amount: {at_least: 5}, currency: {known: false}},"
            " then: {event: refund}}",
            "made a purchase (where amount is at least 5 and currency is unknown),"
            " followed by: got a refund",
        ),
        (
            "{property: plan_ends, in_next: 1d, known: true, not_in: [a, b]}",
            "has a property: plan ends is known and plan ends is none of a, b"
            " and plan ends comes in the next 1 day",
        ),
        ("{property: due, within: 1h}", "has a property: due was within 1 hour"),
        ("{property: due, before: 2w}", "has a property: due was 14 days ago or earlier"),
        (
            "{ratio: {of: {event: refund}, to: {event: purchase}}, less_than: 1}",
            'less than 1 times "got a refund" for each "made a purchase"',
        ),
    ],
)
def test_every_condition_reads_as_english(condition: str, words: str) -> None:
    book = parse(f"segments:\n  asked: {{when: {condition}}}{REST}", "rules.yml", CATALOGUE)

    assert explain(book.segments["asked"].when, book) == words


def test_a_length_that_no_unit_divides_is_said_in_milliseconds() -> None:
    assert duration_in_words(1500) == "1500 milliseconds"
