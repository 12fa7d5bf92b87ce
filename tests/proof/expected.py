"""What the plain reading answers of a whole case."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Final, TypeAlias

from tests.decide.kernel.plain_reading import PlainContact, PlainReader, duration, instant
from tests.proof.palette import DAY, TYPES
from tests.proof.writer import DATED, Rule

SPANS: Final = (*DATED, "inside")

Change: TypeAlias = int | None  # epoch ms; None for never


@dataclass(frozen=True)
class Expected:
    """For each person, in order: is a member and the next change; the stage and its next change.

    `stages` is empty where the rules have no lifecycle.
    """

    segments: dict[str, list[tuple[bool, Change]]]
    stages: list[tuple[str | None, Change]]

    @property
    def pairs(self) -> int:
        """How many (contact, rule) pairs these are; the lifecycle is one rule."""
        return sum(map(len, self.segments.values())) + len(self.stages)


class Reading:
    """The plain reading of one rule file over some people."""

    def __init__(self, document: Rule, people: Sequence[PlainContact]) -> None:
        self.people = people
        self.segments = {key: one["when"] for key, one in document["segments"].items()}
        lifecycle = document.get("lifecycle", {"stages": {}})
        self.stages = {key: one["when"] for key, one in lifecycle["stages"].items()}
        self.reader = PlainReader(TYPES, self.segments, self.stages)

    def at(self, now: int) -> Expected:
        """Answer everything at an instant."""
        segments = {
            key: self._column(partial(self.reader.is_member, key), [when], now)
            for key, when in self.segments.items()
        }
        if not self.stages:
            return Expected(segments, [])
        return Expected(segments, self._column(self.reader.stage, [*self.stages.values()], now))

    def entered(self, before: Expected, later: int) -> dict[tuple[int, str], int]:
        """Say when whoever came in by time alone did, by (person, segment).

        Those are in at `later` who weren't at the instant that `before` was read for.
        """
        found: dict[tuple[int, str], int] = {}
        for key, when in self.segments.items():
            reach = self._reach([when])
            for place, (was_in, change) in enumerate(before.segments[key]):
                if was_in or change is None or change > later:
                    continue
                person = self.people[place]
                answer = partial(self.reader.is_member, key, person)
                if answer(later):
                    possible = _instants(person, reach, later)
                    passed = sorted({at for at in possible if change <= at <= later})
                    found[place, key] = next(at for at in passed[::-1] if not answer(at - 1))
        return found

    def _column(
        self, answer: Callable[[PlainContact, int], Any], rules: Sequence[Rule], now: int
    ) -> list[tuple[Any, Change]]:
        """Answer one question for everybody; the rules say when the answer can change."""
        reach = self._reach(rules)
        return [
            self._answer(partial(answer, person), _instants(person, reach, now), now)
            for person in self.people
        ]

    def _answer(
        self, answer: Callable[[int], Any], instants: set[int], now: int
    ) -> tuple[Any, Change]:
        return answer(now), self.reader.change(answer, instants, now)

    def _reach(self, rules: Sequence[Rule]) -> "_Reach":
        """See what rules, and what they refer to, look at."""
        reach = _Reach({0}, set(), set())
        done: set[tuple[str, str]] = set()
        waiting = list(rules)
        while waiting:
            for key, value in _entries(waiting.pop()):
                if key in SPANS:
                    reach.lengths.add(duration(value))
                elif key == "event":
                    reach.kinds.update(value if isinstance(value, list) else [value])
                elif key == "property":
                    reach.properties.add(value)
                elif key in {"segment", "stage"} and (key, value) not in done:
                    done.add((key, value))
                    found = [self.segments[value]] if key == "segment" else self.stages.values()
                    waiting += found
        return reach


@dataclass(frozen=True)
class _Reach:
    """What rules look at: durations (ms), kinds of events, contact properties."""

    lengths: set[int]
    kinds: set[str]
    properties: set[str]


def _entries(rule: Any) -> Iterator[tuple[str, Any]]:
    """Give every key of a condition with its value, however deep; of `where` none."""
    if isinstance(rule, list):
        for below in rule:
            yield from _entries(below)
    elif isinstance(rule, dict):
        for key, value in rule.items():
            if key != "where":
                yield key, value
                yield from _entries(value)


def _instants(person: PlainContact, reach: _Reach, now: int) -> set[int]:
    """Give every instant at which an answer could change for the person, and some at which not."""
    values = [person.properties.get(name) for name in reach.properties]
    dates = {at for at in (instant(value) for value in values if value) if at is not None}
    moments = {event.at for event in person.timeline() if event.kind in reach.kinds}
    found = {at + length for at in moments | dates for length in reach.lengths}
    found |= {at - length for at in dates for length in reach.lengths}
    chance = Random(len(found) + sum(moments))
    return found | {now + chance.randrange(2, 40 * DAY) for _ in range(2)}
