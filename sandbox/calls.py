"""The log of what was asked of the stand-in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Call:
    """One request to the API. `template` is its path with the ids left out.

    `status` is 0 where the connection was cut instead of answered.
    """

    at: datetime
    hub_id: int | None
    method: str
    template: str
    path: str
    status: int


@dataclass
class CallLog:
    """Every call since the start or the last reset, in order."""

    calls: list[Call] = field(default_factory=list)

    def add(self, call: Call) -> None:
        """Keep one call."""
        self.calls.append(call)

    def reset(self) -> None:
        """Forget all calls."""
        self.calls.clear()

    def of(self, hub_id: int | None = None) -> list[Call]:
        """List the calls of one portal, or of all."""
        return [c for c in self.calls if hub_id is None or c.hub_id == hub_id]

    def counts(self, hub_id: int | None = None) -> Counter[tuple[str, str, int]]:
        """Count calls by (method, path template, status)."""
        return Counter((c.method, c.template, c.status) for c in self.of(hub_id))
