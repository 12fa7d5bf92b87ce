"""A week in a portal's life, lived through by workers that die, and what must be so at its end."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
import sqlalchemy as sa
from requests.adapters import HTTPAdapter
from sqlalchemy import event

from integration import wiring
from integration.flows import (
    deliver,
    evaluate,
    health,
    install,
    intake,
    proof,
    recount,
    rules,
    survey,
    sync,
)
from integration.store import outbox, portals, proofs
from integration.store.engine import Held
from integration.store.inbox import Arrived, put
from integration.store.tables import due, events
from integration.store.tables import inbox as inbox_table
from integration.wiring import Segue
from sandbox import acts
from tests.house import HUB_ID, NOON, RULES, House, files_of, open_house, settings_for

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LEASES = timedelta(minutes=3)  # by then every lease has run out
STEPS_LEFT = 1_000
CHANGES = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")
OWN = """
version: 1
segments:
  chiefs: {name: Chiefs, when: {property: jobtitle, is: chief}}
  buyers: {name: Buyers, when: {event: purchase, within: 2d}}
"""


class Killed(BaseException):
    """The process is no more: nothing of it runs on, no handler and no clean-up."""


@dataclass
class Reaper:
    """Counts the boundaries between a worker's steps and kills it at some of them.

    A boundary lies before and after each commit of a transaction that changed something, before
    each request to HubSpot is sent, and after it took effect but before its answer is seen.
    """

    chooses: Callable[[int], bool]
    passed: int = 0
    kills: int = 0
    armed: bool = True
    places: list[str] = field(default_factory=list)
    _changed: set[str] = field(default_factory=set)

    def boundary(self, where: str) -> None:
        """Pass a boundary, or die at it."""
        if not self.armed:
            return
        place, self.passed = self.passed, self.passed + 1
        self.places.append(where)
        if self.chooses(place):
            self.kills += 1
            raise Killed(where)

    def watch(self, segue: Segue) -> None:
        """Stand at the commits of a worker."""
        engine = segue.store.engine
        committing = engine.dialect.do_commit

        def began(_connection: sa.Connection) -> None:
            self._changed.clear()

        def ran(_connection: sa.Connection, cursor: Any, statement: str, *_: Any) -> None:
            if (found := CHANGES.match(statement)) and cursor.rowcount:
                self._changed.add(found[1])

        def before(_connection: sa.Connection) -> None:
            if self._changed:
                self.boundary(f"before a commit of {sorted(self._changed)}")

        def commit(raw: Any) -> None:
            committing(raw)
            if self._changed:
                changed = sorted(self._changed)
                self._changed.clear()
                self.boundary(f"after a commit of {changed}")

        event.listen(engine, "begin", began)
        event.listen(engine, "after_cursor_execute", ran)
        event.listen(engine, "commit", before)
        engine.dialect.do_commit = commit  # type: ignore[method-assign, assignment]
        self._watch_doors(segue)

    def _watch_doors(self, segue: Segue) -> None:
        """Stand at what the doors add, each statement a transaction of its own."""
        holding = segue.store.hold

        def hold() -> Held:
            held = holding()
            running = held.run

            def run(statement: str, values: list[Any]) -> None:
                found = CHANGES.match(statement)
                changed = [found[1]] if found else []
                self.boundary(f"before a commit of {changed}")
                running(statement, values)
                self.boundary(f"after a commit of {changed}")

            held.run = run  # type: ignore[method-assign]
            return held

        segue.store.hold = hold  # type: ignore[method-assign]

    @contextlib.contextmanager
    def at_the_wire(self) -> Iterator[None]:
        """Stand at all requests to HubSpot."""
        sending = HTTPAdapter.send

        def send(adapter: HTTPAdapter, request: Any, **how: Any) -> requests.Response:
            counts = "/authorize" not in str(request.url)
            if counts:
                self.boundary(f"before {request.method} {request.path_url}")
            answer = sending(adapter, request, **how)
            if counts:
                self.boundary(f"after {request.method} {request.path_url}")
            return answer

        HTTPAdapter.send = send  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            HTTPAdapter.send = sending  # type: ignore[method-assign]


@dataclass
class Life:
    """A portal with four people in it, and what they do in a week."""

    house: House
    reaper: Reaper
    url: str
    ids: dict[str, str] = field(default_factory=dict)

    def live(self) -> None:
        """Live through it all, dying and rising where the reaper says."""
        self.reaper.watch(self.house.segue)
        for hours, deed in self.days():
            self.house.clock.set(max(NOON + timedelta(hours=hours), self.house.clock.now()))
            deed()
            self.settle()
        # What a died door didn't acknowledge HubSpot sends once more.
        self.house.clock.advance(HOUR)
        self.settle()

    def days(self) -> list[tuple[int, Callable[[], None]]]:
        """Say what happens when, in hours since the beginning."""
        return [
            (0, self.begin),
            (3, self.first_day),
            (12, lambda: None),
            (20, self.second_day),
            (36, lambda: None),
            (70, self.change_the_rules),
            (80, lambda: None),
            (24 * 9, lambda: None),
        ]

    def begin(self) -> None:
        portal = self.house.portal
        for name, country in (("anna", "SE"), ("bert", "DE"), ("cleo", "NO")):
            values = {"email": f"{name}@example.com", "country": country}
            self.ids[name] = portal.contacts.create(values).id
        acts.place_order(portal, self.ids["bert"], {"hs_total_price": "5"})
        self.house.add_workflow("Abandoned cart")

    def first_day(self) -> None:
        portal = self.house.portal
        self.house.sandbox.webhooks.settings.duplicates = 1
        acts.fill_cart(portal, self.ids["anna"], {"hs_total_price": "49.90"})
        acts.place_order(portal, self.ids["cleo"], {"hs_total_price": "7"})
        portal.contacts.update(self.ids["bert"], {"country": "SE"})

    def second_day(self) -> None:
        portal = self.house.portal
        dora = portal.contacts.create({"email": "dora@example.com"}).id
        self.ids["dora"] = dora
        acts.fill_cart(portal, dora, {"hs_total_price": "20"})
        portal.contacts.update(self.ids["anna"], {"country": "NO"})

    def change_the_rules(self) -> None:
        """Let an admin ask for a property never read before, and end a segment sooner.

        The admin's own command doesn't die: it would be given once more.
        """
        self.house.portal.contacts.update(self.ids["cleo"], {"jobtitle": "Chief"})
        self.reaper.armed = False
        edit = rules.Edit("file", "own.yml", OWN)
        rules.change(self.house.segue.tools, HUB_ID, edit, "an admin")
        self.reaper.armed = True

    # -- dying and rising ---------------------------------------------------------------------

    def settle(self) -> None:
        """Work until nothing is left; a worker that dies is followed by another."""
        for _ in range(STEPS_LEFT):
            try:
                self._connect()
                if self._step():
                    continue
                if not self._waits():
                    return
            except Killed:
                self._rise()
        raise AssertionError("it never comes to rest")

    def _connect(self) -> None:
        """Press the install button, until an install came through."""
        with self.house.segue.store.read() as connection:
            known = portals.get(connection, HUB_ID)
        if known is None:
            self.house.connect()

    def _step(self) -> int:
        tools = self.house.segue.tools
        done = len(self._hear())
        install.prepare_waiting(tools)
        survey.run(tools)
        done += sync.run(tools) + intake.run(tools)
        done += evaluate.run(tools) + recount.run(tools) + deliver.run(tools)
        for portal in proof.to_prove(tools):
            proof.run_portal(tools, portal)
            health.measure(tools, portal)
        return done

    def _hear(self) -> list[int | None]:
        died: list[Killed] = []

        def door(_url: str, body: bytes, _headers: object) -> int:
            if died:
                return 503
            try:
                with self.house.segue.store.write() as connection:
                    put(connection, [Arrived(body, self.house.clock.now())])
            except Killed as death:
                died.append(death)
                return 503
            return 204

        self.house.deliver_to = door
        statuses = self.house.hear()
        if died:
            raise died[0]
        return statuses

    def _waits(self) -> bool:
        """Let time pass until something is left to do; False where nothing ever will be."""
        retries = self.house.sandbox.webhooks.retries
        if retries:
            self.house.clock.set(max(min(each.due_at for each in retries), self.house.clock.now()))
            return True
        if self.house._more_soon():
            self.house.clock.advance(timedelta(seconds=1))
            return True
        return False

    def _rise(self) -> None:
        """Start a new process on what the dead one left; its leases run out meanwhile."""
        self.house.segue.store.engine.dispose()
        self.house.clock.advance(LEASES)
        settings = settings_for(self.house.running.url, self.url)
        self.house.segue = wiring.build(settings, self.house.clock.now, files_of(RULES))
        self.reaper.watch(self.house.segue)

    # -- at its end ---------------------------------------------------------------------------

    def outcome(self) -> dict[str, object]:
        """Give all that must be so whatever died on the way."""
        house, names = self.house, {int(each): name for name, each in self.ids.items()}
        segments = sorted(house.segue.tools.rules(HUB_ID).book.segments)
        lists = [each.name for each in house.portal.lists.lists.values()]
        return {
            "members": {
                each: sorted(names[one] for one in house.members(each)) for each in segments
            },
            "listed": {each: sorted(names[one] for one in house.listed(each)) for each in segments},
            "lists": sorted(lists),
            "moves": {name: self._moves(each) for name, each in self.ids.items()},
            "properties": {name: self._properties(each) for name, each in self.ids.items()},
            "enrolled": sorted(
                names[int(each.contact_id)]
                for each in house.portal.marketing.enrollments.enrolled()
            ),
            "timelines": {
                name: sorted(each.id for each in house.timeline(id_))
                for name, id_ in self.ids.items()
            },
        }

    def _moves(self, contact_id: str) -> list[tuple[str, bool, str]]:
        return sorted(
            (each.segment, each.entered, each.cause.value)
            for each in self.house.history(contact_id)
        )

    def _properties(self, contact_id: str) -> dict[str, str]:
        kept = self.house.portal.contacts.records[contact_id].properties
        own = {name: value for name, value in kept.items() if name.startswith("segue_")}
        return {name: value for name, value in own.items() if value and not name.endswith("_at")}

    def stuck(self) -> list[str]:
        """Name what isn't done though nothing is left to wait for."""
        return left_undone(self.house)


