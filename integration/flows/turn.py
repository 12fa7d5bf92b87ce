"""One portal's turn at writing back: what may still be sent, and how items of the outbox end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from integration.decide.retry import Dead, RetryAt
from integration.errors import (
    BudgetSpent,
    Forbidden,
    GrantRefused,
    PortalDisconnected,
    RateLimited,
    SegueError,
    TokenBusy,
    Unauthorized,
    Unavailable,
)
from integration.flows.tools import Tools
from integration.store import sending
from integration.store.outbox import Item, Outcome
from integration.store.portals import Portal

LEASE = timedelta(minutes=2)
# What an exchange can take, a renewal of the token and a second try with it included.
LONGEST_CALL = timedelta(seconds=100)
BREATHER = timedelta(seconds=5)
SOON = timedelta(seconds=2)
WHOLE_PORTAL = (
    BudgetSpent,
    TokenBusy,
    PortalDisconnected,
    GrantRefused,
    RateLimited,
    Unauthorized,
    Unavailable,
)


class Refused(SegueError):
    """It can't be done until a person did something."""


class NotYet(SegueError):
    """Something else must be done first."""


@dataclass(slots=True)
class Turn:
    """One portal's turn with items of one kind.

    `closed` is why nothing more is sent in this turn: HubSpot can't take calls of the portal now
    (the rest waits with what failed), or forbids this kind of call (the rest is dead with it).
    """

    tools: Tools
    portal: Portal
    closed: RetryAt | Dead | None = None

    def ready(self, items: list[Item]) -> list[Item]:
        """Give those of some items that may be sent now, and let go of the others.

        None when the turn is closed or the worker is to stop. Where a lease might run out
        during the call it is lengthened first, and what another worker took is left to it.
        """
        if self.tools.stopping():
            with self.tools.store.write() as connection:
                sending.free(connection, self.portal.portal_id, items)
            return []
        if isinstance(self.closed, Dead):
            self.settle(Outcome(item, "dead", self.closed.reason) for item in items)
            return []
        if self.closed is not None:
            self.put_off(items, self.closed.at, (False, self.closed.reason))
            return []
        now = self.tools.now()
        if all(item.leased_until and item.leased_until - now > LONGEST_CALL for item in items):
            return items
        with self.tools.store.write() as connection:
            return sending.hold(connection, self.portal.portal_id, items, now + LEASE)

    def settle(self, outcomes: Iterable[Outcome]) -> None:
        """Record how items ended."""
        with self.tools.store.write() as connection:
            sending.settle(connection, self.portal.portal_id, outcomes, self.tools.now())

    def put_off(self, items: Iterable[Item], until: datetime, how: tuple[bool, str]) -> None:
        """Let items be due again later; `how` is whether it was a real attempt, and why."""
        with self.tools.store.write() as connection:
            sending.put_off(connection, self.portal.portal_id, items, until, how)

    def fail(self, items: list[Item], error: SegueError, *, alone: bool = False) -> None:
        """Let items that met an error be due again, or dead with its reason, each by its own
        attempts; close the turn where the error isn't theirs `alone` and concerns all others."""
        for attempts in sorted({item.attempts for item in items}):
            alike = [item for item in items if item.attempts == attempts]
            verdict = self._verdict(error, attempts)
            if isinstance(verdict, Dead):
                self.settle(Outcome(item, "dead", verdict.reason) for item in alike)
            else:
                self.put_off(alike, verdict.at, (verdict.counts, verdict.reason))
            if not alone:
                self._close(error, verdict)

    def _verdict(self, error: SegueError, attempts: int) -> RetryAt | Dead:
        if isinstance(error, Refused):
            return Dead(str(error))
        if isinstance(error, NotYet):
            return RetryAt(self.tools.now() + SOON, False, str(error))
        return self.tools.verdict(error, attempts, self.portal.time_zone)

    def _close(self, error: SegueError, verdict: RetryAt | Dead) -> None:
        if isinstance(error, Forbidden):
            self.closed = verdict
        if not isinstance(error, WHOLE_PORTAL) or getattr(error, "status", 0) == 423:
            return
        soon = self.tools.now() + BREATHER
        if isinstance(error, Unavailable) and error.status != 477:
            self.closed = RetryAt(soon, False, f"{error} Segue tries again by itself.")
        elif isinstance(verdict, RetryAt):
            self.closed = verdict
