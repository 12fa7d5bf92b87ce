"""Several workers at once over a shuffled stream: the same as one after the other."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from integration import wiring
from integration.flows import intake, sync
from integration.flows.holding import holder_of
from integration.hubspot.transport import Observed
from integration.store import contacts, inbox, tables
from integration.wiring import Segue
from sandbox import acts
from sandbox.faults import Fault, Kind
from sandbox.happening import USER
from sandbox.objects import types
from sandbox.objects.merge import merge
from tests.databases import fresh_database
from tests.flows.entries import Crash, body, change, deliveries, dying, kinds, rows, values
from tests.house import HUB_ID, NOON, House, open_house

SECOND = timedelta(seconds=1)
KEPT = (tables.contacts, tables.events, tables.strays)
WHEN_LEARNT = ("known_at", "learnt_at", "unseen_since")  # by our clock
OURS = (
    *KEPT,
    tables.addresses,
    tables.due,
    tables.memberships,
    tables.history,
    tables.stages,
    tables.outbox,
)


def live_through(house: House) -> None:
    """Let a portal's people do what makes messages: change, order, merge, go and come back."""
    portal, chance = house.portal, random.Random(5)
    people = [portal.contacts.create({"email": f"p{n}@example.com"}).id for n in range(14)]
    for step in range(30):
        house.clock.advance(SECOND)
        person = chance.choice(people[:8])
        portal.contacts.update(person, {"country": chance.choice(["SE", "DE", "NO", ""])})
        portal.contacts.update(person, {"firstname": f"Anna {step}"})
    for person in people[:5]:
        house.clock.advance(SECOND)
        order = acts.place_order(portal, person, {"hs_total_price": "5"}, [{"quantity": "1"}])
        portal.orders.update(order.id, {"hs_total_price": "6"})
        acts.fill_cart(portal, person, {"hs_total_price": "7"})
    house.clock.advance(SECOND)
    merge(portal, types.CONTACT, (people[0], people[1]), USER)
    house.clock.advance(SECOND)
    merge(portal, types.CONTACT, (people[2], people[0]), USER)
    portal.contacts.archive(people[3])
    portal.contacts.archive(people[9])
    portal.forget(people[4])
    house.clock.advance(SECOND)
    portal.contacts.restore(people[3])


def seen(house: House) -> list[list[Any]]:
    """Read all that is kept of contacts but when it was learnt; of those no more, only that."""
    return [
        [
            tuple(row)[:5] if values.get("state", "live") != "live" else sorted(values.items())
            for row in rows(house, table)
            if (values := {**row._mapping, **dict.fromkeys(WHEN_LEARNT)})
        ]
        for table in KEPT
    ] + [holders(house)]


def holders(house: House) -> list[tuple[str, int]]:
    """Whom each address leads to; by which sightings depends on what was read when."""
    emails = sorted({row.email for row in rows(house, tables.addresses)})
    with house.segue.store.read() as connection:
        found = [(email, holder_of(connection, HUB_ID, email) or 0) for email in emails]
        finals = contacts.survivors(connection, HUB_ID, {who for _, who in found})
    return [(email, finals.get(who, who)) for email, who in found]


def begin_anew(house: House, bodies: list[bytes]) -> None:
    """Forget every contact, and have all deliveries before us again."""
    with house.segue.store.write() as connection:
        for table in (*OURS, tables.heard, tables.inbox_portals, tables.inbox):
            connection.execute(sa.delete(table))
        inbox.put(connection, [inbox.Arrived(each, house.clock.now()) for each in bodies])


def work_off(house: House, workers: list[Segue], limit: int) -> None:
    """Let workers take deliveries in, at once, until none is left."""
    while {one.state for one in deliveries(house)} != {"done"}:
        work_at_once(workers, limit)
        house.clock.advance(timedelta(seconds=5))  # for the budget to have calls again


