"""Random people whose events crowd the edges of a palette's windows, a millisecond to each side."""

import json
from random import Random
from typing import Any, Final

from tests.decide.kernel.plain_reading import LAST, PlainContact, PlainEvent, duration
from tests.proof.palette import CUSTOM, DAY, TYPES, Palette, types_of, written
from tests.proof.writer import TEXTS, URLS

NUMBERS: Final = ("0", "1", "5", "0.1", "0.2", "0.3", "10.05", "-2", "5.0", "2", "3", "0.25")
ODD_NUMBERS: Final = (" 5 ", "1e1", "+1", "1e30", "1e-30", "4611686018427387904", ".5", "5.")
NO_NUMBERS: Final = ("five", "", True, None, "1,5", "inf", "NaN", [1], "1_0", "9" * 61, 10**61)
OPEN_VALUES: Final[tuple[Any, ...]] = (
    5,
    5.0,
    "5",
    True,
    False,
    "true",
    0.1,
    0.25,
    3,
    "a",
    "A",
    None,
    "",
    [1],
    {},
    10**61,
)
ODD_TEXTS: Final = (None, "", 5, 5.0, 1e-7, True, ["a"], "A\u030are", "ÅRE", "strasse", " a")
ODD_DATES: Final = ("soon", "", None, "2026-02-30", "SE;no", "5", "9999-12-31", "9" * 15)
LANDS: Final = ("SE", "se;no", "NO", "", None, "5", "0.3", "x;y;z", "Åre", "true", "Straße;5", ";")
SIZES: Final = ("0", "0.3", "5", "5.0", "1e1", "-2", "", "many", "4611686018427387904", "0.1;5")


def some_people(chance: Random, palette: Palette, size: int) -> list[PlainContact]:
    """Give so many contacts; their places in the list are their names."""
    return [_person(chance, palette) for _ in range(size)]


def _person(chance: Random, palette: Palette) -> PlainContact:
    events: list[PlainEvent] = []
    for place in range(chance.choice((0, 1, 3, 5, 6, 7, 8, 9, 10, 12, 16))):
        kinds = palette.kinds if chance.random() < 0.95 else (*TYPES, *CUSTOM)
        kind = chance.choice(kinds)
        # Two with one id are one event, whatever kinds and instants they name.
        name = chance.choice(events).id if events and chance.random() < 0.06 else f"e{place}"
        events.append(PlainEvent(name, kind, _at(chance, palette, events), _values(chance, kind)))
    return PlainContact(events, _contact_values(chance, palette))


def _at(chance: Random, palette: Palette, events: list[PlainEvent]) -> int:
    """Choose an instant so far from now, from another event or from an instant of the rules."""
    base = palette.now
    if events and chance.random() < 0.5:
        base = chance.choice(events).at
    elif chance.random() < 0.15:
        base = chance.choice((*palette.instants, palette.now // DAY * DAY))
    elif chance.random() < 0.01:
        return LAST - chance.randrange(3) * DAY
    lengths = [duration(length) for length in palette.lengths]
    at = base + chance.choice(lengths) * chance.choice((-1, -1, -1, 0, 1, 1))
    if chance.random() < 0.3:  # not on an edge of now, but to come to one
        at += chance.choice((-1, 1)) * chance.choice(lengths)
    return min(at + chance.choice((-1, 0, 0, 1)), LAST)


def _values(chance: Random, kind: str) -> dict[str, Any]:
    """Give properties: mostly there, sometimes missing, sometimes of the wrong make."""
    values = {
        name: _value(chance, make)
        for name, make in types_of(kind).items()
        if chance.random() < 0.85
    }
    if chance.random() < 0.1:
        values["amount"] = 5  # also where the kind has no such property
    return values


def _value(chance: Random, make: str) -> Any:
    if make == "json":
        return chance.choice(OPEN_VALUES)
    if make in {"text", "url"}:
        usual = TEXTS if make == "text" else URLS
        return chance.choice(usual if chance.random() < 0.9 else ODD_TEXTS)
    throw = chance.random()
    if throw < 0.1:
        return chance.choice(NO_NUMBERS)
    if throw < 0.2:
        return chance.choice(ODD_NUMBERS)
    numeral = chance.choice(NUMBERS)
    return numeral if throw < 0.6 else json.loads(numeral)


def _contact_values(chance: Random, palette: Palette) -> dict[str, str | None]:
    values: dict[str, str | None] = {
        "land": chance.choice(LANDS),
        "size": chance.choice(SIZES),
        "due": _date(chance, palette),
    }
    return {name: value for name, value in values.items() if chance.random() < 0.85}


def _date(chance: Random, palette: Palette) -> str | None:
    if chance.random() < 0.1:
        return chance.choice(ODD_DATES)
    length = duration(chance.choice(palette.lengths))
    at = palette.now + chance.choice((-1, -1, 0, 1, 1)) * length + chance.choice((-1, 0, 1))
    return str(at) if chance.random() < 0.3 else written(chance, at)
