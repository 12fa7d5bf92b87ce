"""Take deliveries in: from the inbox onto timelines.

1. claim deliveries; 2. read from HubSpot what their messages lack, in batches, with no
transaction open; 3. decide; 4. one transaction: contacts, events, due, inbox.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from integration.decide.intake import Fetched, is_known, is_ours, lacking, take_in, unseen
from integration.decide.retry import Dead, RetryAt
from integration.errors import SegueError
from integration.flows import erase
from integration.flows.apply import apply
from integration.flows.deliveries import Unpacked, groups, unpack
from integration.flows.reading import read_contacts, read_histories, read_objects
from integration.flows.tools import Tools
from integration.store import contacts, inbox, patterns, portals
from integration.store.inbox import Claim, Tally
from mappings.model import Contact, Message, ObjectType, PortalState

# What HubSpot told of but doesn't show yet: its replicas lag behind its webhooks.
LAG = timedelta(seconds=60)
LEAST_PAUSE = timedelta(seconds=2)
NOT_YET = "HubSpot doesn't show yet what it told of"
PARKED_PAUSE = timedelta(hours=1)  # an install makes them due at once
AFTER_FAILURE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class _Ready:
    """One portal's share of some deliveries, with all that it lacked.

    `new` are the messages never taken in before, `taken` those of them that mean something to
    Segue. What is `late` isn't at HubSpot yet: for each the instant to look again.
    """

    new: frozenset[bytes]
    taken: dict[bytes, Message]
    late: dict[bytes, datetime]
    fetched: Fetched


_Outcome = _Ready | RetryAt | Dead | None


def run(tools: Tools, limit: int = 50) -> int:
    """Take in up to `limit` deliveries; give how many were claimed."""
    claim = tools.claim()
    with tools.store.write() as connection:
        deliveries = inbox.claim(connection, claim, limit)
    failing: set[int] = set()
    every = [unpack(delivery, claim.now) for delivery in deliveries]
    for group in groups(every, _new(tools, every)):
        if tools.stopping() or tools.now() >= claim.until:
            with tools.store.write() as connection:
                inbox.release(connection, claim.lease)
            break
        failing |= _take(tools, claim, group, failing)
    return len(deliveries)


def _new(tools: Tools, every: list[Unpacked]) -> dict[int, set[bytes]]:
    """Find, by portal, the names of the messages that weren't taken in before."""
    named: dict[int, set[bytes]] = {}
    for each in every:
        for portal_id, messages in each.by_portal.items():
            named.setdefault(portal_id, set()).update(messages)
    with tools.store.read() as connection:
        return {
            portal_id: inbox.unheard(connection, portal_id, list(names))
            for portal_id, names in named.items()
        }


def _take(tools: Tools, claim: Claim, group: list[Unpacked], failing: set[int]) -> set[int]:
    """Take a group of deliveries in; give the portals for which HubSpot failed.

    Portals that failed a moment ago aren't tried again for each of their deliveries.
    """
    attempts = max(each.delivery.attempts for each in group)
    outcomes: dict[int, _Outcome] = {}
    for portal_id in sorted({portal_id for each in group for portal_id in each.by_portal}):
        if portal_id in failing:
            pause = tools.now() + AFTER_FAILURE
            outcomes[portal_id] = RetryAt(pause, False, "HubSpot failed a moment ago")
        else:
            outcomes[portal_id] = _prepare(tools, portal_id, group, attempts)
    with tools.store.write() as connection:
        held = inbox.still_held(connection, [each.delivery.id for each in group], claim.lease)
        for portal_id, outcome in outcomes.items():
            if isinstance(outcome, _Ready):
                _store(connection, tools, portal_id, outcome)
        for each in group:
            if each.delivery.id in held:
                _close(connection, tools, each, outcomes)
    return {
        portal_id
        for portal_id, outcome in outcomes.items()
        if isinstance(outcome, RetryAt) and outcome.counts
    }


def _prepare(tools: Tools, portal_id: int, group: Iterable[Unpacked], attempts: int) -> _Outcome:
    """Read what a portal's messages lack; None where the portal is none of ours."""
    named: dict[bytes, Message] = {}
    for each in group:
        named |= each.by_portal.get(portal_id, {})
    with tools.store.read() as connection:
        portal = portals.get(connection, portal_id)
        if portal is None:
            return None
        new = inbox.unheard(connection, portal_id, list(named))
        taken = {
            name: message
            for name, message in named.items()
            if name in new and is_known(message, tools.sources) and not is_ours(message)
        }
        stored = contacts.load(connection, portal_id, _contact_ids(taken.values()))
    if portal.state is PortalState.DISCONNECTED:
        return RetryAt(tools.now() + PARKED_PAUSE, False, "the portal is disconnected")
    try:
        fetched = _fetch(tools, portal_id, list(taken.values()), frozenset(stored))
    except SegueError as error:
        return tools.verdict(error, attempts, portal.time_zone)
    late = _late(tools, taken, stored, fetched)
    return _Ready(frozenset(new), taken, late, fetched)


