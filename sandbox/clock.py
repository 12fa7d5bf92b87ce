"""The stand-in's own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tell the time: the machine's moved by an offset, or one that stands still.

    With `frozen_at` (an aware instant) time passes only by `advance` and `set`.
    """

    def __init__(self, frozen_at: datetime | None = None) -> None:
        self._offset = timedelta(0)
        self._frozen_at = frozen_at

    def now(self) -> datetime:
        """Return the present instant, aware, UTC, in whole milliseconds as HubSpot keeps them."""
        instant = self._frozen_at or datetime.now(UTC) + self._offset
        return instant.replace(microsecond=instant.microsecond // 1000 * 1000)

    def advance(self, by: timedelta) -> datetime:
        """Move time by a distance and return the new instant."""
        if self._frozen_at is None:
            self._offset += by
        else:
            self._frozen_at += by
        return self.now()

    def set(self, instant: datetime) -> datetime:
        """Move time to an instant and return it."""
        return self.advance(instant.astimezone(UTC) - self.now())


def to_wire(instant: datetime) -> str:
    """Write an instant as HubSpot does: `2026-03-01T09:30:00.000Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{_millis(instant):03d}Z"


def to_ms(instant: datetime) -> int:
    """Count the milliseconds since the epoch."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_ms(milliseconds: int) -> datetime:
    """Turn milliseconds since the epoch into an aware instant."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def _millis(instant: datetime) -> int:
    return instant.microsecond // 1000
