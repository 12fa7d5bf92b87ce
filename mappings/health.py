"""The nouns of health and proof: what is measured of a portal's segments. Frozen, days in UTC."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Moves:
    """How often contacts entered and left a segment on a day."""

    segment: str
    day: date
    entered: int
    left: int


@dataclass(frozen=True, slots=True)
class DaySize:
    """A segment at the end of a day (of today: so far): members, and what moved on that day."""

    segment: str
    day: date
    size: int
    entered: int
    left: int


@dataclass(frozen=True, slots=True)
class Combination:
    """So many contacts are in exactly these segments."""

    segments: tuple[str, ...]
    contacts: int


@dataclass(frozen=True, slots=True)
class Flapping:
    """So many contacts entered a segment again and again; `worst` are some: contact, times."""

    segment: str
    contacts: int
    worst: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ProofDay:
    """How many contacts were evaluated from scratch on a day, and how many stood otherwise."""

    day: date
    checked: int
    differed: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What stood wrong of a contact: `target` is `segments.KEY`, `stage` or `due`."""

    contact_id: int
    found_at: datetime
    target: str
    stored: str
    evaluated: str
