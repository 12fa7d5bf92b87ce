"""How far a first sync is, and how long it will still take: pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


class Read(Protocol):
    """How far a source was read: `total` is None where HubSpot doesn't say how much there is."""

    @property
    def state(self) -> str:
        """Give waiting, running, done or off."""

    @property
    def records(self) -> int:
        """Give how many records were read."""

    @property
    def total(self) -> int | None:
        """Give how many there are."""

    @property
    def started_at(self) -> datetime | None:
        """Give when the reading began."""

    @property
    def finished_at(self) -> datetime | None:
        """Give when it was first read to its end."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a first sync is.

    `read` of `total` records, of the sources that say how many they have (at least as many as
    were read); `left` is None where nothing is known yet. `unsure` says that a source is still
    read that doesn't say how much it has: then it takes at least so long.
    """

    read: int
    total: int
    left: timedelta | None
    unsure: bool
    is_through: bool

    @property
    def share(self) -> float:
        """Which share of the records is read, from 0 to 1."""
        return 1.0 if self.is_through else self.read / self.total if self.total else 0.0


def progress(sources: Iterable[Read], now: datetime) -> Progress:
    """Say how far some sources are: what is left takes as long as what was read, record by record.

    Sources are read side by side, so the whole takes as long as the slowest of them.
    """
    every = [each for each in sources if each.state != "off"]
    is_through = bool(every) and all(each.finished_at is not None for each in every)
    read = sum(each.records for each in every)
    total = sum(_total(each) for each in every)
    open_ones = [each for each in every if each.finished_at is None]
    lefts = [left for each in open_ones if (left := _left(each, now)) is not None]
    return Progress(
        read=read,
        total=total,
        left=timedelta(0) if is_through else max(lefts, default=None),
        unsure=any(each.total is None for each in open_ones),
        is_through=is_through,
    )


def _total(each: Read) -> int:
    if each.finished_at is not None:
        return each.records
    return max(each.records, each.total or 0)


def _left(each: Read, now: datetime) -> timedelta | None:
    if each.started_at is None or not each.records or each.total is None:
        return None
    still = max(0, each.total - each.records)
    return max(timedelta(0), now - each.started_at) * still / each.records