def _contact_ids(messages: Iterable[Message]) -> set[int]:
    return {
        message.object_id
        for message in messages
        if message.object_type is ObjectType.CONTACT and message.object_id is not None
    }


def _fetch(tools: Tools, portal_id: int, messages: list[Message], known: frozenset[int]) -> Fetched:
    lack = lacking(messages, known, tools.sources)
    objects = read_objects(tools, portal_id, lack.objects)
    linked = {
        contact_id
        for record in objects.records
        for contact_id in record.associated.get(ObjectType.CONTACT, ())
    }
    with tools.store.read() as connection:
        strangers = linked - contacts.known(connection, portal_id, linked)
    found = read_contacts(tools, portal_id, lack.contacts | strangers)
    return Fetched(
        found,
        objects.records,
        objects.items,
        objects.forbidden,
        objects.grounds,
        read_histories(tools, portal_id, lack.histories),
    )


def _late(
    tools: Tools, taken: dict[bytes, Message], stored: dict[int, Contact], fetched: Fetched
) -> dict[bytes, datetime]:
    """Find the messages to wait with, and until when: longer, the longer it took already."""
    now = tools.now()
    missing = unseen(taken.values(), stored, fetched, tools.sources)
    return {
        name: now + max(LEAST_PAUSE, (now - message.occurred_at) / 2)
        for name, message in taken.items()
        if message in missing and now - message.occurred_at < LAG
    }


def _store(connection: Connection, tools: Tools, portal_id: int, ready: _Ready) -> None:
    contacts.take_turn(connection, portal_id)
    if portals.get(connection, portal_id) is None:
        return  # all that is known of it was deleted meanwhile
    messages = [message for name, message in ready.taken.items() if name not in ready.late]
    ids = _contact_ids(messages) | set(ready.fetched.contacts)
    for message in messages:
        ids.update(message.merged_ids)
    for record in ready.fetched.objects:
        ids.update(record.associated.get(ObjectType.CONTACT, ()))
    for person in ready.fetched.contacts.values():
        ids |= person.absorbed
    stored = contacts.load_following(connection, portal_id, ids)
    sources = tools.sources.with_own(patterns.own(connection, portal_id))
    changes = take_in(messages, stored, ready.fetched, sources)
    apply(connection, portal_id, changes, tools.now())


def _close(
    connection: Connection, tools: Tools, read: Unpacked, outcomes: dict[int, _Outcome]
) -> None:
    """End a delivery: done once every portal in it is served, due again or dead otherwise."""
    mine = {portal_id: outcomes[portal_id] for portal_id in read.by_portal}
    ours = [portal_id for portal_id, outcome in mine.items() if outcome is not None]
    inbox.tag(connection, read.delivery.id, ours)
    ending = _ending(read, mine)
    if isinstance(ending, RetryAt):
        inbox.put_off(connection, read.delivery, ending.at, ending.counts, ending.reason)
        erase.cut_late(connection, tools, read)
    elif isinstance(ending, Dead):
        inbox.bury(connection, read.delivery.id, tools.now(), ending.reason)
        erase.cut_late(connection, tools, read)
    else:
        for portal_id in ours:
            inbox.hear(connection, portal_id, set(read.by_portal[portal_id]), tools.now())
        inbox.finish(connection, read.delivery.id, _tally(read, mine), tools.now())


def _ending(read: Unpacked, mine: dict[int, _Outcome]) -> RetryAt | Dead | None:
    if read.fault:
        return Dead(read.fault)
    retries = [outcome for outcome in mine.values() if isinstance(outcome, RetryAt)]
    late = [
        outcome.late[name]
        for portal_id, outcome in mine.items()
        if isinstance(outcome, _Ready)
        for name in read.by_portal[portal_id]
        if name in outcome.late
    ]
    if late and not retries:
        return RetryAt(min(late), False, NOT_YET)
    if retries:
        return min(retries, key=lambda each: each.at)
    dead = next((outcome for outcome in mine.values() if isinstance(outcome, Dead)), None)
    if dead is None and read.ahead:
        return Dead(
            f"{len(read.ahead)} of {read.entries} messages say that they happen more than a day"
            " from now; the others were taken in. Is the clock right? Try again when it is"
        )
    return dead


def _tally(read: Unpacked, mine: dict[int, _Outcome]) -> Tally:
    heard_before, skipped = read.repeated, read.unreadable
    for portal_id, outcome in mine.items():
        names = set(read.by_portal[portal_id])
        if isinstance(outcome, _Ready):
            heard_before += len(names - outcome.new)
            skipped += len((names & outcome.new) - outcome.taken.keys())
        else:
            skipped += len(names)
    return Tally(read.entries, heard_before, skipped)
