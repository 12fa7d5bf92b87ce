"""What a case holds: which words of the language it uses, and on which edges its events lie."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from tests.decide.kernel.plain_reading import PlainContact, PlainEvent, duration, instant
from tests.proof.cases import Case
from tests.proof.palette import DAY, types_of
from tests.proof.writer import DATED, Rule, kinds_of

MEASURES = ("count", "total", "average", "least", "greatest", "distinct", "days")
BOUNDS = ("at_least", "at_most", "more_than", "less_than", "exactly")
NEAR = (-1, 0, 1)


def words_of(case: Case) -> Iterator[str]:
    """Give the words of the language that the rules of a case use, each in its place."""
    lifecycle = case.document.get("lifecycle", {"stages": {}})
    rules = [*case.document["segments"].values(), *lifecycle["stages"].values()]
    yield "no lifecycle" if not lifecycle["stages"] else "lifecycle"
    for rule in rules:
        yield from _words(rule["when"], 1)


def _words(rule: Rule, depth: int) -> Iterator[str]:
    if depth == 20:
        yield "nested 20 deep"
    for word in ("all", "any", "not"):
        if word in rule:
            yield word
            below = rule[word] if isinstance(rule[word], list) else [rule[word]]
            for one in below:
                yield from _words(one, depth + 1)
    for word in {"segment", "stage"} & rule.keys():
        yield word
    if "event" in rule:
        yield from _event_words(rule)
    if "ratio" in rule:
        yield from ("ratio", *(f"ratio {word}" for word in rule if word != "ratio"))
        for side in ("of", "to"):
            yield from _pattern_words(rule["ratio"][side])
    if "property" in rule:
        yield from (f"property {word}" for word in rule if word != "property")
        yield f"property {' and '.join(sorted(rule.keys() & {*DATED}))}"


def _event_words(rule: Rule) -> Iterator[str]:
    yield from _pattern_words(rule)
    yield from (word for word in ("within", "before", "from", "to") if word in rule)
    if {"within", "before"} <= rule.keys():
        yield "within and before"
    if {"then", "without"} <= rule.keys():
        yield "then and without"
    for word in {"then", "without"} & rule.keys():
        sequel = rule[word]
        yield f"{word}{' inside' if 'inside' in sequel else ''}"
        yield from (f"{word} same {len(sequel[other])}" for other in ("same",) if other in sequel)
        yield from _pattern_words(sequel)
    for word in set(MEASURES) & rule.keys():
        yield from (f"{word} {bound}" for bound in rule[word] if bound != "of")
        yield f"{word} of {len([bound for bound in rule[word] if bound != 'of'])} bounds"
    if not set(MEASURES) & rule.keys():
        yield "no measure"


def _pattern_words(pattern: Rule) -> Iterator[str]:
    kinds = kinds_of(pattern)
    yield from (f"kind {kind}" for kind in kinds)
    if len(kinds) > 1:
        yield "one kind twice" if kinds[0] == kinds[1] else "list of kinds"
    for name, tests in pattern.get("where", {}).items():
        for kind in kinds:
            make = types_of(kind).get(name, "none")
            words = tests if isinstance(tests, dict) else ("bare",)
            yield from (f"where {word} on {make}" for word in words)


def edges_of(case: Case) -> Iterator[str]:
    """Give the edges on which events of a case lie, by the rules that look at them."""
    for rule, person in product(_event_rules(case.document), case.people):
        mine = [event for event in person.timeline() if event.kind in kinds_of(rule)]
        for event in mine:
            yield from _window_edges(rule, event, case.palette.now)
            yield from _sequel_edges(rule, event, person, case.palette.now)
    for person in case.people:
        yield from _person_edges(person, case.palette.now)


def _event_rules(rule: Any) -> Iterator[Rule]:
    """Give every event condition in a rule, however deep."""
    if isinstance(rule, list):
        for below in rule:
            yield from _event_rules(below)
    elif isinstance(rule, dict):
        if "event" in rule:
            yield rule
        for key in rule.keys() - {"where", "then", "without", "ratio"}:
            yield from _event_rules(rule[key])


def _window_edges(rule: Rule, event: PlainEvent, now: int) -> Iterator[str]:
    for word in {"within", "before"} & rule.keys():
        yield from _beside(word, event.at + duration(rule[word]) - now)
    for word in {"from", "to"} & rule.keys():
        yield from _beside(word, event.at - (instant(rule[word]) or 0))


def _sequel_edges(rule: Rule, a: PlainEvent, person: PlainContact, now: int) -> Iterator[str]:
    for word in {"then", "without"} & rule.keys():
        sequel = rule[word]
        inside = duration(sequel["inside"]) if "inside" in sequel else None
        if inside is not None:
            yield from _beside(f"{word}: wait against now", a.at + inside - now)
        for b in person.timeline():
            if b is not a and b.kind in kinds_of(sequel):
                yield from _beside(f"{word}: b against a", b.at - a.at)
                if inside is not None:
                    yield from _beside(f"{word}: b against the wait", b.at - a.at - inside)


def _person_edges(person: PlainContact, now: int) -> Iterator[str]:
    if not person.events:
        yield "nobody's event"
    if len(person.timeline()) < len(person.events):
        yield "an id twice"
    for event in person.timeline():
        yield from _beside("event against now", event.at - now)
        if event.at > now + 1:
            yield "future event"
        if event.at < 0:
            yield "event before 1970"
        if event.at % DAY in {0, DAY - 1}:
            yield f"event at a day's {'end' if event.at % DAY else 'beginning'}"
    value = person.properties.get("due")
    moment = instant(value) if value else None
    if moment is not None:
        yield from _beside("date against now", moment - now)


def _beside(what: str, distance: int) -> Iterator[str]:
    if distance in NEAR:
        yield f"{what} {distance:+d} ms"
