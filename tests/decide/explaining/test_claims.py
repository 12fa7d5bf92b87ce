"""What an explanation claims is held against the plain reading of the language, node by node."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from integration.decide.explaining import Doing, Explainer, Node
from integration.decide.kernel.columns import JsonNumber
from mappings.instants import from_ms, to_ms
from mappings.model import Contact, ContactState, Event
from mappings.rules import RuleBook, parse
from tests.decide.kernel.languages import NOW, TYPES, changes_possible
from tests.decide.kernel.plain_reading import DAY, PlainContact, PlainEvent, PlainReader
from tests.decide.kernel.test_against_plain_reading import CATALOGUE, QUIET, cases

CHANGED = -(10**12)  # when HubSpot last changed any property: before all events


def explainer_of(book: RuleBook, person: PlainContact) -> Explainer:
    events = [
        Event(1, each.id, each.kind, from_ms(each.at), "test", dict(each.properties))
        for each in person.events
    ]
    values = {name: (value, CHANGED) for name, value in person.properties.items()}
    contact = Contact(1, ContactState.LIVE, from_ms(0), values=values)
    return Explainer(book, contact, events, from_ms(NOW))


@dataclass(frozen=True)
class Claim:
    """A node of an explanation, with the part of the rule that it speaks of."""

    node: Node
    rule: Mapping[str, Any]


def claims(node: Node, rule: Mapping[str, Any], reader: PlainReader) -> Iterator[Claim]:
    yield Claim(node, rule)
    below: list[Any] = []
    if "all" in rule or "any" in rule:
        below = rule.get("all") or rule["any"]
    elif "not" in rule:
        below = [rule["not"]]
    elif "segment" in rule:
        below = [reader.segments[rule["segment"]]]
    elif "stage" in rule:
        place = list(reader.stages).index(rule["stage"])
        whens = list(reader.stages.values())
        below = [*({"not": when} for when in whens[:place]), whens[place]]
    assert len(node.parts) == len(below)
    for part, part_rule in zip(node.parts, below, strict=True):
        yield from claims(part, part_rule, reader)


def check_standing(claim: Claim, person: PlainContact, reader: PlainReader) -> None:
    node, rule = claim.node, claim.rule

    def answer(at: int) -> bool:
        return reader.holds(rule, person, at)

    instants = changes_possible([rule, *reader.segments.values(), *reader.stages.values()], person)
    assert node.holds is answer(NOW)
    until = reader.change(answer, instants, NOW)
    assert node.until == (None if until is None else from_ms(until))
    since = None if node.since is None else to_ms(node.since)
    if since is not None and not node.at_least:
        assert answer(since - 1) is not node.holds
    for at in instants:
        if at <= NOW and (since is None or at >= since):
            assert answer(at) is node.holds, from_ms(at)
    if since is not None:
        assert answer(since) is node.holds


def done(doing: Doing, person: PlainContact, at: int) -> tuple[PlainContact, int]:
    """Let it be done, the first event at that instant; give when to ask."""
    events = list(person.events)
    last = at
    for number, act in enumerate(doing.acts):
        assert act.number == len(act.examples)
        for place, deed in enumerate(act.examples):
            when = at + act.step + (place * DAY if act.daily else 0)
            last = max(last, when)
            told = {name: plain(value) for name, value in deed.properties.items()}
            events.append(PlainEvent(f"done {number} {place}", deed.kind, when, told))
    values = {**person.properties, **{each.condition.name: each.example for each in doing.edits}}
    return PlainContact(events, values), last + doing.wait


def plain(value: object) -> object:
    return Decimal(value) if isinstance(value, JsonNumber) else value


def less(doing: Doing) -> Iterator[Doing]:
    for place, act in enumerate(doing.acts):
        fewer = replace(act, number=act.number - 1, examples=act.examples[1:])
        rest = [*doing.acts[:place], *([fewer] if fewer.number else []), *doing.acts[place + 1 :]]
        yield replace(doing, acts=tuple(rest))
    for place in range(len(doing.edits)):
        yield replace(doing, edits=doing.edits[:place] + doing.edits[place + 1 :])


def works(doing: Doing, at: int, claim: Claim, person: PlainContact, reader: PlainReader) -> bool:
    """Does it flip the answer at that instant, and nothing less does?"""
    after, asked = done(doing, person, at)
    if reader.holds(claim.rule, after, asked) is claim.node.holds:
        return False
    return all(
        reader.holds(claim.rule, done(each, person, at)[0], asked) is claim.node.holds
        for each in less(doing)
    )


def ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def check_doing(doing: Doing, claim: Claim, person: PlainContact, reader: PlainReader) -> None:
    start, before = ms(doing.start) or NOW + 1, ms(doing.before)
    assert works(doing, start, claim, person, reader), "at once"
    if doing.acts and before is not None:
        assert works(doing, before - 1, claim, person, reader), "just before the deadline"
        assert works(doing, (start + before) // 2, claim, person, reader), "half-way"
        assert not works(doing, before, claim, person, reader), "at the deadline"
    elif doing.acts:
        assert works(doing, start + 400 * DAY + 12_345, claim, person, reader), "much later"


def held_against_plain_reading(case: tuple[dict[str, Any], list[PlainContact]]) -> tuple[int, int]:
    document, people = case
    segments = {key: segment["when"] for key, segment in document["segments"].items()}
    stages = {key: one["when"] for key, one in document["lifecycle"]["stages"].items()}
    reader = PlainReader(TYPES, segments, stages)
    book = parse(json.dumps(document, ensure_ascii=False), "random.yml", CATALOGUE)
    nodes = doings = 0
    for person in people[:3]:
        explainer = explainer_of(book, person)
        roots = [(explainer.segment(key).node, {"segment": key}) for key in segments]
        roots += [(explainer.stage(key).node, {"stage": key}) for key in stages]
        for root, rule in roots:
            for claim in claims(root, rule, reader):
                nodes += 1
                check_standing(claim, person, reader)
                for doing in claim.node.doings:
                    doings += 1
                    check_doing(doing, claim, person, reader)
    return nodes, doings


@settings(max_examples=15, deadline=None, suppress_health_check=QUIET)
@given(cases())
def test_what_an_explanation_claims_is_true(
    case: tuple[dict[str, Any], list[PlainContact]],
) -> None:
    nodes, _ = held_against_plain_reading(case)
    assert nodes > 0


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=QUIET)
@given(cases())
def test_what_an_explanation_claims_is_true_at_length(
    case: tuple[dict[str, Any], list[PlainContact]],
) -> None:
    nodes, _ = held_against_plain_reading(case)
    assert nodes > 0
