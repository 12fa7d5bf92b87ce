"""Findings about segments that are much like others: by their members, and by their rules."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from itertools import combinations as pairs_of
from typing import Any

import numpy as np

from integration.decide.health.facts import Case, Finding, Kind, share
from mappings.health import Combination
from mappings.rules import InSegment, explain
from mappings.rules.links import Graph, Node, dependencies
from mappings.rules.nodes import Comparison

Pair = tuple[str, str]
ORDERING = frozenset({"at_least", "at_most", "more_than", "less_than"})
ROWS = 50_000


def common(found: Iterable[Combination]) -> dict[Pair, int]:
    """Count the common members of every two segments that have any; a pair stands in order."""
    every = list(found)
    keys = sorted({key for each in every for key in each.segments})
    place = {key: number for number, key in enumerate(keys)}
    total = np.zeros((len(keys), len(keys)))
    for start in range(0, len(every), ROWS):
        part = every[start : start + ROWS]
        inside = np.zeros((len(part), len(keys)))
        row = np.repeat(np.arange(len(part)), [len(each.segments) for each in part])
        inside[row, [place[key] for each in part for key in each.segments]] = 1
        weights = np.array([[each.contacts] for each in part])
        total += (inside * weights).T @ inside  # whole numbers below 2**53: exact
    return {
        (keys[one], keys[other]): int(total[one, other])
        for one, other in zip(*np.nonzero(np.triu(total, 1)), strict=True)
    }


@dataclass(frozen=True, slots=True)
class _Overlap:
    """`less` and `more` are two segments by size; `both` how many contacts are in either."""

    less: str
    more: str
    sizes: tuple[int, int]
    both: int

    @property
    def jaccard(self) -> float:
        return self.both / (sum(self.sizes) - self.both)

    @property
    def inside(self) -> float:
        return self.both / self.sizes[0]


def by_members(case: Case) -> Iterator[Finding]:
    """Find segments with nearly the same members, and those that are inside of another.

    Of several that one is inside of, the smallest is told. What a rule says by itself (it refers
    to the other segment) is no news.
    """
    overlaps = list(_overlaps(case))
    same = [each for each in overlaps if each.jaccard >= case.limits.same]
    for each in same:
        yield _same(case, each)
    told = {(each.less, each.more) for each in same}
    smallest: dict[str, _Overlap] = {}
    for each in sorted(overlaps, key=lambda each: (each.sizes[1], each.more)):
        if (each.less, each.more) not in told and _is_inside(case, each):
            smallest.setdefault(each.less, each)
    for each in smallest.values():
        yield _inside(case, each)


def _overlaps(case: Case) -> Iterator[_Overlap]:
    sizes, least = case.facts.sizes, case.limits.overlap_members
    graph = dependencies(case.book.segments, case.book.lifecycle)
    referred = {key: _referred(graph, key) for key in case.book.segments}
    for pair, both in common(case.facts.combinations).items():
        less, more = sorted(pair, key=lambda key: (sizes.get(key, 0), key))
        if less not in sizes or more not in sizes or sizes[less] < least:
            continue
        if more not in referred[less] and less not in referred[more]:
            yield _Overlap(less, more, (sizes[less], sizes[more]), both)


def _is_inside(case: Case, overlap: _Overlap) -> bool:
    usual = overlap.sizes[1] / max(case.facts.contacts, 1)
    return overlap.inside >= max(case.limits.inside, case.limits.lift * usual)


def _same(case: Case, overlap: _Overlap) -> Finding:
    one, other = case.name(overlap.less), case.name(overlap.more)
    every = sum(overlap.sizes) - overlap.both
    return Finding(
        Kind.SAME_MEMBERS,
        (overlap.less, overlap.more),
        f"{one} and {other} have {share(overlap.jaccard)} of their members in common "
        f"({overlap.both:,} of {every:,}).",
        "Keep one of the two and switch the other off; let triggers and workflows of both use it.",
        {"jaccard": round(overlap.jaccard, 4), "common": overlap.both},
    )


def _inside(case: Case, overlap: _Overlap) -> Finding:
    one, other = case.name(overlap.less), case.name(overlap.more)
    return Finding(
        Kind.INSIDE,
        (overlap.less, overlap.more),
        f"{share(overlap.inside)} of {one} ({overlap.both:,} of {overlap.sizes[0]:,}) are in "
        f"{other} ({overlap.sizes[1]:,}).",
        "Who is in both gets what is sent to both: exclude the smaller one from the larger one's "
        "rule (`not: {segment: ...}`) or from its mails.",
        {"containment": round(overlap.inside, 4), "common": overlap.both},
    )


def _referred(graph: Graph, key: str) -> set[str]:
    """Give the segments that a segment's rule refers to, also by other rules."""
    found: set[Node] = set()
    waiting: list[Node] = [("segment", key)]
    while waiting:
        new = graph[waiting.pop()] - found
        found |= new
        waiting += new
    return {name for sort, name in found if sort == "segment"}


def by_rules(case: Case) -> Iterator[Finding]:
    """Find segments whose rules are of one shape, with other numbers in it or none at all."""
    alike: dict[object, list[str]] = {}
    for key, segment in case.book.segments.items():
        if not isinstance(segment.when, InSegment):
            alike.setdefault(shape(segment.when), []).append(key)
    for keys in alike.values():
        for one, other in pairs_of(keys, 2):
            yield _alike(case, one, other)


def _alike(case: Case, one: str, other: str) -> Finding:
    rules = [case.book.segments[key].when for key in (one, other)]
    said = [explain(rule, case.book) for rule in rules]
    names = f"{case.name(one)} and {case.name(other)}"
    if rules[0] == rules[1]:
        words = f"{names} have the same rule: {said[0]}."
        suggestion = "Keep one of the two and switch the other off."
    else:
        words = f"The rules of {names} differ in numbers only: {said[0]}; {said[1]}."
        suggestion = (
            "If they are steps of one ladder, let the lower step leave out the higher one "
            "(`not: {segment: ...}`), so that nobody stands on both; else keep one of them."
        )
    return Finding(Kind.ALIKE, (one, other), words, suggestion)


def shape(value: Any) -> object:
    """Give what two rules have in common that differ in their numbers only, as a value to
    compare. The order of parts doesn't matter: nowhere in a rule does it mean anything."""
    if isinstance(value, Comparison) and value.operator in ORDERING:
        return ("Comparison", value.operator)
    if is_dataclass(value):
        parts = tuple(shape(getattr(value, each.name)) for each in fields(value))
        return (type(value).__name__, *parts)
    if isinstance(value, tuple):
        return tuple(sorted(map(shape, value), key=repr))
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return "a number"
    return value
