"""A year of a portal beside a Segue in a process of its own, and what it comes to.

Both lives see the same deeds at the same instants, and work at the same instants: after each
burst of deeds, when somebody is due by the passing of time, and once a day. In the disturbed one
HubSpot's messages come in an order of chance, in small deliveries that each come one to three
times, some of them hours later; and the process is killed. Each death costs the minutes of a lease.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import requests
import sqlalchemy as sa

from integration.flows import retry
from integration.store import contacts, memberships
from integration.store.tables import due, inbox
from mappings.model import Contact, ContactState
from sandbox.marketing.model import Trigger
from sandbox.webhooks.dispatch import flush
from tests.flows.acting import its_list
from tests.flows.life import LEASES, left_undone
from tests.flows.year_course import PAGES, Course
from tests.flows.year_people import People
from tests.flows.year_post import Post
from tests.flows.year_process import Death, Died, Process
from tests.flows.year_rules import CALLED, LISTED, RULES, THANKED
from tests.house import HUB_ID, NOON, House, open_house

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
LONGEST_REST = timedelta(minutes=14)  # the windows' ends lie further from people's hours
QUIET_END = 9 * DAY  # by then everybody was asked about page visits once more
COMPARED = ("email", "country", "firstname", "lifecyclestage", "hs_additional_emails")


@dataclass
class Year:
    """One life of the portal through its year."""

    house: House
    process: Process
    course: Course
    post: Post
    people: People = field(init=False)
    worked: int = 0
    _planned: datetime = NOON
    died: list[tuple[datetime, Death]] = field(default_factory=list)
    _deaths: list[tuple[datetime, Death]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Draw who does what."""
        self.people = People(self.house, Random(f"{self.course.seed}/people"))
        self._deaths = self.course.deaths()

    def live(self) -> None:
        """Live through it all."""
        self.people.settle_down()
        self.process.begin()
        self.house.connect()
        self.rest()
        self._build_workflows()
        sizes = Random(f"{self.course.seed}/sizes")
        for at in self.course.hours():
            self._wait_until(at)
            self.people.act(sizes.choice((1, 2, 3, 3, 6)))
            self.rest()
        self._wait_until(NOON + timedelta(days=self.course.days))
        self.rest()
        if self.course.account is PAGES:
            self._wait_until(self._planned + QUIET_END, idle=QUIET_END)
        self.post.all_at_last = True
        self.rest()
        self.process.end()

    def _build_workflows(self) -> None:
        """Let a marketer build the workflows, one of them on a segment's list."""
        of_list = (its_list(self.house, "cart_abandoners").id,)
        self.house.add_workflow(
            LISTED, trigger=Trigger.LIST, list_ids=of_list, re_enroll=True, lasts=DAY / 2
        )
        self.house.add_workflow(CALLED)
        self.house.add_workflow(THANKED, re_enroll=True, lasts=2 * DAY)

    def _wait_until(self, at: datetime, idle: timedelta = DAY) -> None:
        """Let time pass; work whenever somebody is due by time alone, and at least so often."""
        while True:
            following = min(at, self._planned + idle, self._next_due() or at)
            self.house.clock.set(following)
            self._planned = following
            if following == at:
                return
            self.rest()

    def _next_due(self) -> datetime | None:
        query = sa.select(sa.func.min(due.c.due_at)).where(due.c.due_at > self.house.clock.now())
        with self.house.segue.store.read() as connection:
            found: datetime | None = connection.scalar(query)
            return found

    # -- working, dying and rising ------------------------------------------------------------

    def rest(self) -> None:
        """Work until nothing is left to do; a process that dies is followed by another."""
        begun = self.house.clock.now()
        if self._deaths and self._deaths[0][0] <= begun and self.process.armed is None:
            self.process.arm(self._deaths.pop(0)[1])
        self.worked += 1
        seldom = [lambda: self._say("keep"), lambda: self.post.late(self._say)]
        while self.house.clock.now() - begun < LONGEST_REST:
            try:
                while seldom:
                    seldom.pop()()
                if self._hear() + self._say("step"):
                    continue
            except Died:
                self._rise()
                continue
            if not self._waits():
                return
        raise AssertionError(f"it doesn't come to rest after {begun}")

    def _say(self, do: str, **what: Any) -> int:
        return self.process.say(do, **what)

    def _hear(self) -> int:
        """Let HubSpot send what is due; nobody is at a dead process's door."""
        died: list[Died] = []

        def door(url: str, body: bytes, headers: Any) -> int:
            if died:
                raise requests.ConnectionError("nobody is there")
            try:
                return self.post.bring(self._say, url, body, headers)
            except Died as death:
                died.append(death)
                raise requests.ConnectionError("it hung up") from None

        made = flush(self.house.sandbox, door)
        if died:
            raise died[0]
        assert {each.status for each in made} <= {204}
        return len(made)

    def _rise(self) -> None:
        """Start a new process on what the dead one left; its leases run out meanwhile."""
        self.died.append((self.house.clock.now(), self.process.kills[-1]))
        self.house.clock.advance(LEASES)
        self.process.begin()

    def _waits(self) -> bool:
        """Let time pass until something is left to do; False where nothing will be."""
        clock = self.house.clock
        again = min((each.due_at for each in self.house.sandbox.webhooks.retries), default=None)
        if again is not None:
            clock.set(max(again, clock.now()))
            return True
        if self._open_deliveries() or self.house._more_soon():
            clock.advance(SECOND)
            return True
        # Where it can't be known whether an enrollment came through, a person looks and decides.
        return retry.try_again(self.house.segue.tools, HUB_ID).items > 0

    def _open_deliveries(self) -> int:
        query = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.state == "due")
        with self.house.segue.store.read() as connection:
            return connection.scalar(query) or 0

    # -- at its end ---------------------------------------------------------------------------

    def outcome(self) -> dict[str, Any]:
        """Give all that must be so whatever came twice, out of order, or died on the way."""
        house, everybody = self.house, [int(each) for each in self.people.everybody]
        with house.segue.store.read() as connection:
            kept = contacts.load(connection, HUB_ID, everybody)
            stages = memberships.stages_of(connection, HUB_ID, everybody)
        segments = sorted(house.segue.tools.rules(HUB_ID).book.segments)
        return {
            "deeds": self.people.log,
            "states": {each: kept[each].state.value for each in everybody if each in kept},
            "values": {
                each: {name: kept[each].text(name) for name in COMPARED}
                for each in everybody
                if each in kept
            },
            "timelines": {each: self._timeline(kept.get(each)) for each in everybody},
            "members": {key: sorted(house.members(key)) for key in segments},
            "listed": {key: sorted(house.listed(key)) for key in segments},
            "lists": sorted(each.name for each in house.portal.lists.lists.values()),
            "stages": {each: stage.key for each, stage in stages.items()},
            "moves": {each: self._moves(each) for each in everybody},
            "enrolled": self._enrolled(),
            "properties": {each: self._properties(each) for each in everybody},
        }

    def _timeline(self, contact: Contact | None) -> list[tuple[str, datetime, str]]:
        """Give what a contact did, itself and those merged into it.

        Of one who was merged away nothing: an order that is read again after the merge is told of
        both, and that depends on when it is read. It stands on the timeline of who lives on.
        """
        if contact is None or contact.state is ContactState.MERGED:
            return []
        line = self.house.timeline(contact.contact_id)
        return sorted((each.id, each.at, each.kind) for each in line)

    def _moves(self, contact_id: int) -> dict[str, list[tuple[bool, str]]]:
        """Give how a contact came into and out of each segment, and by what.

        Not when: what a dead worker left is done by another, some minutes later. Page visits are
        asked for when it is their turn, which moves by those minutes.
        """
        found: dict[str, list[tuple[bool, str]]] = {}
        for each in reversed(self.house.history(contact_id)):
            if each.segment != "lookers":
                found.setdefault(each.segment, []).append((each.entered, each.cause.value))
        return found

    def _enrolled(self) -> dict[tuple[str, str, str, str], int]:
        """Count the attempts that HubSpot saw to enroll somebody."""
        state = self.house.portal.marketing
        return Counter(
            (state.workflows[each.flow_id].name, each.contact_id, each.how, each.outcome.value)
            for each in state.enrollments.attempts
        )

    def _properties(self, contact_id: int) -> dict[str, str]:
        record = self.house.portal.contacts.records.get(str(contact_id))
        kept = record.properties if record else {}
        own = {name: value for name, value in kept.items() if name.startswith("segue_")}
        return {name: value for name, value in own.items() if value and not name.endswith("_at")}

    def stuck(self) -> list[str]:
        """Name what isn't done though nothing is left to wait for, and what merged ones lost."""
        everybody = [int(each) for each in self.people.everybody]
        with self.house.segue.store.read() as connection:
            homes = contacts.survivors(connection, HUB_ID, everybody)
        lost = [
            f"merged {old} into {new}: {event.id} is lost"
            for old, new in homes.items()
            for event in self.house.timeline(old)
            if event.id not in {each.id for each in self.house.timeline(new)}
        ]
        return [*left_undone(self.house), *lost]


@contextlib.contextmanager
def lived(url: str, course: Course) -> Iterator[Year]:
    """Live a year on an empty database; one without kills is undisturbed in every way."""
    house = open_house(url, RULES, course.account)
    process = Process(house, url)
    server = house.running._server
    server.app = process.stand_before(server.app)
    year = Year(house, process, course, Post(house, Random(course.seed), bool(course.kills)))
    try:
        year.live()
        yield year
    finally:
        process.end()
        house.close()
