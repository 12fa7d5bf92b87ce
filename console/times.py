"""Instants and numbers as people read them, in the portal's own time zone."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask


def zone_of(name: str) -> tzinfo:
    """Give the time zone of a name; UTC where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def moment(at: datetime, zone: tzinfo) -> str:
    """Write an instant as `30 Jun 2026, 14:05`."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def clock(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Write an instant of today as `14:05:09`, of another day with its date."""
    local = at.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return f"{local:%H:%M:%S}"
    return moment(at, zone)


def machine(at: datetime) -> str:
    """Write an instant for machines."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def number(value: int) -> str:
    """Write a whole number with its thousands apart."""
    return f"{value:,}"


def plural(count: int, one: str, many: str) -> str:
    """Write a number with the word that fits it."""
    return f"{number(count)} {one if count == 1 else many}"


def sentence(words: str) -> str:
    """Begin with a capital letter and end with a full stop."""
    whole = words[:1].upper() + words[1:]
    return whole if not whole or whole[-1] in ".!?" else f"{whole}."


def register(app: Flask) -> None:
    """Let the templates write them."""
    app.jinja_env.filters.update(
        moment=moment, clock=clock, machine=machine, number=number, sentence=sentence
    )
