"""An explanation laid out for a terminal."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.times import machine
from integration.decide.explaining import (
    Evidence,
    Explanation,
    Node,
    Places,
    doing_in_words,
    reading_in_words,
)
from mappings.catalogue import Catalogue

_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_SHOWN: Final = 10  # events of one condition
_OTHERS: Final = 10  # segments that the contact isn't in
_SORTS: Final = {"all": "all of:", "any": "at least one of:", "not": "not:"}


def relative(at: datetime, now: datetime) -> str:
    """Write how far an instant is away: `in 2 days 4 hours`, `9 days ago`, `in 20 ms`."""
    milliseconds = round((at - now).total_seconds() * 1000)
    if not milliseconds:
        return "now"
    left = abs(milliseconds) / 1000
    parts: list[str] = []
    for unit, size in _UNITS:
        number, left = int(left // size), left % size
        if number or parts:
            parts.append(f"{number} {unit}{'' if number == 1 else 's'}" if number else "")
    said = " ".join(part for part in parts[:2] if part) or f"{abs(milliseconds)} ms"
    return f"in {said}" if milliseconds > 0 else f"{said} ago"


@dataclass(frozen=True)
class Teller:
    """Tells of explanations at one instant; the catalogue has the words for events."""

    catalogue: Catalogue
    now: datetime

    def moment(self, at: datetime) -> str:
        """Write an instant, and how far it is away."""
        return f"{machine(at)} ({relative(at, self.now)})"

    def flips(self, node: Node) -> list[str]:
        """Say what would change an answer: by itself first, as that takes nothing."""
        said = [f"by itself at {self.moment(node.until)}"] if node.until else []
        said += [doing_in_words(doing, self.catalogue, self.moment) for doing in node.doings]
        return said

    # -- one segment, the whole tree ----------------------------------------------------------

    def whole(self, explanation: Explanation) -> list[str]:
        """Tell of one segment or stage with all its conditions."""
        node = explanation.node
        word = "in the stage" if explanation.sort == "stage" else "in the segment"
        head = f"{'is' if node.holds else 'is not'} {word} {explanation.name} ({explanation.key})"
        lines = [f"The contact {head}", *(f"  {line}" for line in self._about(node)), ""]
        return lines + [line for part in node.parts for line in self.tree(part)]

    def tree(self, node: Node, depth: int = 0) -> list[str]:
        """Tell of a condition and all below it; of a stage above that isn't held, in short."""
        mark = "✓" if node.holds else "✗"
        above = node.sort == "not" and bool(node.key)
        words = node.words if above else _SORTS.get(node.sort, node.words)
        indent = "  " * depth
        if above and node.holds:
            return [f"{indent}{mark} {words} ({node.key}), {self._since(node)}"]
        lines = [f"{indent}{mark} {words}"]
        lines += [f"{indent}    {line}" for line in self._about(node)]
        for part in node.parts:
            lines += self.tree(part, depth + 2)
        return lines

    def _about(self, node: Node) -> Iterator[str]:
        if node.reading is not None:
            yield reading_in_words(node.reading)
        if node.held is not None:
            changed = node.held.changed_at
            said = f", changed in HubSpot at {self.moment(changed)}" if changed else ""
            yield f"{node.held.name}: {node.held.value or '(no value)'}{said}"
        yield self._since(node)
        yield from self._events("counts:", node.evidence)
        yield from self._events("waits:", node.waiting)
        flips = self.flips(node)
        yield "would change: " + (flips[0] if flips else "by no simple single step")
        yield from (f"          or: {flip}" for flip in flips[1:])

    def _since(self, node: Node) -> str:
        since = "always so"
        if node.since is not None:
            longer = " or longer" if node.at_least else ""
            since = f"since {self.moment(node.since)}{longer}"
        until = f"until {self.moment(node.until)}" if node.until else "never changes by itself"
        return f"{since}; {until}"

    def _events(self, title: str, events: tuple[Evidence, ...]) -> Iterator[str]:
        if events:
            yield title
            yield from (f"  {self._event(each)}" for each in events[:_SHOWN])
        if len(events) > _SHOWN:
            yield f"  and {len(events) - _SHOWN} earlier ones"

    def _event(self, event: Evidence) -> str:
        shown = "".join(f"  {name}={value}" for name, value in event.properties.items())
        line = f"{self.moment(event.at)}  {event.kind}{shown}  [{event.source}, {event.id}]"
        if event.counts_from is not None:
            return f"{line}, counts from {self.moment(event.counts_from)}"
        return f"{line}, until {machine(event.until)}" if event.until else line

    # -- all segments -------------------------------------------------------------------------

    def places(self, places: Places, otherwise: str | None) -> list[str]:
        """Tell of all segments: those the contact is in, and the nearest others in a line each."""
        lines = []
        if places.stage is not None:
            stage = places.stage
            lines += [f"Stage: {stage.name} ({stage.key})", f"  {self._since(stage.node)}", ""]
        elif otherwise is not None:
            lines += [f"Stage: {otherwise}, as no stage's rule holds", ""]
        lines += [f"In {len(places.inside)} of {len(places.inside) + len(places.others)} segments:"]
        for each in places.inside:
            lines += [f"  ✓ {each.name} ({each.key})", f"      {self._since(each.node)}"]
        lines += ["", "Nearest of the others:"]
        lines += [f"  ✗ {self._near(each)}" for each in places.others[:_OTHERS]]
        if len(places.others) > _OTHERS:
            lines += [f"  and {len(places.others) - _OTHERS} more"]
        return lines

    def _near(self, explanation: Explanation) -> str:
        flips = self.flips(explanation.node)
        said = flips[0] if flips else "by no simple single step"
        return f"{explanation.name} ({explanation.key}): {said}"
