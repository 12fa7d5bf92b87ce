"""A desk to look at contacts from: a store, rules and a clock, with no HubSpot behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from integration.decide.draft import Changes
from integration.flows import evaluate, install, recount
from integration.flows.apply import apply
from integration.flows.books import Books
from integration.flows.tools import Tools
from integration.hubspot.client import HubSpot
from integration.store import contacts, due, memberships, outbox, portals, segments
from integration.store.engine import Store, open_store
from integration.store.outbox import Item
from integration.store.portals import NewTokens
from integration.store.tables import due as due_table
from integration.store.tables import outbox as outbox_table
from mappings.catalogue import load_catalogue
from mappings.instants import to_ms
from mappings.model import (
    Account,
    Cause,
    Contact,
    ContactState,
    Event,
    Lane,
    MembershipChange,
    PortalState,
    Sighting,
)
from mappings.rules import RuleBook
from mappings.sources import load_sources
from mappings.writing import Intent, IntentKind, Workflow
from tests.databases import furnish
from tests.house import NOON, RULES, files_of

PORTAL = 62_515_001
ANNA, BERT, CLEO = 508_369_434_347, 508_369_434_348, 508_369_434_349


def silent(_portal_id: int, _lane: Lane) -> HubSpot:
    raise AssertionError("a look at contacts asks HubSpot nothing")


@dataclass
class Time:
    """A clock that stands until it is moved."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Desk:
    """What a test does and sees. Contacts and events go in the way intake puts them in."""

    store: Store
    books: Books
    time: Time = field(default_factory=Time)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    properties: dict[int, dict[str, str]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.time.at

    @property
    def tools(self) -> Tools:
        return Tools(self.store, self.time, silent, self.books, load_sources(), lambda: 0.5)

    @property
    def book(self) -> RuleBook:
        """The portal's rules as they stand."""
        return self.tools.rules(PORTAL).book

    @book.setter
    def book(self, book: RuleBook) -> None:
        self.books = OneBook(book)

    # -- doing --------------------------------------------------------------------------------

    def contact(self, *ids: int, **properties: str) -> None:
        """Let contacts be created, or have other properties."""
        for each in ids:
            self.properties.setdefault(each, {}).update(properties)
        made = self._contacts(ids)
        seen = [
            Sighting(each.contact_id, email, self.now)
            for each in made
            for email in sorted(each.emails)
        ]
        self._take_in(
            Changes(
                contacts=made,
                seen=tuple(seen),
                touched=frozenset(ids),
                renewed=frozenset(ids if properties else ()),
            )
        )

    def did(
        self,
        contact_id: int,
        kind: str,
        ago: timedelta = timedelta(0),
        id_: str = "",
        **properties: str,
    ) -> str:
        """Let an event of a contact arrive, or be told anew, that was done so long ago.

        Gives its id.
        """
        id_ = id_ or f"{kind}:{next(self.numbers)}"
        event = Event(contact_id, id_, kind, self.now - ago, "test", properties)
        self._take_in(Changes(events=(event,), restating=frozenset({"test"})))
        return id_

    def archive(self, contact_id: int) -> None:
        """Let a contact be deleted in HubSpot."""
        gone = self._contacts((contact_id,), ContactState.ARCHIVED)
        self._take_in(Changes(contacts=gone, gone=(contact_id,)))

    def restore(self, contact_id: int) -> None:
        """Let a deleted contact live again."""
        back = self._contacts((contact_id,))
        touched = frozenset({contact_id})
        self._take_in(Changes(contacts=back, restored=(contact_id,), touched=touched))

    def erase(self, contact_id: int) -> None:
        """Let a contact be deleted for privacy."""
        gone = self._contacts((contact_id,), ContactState.ERASED)
        self._take_in(Changes(contacts=gone, erased=(contact_id,)))

    def merge(self, old: int, new: int) -> None:
        """Let a contact be merged into another."""
        gone = self._contacts((old,), ContactState.MERGED, new)
        changes = Changes(contacts=gone, merged=((old, new),), touched=frozenset({new}))
        self._take_in(changes)

    def restored_as_heir(self, contact_id: int, old: int) -> None:
        """Let a deleted contact live again, and another be merged into it, told at once."""
        merged = self._contacts((old,), ContactState.MERGED, contact_id)
        state = (*self._contacts((contact_id,)), *merged)
        changes = Changes(
            contacts=state,
            merged=((old, contact_id),),
            restored=(contact_id,),
            touched=frozenset({contact_id}),
        )
        self._take_in(changes)

    def look(self) -> int:
        """Look at everybody who is due."""
        return evaluate.run(self.tools)

    def release(self, rules: str) -> None:
        """Let a new Segue ship these rules."""
        self.books = books_of(rules)

    def prepare(self) -> None:
        """Let HubSpot have the options of all segments."""
        prepare(self.tools)

    def recount(self) -> None:
        """Let a change of the rules go through, to its end."""
        self.prepare()
        while recount.run(self.tools) or self.look():
            self.prepare()
        assert recount.waiting(self.tools) == []

    def look_while(self, deed: Callable[[], object]) -> None:
        """Let something happen in the middle of a look: after its claim, before it writes."""
        asked = count()

        def now() -> datetime:
            # The claim asks for the time, then the reading does.
            if next(asked) == 1:
                deed()
            return self.now

        evaluate.run_portal(replace(self.tools, now=now), self.portal)

    def pass_time(self, by: timedelta) -> None:
        """Let time pass, then look."""
        self.time.at += by
        self.look()

    def deliver(self) -> None:
        """Let everything stand in HubSpot as wished."""
        with self.store.write() as connection:
            connection.execute(
                outbox_table.update()
                .where(outbox_table.c.state == "due")
                .values(state="done", written=outbox_table.c.wanted)
            )

    def state(self, state: PortalState) -> None:
        """Put the portal into a state."""
        with self.store.write() as connection:
            portals.set_state(connection, PORTAL, state)

    def count_everybody(self) -> None:
        """Let everybody be evaluated for the first time."""
        with self.store.write() as connection:
            due.touch_all(connection, PORTAL, self.now, Cause.FIRST_SYNC)
            portals.set_state(connection, PORTAL, PortalState.COUNTING)
        self.look()

    def workflows(self, *found: Workflow) -> None:
        """Let these be the portal's workflows."""
        with self.store.write() as connection:
            segments.save_workflows(connection, PORTAL, list(found), self.now)

    def _contacts(
        self,
        ids: tuple[int, ...],
        state: ContactState = ContactState.LIVE,
        merged_into: int | None = None,
    ) -> tuple[Contact, ...]:
        return tuple(
            Contact(
                each,
                state,
                self.now,
                merged_into,
                self.now,
                {
                    name: (value, to_ms(self.now))
                    for name, value in self.properties.get(each, {}).items()
                },
            )
            for each in ids
        )

    def _take_in(self, changes: Changes) -> None:
        with self.store.write() as connection:
            contacts.take_turn(connection, PORTAL)
            apply(connection, PORTAL, changes, self.now)

    # -- seeing -------------------------------------------------------------------------------

    @property
    def portal(self) -> portals.Portal:
        with self.store.read() as connection:
            found = portals.get(connection, PORTAL)
        assert found is not None
        return found

    def members(self, segment: str) -> set[int]:
        with self.store.read() as connection:
            return memberships.members(connection, PORTAL, segment)

    def history(self, contact_id: int) -> list[MembershipChange]:
        with self.store.read() as connection:
            return memberships.changes_of(connection, PORTAL, contact_id)

    def moves(self, contact_id: int) -> list[tuple[str, bool, datetime, Cause]]:
        """Give a contact's history, oldest first, without its reasons."""
        return [
            (each.segment, each.entered, each.at, each.cause)
            for each in reversed(self.history(contact_id))
        ]

    def stage(self, contact_id: int) -> str:
        with self.store.read() as connection:
            return memberships.stages_of(connection, PORTAL, [contact_id])[contact_id].key

    def due_at(self, contact_id: int) -> datetime | None:
        """Give when the contact is looked at next; None for never."""
        query = due_table.select().where(due_table.c.contact_id == contact_id)
        with self.store.read() as connection:
            row = connection.execute(query).first()
        return row.due_at if row else None

    def items(self, contact_id: int, kind: IntentKind) -> list[Item]:
        with self.store.read() as connection:
            return outbox.of(connection, PORTAL, [contact_id], kind)

    def wishes(self, contact_id: int, kind: IntentKind = IntentKind.LIST) -> list[Intent]:
        return [item.intent for item in self.items(contact_id, kind)]

    def enrollments(self, contact_id: int) -> list[tuple[str, str, str]]:
        """Give a contact's enrollments: trigger, occurrence, state."""
        return sorted(
            (item.intent.target, item.intent.occurrence, item.state)
            for item in self.items(contact_id, IntentKind.ENROLLMENT)
        )


def prepare(tools: Tools) -> None:
    """Let HubSpot have the options of all segments."""
    made_with = install.digest(tools, PORTAL)
    with tools.store.write() as connection:
        portals.set_prepared(connection, PORTAL, made_with)


class OneBook(Books):
    """A book that no file holds, for every portal."""

    def __init__(self, book: RuleBook) -> None:
        super().__init__((), book.catalogue)
        self.shipped = book


def books_of(rules: str) -> Books:
    """Let these be the rules that ship."""
    return Books(files_of(rules), load_catalogue())


def workflow(name: str, *, enabled: bool = True) -> Workflow:
    """Give a workflow of the portal."""
    return Workflow("61000001", name, enabled, frozenset(), re_enrolls=False, legacy_id="158")


@contextmanager
def opened(database_url: str, rules: str = RULES) -> Iterator[Desk]:
    """Open a desk on an empty database, with a portal that is live and has no contacts."""
    furnish(database_url)
    desk = Desk(open_store(database_url), books_of(rules))
    with desk.store.write() as connection:
        account = Account(PORTAL, "Europe/Berlin", "EUR", "app.hubspot.com")
        portals.install(connection, account, NewTokens("a", "r", desk.now), (), desk.now)
        portals.set_state(connection, PORTAL, PortalState.LIVE)
    yield desk
    desk.store.engine.dispose()
