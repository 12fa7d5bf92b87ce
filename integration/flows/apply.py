"""Store what was decided about contacts: the one way into timelines for intake and sync."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from integration.decide.addresses import Holders
from integration.decide.draft import Changes
from integration.decide.occasions import LATE
from integration.flows import erase, nameless, parting
from integration.flows.holding import holders
from integration.flows.machines import mark_machines
from integration.store import (
    addresses,
    attribution,
    contacts,
    due,
    outbox,
    retention,
    timeline,
    tombstones,
)
from mappings.model import Cause, Event, Sighting

LONGEST_ADDRESS = 320


def apply(connection: Connection, portal_id: int, changes: Changes, now: datetime) -> set[int]:
    """Store contacts and events and make due whom they touch; give those contacts.

    Whoever calls took the portal's turn (`contacts.take_turn`) before reading what was decided by.
    1. contacts; 2. those merged, parted again, deleted or erased; 3. events, and what addresses
    say of whose they are; 4. timelines of those who are one; 5. marks on what turns out to be a
    machine's; 6. due.
    """
    olds = {old for old, _ in changes.merged}
    homes = contacts.survivors(connection, portal_id, olds.union(changes.returned, changes.erased))
    partings = [(each, homes[each]) for each in changes.returned if each in homes]
    lost = _lost(connection, portal_id, changes.erased)
    about = {*homes, *homes.values(), *changes.returned, *olds, *(new for _, new in changes.merged)}
    outbox.lock(connection, portal_id, about.union(changes.gone, lost))
    heirs = [*changes.merged, *((home, back) for back, home in partings)]
    since = _since(connection, portal_id, heirs, now)
    # Of those erased nothing new is stored: what is there says whom and what to look for.
    left = [each for each in changes.contacts if each.contact_id not in changes.erased]
    contacts.save(connection, portal_id, left, dict.fromkeys(changes.renewed, now))
    for each, at in _unseen(connection, portal_id, changes.restored, now).items():
        since[each] = min(at, since.get(each, at))
    for pair in changes.merged:
        parting.merge(connection, portal_id, pair, now)
    for pair in partings:
        parting.part(connection, portal_id, pair, now)
    parting.retire(connection, portal_id, list(changes.gone), now)
    state_at = {each.contact_id: each.state_at for each in changes.contacts}
    erased = {each: state_at.get(each, now) for each in changes.erased}
    erase.take_out(connection, portal_id, erased, ("hubspot", now))
    young = retention.kept(connection, portal_id, changes.events, now)
    touched = _add(connection, portal_id, young, (now, changes.restating)).union(changes.touched)
    named = nameless.adopt(connection, portal_id, state_at)
    grown = about | _add(connection, portal_id, named, (now, frozenset()))
    inherited = _inherited(connection, portal_id, {homes.get(each) for each in erased}, now)
    grown |= _see(connection, portal_id, (*changes.seen, *inherited), now)
    _unite(connection, portal_id, about)
    touched |= grown | _mark(connection, portal_id, (young, grown), now)
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


def _unseen(
    connection: Connection, portal_id: int, restored: Iterable[int], now: datetime
) -> dict[int, datetime]:
    """Say since when those are due who live again: what is more than LATE ago is history."""
    found = contacts.take_unseen(connection, portal_id, restored)
    return {each: max(at, now - LATE) for each, at in found.items()}


def place(
    connection: Connection, portal_id: int, addressed: list[timeline.Stray]
) -> tuple[Event, ...]:
    """Find the contacts of events known by address only; keep those without one for later.

    Each is of whoever had the address when it happened. What is too long for an address is none:
    anybody can type anything into a form. Of somebody erased nothing is kept; who has the address
    since then gets what was done since then.
    """
    addressed = [stray for stray in addressed if len(stray.email) <= LONGEST_ADDRESS]
    emails = {stray.email for stray in addressed}
    erased = tombstones.of_addresses(connection, portal_id, emails)
    later = [stray for stray in addressed if _is_later(stray, erased)]
    placed, waiting = _owned(later, holders(connection, portal_id, emails))
    strays = [stray for stray in waiting if stray.email not in erased]
    timeline.keep_strays(connection, portal_id, strays)
    return tuple(placed)


def _is_later(stray: timeline.Stray, erased: dict[str, datetime]) -> bool:
    """Was it done after whoever had the address before was erased?"""
    return stray.email not in erased or stray.event.at > erased[stray.email]


def _owned(
    addressed: Iterable[timeline.Stray], known: Holders
) -> tuple[list[Event], list[timeline.Stray]]:
    placed, waiting = [], []
    for stray in addressed:
        owner = known.at(stray.email, stray.event.at)
        if owner is None:
            waiting.append(stray)
        else:
            placed.append(replace(stray.event, contact_id=owner, address=stray.email))
    return placed, waiting


def _add(
    connection: Connection,
    portal_id: int,
    events: Iterable[Event],
    how: tuple[datetime, frozenset[str]],
) -> set[int]:
    """Put events on the timelines of whom they were told of, and of who lives on for those."""
    young = retention.kept(connection, portal_id, events, how[0])
    heirs = contacts.survivors(connection, portal_id, {event.contact_id for event in young})
    lent = [
        replace(event, contact_id=heirs[event.contact_id])
        for event in young
        if event.contact_id in heirs
    ]
    touched = timeline.add(connection, portal_id, young, *how)
    return touched | timeline.add(connection, portal_id, lent, *how, lent=True)


def _mark(
    connection: Connection, portal_id: int, what: tuple[list[Event], set[int]], now: datetime
) -> set[int]:
    """Mark what turns out to be a machine's, by all that those did who are one."""
    news, grown = what
    heirs = contacts.survivors(connection, portal_id, {event.contact_id for event in news})
    told = [
        replace(event, contact_id=heirs.get(event.contact_id, event.contact_id)) for event in news
    ]
    live = contacts.live(connection, portal_id, grown)
    return mark_machines(connection, portal_id, told, live, now)


def _inherited(
    connection: Connection, portal_id: int, homes: set[int | None], now: datetime
) -> list[Sighting]:
    """See those with their addresses who were the home of somebody erased.

    One that came from there was known to be the erased one's alone.
    """
    ids = [each for each in homes if each is not None]
    known = contacts.load(connection, portal_id, ids)
    return [
        Sighting(each.contact_id, email, now, by_reading=True)
        for each in known.values()
        for email in sorted(each.emails)
    ]


def _see(
    connection: Connection, portal_id: int, seen: Iterable[Sighting], now: datetime
) -> set[int]:
    """Take in who was seen with which address, and give events told by it to whose they are."""
    short = [one for one in seen if len(one.email) <= LONGEST_ADDRESS]
    known = holders(connection, portal_id, {one.email for one in short})
    news = [one for one in short if known.is_news(one)]
    if not news:
        return set()
    addresses.see(connection, portal_id, news)
    emails = {one.email for one in news}
    known = holders(connection, portal_id, emails)
    placed, _ = _owned(timeline.take_strays(connection, portal_id, emails), known)
    touched = _add(connection, portal_id, placed, (now, frozenset()))
    for email in sorted(emails):
        touched |= _pass_on(connection, portal_id, (email, known), now)
    return touched


def _pass_on(
    connection: Connection, portal_id: int, what: tuple[str, Holders], now: datetime
) -> set[int]:
    """Move what was told by an address to who, as is known now, had it at the time."""
    email, known = what
    everyone = known.everyone(email)
    if len(everyone) < 2:
        return set()
    moved: set[int] = set()
    for event in attribution.told_by(connection, portal_id, everyone, email):
        owner = known.at(email, event.at)
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
