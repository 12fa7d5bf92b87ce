"""How many calls a portal may make now: an exact sliding window, as a value.

HubSpot counts calls in any window of ten seconds (one second for search). The window here keeps
one count a slot of time and takes every call of a slot for made at the slot's very end, so that
it errs by at most one slot and only to the safe side: no window of the span, wherever it begins,
ever holds more than the limit. Slots are a two-hundredth of the span, so a steady stream still
gets 99.5 % of the limit.

What can wait goes at an even pace and never takes the last calls of a window. So calls come free
all the time, the live lane takes them first, and hardly any stays unused while it is silent. The
live lane has an even pace of its own: at once where little happens, and where very much does, each
call takes more along instead of a window's calls being gone in its first half.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from mappings.model import Bucket, Lane

SLOTS_A_SPAN: Final = 200
PACES_A_SPAN: Final = 10


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in any window of `span_ms`; at most `pace` in any tenth of it (0: any)."""

    limit: int
    span_ms: int
    pace: int = 0


# HubSpot allows 110 in ten seconds and 5 searches a second, shared with every other app of the
# account for searches; a few are kept back because calls arrive closer together than they leave.
RATES: Final[Mapping[Bucket, Rate]] = {
    Bucket.GENERAL: Rate(108, 10_000),
    Bucket.SEARCH: Rate(4, 1_000),
}
KEPT_FOR_LIVE: Final[Mapping[Bucket, int]] = {Bucket.GENERAL: 2, Bucket.SEARCH: 1}
# A tenth of a window's calls and a few more: slots count a little longer than they last.
PACE: Final[Mapping[Bucket, int]] = {Bucket.GENERAL: 12, Bucket.SEARCH: 0}
# What the live lane takes by itself: ten a second, so that some are left to the others. At once it
# may be as many as it takes to read an order and write it to several lists.
LIVE_PACE: Final[Mapping[Bucket, Rate]] = {Bucket.GENERAL: Rate(10, 1_000)}


@dataclass(frozen=True, slots=True)
class Window:
    """What was granted lately: (start of the slot in ms since 1970, calls), oldest first.

    Nothing is granted before `blocked_until` (ms since 1970).
    """

    slots: tuple[tuple[int, int], ...] = ()
    blocked_until: int = 0


@dataclass(frozen=True, slots=True)
class Granted:
    """The calls may be made; keep this window."""

    window: Window


@dataclass(frozen=True, slots=True)
class Wait:
    """The calls may not be made before `until_ms` (ms since 1970)."""

    until_ms: int


def rate(bucket: Bucket, lane: Lane) -> Rate:
    """Give the rate that a lane may use: live all of it, bulk nearly, repair half, both evenly."""
    whole = RATES[bucket]
    if lane is Lane.LIVE:
        return whole
    if lane is Lane.BULK:
        return Rate(whole.limit - KEPT_FOR_LIVE[bucket], whole.span_ms, PACE[bucket])
    return Rate(whole.limit // 2, whole.span_ms, PACE[bucket] // 2)


def take(window: Window, now_ms: int, calls: int, allowed: Rate) -> Granted | Wait:
    """Take `calls` at once, or say from when on they would be granted.

    A clock that runs behind another worker's adds to the newest slot, never before it.
    """
    if not 0 < calls <= allowed.limit:
        raise ValueError(f"{calls} calls can never be granted: the limit is {allowed.limit}")
    if now_ms < window.blocked_until:
        return Wait(window.blocked_until)
    slot_ms = max(1, allowed.span_ms // SLOTS_A_SPAN)
    newest = window.slots[-1][0] if window.slots else 0
    start = max(now_ms // slot_ms * slot_ms, newest)
    held = tuple(slot for slot in window.slots if slot[0] + slot_ms + allowed.span_ms > now_ms)
    waits = [_full_until(held, calls, allowed.limit, slot_ms + allowed.span_ms)]
    if allowed.pace:
        stretch = slot_ms + allowed.span_ms // PACES_A_SPAN
        late = tuple(slot for slot in held if slot[0] + stretch > now_ms)
        waits.append(_full_until(late, calls, allowed.pace, stretch))
    if any(waits):
        return Wait(max(waits))
    return Granted(Window(_with(held, start, calls), window.blocked_until))


def block(window: Window, until_ms: int) -> Window:
    """Grant nothing before `until_ms`; a longer block that stands already stays."""
    return Window(window.slots, max(window.blocked_until, until_ms))


def _full_until(held: tuple[tuple[int, int], ...], calls: int, most: int, length: int) -> int:
    """Say from when on `most` calls in any `length` leave room for some more; 0: now.

    That is when the slot leaves that frees the calls that are too many.
    """
    over = sum(count for _, count in held) + calls - most
    if over <= 0:
        return 0
    freed = accumulate(count for _, count in held)
    last = next(start for (start, _), so_far in zip(held, freed, strict=True) if so_far >= over)
    return last + length


def _with(held: tuple[tuple[int, int], ...], start: int, calls: int) -> tuple[tuple[int, int], ...]:
    if held and held[-1][0] == start:
        return (*held[:-1], (start, held[-1][1] + calls))
    return (*held, (start, calls))
