"""Reasons in the history: the event that did it, or that time passed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from integration.decide.kernel import Timelines
from integration.decide.why import Basis, bases, with_reasons
from mappings.catalogue import load_catalogue
from mappings.instants import to_ms
from mappings.model import Cause, MembershipChange
from mappings.rules import parse

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
MS = to_ms(NOW)
ANNA = 2**53 + 1
LOOKED_AT = {"s": Basis(frozenset({"purchase", "refund"})), "p": Basis(frozenset(), True)}

RULES = """
version: 1
segments:
  one: {name: O, family: custom, description: O., when: {event: [purchase, refund]}}
  follow:
    name: F
    family: custom
    description: F.
    when: {event: cart_updated, then: {event: checkout_started}, within: 1d}
  without:
    name: W
    family: custom
    description: W.
    when: {event: cart_updated, without: {event: purchase, inside: 1h}}
  share:
    name: S
    family: custom
    description: S.
    when: {ratio: {of: {event: email_clicked}, to: {event: email_delivered}}, at_least: 0.2}
  prop: {name: P, family: custom, description: P., when: {property: country, is: SE}}
  mixed:
    name: M
    family: custom
    description: M.
    when: {all: [{segment: prop}, {not: {any: [{segment: one}, {event: article_read}]}}]}
  staged: {name: G, family: custom, description: G., when: {stage: lead}}
lifecycle:
  stages:
    lead: {name: Lead, when: {event: form_submitted}}
    other: {name: Other, when: {event: page_viewed}}
  otherwise: {name: Visitor}
"""


class Seen(NamedTuple):
    contact_id: int
    id: str
    kind: str
    at: int
    is_new: bool


def event(kind: str, ago: int = 0, new: bool = True, contact: int = ANNA, id_: str = "") -> Seen:
    return Seen(contact, id_ or f"{kind}:{ago}", kind, MS - ago, new)


def why(
    cause: Cause, *seen: Seen, segment: str = "s", looked_at: dict[str, Basis] | None = None
) -> str:
    change = MembershipChange(ANNA, segment, True, NOW, cause, "")
    known = LOOKED_AT if looked_at is None else looked_at
    lines = [
        (each.contact_id, each.id, each.kind, each.at, "{}", MS if each.is_new else MS - 1)
        for each in seen
    ]
    timelines = Timelines.of([ANNA, ANNA + 1], lines, {}, stored=True)
    [found] = with_reasons([change], timelines, {ANNA: MS}, known, MS)
    return found.why


def test_what_rules_look_at_is_found_through_references_and_combinations() -> None:
    found = bases(parse(RULES, "test.yml", load_catalogue()))

    assert found == {
        "one": Basis(frozenset({"purchase", "refund"})),
        "follow": Basis(frozenset({"cart_updated", "checkout_started"})),
        "without": Basis(frozenset({"cart_updated", "purchase"})),
        "share": Basis(frozenset({"email_clicked", "email_delivered"})),
        "prop": Basis(frozenset(), True),
        "mixed": Basis(frozenset({"purchase", "refund", "article_read"}), True),
        "staged": Basis(frozenset({"form_submitted", "page_viewed"})),
    }


def test_behaviour_is_the_newest_new_event_that_the_rule_looks_at() -> None:
    seen = (
        event("purchase", 5),
        event("refund", 3),
        event("purchase", 1, new=False),
        event("page_viewed"),
        event("purchase", -1),  # tomorrow's
        event("purchase", contact=ANNA + 1),
    )
    assert why(Cause.BEHAVIOUR, *seen) == "refund refund:3 at 2026-06-30T11:59:59.997Z"


@pytest.mark.parametrize(
    ("segment", "seen", "expected"),
    [
        ("p", (event("purchase"),), "a property changed"),
        ("s", (event("purchase", new=False),), "purchase purchase:0 at 2026-06-30T12:00:00.000Z"),
        ("s", (), "its timeline changed"),
    ],
)
def test_without_a_new_event_it_was_something_else(
    segment: str, seen: tuple[Seen, ...], expected: str
) -> None:
    assert why(Cause.BEHAVIOUR, *seen, segment=segment) == expected


def test_time_and_the_first_look_name_the_newest_event_whenever_it_was_learnt() -> None:
    last = event("purchase", new=False)
    words = "purchase purchase:0 at 2026-06-30T12:00:00.000Z"
    assert why(Cause.TIME, event("refund", 9), last) == f"time passed since {words}"
    assert why(Cause.TIME) == "time passed"
    assert why(Cause.FIRST_SYNC, last) == f"so it was when Segue first looked: {words}"
    assert why(Cause.FIRST_SYNC) == "so it was when Segue first looked"


def test_a_rule_that_changed_or_is_gone_says_so() -> None:
    assert why(Cause.RULE, event("purchase")) == "the rule was changed"
    assert why(Cause.RULE, looked_at={}) == "the segment is no more"


def test_a_repair_says_that_segue_was_wrong_and_blames_no_event() -> None:
    assert why(Cause.REPAIR, event("purchase")) == "what was stored was wrong: Segue put it right"


def test_of_events_at_one_instant_always_the_same_is_named() -> None:
    purchases = [event("purchase", id_=each) for each in ("b", "a", "c")]
    assert why(Cause.BEHAVIOUR, *purchases).startswith("purchase c at")
    assert why(Cause.BEHAVIOUR, *reversed(purchases)).startswith("purchase c at")

    for id_, expected in (("0", "purchase c at"), ("d", "refund d at")):
        seen = (*purchases, event("refund", id_=id_))
        assert why(Cause.BEHAVIOUR, *seen).startswith(expected)
        assert why(Cause.TIME, *reversed(seen)).startswith(f"time passed since {expected}")
