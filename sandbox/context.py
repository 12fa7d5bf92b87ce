"""What the parts of a portal share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .clock import Clock
from .happening import Tell
from .settings import Settings


@dataclass(frozen=True)
class Context:
    """The portal's id, its time, its settings, and whom to tell of what happens."""

    hub_id: int
    clock: Clock
    settings: Settings
    tell: Tell

    def now(self) -> datetime:
        """Return the present instant."""
        return self.clock.now()
