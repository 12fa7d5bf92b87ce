"""What the examples of all rules share: the instant, what was given, and how one fails."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from integration.decide.kernel import EventRow
from mappings.rules.nodes import Example, ExampleDate, TriggerExample

EXAMPLES_NOW: Final = 1_782_777_600_000  # 2026-06-30T00:00Z, where an example says no `now`


@dataclass(frozen=True)
class Failure:
    """An example that doesn't come out as it says: `rule` is its path, `number` counts from 1."""

    source: str
    line: int
    rule: str
    number: int
    message: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.source}:{self.line}: {self.rule}, example {self.number}: {self.message}"


def now_of(example: Example | TriggerExample) -> int:
    """Give the instant of an example (epoch ms)."""
    return EXAMPLES_NOW if example.now is None else example.now


def events_of(place: int, example: Example | TriggerExample) -> Iterator[EventRow]:
    """Give what was done, as events of the contact `place`."""
    now = now_of(example)
    for number, event in enumerate(example.given):
        at = event.at if event.at is not None else now - (event.ago or 0)
        yield EventRow(place, event.id or f"event {number}", event.kind, at, event.properties)


def properties_of(example: Example | TriggerExample) -> Mapping[str, str | None]:
    """Give the contact's properties, dates as epoch milliseconds."""
    now = now_of(example)
    return {
        name: str(now - value.ago) if isinstance(value, ExampleDate) else value
        for name, value in example.contact.items()
    }
