"""Store what was decided about contacts: the one way into timelines for intake and sync."""

from datetime import datetime

from sqlalchemy.engine import Connection

from integration.decide.draft import Changes
from integration.decide.writeback import united
from integration.flows import erase, nameless
from integration.flows.machines import mark_machines
from integration.store import (
    contacts,
    due,
    memberships,
    outbox,
    reads,
    retention,
    timeline,
    tombstones,
)
from mappings.model import Cause, Contact, Event, Intent, IntentKind, MembershipChange

LONGEST_ADDRESS = 320


def apply(connection: Connection, portal_id: int, changes: Changes, now: datetime) -> set[int]:
    """Store contacts and events and make due whom they touch; give those contacts.

    Whoever calls took the portal's turn (`contacts.take_turn`) before reading what was decided by.
    1. those erased; 2. contacts; 3. those merged or deleted; 4. events, and strays that found
    their contact; 5. marks on what turns out to be a machine's; 6. due.
    """
    ended = {contact_id for pair in changes.merged for contact_id in pair}
    outbox.lock(connection, portal_id, ended.union(changes.gone, changes.erased))
    erased = {each.contact_id: each.state_at for each in changes.contacts}
    erased = {each: erased.get(each, now) for each in changes.erased}
    erase.take_out(connection, portal_id, erased, ("hubspot", now))
    left = [each for each in changes.contacts if each.contact_id not in erased]
    contacts.save(connection, portal_id, left)
    for old, new in changes.merged:
        _merge(connection, portal_id, (old, new), now)
    _retire(connection, portal_id, list(changes.gone), now)
    touched = set(changes.touched)
    young = retention.kept(connection, portal_id, changes.events, now)
    touched |= timeline.add(connection, portal_id, young, now, changes.restating)
    adopted = _adopt(connection, portal_id, list(changes.contacts), now)
    grown = adopted | {new for _, new in changes.merged}
    touched |= adopted | mark_machines(connection, portal_id, young, grown, now)
    due.touch(connection, portal_id, touched, now, Cause.BEHAVIOUR)
    return touched


def place(
    connection: Connection, portal_id: int, addressed: list[timeline.Stray]
) -> tuple[Event, ...]:
    """Find the contacts of events known by address only; keep those without one for later.

    What is too long for an address is none: anybody can type anything into a form. Of somebody
    erased nothing is kept; who has the address as a new contact gets what was done since then.
    """
    addressed = [stray for stray in addressed if len(stray.email) <= LONGEST_ADDRESS]
    emails = {stray.email for stray in addressed}
    owner = contacts.by_email(connection, portal_id, emails)
    erased = tombstones.of_addresses(connection, portal_id, emails)
    waiting = [
        stray for stray in addressed if stray.email not in owner and stray.email not in erased
    ]
    timeline.keep_strays(connection, portal_id, waiting)
    return tuple(
        _owned(stray.event, owner[stray.email])
        for stray in addressed
        if stray.email in owner and _is_later(stray, erased)
    )


def _is_later(stray: timeline.Stray, erased: dict[str, datetime]) -> bool:
    """Was it done after whoever had the address before was erased?"""
    return stray.email not in erased or stray.event.at > erased[stray.email]


def _owned(event: Event, contact_id: int) -> Event:
    return Event(contact_id, event.id, event.kind, event.at, event.source, event.properties)


def _adopt(
    connection: Connection, portal_id: int, changed: list[Contact], now: datetime
) -> set[int]:
    grown = nameless.adopt(connection, portal_id, {each.contact_id for each in changed}, now)
    emails = {email for contact in changed for email in contact.emails}
    if not emails:
        return grown
    owner = contacts.by_email(connection, portal_id, emails)
    return grown | timeline.adopt_strays(connection, portal_id, owner, now)


def _merge(connection: Connection, portal_id: int, pair: tuple[int, int], now: datetime) -> None:
    """Let a contact's timeline and enrollments go over to the one that lives on.

    What HubSpot does with the lists of the two isn't documented, so each list that either was
    in is written anew for the survivor, and its properties too: HubSpot fills those it lacks
    with the other's.
    """
    old, new = pair
    held = memberships.of(connection, portal_id, [old, new])
    rows = outbox.of(connection, portal_id, [old, new], IntentKind.LIST)
    told = outbox.of(connection, portal_id, [old, new], IntentKind.PROPERTIES)
    timeline.move(connection, portal_id, old, new)
    reads.merge(connection, portal_id, pair, now)
    outbox.move_enrollments(connection, portal_id, old, new)
    outbox.forget_written(connection, portal_id, [old, new])
    _leave_all(connection, portal_id, {old: held[old]}, (now, f"merged into contact {new}"))
    memberships.forget(connection, portal_id, [old])
    due.forget(connection, portal_id, [old])
    targets = sorted({row.intent.target for row in rows})
    intents = [
        Intent(new, IntentKind.LIST, target, "", "in" if target in held[new] else "out")
        for target in targets
    ]
    wanted = {row.intent.contact_id: row.intent.wanted for row in told}
    if wanted:
        text = united(wanted.get(new), wanted.get(old))
        intents.append(Intent(new, IntentKind.PROPERTIES, "", "", text))
    outbox.wish(connection, portal_id, intents, now)


def _retire(connection: Connection, portal_id: int, ids: list[int], now: datetime) -> None:
    """Take deleted contacts out of everything but their timeline: they may be restored."""
    held = memberships.of(connection, portal_id, ids)
    _leave_all(connection, portal_id, held, (now, "the contact was deleted in HubSpot"))
    memberships.forget(connection, portal_id, ids)
    due.forget(connection, portal_id, ids)
    outbox.withdraw(connection, portal_id, ids, "the contact was deleted in HubSpot")
    outbox.forget_written(connection, portal_id, ids)


def _leave_all(
    connection: Connection,
    portal_id: int,
    held: memberships.Held,
    when_why: tuple[datetime, str],
) -> None:
    at, why = when_why
    changes = [
        MembershipChange(contact_id, segment, False, at, Cause.BEHAVIOUR, why)
        for contact_id, segments in held.items()
        for segment in segments
    ]
    memberships.record(connection, portal_id, changes)
