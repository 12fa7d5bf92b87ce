"""The CDNOW sample: real purchases of 2,357 customers, moved so that they end now."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from importlib import resources

_DAY_MS = 24 * 60 * 60 * 1000
_JUST_BEFORE = timedelta(minutes=1)


@dataclass(frozen=True)
class Transaction:
    """One line of the file: who bought how many CDs on which day, for how many dollars."""

    customer: int
    day: date
    quantity: int
    dollars: Decimal


@dataclass(frozen=True)
class Purchase:
    """A transaction at an instant (aware, UTC, whole milliseconds)."""

    customer: int
    at: datetime
    quantity: int
    dollars: Decimal


@cache
def read() -> tuple[Transaction, ...]:
    """Read the sample's 6,919 transactions in the order of the file.

    The columns are described in data/SOURCE.md.
    """
    text = resources.files("sandbox.data").joinpath("CDNOW_sample.txt").read_text("ascii")
    return tuple(_transaction(line) for line in text.splitlines())


def _transaction(line: str) -> Transaction:
    _, customer, day, quantity, dollars = line.split()
    return Transaction(
        customer=int(customer),
        day=date(int(day[:4]), int(day[4:6]), int(day[6:])),
        quantity=int(quantity),
        dollars=Decimal(dollars),
    )


def ending_at(transactions: Iterable[Transaction], now: datetime) -> tuple[Purchase, ...]:
    """Move all transactions by one and the same shift, the last of them to a minute before `now`.

    The file knows days only. Each transaction gets a time of day that follows from its customer,
    its day and its place among that customer's purchases of that day, so that the same input
    gives the same instants. Distances between days are kept.
    """
    rows = tuple(transactions)
    instants = _instants(rows)
    shift = now - _JUST_BEFORE - max(instants)
    shift -= timedelta(microseconds=shift.microseconds % 1000)
    return tuple(
        Purchase(row.customer, at + shift, row.quantity, row.dollars)
        for row, at in zip(rows, instants, strict=True)
    )


def _instants(rows: tuple[Transaction, ...]) -> list[datetime]:
    seen: Counter[tuple[int, date]] = Counter()
    instants = []
    for row in rows:
        seen[row.customer, row.day] += 1
        key = f"{row.customer}/{row.day}/{seen[row.customer, row.day]}"
        offset = timedelta(milliseconds=zlib.crc32(key.encode()) % _DAY_MS)
        instants.append(datetime.combine(row.day, time(), UTC) + offset)
    return instants
