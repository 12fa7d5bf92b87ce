"""The values that properties accept, and the form in which HubSpot keeps them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

from sandbox import facts
from sandbox.clock import from_ms, to_wire
from sandbox.errors import ApiError, invalid

from .book import PropertyBook
from .model import Definition

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_MILLIS = re.compile(r"-?\d{1,15}")
_EMAIL = re.compile(r"[^@\s,;<>()\[\]\\\"]+@([a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)


class RefusedError(Exception):
    """One value that HubSpot doesn't accept, with the code of its answer."""

    def __init__(self, name: str, code: str, message: str, allowed: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.name = name
        self.code = code
        self.message = message
        self.allowed = allowed


def settle(book: PropertyBook, values: Mapping[str, object]) -> dict[str, str]:
    """Check what an app or a person wants to write and return it in the form that is kept.

    "" clears. A multi-select value that begins with a semicolon keeps it: it is appended later.
    All faults go into one 400.
    """
    settled, refused = {}, []
    for name, value in values.items():
        try:
            settled[name] = _settle(book, name, value)
        except RefusedError as refusal:
            refused.append(refusal)
    if refused:
        raise refuse(refused)
    return settled


def refuse(refused: list[RefusedError]) -> ApiError:
    """Build the 400 for values that are not valid."""
    listed = [
        {"isValid": False, "message": r.message, "error": r.code, "name": r.name} for r in refused
    ]
    details = []
    for refusal in refused:
        context = {"propertyName": [refusal.name]}
        if refusal.allowed:
            context["allowedOptions"] = list(refusal.allowed)
        details.append({"message": refusal.message, "code": refusal.code, "context": context})
    return invalid(f"Property values were not valid: {json.dumps(listed)}", errors=details)


def as_instant(text: str) -> datetime:
    """Read ISO 8601 or milliseconds since the epoch; raise ValueError otherwise."""
    if _MILLIS.fullmatch(text):
        return from_ms(int(text))
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def as_date(text: str) -> date:
    """Read a date, or an instant that is midnight UTC; raise ValueError otherwise."""
    instant = as_instant(text).astimezone(UTC)
    if instant.time() != time():
        raise ValueError(f"{text} is at {instant:%H:%M:%S.%f} UTC, not midnight!")
    return instant.date()


def _settle(book: PropertyBook, name: str, value: object) -> str:
    definition = book.live(name)
    if definition is None:
        raise RefusedError(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if definition.read_only or definition.calculated:
        message = f'"{name}" is a read only property; its value cannot be set.'
        raise RefusedError(name, "READ_ONLY_VALUE", message)
    return form(definition, _text(name, value))


def form(definition: Definition, text: str) -> str:
    """Bring one value into the form that is kept; raise RefusedError if it has none."""
    if text == "":
        return text
    if definition.name == "email":
        return _email(text)
    match definition.type:
        case "number":
            return _number(definition.name, text)
        case "date":
            return _date(definition.name, text)
        case "datetime":
            return _datetime(definition.name, text)
        case "bool":
            return _option(definition, text)
        case "enumeration" if not definition.external:
            return (
                _options(definition, text) if definition.is_multiple else _option(definition, text)
            )
    if len(text) > facts.VALUE_MAX:
        message = f"{definition.name} is longer than {facts.VALUE_MAX} characters"
        raise RefusedError(definition.name, "PROPERTY_VALUE_TOO_LONG", message)
    return text


def _text(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            raise RefusedError(name, "INVALID_STRING", f"{value!r} is not a value of a property")


def _email(text: str) -> str:
    address = text.strip().lower()
    if not _EMAIL.fullmatch(address):
        raise RefusedError("email", "INVALID_EMAIL", f"Email address {text} is invalid")
    return address


def _number(name: str, text: str) -> str:
    if not _NUMBER.fullmatch(text.strip()):
        raise RefusedError(name, "INVALID_LONG", f"{text} was not a valid number.")
    return text.strip()


def _date(name: str, text: str) -> str:
    try:
        return as_date(text).isoformat()
    except (ValueError, OverflowError) as error:
        raise RefusedError(name, "INVALID_DATE", str(error)) from error


def _datetime(name: str, text: str) -> str:
    try:
        return to_wire(as_instant(text))
    except (ValueError, OverflowError) as error:
        raise RefusedError(name, "INVALID_DATE", f"{text} was not a valid datetime.") from error


def _option(definition: Definition, text: str) -> str:
    allowed = tuple(o.value for o in definition.options)
    if text not in allowed:
        listed = ", ".join(f'label: "{o.label}"\nvalue: "{o.value}"\n' for o in definition.options)
        message = f"{text} was not one of the allowed options: [{listed}]"
        raise RefusedError(definition.name, "INVALID_OPTION", message, allowed)
    return text


def _options(definition: Definition, text: str) -> str:
    chosen = [part.strip() for part in text.split(";") if part.strip()]
    for part in chosen:
        _option(definition, part)
    joined = ";".join(dict.fromkeys(chosen))
    return f";{joined}" if text.startswith(";") else joined


def append(old: str, addition: str) -> str:
    """Add the options of `;A;B` to a multi-select value."""
    parts = [p for p in (old + addition).split(";") if p]
    return ";".join(dict.fromkeys(parts))
