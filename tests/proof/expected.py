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

    def _column(
        self, answer: Callable[[PlainContact, int], Any], rules: Sequence[Rule], now: int
    ) -> list[tuple[Any, Change]]:
        """Answer one question for everybody; the rules say when the answer can change."""
        lengths = self._lengths(rules)
        return [
            self._answer(partial(answer, person), person, lengths, now) for person in self.people
        ]

    def _answer(
        self,
        answer: Callable[[int], Any],
        person: PlainContact,
        lengths: set[int],
        now: int,
    ) -> tuple[Any, Change]:
        return answer(now), self.reader.change(answer, _instants(person, lengths, now), now)

    def _lengths(self, rules: Sequence[Rule]) -> set[int]:
        """Give all durations (ms) in rules and in what they refer to."""
        found = {0}
        done: set[tuple[str, str]] = set()
        waiting = list(rules)
        while waiting:
            for key, value in _entries(waiting.pop()):
                if key in SPANS:
                    found.add(duration(value))
                if key == "segment" and (key, value) not in done:
                    done.add((key, value))
                    waiting.append(self.segments[value])
                if key == "stage" and (key, "") not in done:
                    done.add((key, ""))
                    waiting += self.stages.values()
        return found


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


def _instants(person: PlainContact, lengths: set[int], now: int) -> set[int]:
    """Give every instant at which an answer could change for the person, and some at which not."""
    dates = [instant(value) for value in person.properties.values() if value]
    moments = [event.at for event in person.timeline()] + [at for at in dates if at is not None]
    found = {at + length for at in moments for length in lengths}
    found |= {at - length for at in dates if at is not None for length in lengths}
    chance = Random(len(found) + sum(moments))
    return found | {now + chance.randrange(2, 40 * DAY) for _ in range(2)}
