"""How far a first sync is, and about how long it still takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from integration.decide.progress import progress

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class One:
    """A source as far as it was read."""

    records: int = 0
    total: int | None = None
    state: str = "running"
    started_at: datetime | None = NOW - MINUTE
    finished_at: datetime | None = None


def test_what_is_left_takes_as_long_as_what_was_read() -> None:
    found = progress([One(300, 1000)], NOW)

    assert (found.read, found.total) == (300, 1000)
    assert found.left == MINUTE * 7 / 3
    assert (found.share, found.unsure, found.is_through) == (0.3, False, False)


def test_sources_are_read_side_by_side() -> None:
    """The slowest of them says how long the whole takes."""
    slow, quick = One(100, 1000), One(900, 1000)

    assert progress([slow, quick], NOW).left == MINUTE * 9


def test_a_source_that_names_no_total_makes_it_unsure() -> None:
    found = progress([One(500, 1000), One(20, None)], NOW)

    assert (found.unsure, found.left) == (True, MINUTE)
    assert found.total == 1020


def test_nothing_is_known_before_anything_was_read() -> None:
    waiting = One(0, 500, "waiting", None)

    assert progress([waiting], NOW).left is None
    assert progress([], NOW).left is None
    assert progress([], NOW).share == 0.0


def test_a_portal_that_grew_meanwhile_is_never_read_to_more_than_its_end() -> None:
    found = progress([One(1100, 1000)], NOW)

    assert (found.share, found.left) == (1.0, timedelta(0))


def test_what_is_off_takes_no_time() -> None:
    done = One(7, 9, "done", finished_at=NOW)
    found = progress([done, One(0, 1000, "off", None)], NOW)

    assert (found.is_through, found.left, found.share) == (True, timedelta(0), 1.0)
    assert (found.read, found.total) == (7, 7)
