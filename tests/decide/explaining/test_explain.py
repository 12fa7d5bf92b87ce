"""Explanations in words: a table of conditions, what was done, and what would flip them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from integration.decide.explaining import Explainer, Node, doing_in_words, places, reading_in_words
from integration.decide.kernel import EventRow
from mappings.instants import from_ms
from mappings.model import Contact, ContactState, Event
from mappings.values import iso
from tests.decide.kernel.asking import CATALOGUE, NOW, book, event, ms

DAYS_AGO = [f"2026-06-{30 - days:02}T00:00:00Z" for days in range(30)]


def explainer(
    rules: str, events: Sequence[EventRow] = (), contact: Mapping[str, str] | None = None
) -> Explainer:
    changed = ms("2026-06-10")
    values = {name: (value, changed) for name, value in (contact or {}).items()}
    person = Contact(1, ContactState.LIVE, from_ms(0), values=values)
    told = [
        Event(1, each.id, each.kind, from_ms(each.at), "shop", dict(each.properties))  # type: ignore[arg-type] # all are mappings here
        for each in events
    ]
    return Explainer(book(rules), person, told, from_ms(ms(NOW)))


def asked(
    condition: str, events: Sequence[EventRow] = (), contact: Mapping[str, str] | None = None
) -> Node:
    rules = f"segments: {{asked: {{when: {condition}}}}}"
    return explainer(rules, events, contact).segment("asked").node.parts[0]


def flips(node: Node) -> list[str]:
    return [doing_in_words(each, CATALOGUE, iso) for each in node.doings]


VIEWS = [event("product_viewed", DAYS_AGO[days], category="shoes") for days in (9, 2)]
BOUGHT = [event("purchase", DAYS_AGO[5], amount="80.10"), event("purchase", DAYS_AGO[3])]
OPENED = [event("email_opened", "2026-06-29T20:00:00Z", email="w1")]


@pytest.mark.parametrize(
    ("condition", "events", "said"),
    [
        (
            "{event: product_viewed, within: 14d, count: {at_least: 3}}",
            VIEWS,
            ["1 more: looked at a product, before 2026-07-05T00:00:00.000Z"],
        ),
        ("{event: purchase}", [], ["1 more: made a purchase"]),
        ("{event: purchase}", BOUGHT, []),
        (
            "{event: purchase, count: {at_most: 2}}",
            BOUGHT,
            ["1 more: made a purchase"],
        ),
        (
            "{event: product_viewed, where: {category: {is_not: shoes}}, count: {at_least: 2}}",
            VIEWS,
            ["2 more: looked at a product (where category is not shoes)"],
        ),
        (
            "{event: purchase, within: 30d, total: {of: amount, at_least: 200}}",
            BOUGHT,
            [
                "1 more: made a purchase (where amount is at least 119.9),"
                " before 2026-07-25T00:00:00.000Z"
            ],
        ),
        (
            "{event: purchase, average: {of: amount, more_than: 100}}",
            BOUGHT,
            ["1 more: made a purchase (where amount is more than 119.9)"],
        ),
        (
            "{event: purchase, greatest: {of: amount, less_than: 100}}",
            BOUGHT,
            ["1 more: made a purchase (where amount is at least 100)"],
        ),
        (
            "{event: purchase, least: {of: amount, at_least: 100}}",
            BOUGHT,
            [],
        ),
        (
            "{event: product_viewed, distinct: {of: category, at_least: 3}}",
            VIEWS,
            ["2 more with another category each: looked at a product"],
        ),
        (
            "{event: product_viewed, days: {at_least: 3}}",
            [*VIEWS, event("product_viewed", NOW)],
            [],
        ),
        (
            "{event: product_viewed, days: {at_least: 4}}",
            [*VIEWS, event("product_viewed", NOW)],
            ["on another day: looked at a product, from 2026-07-01T00:00:00.000Z on"],
        ),
        (
            "{event: product_viewed, days: {at_least: 4}}",
            VIEWS,
            ["on 2 more days, day after day: looked at a product"],
        ),
        (
            "{event: cart_updated, within: 7d, without: {event: purchase, inside: 4h}}",
            [],
            ["1 more: changed the shopping cart, and then 4 hours with nothing else"],
        ),
        (
            "{event: email_opened, without: {event: email_clicked, same: [email]}}",
            OPENED,
            ["1 more: clicked a link in an e-mail (where email is w1)"],
        ),
        (
            "{event: email_opened, then: {event: email_clicked, inside: 6h, same: [email]}}",
            OPENED,
            [
                "1 more: clicked a link in an e-mail (where email is w1),"
                " before 2026-06-30T02:00:00.001Z",
                "1 more: opened an e-mail (where email is known), then 1 more: clicked a link in an"
                " e-mail with the same email",
            ],
        ),
        (
            "{event: purchase, before: 14d}",
            [],
            ["1 more: made a purchase, and then 14 days with nothing else"],
        ),
        (
            "{event: purchase, from: 2026-07-04, to: 2026-07-05}",
            [],
            [
                "1 more: made a purchase, from 2026-07-04T00:00:00.000Z on,"
                " before 2026-07-05T00:00:00.000Z"
            ],
        ),
        ("{event: purchase, to: 2026-06-01}", [], []),
        (
            "{ratio: {of: {event: email_clicked}, to: {event: email_opened}}, at_least: 0.5}",
            OPENED * 1,
            ["1 more: clicked a link in an e-mail"],
        ),
        (
            "{ratio: {of: {event: email_clicked}, to: {event: email_opened}}, at_most: 0.5,"
            " minimum: 3}",
            OPENED,
            ["2 more: opened an e-mail"],
        ),
        ("{property: country, is: SE}", [], ["the property becomes: country is SE"]),
        (
            "{all: [{event: purchase}, {property: country, is: SE}, {event: refund}]}",
            BOUGHT,
            ["1 more: got a refund and the property becomes: country is SE"],
        ),
        (
            "{any: [{event: purchase, count: {at_least: 5}}, {event: refund}]}",
            BOUGHT,
            ["1 more: got a refund", "3 more: made a purchase"],
        ),
        ("{not: {event: refund}}", [], ["1 more: got a refund"]),
        (
            "{all: [{event: purchase, count: {at_least: 3}}, {event: purchase, count:"
            " {at_least: 5}}]}",
            BOUGHT,
            ["3 more: made a purchase"],
        ),
        (
            "{all: [{event: refund}, {not: {event: refund}}]}",
            [],
            [],
        ),
        (
            "{all: [{event: purchase, count: {at_least: 3}}, {not: {event: purchase,"
            " within: 90d}}]}",
            BOUGHT,
            ["1 more: made a purchase, and then 90 days with nothing else"],
        ),
    ],
)
def test_what_would_flip_a_condition_is_said(
    condition: str, events: list[EventRow], said: list[str]
) -> None:
    assert flips(asked(condition, events)) == said


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("{event: product_viewed, count: {at_least: 3}}", "2 of at least 3"),
        (
            "{event: purchase, total: {of: amount, at_least: 200}}",
            "total amount: 80.1 of at least 200",
        ),
        (
            "{event: purchase, average: {of: products, at_least: 2}}",
            "average products: none of at least 2",
        ),
        (
            "{event: product_viewed, distinct: {of: category, more_than: 1}}",
            "different values of category: 1 of more than 1",
        ),
        ("{event: product_viewed, days: {exactly: 2}}", "days: 2 of exactly 2"),
        (
            "{ratio: {of: {event: email_opened}, to: {event: product_viewed}}, at_least: 0.2}",
            "1 to 2: 0.5 of at least 0.2",
        ),
        (
            "{ratio: {of: {event: purchase}, to: {event: refund}}, at_least: 0.2, minimum: 5}",
            "2 to 0, counted from 5 of the latter on",
        ),
    ],
)
def test_a_measure_is_told_against_its_bounds(condition: str, said: str) -> None:
    node = asked(condition, [*VIEWS, *BOUGHT, *OPENED])

    assert node.reading is not None
    assert reading_in_words(node.reading) == said


def test_evidence_is_newest_first_with_source_and_end() -> None:
    node = asked("{event: product_viewed, where: {category: shoes}, within: 14d}", VIEWS)

    assert [(each.at, each.source, dict(each.properties)) for each in node.evidence] == [
        (from_ms(ms(DAYS_AGO[2])), "shop", {"category": "shoes"}),
        (from_ms(ms(DAYS_AGO[9])), "shop", {"category": "shoes"}),
    ]
    assert node.evidence[1].until == from_ms(ms("2026-07-05"))
    assert node.since == from_ms(ms(DAYS_AGO[9]))
    assert node.until == from_ms(ms("2026-07-12"))


def test_what_waits_says_from_when_it_counts() -> None:
    rule = "{event: email_opened, within: 7d, without: {event: email_clicked, inside: 6h}}"

    node = asked(rule, OPENED)

    assert (node.holds, node.evidence) == (False, ())
    assert [each.counts_from for each in node.waiting] == [from_ms(ms("2026-06-30T02:00Z"))]
    assert node.until == from_ms(ms("2026-06-30T02:00Z"))


def test_what_was_before_a_property_changed_isnt_claimed() -> None:
    node = asked("{property: country, is: SE}", contact={"country": "se"})

    assert (node.since, node.at_least) == (from_ms(ms("2026-06-10")), True)
    assert node.held is not None
    assert node.held.value == "se"


def test_a_date_dates_what_it_began() -> None:
    node = asked("{property: trial_ends, in_next: 7d}", contact={"trial_ends": "2026-07-02"})

    assert (node.since, node.at_least) == (from_ms(ms("2026-06-25")), False)
    assert node.until == from_ms(ms("2026-07-02"))


LIFE = """
segments:
  buyers: {when: {event: purchase, within: 30d}}
  again: {when: {all: [{segment: buyers}, {event: purchase, count: {at_least: 2}}]}}
  carts: {when: {event: cart_updated, without: {event: purchase, inside: 4h}}}
