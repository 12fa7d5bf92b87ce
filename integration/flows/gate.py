"""The portal's budget of calls, shared by all processes through the store."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from integration.decide.budget import LIVE_PACE, Granted, Rate, Window, block, rate, take
from integration.errors import BudgetSpent
from integration.flows.tools import next_midnight
from integration.store import budgets, portals
from integration.store.budgets import Spent
from integration.store.engine import Store
from mappings.instants import from_ms, to_ms
from mappings.model import Bucket, Lane

log = structlog.get_logger(__name__)

PATIENCE = timedelta(seconds=5)  # a call waits for so long where it is

Wait = Callable[[float], bool]  # waits so many seconds; True: don't go on, the worker stops


@dataclass(frozen=True, slots=True)
class Gate:
    """Grants calls; what `integration.hubspot.transport.Gate` asks for.

    With `wait`, calls wait for their turn where they are: what was read before them would else be
    read again, and what they are for would go to the end of the queue.
    """

    store: Store
    now: Callable[[], datetime]
    wait: Wait | None = None

    def take(self, portal_id: int, bucket: Bucket, lane: Lane) -> None:
        """Take one call, or raise BudgetSpent with when there will be one."""
        ends = self.now() + PATIENCE
        while (free_at := self._try(portal_id, bucket, lane)) is not None:
            if self.wait is None or free_at > ends:
                raise BudgetSpent(free_at)
            if self.wait(max(0.001, (free_at - self.now()).total_seconds())):
                raise BudgetSpent(free_at)

    def _try(self, portal_id: int, bucket: Bucket, lane: Lane) -> datetime | None:
        """Take one call; where there is none, give when there will be one."""
        with self.store.write() as connection:
            now_ms = to_ms(self.now())
            kept: dict[str, Spent] = {}
            free_at = 0
            for name, allowed in self._allowed(bucket, lane).items():
                spent = budgets.load(connection, portal_id, name)
                window = Window(spent.slots, spent.blocked_until)
                verdict = take(window, now_ms, 1, allowed)
                if isinstance(verdict, Granted):
                    kept[name] = Spent(verdict.window.slots, verdict.window.blocked_until)
                else:
                    free_at = max(free_at, verdict.until_ms)
            if free_at:
                return from_ms(free_at)
            for name, spent in kept.items():
                budgets.save(connection, portal_id, name, spent)
            return None

    def _allowed(self, bucket: Bucket, lane: Lane) -> dict[str, Rate]:
        """Give the windows that a call must fit into, by name, always in the same order."""
        allowed = rate(bucket, lane)
        if self.wait is None:  # an even pace is for whoever can wait a moment for the next call
            return {bucket.value: replace(allowed, pace=0)}
        own = LIVE_PACE.get(bucket) if lane is Lane.LIVE else None
        return {bucket.value: allowed} | ({f"{bucket.value}:live": own} if own else {})

    def block(self, portal_id: int, bucket: Bucket, seconds: float | None, reason: str) -> None:
        """Grant nothing for so many seconds; None: until the portal's midnight, in any bucket."""
        log.info("calls paused", portal_id=portal_id, bucket=bucket.value, reason=reason)
        with self.store.write() as connection:
            portal = portals.get(connection, portal_id)
            if seconds is None:
                until = next_midnight(self.now(), portal.time_zone if portal else "UTC")
            else:
                until = self.now() + timedelta(seconds=seconds)
            for each in sorted(Bucket) if seconds is None else [bucket]:
                spent = budgets.load(connection, portal_id, each.value)
                window = block(Window(spent.slots, spent.blocked_until), to_ms(until))
                kept = Spent(window.slots, window.blocked_until)
                budgets.save(connection, portal_id, each.value, kept)
