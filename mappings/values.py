"""HubSpot's property values and instants <-> Python's. Every property value travels as text.

What HubSpot takes: https://developers.hubspot.com/docs/guides/api/crm/properties
"""

import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from mappings.instants import from_ms, to_ms

LARGEST_ID: Final = 2**63 - 1
LONGEST_TEXT: Final = 65_536
FEWEST_MS: Final = 100_000_000_000  # in 1973 as milliseconds, in the year 5138 as seconds
EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,14}(\.[0-9]+)?")

Value = str | int | float | bool | Decimal | date | datetime | Iterable[str] | None


class Unreadable(ValueError):
    """HubSpot sent something that can't be read."""


def clean(text: str) -> str:
    """Drop NUL and replace lone surrogates: PostgreSQL takes neither, SQLite takes both."""
    text = text.replace("\x00", "")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def text_of(value: Any) -> str | None:
    """Give a JSON value as the text HubSpot means by it; None stays None."""
    if value is None:
        return None
    if isinstance(value, str):
        return clean(value)
    return clean(json.dumps(value, ensure_ascii=False))


def id_of(value: Any) -> int:
    """Read a record id: a whole number that fits a BIGINT, or its text. Never a float."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_ID:
        raise Unreadable("not a record id")
    return value


def ids_in(text: str | None) -> tuple[int, ...]:
    """Read the record ids in a value of HubSpot's, which parts several by semicolons.

    What is none is left out: the value is HubSpot's own, and no reason to refuse its record.
    """
    found: dict[int, None] = {}
    for each in (text or "").split(";"):
        with suppress(Unreadable):
            found[id_of(each.strip())] = None
    return tuple(found)


def instant(value: Any) -> datetime:
    """Read an instant: milliseconds (number or text), ISO 8601, or a date (its midnight UTC)."""
    if isinstance(value, bool):
        raise Unreadable("not an instant")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        if isinstance(value, int):
            return from_ms(value)
        if isinstance(value, str):
            return _instant_of_text(value.strip())
    except (ValueError, OverflowError):
        pass
    raise Unreadable("not an instant")


def happened(value: Any) -> datetime:
    """Read the instant at which something happened; raise Unreadable for one not to be believed.

    As `instant`, but a number too small for milliseconds is one of seconds, and what claims to be
    from before 1990 (a clock that stands at zero) or from after 2100 is none.
    """
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    if _NUMBER.fullmatch(text):
        number = Decimal(text)
        return believed(from_ms(int(number if abs(number) >= FEWEST_MS else number * 1000)))
    return believed(instant(value))


def believed(at: datetime) -> datetime:
    """Give an instant at which something can have happened; raise Unreadable for any other."""
    if not EARLIEST <= at < LATEST:
        raise Unreadable("not an instant to be believed: before 1990 or after 2100")
    return at


def _instant_of_text(text: str) -> datetime:
    if text.removeprefix("-").isdecimal() and text.isascii():
        return from_ms(int(text))
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def iso(at: datetime) -> str:
    """Write an aware instant as `2026-06-30T00:00:00.000Z`, rounded down to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode(value: Value, kind: str) -> str:
    """Write a value for a property of HubSpot's type `kind`; None clears (an empty text).

    Kinds are HubSpot's: string, number, bool, date, datetime, enumeration, phone_number. A date
    is the calendar day as the value's own time zone has it, sent as midnight UTC. Raises
    ValueError for a value that the type can't hold.
    """
    if value is None:
        return ""
    return _ENCODERS.get(kind, _encode_text)(value)


def _encode_text(value: Any) -> str:
    text = clean(str(value)).strip()
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"longer than {LONGEST_TEXT} characters")
    return text


def _encode_number(value: Any) -> str:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("not a number") from None
    if isinstance(value, bool) or not number.is_finite():
        raise ValueError("not a number")
    return format(number, "f")


def _encode_bool(value: Any) -> str:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return "true" if value else "false"


def _encode_date(value: Any) -> str:
    day = value.date() if isinstance(value, datetime) else value
    if not isinstance(day, date):
        raise ValueError("not a date")
    return str(to_ms(datetime(day.year, day.month, day.day, tzinfo=UTC)))


def _encode_datetime(value: Any) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("not an aware instant")
    return str(to_ms(value))


def _encode_choices(value: Any) -> str:
    """Write one option, or several joined by `;`, which replaces the whole set."""
    choices = [value] if isinstance(value, str) else list(value)
    if any(";" in one or not one.strip() for one in choices):
        raise ValueError("an option is empty or holds a semicolon")
    return ";".join(dict.fromkeys(clean(one) for one in choices))


_ENCODERS: Final[dict[str, Callable[[Any], str]]] = {
    "number": _encode_number,
    "bool": _encode_bool,
    "date": _encode_date,
    "datetime": _encode_datetime,
    "enumeration": _encode_choices,
}


def decode(text: str | None, kind: str) -> Value:
    """Read a property's text by HubSpot's type `kind`; empty and None give None.

    number gives a Decimal, date a date, datetime an aware instant, bool a bool, enumeration a
    tuple of options, everything else the text. Raises Unreadable where the text isn't of `kind`.
    """
    if text is None or not text.strip():
        return None
    return _DECODERS.get(kind, clean)(text)


def _decode_number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise Unreadable("not a number") from None
    if not number.is_finite():
        raise Unreadable("not a number")
    return number


def _decode_bool(text: str) -> bool:
    word = text.strip().lower()
    if word not in {"true", "false"}:
        raise Unreadable("neither true nor false")
    return word == "true"


def _decode_date(text: str) -> date:
    return instant(text).date()


def _decode_choices(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in text.split(";") if one.strip()))


_DECODERS: Final[dict[str, Callable[[str], Value]]] = {
    "number": _decode_number,
    "bool": _decode_bool,
    "date": _decode_date,
    "datetime": instant,
    "enumeration": _decode_choices,
}