lifecycle:
  stages:
    lost: {name: Lost, when: {event: refund}}
    customer: {name: Customer, when: {event: purchase}}
  otherwise: {name: Visitor}
"""


def test_a_stage_above_that_holds_is_what_keeps_a_contact_out() -> None:
    node = explainer(LIFE, [*BOUGHT, event("refund", DAYS_AGO[1])]).stage("customer").node

    assert [(part.words, part.holds) for part in node.parts] == [
        ('is not in the stage above, "Lost"', False),
        ("made a purchase", True),
    ]
    assert (node.holds, node.since) == (False, from_ms(ms(DAYS_AGO[1])))


def test_places_are_those_a_contact_is_in_and_the_nearest_others() -> None:
    cart = event("cart_updated", "2026-06-29T21:00:00Z")

    found = places(explainer(LIFE, [BOUGHT[0], cart]))

    assert found.stage is not None
    assert found.stage.key == "customer"
    assert [each.key for each in found.inside] == ["buyers"]
    assert [each.key for each in found.others] == ["carts", "again"]


def test_references_are_followed_to_their_conditions() -> None:
    node = explainer(LIFE, BOUGHT[:1]).segment("again").node

    (both,) = node.parts
    reference, count = both.parts
    assert (reference.sort, reference.holds, reference.parts[0].sort) == ("segment", True, "event")
    assert flips(count) == ["1 more: made a purchase"]
    assert flips(node) == ["1 more: made a purchase"]


def test_a_value_that_is_none_is_passed_over() -> None:
    odd = event("custom.wish", "2026-06-29T20:00:00Z", n={"b": 1})
    rule = "{event: custom.wish, then: {event: custom.grant, same: [n]}}"

    assert flips(asked(rule, [odd])) == [
        "1 more: did wish (where n is known), then 1 more: did grant with the same n"
    ]


def test_what_began_this_very_instant_began_now() -> None:
    node = asked("{event: purchase}", [event("purchase", NOW)])

    assert (node.holds, node.since) == (True, from_ms(ms(NOW)))


def test_an_act_whose_words_would_fit_what_the_rule_rules_out_isnt_suggested() -> None:
    node = asked(
        "{all: [{event: purchase}, {not: {event: purchase, where: {amount: {at_least: 1000}}}}]}"
    )

    assert flips(node) == []
    assert flips(node.parts[0]) == ["1 more: made a purchase"]
