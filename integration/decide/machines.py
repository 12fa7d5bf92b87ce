"""Whether opens and clicks are a machine's, by what else was done with the same e-mail.

Pure, over all that is known of somebody's copies of e-mails. Evidence only ever adds marks, so the
order in which it comes in can't matter: who was marked stays marked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from mappings.machines import BURST, SOON, Burst, Machines, marked
from mappings.model import Event

DELIVERED: Final = "email_delivered"
OPENED: Final = "email_opened"
CLICKED: Final = "email_clicked"
KINDS: Final = frozenset({DELIVERED, OPENED, CLICKED})


@dataclass(slots=True)
class _Copy:
    """What happened to one e-mail that one contact got."""

    delivered: list[Event] = field(default_factory=list)
    opened: list[Event] = field(default_factory=list)
    clicked: list[Event] = field(default_factory=list)


def restated(how: Machines, mail: Iterable[Event]) -> list[Event]:
    """Give the opens and clicks whose mark is another now, with it.

    `mail` holds the deliveries, opens and clicks of any contacts and campaigns; an event may be in
    it more than once, first as it stands, then as it was read anew: all their marks count.
    """
    every = list(mail)
    stands = {(event.contact_id, event.id): event for event in reversed(every)}
    known = _united(every)
    copies: dict[tuple[int, str], _Copy] = {}
    for event in known.values():
        copy = copies.setdefault((event.contact_id, event.properties.get("campaign", "")), _Copy())
        _list_of(copy, event.kind).append(event)
    reasons: dict[tuple[int, str], str] = {}
    for copy in copies.values():
        # Whoever is found twice keeps the weightier reason: that of the delivery.
        for event in _bursts(how, copy):
            reasons[event.contact_id, event.id] = BURST
        for event in _soon(how, copy):
            reasons[event.contact_id, event.id] = SOON
    return [
        changed
        for key, event in known.items()
        if (changed := _remarked(event, reasons.get(key, ""))) and changed != stands[key]
    ]


def _united(mail: Iterable[Event]) -> dict[tuple[int, str], Event]:
    """Give each event once: as it comes first, with the marks of all."""
    known: dict[tuple[int, str], Event] = {}
    for event in mail:
        key = event.contact_id, event.id
        first = known.setdefault(key, event)
        if first is not event and (reason := event.properties.get("machine_reason")):
            known[key] = replace(first, properties=marked(first.properties, reason))
    return known


def _list_of(copy: _Copy, kind: str) -> list[Event]:
    if kind == OPENED:
        return copy.opened
    return copy.clicked if kind == CLICKED else copy.delivered


def _soon(how: Machines, copy: _Copy) -> list[Event]:
    """Find what was done so soon after a delivery that nobody is so quick."""
    arrived = [event.at for event in copy.delivered]
    opened = [one for one in copy.opened if _follows(arrived, one, how.open_within)]
    return opened + [one for one in copy.clicked if _follows(arrived, one, how.click_within)]


def _follows(arrived: Iterable[datetime], event: Event, within: timedelta) -> bool:
    return any(arrived_at <= event.at <= arrived_at + within for arrived_at in arrived)


def _bursts(how: Machines, copy: _Copy) -> list[Event]:
    """Find the clicks on several links at once, and the opens beside them."""
    clicks = sorted(copy.clicked, key=lambda event: event.at)
    found = {event.id: event for burst in how.bursts for event in _burst(burst, clicks)}
    opened = [
        one
        for one in copy.opened
        if any(abs(one.at - click.at) <= how.beside for click in found.values())
    ]
    return [*found.values(), *opened]


def _burst(burst: Burst, clicks: Sequence[Event]) -> list[Event]:
    """Find the clicks (in order of time) that lie in any stretch with enough different links."""
    found: dict[str, Event] = {}
    start = 0
    for end, last in enumerate(clicks):
        while last.at - clicks[start].at > burst.within:
            start += 1
        stretch = clicks[start : end + 1]
        if len({click.properties.get("url", "") for click in stretch}) >= burst.links:
            found |= {click.id: click for click in stretch}
    return list(found.values())


def _remarked(event: Event, reason: str) -> Event | None:
    """Give an event with its mark; None where nothing shows a machine."""
    reason = reason or event.properties.get("machine_reason", "")
    return replace(event, properties=marked(event.properties, reason)) if reason else None
