"""What every flow is handed: the store, the clock, the way to HubSpot, the meanings."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integration.decide.retry import Dead, Moment, RetryAt, decide
from integration.errors import SegueError
from integration.flows.books import Books, PortalRules
from integration.flows.stages import StageBook
from integration.hubspot.client import HubSpot
from integration.store import patterns
from integration.store.engine import Store
from integration.store.inbox import Claim
from mappings.model import Lane
from mappings.sources import Sources

LEASE = timedelta(seconds=60)


def never() -> bool:
    """Say that nobody asks the work to stop."""
    return False


@dataclass(frozen=True, slots=True)
class Tools:
    """Made by wiring, handed to every flow. `jitter` gives a number from 0 to 1.

    `stopping` says that the worker is to stop: long work then ends after the unit it is at.
    """

    store: Store
    now: Callable[[], datetime]
    hub: Callable[[int, Lane], HubSpot]
    books: Books
    sources: Sources
    jitter: Callable[[], float]
    stopping: Callable[[], bool] = never
    stages: StageBook = field(default_factory=StageBook)

    def rules(self, portal_id: int) -> PortalRules:
        """Give a portal's rules as they stand now."""
        with self.store.read() as connection:
            return self.books.of(connection, portal_id)

    def sources_of(self, portal_id: int) -> Sources:
        """Give what HubSpot's records mean in a portal: what ships, with what it has set."""
        with self.store.read() as connection:
            return self.sources.with_own(patterns.own(connection, portal_id))

    def claim(self, lease: timedelta = LEASE) -> Claim:
        """Make a new claim, beginning now."""
        now = self.now()
        return Claim(uuid.uuid4().hex, now, now + lease)

    def verdict(self, error: SegueError, attempts: int, time_zone: str) -> RetryAt | Dead:
        """Decide what becomes of work that met an error; a day ends as `time_zone` has it."""
        now = self.now()
        moment = Moment(now, next_midnight(now, time_zone), self.jitter())
        return decide(error, attempts, moment)


def next_quiet_hour(now: datetime, time_zone: str, portal_id: int) -> datetime:
    """Give the portal's next quiet hour: between 2 and 4 at night where it is, each its own."""
    midnight = next_midnight(now, time_zone)
    past = timedelta(hours=2, seconds=portal_id % 7200)
    earlier = midnight - timedelta(days=1) + past
    return earlier if earlier > now else midnight + past


def next_midnight(now: datetime, time_zone: str) -> datetime:
    """Give the next midnight in a time zone (UTC where the name is unknown)."""
    try:
        zone: tzinfo = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = UTC
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, zone).astimezone(UTC)
