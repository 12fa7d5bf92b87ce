"""Reads events and contacts from files of JSON lines, with every faulty line named."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from integration.decide.kernel import EventRow
from integration.decide.kernel.columns import JsonNumber
from mappings.rules.values import read_instant

_MOST_NAMED: Final = 20
_FIRST, _LAST = -62_135_596_800_000, 253_402_300_799_999  # years 1 to 9999


class FaultyLines(Exception):
    """Lines of a file that can't be read, as `file:line: reason`."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        more = len(faults) - _MOST_NAMED
        rest = [f"and {more} more faulty lines"] if more > 0 else []
        super().__init__("\n".join(faults[:_MOST_NAMED] + rest))


@dataclass
class Input:
    """What was read: contacts in the order in which they first appear, events, properties."""

    contacts: dict[str, None] = field(default_factory=dict)
    events: list[EventRow] = field(default_factory=list)
    properties: dict[str, dict[str, str | None]] = field(default_factory=dict)


def read_input(events: Path | None, contacts: Path | None) -> Input:
    """Read both files. Raises FaultyLines naming all faulty lines; OSError."""
    read = Input()
    faults: list[str] = []
    for path, take in ((contacts, _take_contact), (events, _take_event)):
        for number, line in _lines(path):
            try:
                take(read, _record(line))
            except _Faulty as error:
                faults.append(f"{path}:{number}: {error}")
    if faults:
        raise FaultyLines(faults)
    return read


class _Faulty(Exception):
    """A line can't be read."""


def _lines(path: Path | None) -> Iterator[tuple[int, bytes]]:
    if path is None:
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if text.strip():
                yield number, text


def _record(line: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(line.decode("utf-8"), parse_float=JsonNumber)
    except UnicodeDecodeError as error:
        raise _Faulty("not UTF-8 text") from error
    except (ValueError, RecursionError) as error:
        raise _Faulty(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise _Faulty("not a JSON object")
    return found


def _take_event(read: Input, record: Mapping[str, Any]) -> None:
    contact = _name(record, "contact")
    row = EventRow(
        contact, _name(record, "id"), _text(record, "event"), _at(record), _properties(record)
    )
    read.contacts.setdefault(contact)
    read.events.append(row)


def _take_contact(read: Input, record: Mapping[str, Any]) -> None:
    contact = _name(record, "contact")
    if contact in read.properties:
        raise _Faulty(f'the contact "{contact}" stands twice')
    values = {name: _value(value) for name, value in _properties(record).items()}
    read.contacts.setdefault(contact)
    read.properties[contact] = values


def _name(record: Mapping[str, Any], word: str) -> str:
    value = record.get(word)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _text(record, word)


def _text(record: Mapping[str, Any], word: str) -> str:
    value = record.get(word)
    if not isinstance(value, str) or isinstance(value, JsonNumber) or not value:
        raise _Faulty(f'"{word}" is missing' if value is None else f'"{word}" is not a text')
    return value


def _at(record: Mapping[str, Any]) -> int:
    value = record.get("at")
    if value is None:
        raise _Faulty('"at" is missing')
    whole = isinstance(value, int) and not isinstance(value, bool)
    at = value if whole else read_instant(value) if isinstance(value, str) else None
    if not isinstance(at, int) or not _FIRST <= at <= _LAST:
        raise _Faulty(f'"at" is not an instant: {value}')
    return at


def _properties(record: Mapping[str, Any]) -> Mapping[str, Any]:
    value = record.get("properties")
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _Faulty('"properties" is not a JSON object')
    return value


def _value(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    return None
