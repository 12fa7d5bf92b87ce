"""The CDNOW sample and its move to the present."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sandbox import cdnow

NOW = datetime(2026, 6, 30, 12, 0, 0, 123_000, tzinfo=UTC)


def test_the_sample_is_whole() -> None:
    rows = cdnow.read()

    assert len(rows) == 6919
    assert len({row.customer for row in rows}) == 2357
    assert {row.customer for row in rows} == set(range(1, 2358))
    assert (min(row.day for row in rows), max(row.day for row in rows)) == (
        date(1997, 1, 1),
        date(1998, 6, 30),
    )
    assert sum(row.quantity for row in rows) == 16_479
    assert sum(row.dollars for row in rows) == Decimal("244091.94")


def test_the_first_line_is_read_by_its_columns() -> None:
    first = cdnow.read()[0]

    assert first == cdnow.Transaction(1, date(1997, 1, 1), 2, Decimal("29.33"))


def test_the_last_purchase_falls_a_minute_before_now_and_none_after() -> None:
    moved = cdnow.ending_at(cdnow.read(), NOW)

    assert max(p.at for p in moved) == NOW - timedelta(minutes=1)
    assert all(p.at.microsecond % 1000 == 0 for p in moved)


def test_all_purchases_move_by_one_shift() -> None:
    rows = cdnow.read()

    early = cdnow.ending_at(rows, NOW)
    late = cdnow.ending_at(rows, NOW + timedelta(hours=5))

    assert {b.at - a.at for a, b in zip(early, late, strict=True)} == {timedelta(hours=5)}


def test_a_purchase_stays_within_its_day_of_the_file() -> None:
    rows = cdnow.read()
    moved = cdnow.ending_at(rows, NOW)
    midnight = datetime(1997, 1, 1, tzinfo=UTC)
    starts = {
        p.at - midnight - (r.day - date(1997, 1, 1)) for r, p in zip(rows, moved, strict=True)
    }

    assert max(starts) - min(starts) < timedelta(days=1)


def test_purchases_of_one_customer_on_one_day_have_different_instants() -> None:
    moved = cdnow.ending_at(cdnow.read(), NOW)

    shared = [key for key, n in Counter((p.customer, p.at) for p in moved).items() if n > 1]

    assert shared == []
