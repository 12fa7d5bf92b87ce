"""How durations, instants, numbers and texts are read and compared, in rules and in data alike."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
LONGEST: Final = 36_525 * DAY  # a hundred years; sums of instants and durations stay in 64 bits

_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_DURATION = re.compile(r"([0-9]{1,12})([mhdw])")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_LONGEST_NUMBER = 60
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def read_duration(text: str) -> int | None:
    """Read `45m`, `3h`, `30d` or `2w` as milliseconds; None where it is no positive duration."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    length = int(found[1]) * _UNITS[found[2]]
    return length if 0 < length <= LONGEST else None


def write_duration(length: int) -> str:
    """Write milliseconds in the largest of days, hours and minutes that divides them."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if length % size == 0:
            return f"{length // size}{unit}"
    return f"{length}ms"


def read_instant(text: str) -> int | None:
    """Read ISO 8601 as epoch milliseconds, UTC where no offset stands; None where it is none.

    A bare date is its midnight UTC. What is finer than a millisecond is cut off.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // _MILLISECOND
    except (ValueError, OverflowError):
        return None


def read_moment(text: str) -> int | None:
    """Read a contact's date: ISO 8601, or the epoch milliseconds that HubSpot's webhooks carry."""
    stripped = text.strip()
    return int(stripped) if _WHOLE.fullmatch(stripped) else read_instant(stripped)


def read_number(text: str) -> Decimal | None:
    """Read a decimal number exactly; None where the text is none (so for `inf` and `1,5`)."""
    stripped = text.strip()
    if len(stripped) > _LONGEST_NUMBER or _NUMBER.fullmatch(stripped) is None:
        return None
    return Decimal(stripped)


def fold(text: str) -> str:
    """Give the text as it compares: without regard to case (Unicode case folding)."""
    return text.casefold()


def glob(pattern: str) -> Callable[[str], bool]:
    """Make the test of a folded text by a path glob.

    `*` stands for any text, also for none and for slashes. A pattern that begins with `/` is held
    against the path of an address alone, without host, query and fragment; any other against the
    whole text. Case doesn't count.
    """
    wanted = fold(pattern)
    parts = wanted.split("*")
    if wanted.startswith("/"):
        return lambda text: _fits(parts, _path(text))
    return lambda text: _fits(parts, text)


@lru_cache(maxsize=16_384)
def _path(address: str) -> str:
    """Give the path of an address; the same ones are asked for by many rules."""
    _, scheme, rest = address.partition("://")
    if scheme:
        host = rest.partition("/")[0].partition("?")[0].partition("#")[0]
        address = rest[len(host) :] or "/"
    return address.partition("?")[0].partition("#")[0] or "/"


def _fits(parts: list[str], text: str) -> bool:
    """Fit the pieces between the stars one after the other, each as early as it goes."""
    if len(parts) == 1:
        return parts[0] == text
    first, *middle, last = parts
    if not text.startswith(first):
        return False
    position = len(first)
    for part in middle:
        found = text.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return len(text) - position >= len(last) and text.endswith(last)