def work_at_once(workers: list[Segue], limit: int) -> None:
    """Let workers take in what is due now; raise what broke in any of them."""
    broke: list[Exception] = []

    def work(segue: Segue) -> None:
        try:
            while intake.run(segue.tools, limit):
                pass
        except Exception as error:  # noqa: BLE001 -- handed over to the test's own thread
            broke.append(error)

    threads = [threading.Thread(target=work, args=(each,)) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broke:
        raise broke[0]


@pytest.fixture
def two(house: House) -> Iterator[list[Segue]]:
    """Two processes on the same database."""
    settings, book = house.segue.settings, house.segue.tools.books.files
    made = [wiring.build(settings, house.clock.now, book) for _ in range(2)]
    yield made
    for segue in made:
        segue.store.engine.dispose()


def test_two_workers_end_where_one_does(house: House, two: list[Segue]) -> None:
    """Failure modes 20, 30 and 32: no lost update, no deadlock, whoever takes what."""
    house.install()
    settings = house.sandbox.webhooks.settings
    settings.duplicates, settings.shuffle, settings.batch_max = 1, True, 4
    live_through(house)
    house.hear()
    assert len(deliveries(house)) > 40
    bodies = [bytes(each.body) for each in deliveries(house) if each.body]
    house.clock.advance(timedelta(minutes=5))

    begin_anew(house, bodies)
    work_off(house, [house.segue], 50)
    alone = seen(house)
    begin_anew(house, bodies)
    work_off(house, two, 2)

    assert seen(house) == alone
    house.settle()
    assert house.members("swedes") == house.listed("swedes")


def test_who_changes_contacts_waits_for_their_turn(postgresql_server: str) -> None:
    """Failure mode 20: two who learn of one contact at once would each store half of it.

    On PostgreSQL alone: SQLite lets one write at a time by itself.
    """
    url = fresh_database(postgresql_server, "turns")
    house = open_house(url)
    house.connect()
    house.post(body(change(NOON, 77, "country", "SE")))
    impatient = replace(house.segue.settings, database_url=f"{url}&options=-c%20lock_timeout=50ms")
    other = wiring.build(impatient, house.clock.now, house.segue.tools.books.files)

    with house.segue.store.write() as connection:
        contacts.take_turn(connection, HUB_ID)
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            sync.run(other.tools)
        house.clock.advance(timedelta(minutes=2))
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            intake.run(other.tools)
        contacts.take_turn(connection, HUB_ID)
    house.clock.advance(timedelta(minutes=2))
    assert intake.run(other.tools) == 1

    other.store.engine.dispose()
    house.close()


def test_a_worker_that_dies_anywhere_loses_and_repeats_nothing(house: House) -> None:
    """Issue 2: kill -9 of the worker between any two steps, then restart."""
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    deaths = 0
    for after in range(1, 12):
        acts.place_order(house.portal, anna, {"hs_total_price": "5"}, [{"quantity": "1"}])
        house.portal.contacts.update(anna, {"firstname": f"Anna {after}"})
        house.hear()
        try:
            with dying(house.segue, after):
                intake.run(house.segue.tools)
        except Crash:
            deaths += 1
        house.clock.advance(timedelta(seconds=61))
        intake.run(house.segue.tools)

    assert deaths > 5
    assert kinds(house, anna).count("purchase") == 11
    assert kinds(house, anna).count("product_purchased") == 11
    assert {(one.state, one.attempts, one.heard_before) for one in deliveries(house)} == {
        ("done", 0, 0)
    }
    assert values(house, anna, "firstname") == ["Anna 11"]


def test_a_worker_that_was_too_slow_closes_nothing(house: House) -> None:
    """A lease that ran out is another's: what the other has done stays as the other left it."""
    anna = house.portal.contacts.create({"email": "anna@example.com", "country": "SE"}).id
    house.connect()
    house.post(body(change(NOON, anna, "lifecyclestage", "lead")))
    house.sandbox.faults.add(Fault(Kind.SERVER_ERROR, path="*/contacts/batch/read"))

    def take_over(_: Observed) -> None:
        house.clock.advance(timedelta(seconds=60))
        assert intake.run(house.segue.tools) == 1

    settings, book = house.segue.settings, house.segue.tools.books.files
    slow = wiring.build(settings, house.clock.now, book, observer=take_over)
    assert intake.run(slow.tools) == 1

    slow.store.engine.dispose()
    assert [(one.state, one.reason, one.attempts) for one in deliveries(house)] == [("done", "", 0)]
    assert kinds(house, anna) == ["stage_changed"]


@pytest.mark.parametrize("taken", [0, 1])
def test_a_worker_told_to_stop_gives_back_what_it_holds(small_house: House, taken: int) -> None:
    """Issue 2, item 10: a graceful stop; the next worker needn't wait for a lease."""
    house = small_house
    ids = [house.portal.contacts.create({"country": "SE"}).id for _ in range(450)]
    house.install()
    for start in range(0, 450, 150):  # more than are taken in together
        some = ids[start : start + 150]
        house.post(body(*(change(NOON + SECOND, each, "firstname", "Anna") for each in some)))
    asked = iter([False] * taken + [True] * 9)
    stopping = replace(house.segue.tools, stopping=lambda: next(asked))

    intake.run(stopping)
    assert sum(one.state == "done" for one in deliveries(house)) == taken
    assert {one.lease for one in deliveries(house) if one.state == "due"} == {None}

    intake.run(house.segue.tools)
    assert {one.state for one in deliveries(house)} == {"done"}
