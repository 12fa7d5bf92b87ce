"""What every flow is handed: the store, the clock, the way to HubSpot, the meanings."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from integration.decide.retry import Dead, RetryAt, decide
from integration.errors import SegueError
from integration.hubspot.client import HubSpot
from integration.store.engine import Store
from integration.store.inbox import Claim
from mappings.model import Lane
from mappings.rules import RuleBook
from mappings.sources import Sources

LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Tools:
    """Made by wiring, handed to every flow. `jitter` gives a number from 0 to 1."""

    store: Store
    now: Callable[[], datetime]
    hub: Callable[[int, Lane], HubSpot]
    book: RuleBook
    sources: Sources
    jitter: Callable[[], float]

    def claim(self, lease: timedelta = LEASE) -> Claim:
        """Make a new claim, beginning now."""
        now = self.now()
        return Claim(uuid.uuid4().hex, now, now + lease)
