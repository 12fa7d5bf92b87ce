"""Which events qualify, and from when until when each of them does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from integration.decide.kernel.columns import MISSING, Column, Identity
from integration.decide.kernel.comparisons import passing
from integration.decide.kernel.courses import NEVER, Bools, Ints, in_order
from integration.decide.kernel.timelines import Timelines
from mappings.catalogue import Catalogue
from mappings.rules.nodes import EventCondition, Pattern, Sequel, Window


@dataclass(frozen=True)
class Scene:
    """What a rule is evaluated over: timelines, what their properties are, and the instant.

    `recent` are columns of (kind, property) that reach back as far as any condition asks here.
    """

    timelines: Timelines
    catalogue: Catalogue
    now: int
    recent: Mapping[tuple[str, str], Column] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The number of contacts."""
        return len(self.timelines.contacts)

    def column(self, kind: str, name: str) -> Column:
        """Give a property of a kind; all missing where the kind has no such property."""
        if (kind, name) in self.recent:
            return self.recent[kind, name]
        column_type = self.catalogue.type_of(kind, name)
        if column_type is None:
            nothing = np.broadcast_to(np.int64(MISSING), len(self.timelines.kind(kind).at))
            return Column("text", nothing, ())
        return self.timelines.column(kind, name, column_type)


@dataclass(frozen=True)
class Chosen:
    """Events of a pattern, (m,) each; `parts` says kind by kind which rows of it they are."""

    contact: Ints
    at: Ints
    parts: tuple[tuple[str, Ints], ...]

    def where(self, keep: Bools) -> "Chosen":
        """Keep some of them."""
        if keep.all():
            return self
        ends = np.cumsum([len(rows) for _, rows in self.parts])[:-1]
        pieces = np.split(keep, ends)
        parts = tuple(
            (kind, rows[piece]) for (kind, rows), piece in zip(self.parts, pieces, strict=True)
        )
        return Chosen(self.contact[keep], self.at[keep], parts)


@dataclass(frozen=True)
class Span:
    """From when (inclusive) until when (exclusive) something of a contact counts, (m,) each."""

    contact: Ints
    arrive: Ints
    leave: Ints

    def where(self, keep: Bools) -> "Span":
        """Keep some of them."""
        if keep.all():
            return self
        rows = np.flatnonzero(keep)
        return Span(self.contact[rows], self.arrive[rows], self.leave[rows])


@dataclass(frozen=True)
class Lives:
    """Events that qualify now or later, and the span in which each does."""

    events: Chosen
    span: Span

    def where(self, keep: Bools) -> "Lives":
        """Keep some of them."""
        return Lives(self.events.where(keep), self.span.where(keep))


def choose(scene: Scene, pattern: Pattern, window: Window) -> Chosen:
    """Give the events of a pattern that are in the window now or may come to be in it."""
    pieces = [_of_kind(scene, kind, pattern, window) for kind in pattern.kinds]
    of_kinds = [scene.timelines.kind(kind) for kind in pattern.kinds]
    return Chosen(
        np.concatenate(
            [_taken(kind.contact, rows) for kind, rows in zip(of_kinds, pieces, strict=True)]
        ),
        np.concatenate(
            [_taken(kind.at, rows) for kind, rows in zip(of_kinds, pieces, strict=True)]
        ),
        tuple(zip(pattern.kinds, pieces, strict=True)),
    )


def _taken(values: Ints, rows: Ints) -> Ints:
    """Give the values of some rows, each named once; what all rows have isn't copied."""
    return values if len(rows) == len(values) else values[rows]


def _of_kind(scene: Scene, kind: str, pattern: Pattern, window: Window) -> Ints:
    at = scene.timelines.kind(kind).at
    limits: list[Bools] = []
    if window.within is not None:
        limits.append(at > scene.now - window.within)
    if window.start is not None:
        limits.append(at >= window.start)
    if window.end is not None:
        limits.append(at < window.end)
    rows = np.flatnonzero(reduce(np.logical_and, limits)) if limits else np.arange(len(at))
    for where in pattern.where:
        rows = rows[np.flatnonzero(passing(scene.column(kind, where.name), where, rows))]
    return rows


def lives(scene: Scene, condition: EventCondition) -> Lives:
    """Give the events that qualify for an event condition, now or later.

    Windows move with time: an event comes in when it is `before` old and goes when it is
    `within` old. `then` makes it come in when its follower is there; `without ... inside` when
    the wait is over; `without` alone makes it go when a follower comes.
    """
    events = choose(scene, condition.pattern, condition.window)
    span = span_of(events, condition.window)
    if condition.then is not None:
        span = _followed(scene, events, span, condition.then)
    if condition.without is not None:
        span = _unfollowed(scene, events, span, condition.without)
    return Lives(events, span).where((span.arrive < span.leave) & (span.leave > scene.now))


