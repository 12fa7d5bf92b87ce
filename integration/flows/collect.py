"""Take the collector's calls in: from sites and apps onto timelines.

1. claim requests; 2. read their calls, each by itself; 3. in one transaction: who is who, events
to their contacts, to addresses or to marks that wait for a name, and the requests' end.
Nothing is asked of HubSpot, and nothing is made there.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sqlalchemy.engine import Connection

from integration.decide.intake import meet
from integration.decide.visitors import CONTACT, EMAIL, marks_of, named_by, person_of
from integration.flows.apply import apply, place
from integration.flows.holding import living
from integration.flows.tools import Tools
from integration.store import calls, contacts, keys, patterns, visitors
from integration.store.calls import Dead, Kept
from integration.store.keys import Count
from integration.store.timeline import Stray
from integration.store.visitors import Visit
from mappings.call_events import call_events, load_collector
from mappings.call_reading import read
from mappings.calls import Call, Reading, Request
from mappings.instants import to_ms
from mappings.model import Event
from mappings.sources import Sources

LEASE: Final = timedelta(seconds=60)
MOST_ATTEMPTS: Final = 10
GIVEN_UP: Final = (
    f"Segue broke off at it {MOST_ATTEMPTS} times: the log says at what. This is a fault in Segue: "
    "please report it."
)


@dataclass(frozen=True, slots=True)
class _Read:
    """A request and what is in it."""

    kept: Kept
    reading: Reading


def run(tools: Tools, limit: int = 100) -> int:
    """Take in up to `limit` requests; give how many were claimed."""
    now = tools.now()
    with tools.store.write(synced=False) as connection:
        claimed = calls.claim(connection, now, now + LEASE, limit)
        asked = keys.consents(connection, [(each.portal_id, each.key_id) for each in claimed])
    groups = _groups(claimed)
    for place_, group in enumerate(groups):
        if tools.stopping() or tools.now() >= now + LEASE:
            left = [each for later in groups[place_:] for each in later]
            with tools.store.write() as connection:
                calls.let_go(connection, left, tools.now())
            break
        take(tools, group, asked)
    return len(claimed)


def _groups(claimed: list[Kept]) -> list[list[Kept]]:
    """Put the requests of each portal together."""
    groups: dict[int, list[Kept]] = {}
    for each in claimed:
        groups.setdefault(each.portal_id, []).append(each)
    return list(groups.values())


def _read(kept: Kept, asked: dict[tuple[int, str], str]) -> _Read:
    if kept.attempts > MOST_ATTEMPTS:
        return _Read(kept, Reading((), (), 0))
    collector = load_collector()
    name = f"{to_ms(kept.received_at)}:{kept.id}"
    request = Request(kept.type, kept.body, kept.received_at, name)
    terms = collector.terms(asked.get((kept.portal_id, kept.key_id), ""))
    return _Read(kept, read(request, terms))


def take(tools: Tools, claimed: list[Kept], asked: dict[tuple[int, str], str]) -> None:
    """Take in requests of one portal, those of them that nobody else has taken in.

    `asked` holds for each key (portal, key id) the category that must be agreed to.
    """
    portal_id, now = claimed[0].portal_id, tools.now()
    group = [_read(each, asked) for each in claimed]
    with tools.store.write() as connection:
        contacts.take_turn(connection, portal_id)
        there = calls.still_there(connection, claimed)
        mine = [each for each in group if each.kept.id in there]
        _place(connection, tools, portal_id, [call for each in mine for call in each.reading.calls])
        calls.finish(connection, sorted(there))
        calls.bury(connection, [dead for each in mine for dead in _dead(each)])
        for key_id, count in _counts(mine).items():
            keys.count(connection, portal_id, key_id, now.date(), count)


def _place(connection: Connection, tools: Tools, portal_id: int, told: list[Call]) -> None:
    """Put the events of calls where they belong, and with them those that waited for a name."""
    now = tools.now()
    every = {mark for call in told for mark in marks_of(call).every}
    known = visitors.load(connection, portal_id, every)
    new = named_by(told, known)
    who = _known_contacts(connection, portal_id, known | new)
    changed = {mark: person for mark, person in who.items() if known.get(mark) != person}
    visitors.name(connection, portal_id, changed, now)
    waited = visitors.take(connection, portal_id, new)
    sources = tools.sources.with_own(patterns.own(connection, portal_id))
    visits = _told(told, sources) + waited
    _store(connection, tools, portal_id, [(person_of(mark, who), event) for mark, event in visits])


def _told(told: Iterable[Call], sources: Sources) -> list[Visit]:
    collector = load_collector()
    return [
        (marks_of(call).best, event)
        for call in told
        for event in call_events(collector, call, sources)
    ]


def _known_contacts(connection: Connection, portal_id: int, who: dict[str, str]) -> dict[str, str]:
    """Let whoever is known by an address be the contact of that address, where there is one.

    Addresses change, and ids don't.
    """
    emails = {is_who for is_who in who.values() if is_who.startswith(EMAIL)}
    addresses = {email.removeprefix(EMAIL) for email in emails}
    owner = living(connection, portal_id, addresses)
    found = {f"{EMAIL}{email}": f"{CONTACT}{id_}" for email, id_ in owner.items()}
    return {mark: found.get(is_who, is_who) for mark, is_who in who.items()}


def _store(connection: Connection, tools: Tools, portal_id: int, owned: list[Visit]) -> None:
    """Put events on timelines; those of nobody known wait by address or by mark."""
    now = tools.now()
    by_id = [(mark, event) for mark, event in owned if mark.startswith(CONTACT)]
    by_address = [
        Stray(mark.removeprefix(EMAIL), event) for mark, event in owned if mark.startswith(EMAIL)
    ]
    ids = {int(mark.removeprefix(CONTACT)) for mark, _ in by_id}
    heard_of = contacts.known(connection, portal_id, ids)
    placed = [*place(connection, portal_id, by_address)]
    nameless = [visit for visit in owned if not visit[0].startswith((CONTACT, EMAIL))]
    for mark, event in by_id:
        contact_id = int(mark.removeprefix(CONTACT))
        if contact_id in heard_of:
            placed.append(replace(event, contact_id=contact_id))
        else:
            nameless.append((mark, event))
    visitors.keep(connection, portal_id, nameless, now)
    _apply(connection, tools, portal_id, placed)


def _apply(connection: Connection, tools: Tools, portal_id: int, events: list[Event]) -> None:
    ids = {event.contact_id for event in events}
    if not ids:
        return
    stored = contacts.load_following(connection, portal_id, ids)
    apply(connection, portal_id, meet(stored, (), events), tools.now())


def _dead(read_: _Read) -> list[Dead]:
    """Give what of a request stays behind, with its reason."""
    kept, unread = read_.kept, read_.reading.unread
    if kept.attempts > MOST_ATTEMPTS:
        return [_buried(kept, (kept.type, kept.body), GIVEN_UP)]
    return [_buried(kept, (each.type, each.body), each.reason) for each in unread]


def _buried(kept: Kept, what: tuple[str, bytes], reason: str) -> Dead:
    return Dead(kept.portal_id, kept.key_id, *what, kept.received_at, reason)


def _counts(mine: Iterable[_Read]) -> dict[str, Count]:
    sums: dict[str, Counter[str]] = {}
    for each in mine:
        mine_ = sums.setdefault(each.kept.key_id, Counter())
        mine_["calls"] += len(each.reading.calls)
        mine_["refused"] += each.reading.refused
        mine_["unread"] += len(_dead(each))
    return {key_id: Count(**dict(numbers)) for key_id, numbers in sums.items()}
