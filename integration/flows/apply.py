"""Store what was decided about contacts: the one way into timelines for intake and sync."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from integration.decide.addresses import Holders
from integration.decide.draft import Changes
from integration.flows import parting
from integration.store import addresses, attribution, contacts, due, memberships, outbox, timeline
from mappings.model import Cause, Event

LONGEST_ADDRESS = 320


def apply(connection: Connection, portal_id: int, changes: Changes, now: datetime) -> set[int]:
    """Store contacts and events and make due whom they touch; give those contacts.

    Whoever calls took the portal's turn (`contacts.take_turn`) before reading what was decided by.
    1. contacts; 2. those merged, parted again, deleted or erased; 3. events, and what addresses
    say of whose they are; 4. timelines of those who are one; 5. due.
    """
    olds = {old for old, _ in changes.merged}
    homes = contacts.survivors(connection, portal_id, olds.union(changes.returned, changes.erased))
    partings = [(each, homes[each]) for each in changes.returned if each in homes]
    lost = _lost(connection, portal_id, changes.erased)
    about = {*homes, *homes.values(), *changes.returned, *olds, *(new for _, new in changes.merged)}
    outbox.lock(connection, portal_id, about.union(changes.gone, lost))
    heirs = [*changes.merged, *((home, back) for back, home in partings)]
    since = _since(connection, portal_id, heirs, now)
    contacts.save(connection, portal_id, list(changes.contacts))
    for pair in changes.merged:
        parting.merge(connection, portal_id, pair, now)
    for pair in partings:
        parting.part(connection, portal_id, pair, now)
    parting.retire(connection, portal_id, list(changes.gone), now)
    _erase(connection, portal_id, lost)
    touched = about.union(changes.touched)
    touched |= _add(connection, portal_id, list(changes.events), (now, changes.restating))
    touched |= _see(connection, portal_id, changes, now)
    _unite(connection, portal_id, about)
    living = contacts.live(connection, portal_id, touched)
    due.touch(connection, portal_id, living - since.keys(), now, Cause.BEHAVIOUR)
    for contact_id in sorted(living & since.keys()):
        due.touch(connection, portal_id, [contact_id], since[contact_id], Cause.BEHAVIOUR)
    return living


def _since(
    connection: Connection, portal_id: int, heirs: list[tuple[int, int]], now: datetime
) -> dict[int, datetime]:
    """Say since when those are due who take over what others (giver, heir) were due for.

    What happened to a contact and wasn't looked at yet is news of whoever has it now.
    """
    waiting = due.overdue(connection, portal_id, [giver for giver, _ in heirs], now)
    since: dict[int, datetime] = {}
    for giver, heir in heirs:
        if giver in waiting:
            since[heir] = min(since.get(heir, now), waiting[giver])
    return since


def place(
    connection: Connection, portal_id: int, addressed: list[timeline.Stray]
) -> tuple[Event, ...]:
    """Find the contacts of events known by address only; keep those without one for later.

    Each is of whoever had the address when it happened. What is too long for an address is none:
    anybody can type anything into a form.
    """
    addressed = [stray for stray in addressed if len(stray.email) <= LONGEST_ADDRESS]
    holders = _holders(connection, portal_id, {stray.email for stray in addressed})
    placed, waiting = _owned(addressed, holders)
    timeline.keep_strays(connection, portal_id, waiting)
    return tuple(placed)


def holder_of(connection: Connection, portal_id: int, email: str) -> int | None:
    """Find who has an address (lower case), or had it last; None where nobody ever did."""
    return _holders(connection, portal_id, {email}).last(email)


def _holders(connection: Connection, portal_id: int, emails: Iterable[str]) -> Holders:
    sightings = addresses.of(connection, portal_id, emails)
    known = {one.contact_id for one in sightings}
    return Holders(sightings, contacts.survivors(connection, portal_id, known))


def _owned(
    addressed: Iterable[timeline.Stray], holders: Holders
) -> tuple[list[Event], list[timeline.Stray]]:
    placed, waiting = [], []
    for stray in addressed:
        owner = holders.at(stray.email, stray.event.at)
        if owner is None:
            waiting.append(stray)
        else:
            placed.append(replace(stray.event, contact_id=owner, address=stray.email))
    return placed, waiting


def _add(
    connection: Connection,
    portal_id: int,
    events: list[Event],
    how: tuple[datetime, frozenset[str]],
) -> set[int]:
    """Put events on the timelines of whom they were told of, and of who lives on for those."""
    heirs = contacts.survivors(connection, portal_id, {event.contact_id for event in events})
    lent = [
        replace(event, contact_id=heirs[event.contact_id])
        for event in events
        if event.contact_id in heirs
    ]
    touched = timeline.add(connection, portal_id, events, *how)
    return touched | timeline.add(connection, portal_id, lent, *how, lent=True)


def _see(connection: Connection, portal_id: int, changes: Changes, now: datetime) -> set[int]:
    """Take in who was seen with which address, and give events told by it to whose they are."""
    if not changes.seen:
        return set()
    emails = {one.email for one in changes.seen if len(one.email) <= LONGEST_ADDRESS}
    holders = _holders(connection, portal_id, emails)
    news = [one for one in changes.seen if one.email in emails and holders.is_news(one)]
    if not news:
        return set()
    addresses.see(connection, portal_id, news)
    emails = {one.email for one in news}
    holders = _holders(connection, portal_id, emails)
    placed, _ = _owned(timeline.take_strays(connection, portal_id, emails), holders)
    touched = _add(connection, portal_id, placed, (now, frozenset()))
    for email in sorted(emails):
        touched |= _pass_on(connection, portal_id, (email, holders), now)
    return touched


def _pass_on(
    connection: Connection, portal_id: int, what: tuple[str, Holders], now: datetime
) -> set[int]:
    """Move what was told by an address to who, as is known now, had it at the time."""
    email, holders = what
    everyone = holders.everyone(email)
    if len(everyone) < 2:
        return set()
    moved: set[int] = set()
    for event in attribution.told_by(connection, portal_id, everyone, email):
        owner = holders.at(email, event.at)
        if owner is not None and owner != event.contact_id:
            attribution.take(connection, portal_id, event)
            timeline.add(connection, portal_id, [replace(event, contact_id=owner)], now)
            moved |= {event.contact_id, owner}
    heirs = contacts.survivors(connection, portal_id, moved)
    _unite(connection, portal_id, {heirs.get(each, each) for each in moved})
    return moved | set(heirs.values())


def _unite(connection: Connection, portal_id: int, ids: set[int]) -> None:
    """Let timelines hold what those who live on, and all who were merged into them, did."""
    finals = contacts.survivors(connection, portal_id, ids)
    for contact_id in sorted(ids):
        merged = contacts.family(connection, portal_id, contact_id)
        lent = merged if contact_id not in finals else set()
        attribution.lend(connection, portal_id, contact_id, lent)


def _lost(connection: Connection, portal_id: int, erased: Iterable[int]) -> set[int]:
    """Name all of whom nothing may be kept: with who is erased, who was merged into them."""
    lost = set(erased)
    for contact_id in erased:
        lost |= contacts.family(connection, portal_id, contact_id)
    return lost


def _erase(connection: Connection, portal_id: int, lost: set[int]) -> None:
    """Delete everything of contacts; their bare ids stay, so that nothing late recreates them."""
    ids = sorted(lost)
    emails = sorted(addresses.seen_with(connection, portal_id, ids))
    timeline.forget(connection, portal_id, ids)
    timeline.forget_strays(connection, portal_id, emails)
    addresses.forget(connection, portal_id, ids)
    memberships.forget(connection, portal_id, ids, past=True)
    due.forget(connection, portal_id, ids)
    outbox.forget_contacts(connection, portal_id, ids)