def left_undone(house: House) -> list[str]:
    """Name what isn't done though nothing is left to wait for."""
    now = house.clock.now()
    with house.segue.store.read() as connection:
        found = [
            f"outbox: {kind} {state}"
            for kind, state in outbox.counts(connection, HUB_ID)
            if state in ("due", "dead")
        ]
        late = sa.select(sa.func.count()).where(due.c.due_at <= now)
        found += ["due: overdue"] * (connection.scalar(late) or 0)
        waiting = sa.select(inbox_table.c.state, inbox_table.c.reason).where(
            inbox_table.c.state != "done"
        )
        found += [f"inbox: {row.state} {row.reason}" for row in connection.execute(waiting)]
        wrong = proofs.differences(connection, HUB_ID, NOON, 100)
        found += [f"stored wrong: {each}" for each in wrong]
        if not proofs.days(connection, HUB_ID, NOON.date()):
            found.append("proofs: none")
        if not connection.scalar(sa.select(sa.func.count()).select_from(events)):
            found.append("events: none")
    return found


@contextlib.contextmanager
def lived(url: str, chooses: Callable[[int], bool]) -> Iterator[Life]:
    """Live a life on an empty database with a reaper that chooses boundaries by their number."""
    house = open_house(url)
    house.sandbox.settings.rotate_refresh_tokens = False
    life = Life(house, Reaper(chooses), url)
    try:
        with life.reaper.at_the_wire():
            life.live()
        yield life
    finally:
        life.house.close()
