"""Kinds of columns that both engines keep alike."""

from datetime import datetime
from typing import Final

import lz4.frame
from sqlalchemy import BigInteger, Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from mappings.instants import from_ms, to_ms

# A body of fewer bytes fits into a page beside others as it is.
_LEAST: Final = 1024
_PACKED: Final = b"\x04\x22\x4d\x18"  # how an LZ4 frame begins, and nothing that is JSON


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, kept as whole milliseconds: both engines compare it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        """Turn an aware instant into milliseconds."""
        return None if value is None else to_ms(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        """Turn milliseconds into an aware UTC instant."""
        return None if value is None else from_ms(value)


class Body(TypeDecorator[bytes]):
    """What came to a door, kept as an LZ4 frame where it is large.

    Entries of a delivery repeat each other: a hundred take a tenth of the bytes, and packing them
    takes a twentieth of the time that writing the rest would. Statements can't look into it; ask
    whether it's empty in no other way than `== b""`.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, _dialect: Dialect) -> bytes | None:
        """Pack a large body."""
        if value is None or (len(value) < _LEAST and not value.startswith(_PACKED)):
            return value
        packed: bytes = lz4.frame.compress(value)
        return packed

    def process_result_value(self, value: bytes | None, _dialect: Dialect) -> bytes | None:
        """Give a body as it came; one kept before bodies were packed lies there as it is."""
        if value is None or not value.startswith(_PACKED):
            return value
        body: bytes = lz4.frame.decompress(value)
        return body