def span_of(events: Chosen, window: Window) -> Span:
    """Give from when until when events are in a window."""
    at = events.at
    arrive = at if window.before is None else at + window.before
    leave = np.full(len(at), NEVER) if window.within is None else at + window.within
    return Span(events.contact, arrive, leave)


def _followed(scene: Scene, events: Chosen, span: Span, sequel: Sequel) -> Span:
    follower = next_after(scene, events, sequel)
    if sequel.inside is not None:
        follower = np.where(follower <= events.at + sequel.inside, follower, NEVER)
    return Span(span.contact, np.maximum(span.arrive, follower), span.leave)


def _unfollowed(scene: Scene, events: Chosen, span: Span, sequel: Sequel) -> Span:
    follower = next_after(scene, events, sequel)
    if sequel.inside is None:
        return Span(span.contact, span.arrive, np.minimum(span.leave, follower))
    over = events.at + sequel.inside
    arrive = np.where(follower <= over, NEVER, np.maximum(span.arrive, over))
    return Span(span.contact, arrive, span.leave)


def next_after(scene: Scene, events: Chosen, sequel: Sequel) -> Ints:
    """Give for each event the instant of the first follower strictly after it, NEVER for none."""
    followers = choose(scene, sequel.pattern, Window())
    group, follower_group = events.contact, followers.contact
    for name in sequel.same:
        codes, follower_codes = shared_identities(scene, (events, followers), name)
        group, follower_group = _paired((group, codes), (follower_group, follower_codes))
    usable = follower_group != MISSING
    found = _next(group, events.at, follower_group[usable], followers.at[usable])
    found[group == MISSING] = NEVER
    return found


def _paired(one: tuple[Ints, Ints], other: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Number the pairs of two columns, alike on both sides; MISSING where either is missing."""
    left = np.concatenate([one[0], other[0]])
    right = np.concatenate([one[1], other[1]])
    width = int(right.max(initial=0)) + 1
    pairs = np.where((left == MISSING) | (right == MISSING), MISSING, left * width + right)
    _, dense = np.unique(np.append(MISSING, pairs), return_inverse=True)
    numbered = dense[1:].astype(np.int64) - 1
    return numbered[: len(one[0])], numbered[len(one[0]) :]


def _next(group: Ints, at: Ints, follower_group: Ints, follower_at: Ints) -> Ints:
    """Search one ordered list of (group, instant) for the first entry after each."""
    if not len(group) or not len(follower_group):
        return np.full(len(group), NEVER, dtype=np.int64)
    order = in_order(follower_group, follower_at)
    follower_group, follower_at = follower_group[order], follower_at[order]
    groups = max(int(group.max()), int(follower_group[-1])) + 1
    at, offset, width = _offsets(at, follower_at, groups)
    keys = follower_group * width + offset
    place = np.searchsorted(keys, group * width + at, side="right")
    inside = np.minimum(place, len(keys) - 1)
    hit = (place < len(keys)) & (follower_group[inside] == group)
    return np.where(hit, follower_at[inside], NEVER)


def _offsets(at: Ints, follower_at: Ints, groups: int) -> tuple[Ints, Ints, int]:
    """Count instants from before the first follower; give both sides, and how many there may be.

    In milliseconds, or by rank where so many groups of them aren't to be told apart in 63 bits.
    """
    before, last = int(follower_at.min()) - 1, int(follower_at.max())
    width = last - before + 1
    if groups * width < 2**63:
        return np.clip(at, before, last) - before, follower_at - before, width
    instants = np.unique(follower_at)
    ranks = np.searchsorted(instants, follower_at) + 1
    return np.searchsorted(instants, at, side="right"), ranks, len(instants) + 1


def shared_identities(scene: Scene, several: tuple[Chosen, ...], name: str) -> tuple[Ints, ...]:
    """Number the distinct values of a property, alike in all of these; MISSING for none."""
    numbers: dict[Identity, int] = {}
    return tuple(_identities(scene, chosen, name, numbers) for chosen in several)


def _identities(scene: Scene, chosen: Chosen, name: str, numbers: dict[Identity, int]) -> Ints:
    pieces = []
    for kind, rows in chosen.parts:
        column = scene.column(kind, name)
        codes = [
            MISSING if word is None else numbers.setdefault(word, len(numbers))
            for word in column.identities
        ]
        pieces.append(np.array([*codes, MISSING], dtype=np.int64)[column.codes[rows]])
    return np.concatenate(pieces)
