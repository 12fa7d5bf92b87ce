"""Stories told to the service in any order: its own intake and store, no HTTP between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.decide.intake import Fetched, lacking, meet, take_in
from integration.flows.apply import apply, place
from integration.store import contacts, tables
from integration.store.timeline import Stray
from mappings.model import ContactRecord, Event, Message, ObjectType
from tests.flows.desk import PORTAL, Desk
from tests.flows.playing import FIRST, NEW, SECOND, THIRD, Deed, Person, World, address, played
from tests.house import NOON

START = NOON - timedelta(hours=1)
RULES = """
version: 1
segments:
  buyers:
    name: Buyers
    family: purchase
    description: Bought within 30 days.
    when: {event: purchase, within: 30d}
  readers:
    name: Readers
    family: engagement
    description: Downloaded something within 14 days.
    when: {event: resource_downloaded, within: 14d}
  swedes:
    name: Swedes
    family: custom
    description: Lives in Sweden.
    when: {property: country, is: SE}
triggers:
  welcome:
    name: Welcome
    on: {enters: readers}
    enroll: {workflow: Welcome}
  thanks:
    name: Thanks
    on: {event: {event: purchase}}
    enroll: {workflow: Welcome}
"""
KEPT = ("contacts", "addresses", "events", "strays", "due", "claims", "memberships", "history")
TABLES = [
    tables.metadata.tables[name] for name in (*KEPT, "stages", "outbox", "tombstones", "erasures")
]


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


@dataclass
class Telling:
    """Tells a story's deeds to a desk; HubSpot shows the world as it is when all is over."""

    desk: Desk
    story: tuple[Deed, ...]
    world: World = field(init=False)

    def __post_init__(self) -> None:
        """Begin with two contacts that are known already."""
        self.world = played(self.story)
        self.desk.time.at = NOON
        with self.desk.store.write() as connection:
            for table in TABLES:
                connection.execute(sa.delete(table))
            people = {who: Person("SE" if who < SECOND else "", [address(who)], 0) for who in OLD}
            self._meet(connection, [record(who, one) for who, one in people.items()], ())

    def tell(self, minutes: Iterable[int], look: bool = False) -> None:
        """Tell what happened at these minutes, in this order."""
        for minute in minutes:
            self.desk.time.at += timedelta(seconds=1)
            with self.desk.store.write() as connection:
                contacts.take_turn(connection, PORTAL)
                self._tell(connection, self.story[minute - 1], minute)
            if look:
                self.desk.look()
        self.desk.look()

    def _tell(self, connection: Connection, deed: Deed, minute: int) -> None:
        if deed.kind == "order":
            event = Event(deed.who, f"order:{minute}", "purchase", at(minute), "order")
            known = contacts.known(connection, PORTAL, [deed.who])
            self._meet(connection, self._shown({deed.who} - known), (event,))
        elif deed.kind == "mail":
            event = Event(0, f"mail:{minute}", "resource_downloaded", at(minute), "form")
            stray = Stray(address(deed.who), event)
            self._meet(connection, [], place(connection, PORTAL, [stray]))
        else:
            self._hear(connection, messages(deed, minute))

    def _hear(self, connection: Connection, told: list[Message]) -> None:
        sources = self.desk.tools.sources
        ids = {each.object_id for each in told if each.object_id is not None}
        known = frozenset(contacts.known(connection, PORTAL, ids))
        found = self._shown(lacking(told, known, sources).contacts)
        ids |= {old for each in told for old in each.merged_ids}
        ids |= {old for each in found for old in each.absorbed} | {one.contact_id for one in found}
        stored = contacts.load_following(connection, PORTAL, ids)
        fetched = Fetched({one.contact_id: one for one in found})
        apply(connection, PORTAL, take_in(told, stored, fetched, sources), self.desk.now)

    def _meet(
        self, connection: Connection, found: list[ContactRecord], events: tuple[Event, ...]
    ) -> None:
        ids = {one.contact_id for one in found} | {event.contact_id for event in events}
        stored = contacts.load_following(connection, PORTAL, ids)
        apply(connection, PORTAL, meet(stored, found, events), self.desk.now)

    def _shown(self, ids: Iterable[int]) -> list[ContactRecord]:
        live = self.world.live
        return [record(who, live[who]) for who in sorted(ids) if who in live]

    def seen(self) -> dict[str, Any]:
        """What anybody can tell apart in the end."""
        with self.desk.store.read() as connection:
            return {
                "states": states(connection),
                "countries": countries(connection),
                "timelines": timelines(connection, set(self.world.live)),
                "members": pairs(connection, tables.memberships, "segment"),
                "lists": lists(connection, set(self.world.live)),
                "enrolled": enrolled(connection),
            }


