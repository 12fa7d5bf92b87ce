"""Reading what a request asks for, refusing it as HubSpot does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from flask import request

from sandbox.clock import from_ms
from sandbox.errors import invalid


def whole(name: str, default: int, most: int | None = None, least: int = 1) -> int:
    """Read a whole number from the query within its bounds; 400 otherwise."""
    text = request.args.get(name)
    if text is None:
        return default
    value = _int(name, text)
    if value < least or (most is not None and value > most):
        raise invalid(f"{name} must be between {least} and {most}, was {value}")
    return value


def optional_whole(name: str) -> int | None:
    """Read a whole number from the query, or None where it isn't given; 400 for other text."""
    text = request.args.get(name)
    return None if text is None else _int(name, text)


def flag(name: str) -> bool:
    """Read a yes or no from the query; absent is no."""
    return request.args.get(name, "false").lower() == "true"


def instant(name: str) -> datetime | None:
    """Read an instant, ISO 8601 or milliseconds, from the query; 400 for other text."""
    text = request.args.get(name)
    if text is None:
        return None
    if text.isdigit():
        return from_ms(int(text))
    try:
        found = datetime.fromisoformat(text)
    except ValueError as bad:
        raise invalid(f"{name} is not a date and time: {text}") from bad
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def body() -> Mapping[str, object]:
    """Read the request's JSON object; 400 for anything else."""
    found = request.get_json(silent=True)
    if not isinstance(found, Mapping):
        raise invalid("Invalid input JSON: expected an object")
    return found


def inputs(most: int) -> Sequence[object]:
    """Read the `inputs` of a batch, at most so many; 400 otherwise."""
    found = body().get("inputs")
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise invalid("inputs is required")
    if len(found) > most:
        raise invalid(f"Batch size is limited to {most}, was {len(found)}")
    return found


def one_of(name: str, value: object, allowed: Sequence[str]) -> str:
    """Check that a value is one of HubSpot's words; 400 otherwise."""
    if not isinstance(value, str) or value not in allowed:
        raise invalid(f"{name} must be one of {', '.join(allowed)}, was {value}")
    return value


def _int(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as bad:
        raise invalid(f"{name} must be a whole number, was {text}") from bad
