"""Instants as whole milliseconds since 1970 UTC: how the wire and the database count."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)


def to_ms(instant: datetime) -> int:
    """Give the whole milliseconds of an aware instant, exactly, rounded down."""
    return (instant - EPOCH) // MILLISECOND


def from_ms(ms: int) -> datetime:
    """Give the aware UTC instant of whole milliseconds."""
    return EPOCH + ms * MILLISECOND