OLD = (101, 102)
EVERYBODY = (FIRST, SECOND, NEW, THIRD)


def record(who: int, person: Person) -> ContactRecord:
    values = {
        "email": person.emails[0] if person.emails else "",
        "hs_additional_emails": ";".join(person.emails[1:]),
        "country": person.country,
    }
    listed = frozenset(person.listed)
    return ContactRecord(who, values, at(0), at(person.since), absorbed=listed)


def messages(deed: Deed, minute: int) -> list[Message]:
    """The webhooks that HubSpot sends for a deed."""
    who = deed.who
    if deed.kind == "create":
        return [_says("creation", who, minute), _sets(who, minute, "email", address(NEW))]
    if deed.kind == "change":
        return [_sets(who, minute, "country", "SE" if minute % 2 else "FI")]
    if deed.kind == "merge":
        gone = (who, SECOND) if deed.other == THIRD else (who,)
        merge = _says("merge", deed.other, minute, merged_ids=gone, survivor_id=deed.other)
        return [merge, *(_says("deletion", one, minute) for one in gone)]
    if deed.kind == "erase":
        return [_says("privacyDeletion", who, minute), _says("deletion", who, minute)]
    if deed.kind == "move":
        return [
            _sets(who, minute, "email", ""),
            _sets(deed.other, minute, "email", address(who)),
        ]
    actions = {"archive": "deletion", "restore": "restore", "unmerge": "restore"}
    return [_says(actions[deed.kind], who, minute)]


def _says(action: str, who: int, minute: int, **more: Any) -> Message:
    kind = ObjectType.CONTACT
    return Message(PORTAL, f"contact.{action}", action, kind, who, at(minute), "1", **more)


def _sets(who: int, minute: int, name: str, value: str) -> Message:
    more = {"property_name": name, "property_value": value}
    return _says("propertyChange", who, minute, **more)


def states(connection: Connection) -> dict[int, tuple[str, int]]:
    known = contacts.load(connection, PORTAL, EVERYBODY)
    found = {who: one.state.value for who, one in known.items()}
    finals = contacts.survivors(connection, PORTAL, found)
    return {who: (state, finals.get(who, who)) for who, state in sorted(found.items())}


def countries(connection: Connection) -> dict[int, str]:
    ids = list(states(connection))
    found = contacts.properties(connection, PORTAL, ids)
    return {who: values.get("country") or "" for who, values in sorted(found.items())}


def timelines(connection: Connection, live: set[int]) -> dict[int, list[str]]:
    of = tables.events.c
    found: dict[int, list[str]] = {who: [] for who in sorted(live)}
    for who, name in connection.execute(sa.select(of.contact_id, of.id).order_by(of.id)):
        if who in live:
            found[who].append(name)
    return found


def pairs(connection: Connection, table: sa.Table, name: str) -> list[tuple[int, str]]:
    rows = connection.execute(sa.select(table.c.contact_id, table.c[name]))
    return sorted(tuple(row) for row in rows)


def lists(connection: Connection, live: set[int]) -> list[tuple[int, str]]:
    """Who shall stand in which list in HubSpot, among those who live."""
    of = tables.outbox.c
    query = sa.select(of.contact_id, of.target).where(of.kind == "list", of.wanted == "in")
    return sorted(tuple(row) for row in connection.execute(query) if row.contact_id in live)


def enrolled(connection: Connection) -> list[tuple[int, str, str]]:
    of = tables.outbox.c
    query = sa.select(of.contact_id, of.target, of.occurrence).where(of.kind == "enrollment")
    return sorted(tuple(row) for row in connection.execute(query))
