"""Reading what a request asks for, as strictly as HubSpot does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

from .errors import invalid

Json = dict[str, Any]


def body() -> Json:
    """Return the JSON object of the request; raise the 400 for anything else."""
    given = request.get_json(force=True)
    if not isinstance(given, dict):
        raise invalid("Invalid input JSON: an object was expected")
    return given


def inputs(limit: int) -> list[Json]:
    """Return a batch's inputs; raise the 400 for too many or for what isn't an object."""
    given = body().get("inputs")
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        raise invalid("Some required fields were not set: [inputs]")
    if len(given) > limit:
        raise invalid(f"The maximum batch size is {limit}, but {len(given)} inputs were given")
    return given


def names(parameter: str) -> list[str]:
    """Return a query parameter that may come several times or joined by commas."""
    parts = (part for value in request.args.getlist(parameter) for part in value.split(","))
    return [part.strip() for part in parts if part.strip()]


def flag(parameter: str) -> bool:
    """Tell whether a query parameter says true."""
    return request.args.get(parameter, "false").lower() == "true"


def limit(default: int, most: int, parameter: str = "limit") -> int:
    """Return the page size asked for; raise the 400 when it is too big."""
    return whole(request.args.get(parameter, default), 1, most, parameter)


def whole(given: object, least: int, most: int, name: str) -> int:
    """Read a whole number within bounds; raise the 400 otherwise."""
    try:
        number = int(str(given))
    except ValueError as error:
        raise invalid(f"{name} must be a whole number, not {given!r}") from error
    if not least <= number <= most:
        raise invalid(f"{name} must be between {least} and {most}, not {number}")
    return number


def after() -> int:
    """Return the id after which a page begins."""
    return whole(request.args.get("after") or 0, 0, 2**63, "after")


def text(given: Mapping[str, Any], name: str) -> str:
    """Return a required string (ids may come as numbers); raise the 400 otherwise."""
    value = given.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise invalid(f"Some required fields were not set: [{name}]")
    return value


def strings(given: Mapping[str, Any], name: str) -> list[str]:
    """Return an optional array of strings."""
    value = given.get(name) or []
    if not isinstance(value, list):
        raise invalid(f"{name} must be an array")
    return [str(v) for v in value]


def next_page(after: str) -> Json:
    """Build the `paging` of a page that isn't the last."""
    parts = [(k, v) for k, v in request.args.items(multi=True) if k != "after"]
    query = "&".join(f"{k}={v}" for k, v in [*parts, ("after", after)])
    return {"next": {"after": after, "link": f"https://api.hubapi.com{request.path}?{query}"}}
