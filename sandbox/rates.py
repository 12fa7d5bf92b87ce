"""Rolling windows of requests."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from . import facts


@dataclass
class RollingWindow:
    """At most `limit` requests in any stretch of length `window`; refused ones don't count."""

    limit: int
    window: timedelta
    _instants: deque[datetime] = field(default_factory=deque)

    def admit(self, now: datetime) -> bool:
        """Count a request if there is room for it, and tell whether there was."""
        if self.remaining(now) <= 0:
            return False
        self._instants.append(now)
        return True

    def remaining(self, now: datetime) -> int:
        """Tell how many more requests fit at that instant."""
        # An instant after `now` is left over from before the clock was set back.
        while self._instants and not now - self.window < self._instants[0] <= now:
            self._instants.popleft()
        return self.limit - len(self._instants)


@dataclass
class Rates:
    """One portal's limits: requests of each app, of search, and of a day.

    `limit` is the ten-secondly one; `daily` is None where no daily limit is published. A day
    begins at midnight in the portal's time zone.
    """

    zone: ZoneInfo
    limit: int = facts.TEN_SECONDLY_LIMIT
    daily: int | None = None
    _apps: dict[str, RollingWindow] = field(default_factory=dict)
    _search: RollingWindow = field(
        default_factory=lambda: RollingWindow(facts.SEARCH_LIMIT, facts.SEARCH_WINDOW)
    )
    _today: tuple[date, int] = (date.min, 0)

    def admit(self, client_id: str, is_search: bool, now: datetime) -> str | None:
        """Count a request, or return the name of the policy that refuses it."""
        day = now.astimezone(self.zone).date()
        used = self._today[1] if self._today[0] == day else 0
        if self.daily is not None and used >= self.daily:
            return "DAILY"
        window = self._search if is_search else self._window(client_id)
        if not window.admit(now):
            return "SECONDLY" if is_search else "TEN_SECONDLY_ROLLING"
        self._today = (day, used + 1)
        return None

    def headers(self, client_id: str, now: datetime) -> dict[str, str]:
        """Say what is left, as every answer but a search's does."""
        interval = int(facts.TEN_SECONDLY_WINDOW.total_seconds() * 1000)
        return {
            "X-HubSpot-RateLimit-Max": str(self.limit),
            "X-HubSpot-RateLimit-Remaining": str(max(self._window(client_id).remaining(now), 0)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(interval),
        }

    def _window(self, client_id: str) -> RollingWindow:
        window = self._apps.setdefault(
            client_id, RollingWindow(self.limit, facts.TEN_SECONDLY_WINDOW)
        )
        window.limit = self.limit
        return window
