"""What the overview shows, as values: a template only has to lay them out."""

from dataclasses import dataclass
from datetime import datetime, tzinfo


@dataclass(frozen=True, slots=True)
class SourceRow:
    """How far one source of the first sync was read. `state` is a word for the style sheet."""

    name: str
    state: str
    words: str
    records: int
    reason: str


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A segment here and as a list in HubSpot; `there` is None where its size isn't known."""

    name: str
    description: str
    here: int
    there: int | None
    read_at: datetime | None
    list_url: str
    state: str
    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """A trigger, whether its workflow is ready, and what became of its enrollments."""

    name: str
    when: str
    workflow: str
    url: str
    state: str  # ready, unread, idle
    words: str
    enrolled: int
    waiting: int
    left_out: tuple[tuple[int, str], ...]
    given_up: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery; counts are None where it speaks of other portals too, or wasn't read yet."""

    at: datetime
    state: str
    words: str
    reason: str
    entries: int | None
    known: int | None
    skipped: int | None


@dataclass(frozen=True, slots=True)
class StuckRow:
    """Something that didn't go through, and why; `next_at` is None where it needs a person."""

    what: str
    count: int
    reason: str
    since: datetime
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the portal stands, in a word for the style sheet, a heading and a sentence."""

    state: str
    name: str
    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class Overview:
    """One portal's page."""

    portal_id: int
    now: datetime
    zone: tzinfo
    zone_name: str
    standing: Standing
    changing: str  # how far a change of the rules has come; "" where nothing changes
    contacts: int
    on_the_way: int
    time_left: str  # of the first sync
    compared_at: datetime | None  # when everything was last held against HubSpot
    compared: str  # and what that found
    sources: tuple[SourceRow, ...]
    segments: tuple[SegmentRow, ...]
    triggers: tuple[TriggerRow, ...]
    deliveries: tuple[DeliveryRow, ...]
    stuck: tuple[StuckRow, ...]
    pauses: tuple[datetime, ...]
    deleted_at: datetime | None  # when all that is kept of the account goes, if it is to go
    lacking: tuple[str, ...]

    @property
    def needs_someone(self) -> bool:
        """Is something waiting for a person's word to be tried again?"""
        return any(row.next_at is None for row in self.stuck)

    @property
    def reads_its_past(self) -> bool:
        """Is the first sync still going on, or did a source of it meet a difficulty?"""
        return any(row.state != "done" for row in self.sources)

    @property
    def records(self) -> int:
        """How many records were read in all."""
        return sum(row.records for row in self.sources)
