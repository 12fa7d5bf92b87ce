"""The worker: everything at once at its start, nothing new after it was told to stop."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Protocol

import pytest
import sqlalchemy as sa

from integration import jobs, scheduler, wiring
from integration.hubspot.transport import Observed
from integration.jobs import JOBS, Job
from integration.scheduler import Worker
from integration.store import outbox
from integration.store.tables import due, inbox
from integration.store.tables import outbox as outbox_table
from integration.wiring import Segue
from mappings.writing import IntentKind
from sandbox.clock import Clock
from sandbox.happening import USER
from sandbox.objects import types
from sandbox.objects.merge import merge
from tests.flows.acting import asked, buy, fill_cart, its_list, move, people, take_in
from tests.house import HUB_ID, RULES, House, files_of, open_house, settings_for

UPDATES = "*/contacts/batch/update"


class Builder(Protocol):
    """Builds one more Segue on the house's database."""

    def __call__(self, observer: Callable[[Observed], None] | None = None) -> Segue: ...


@pytest.fixture
def another(house: House, database_url: str) -> Iterator[Builder]:
    """Give what builds more workers beside the house's own."""
    built: list[Segue] = []

    def build(observer: Callable[[Observed], None] | None = None) -> Segue:
        settings = settings_for(house.running.url, database_url)
        built.append(wiring.build(settings, house.clock.now, files_of(RULES), observer))
        return built[-1]

    yield build
    for each in built:
        each.store.engine.dispose()


def eventually(holds: Callable[[], bool], clock: Clock | None = None, seconds: float = 20) -> None:
    """Wait for other threads until something holds, and let a standing clock go on meanwhile."""
    end, pause = monotonic() + seconds, threading.Event()
    while not holds():
        assert monotonic() < end, "it never came to be"
        pause.wait(0.02)
        if clock is not None:
            clock.advance(timedelta(milliseconds=200))


def test_every_job_runs_once_at_the_start_however_rare_it_is(house: House) -> None:
    """The rarest prunes the inbox, once an hour."""
    [anna] = people(house, 1, country="SE")
    house.connect()
    house.post(b"[]")
    house.step()
    house.clock.advance(timedelta(days=8))
    assert _inbox(house, "done") == 1

    worker = Worker(house.segue)
    worker.start()
    try:
        eventually(lambda: _inbox(house, "done") == 0)
        eventually(lambda: house.listed("swedes") == {int(anna)}, house.clock)
    finally:
        worker.stop()


def test_stopping_ends_at_the_call_that_is_under_way(house: House, another: Builder) -> None:
    """In the middle of a long job: what was begun is finished, the rest is left as it was."""
    crowd = people(house, 450)
    house.install()
    move(house, "SE", *crowd)
    take_in(house)
    reached, go = threading.Event(), threading.Event()

    def observer(seen: Observed) -> None:
        if seen.path.endswith("/batch/update"):
            reached.set()
            go.wait(10)

    beside = another(observer)
    worker = Worker(beside)
    worker.start()
    assert reached.wait(20)
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    eventually(beside.stop.is_set)
    go.set()
    stopping.join(5)

    assert not stopping.is_alive()
    assert asked(house, UPDATES) == [200]
    states = _states(house, IntentKind.PROPERTIES)
    assert states == {"done": 100, "due": 350}
    assert _leased(house) == 0

    # Another start goes on where this one stopped.
    again = Worker(another())
    again.start()
    eventually(lambda: _states(house, IntentKind.PROPERTIES) == {"done": 450}, house.clock)
    again.stop()


def test_a_job_that_never_ends_by_itself_is_stopped_between_two_turns(house: House) -> None:
    turns: list[int] = []

    def work(segue: Segue) -> int:
        turns.append(1)
        if len(turns) == 3:
            segue.stop.set()
        return 1

    assert jobs.run(house.segue, Job("endless", 1, work)) == 3


def test_a_job_that_did_something_wakes_the_one_behind_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change is in HubSpot without having waited for each job's next turn."""
    begun = threading.Event()
    turns: list[int] = []

    def first(_segue: Segue) -> int:
        return int(begun.wait(20) and len(turns) == 1)

    def second(_segue: Segue) -> int:
        turns.append(1)
        begun.set()
        return 0

    chain = (Job("first", 3600, first, then="second"), Job("second", 3600, second))
    monkeypatch.setattr(scheduler, "JOBS", chain)
    worker = Worker(house.segue)
    worker.start()
    try:
        eventually(lambda: len(turns) >= 2)
    finally:
        worker.stop()
    assert [job.then for job in JOBS if job.then] == ["evaluate", "evaluate", "deliver"]


def test_a_job_that_breaks_is_told_and_comes_again(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(_segue: Segue) -> int:
        raise ZeroDivisionError("a bug")

    assert jobs.run(house.segue, Job("broken", 1, work)) == 0
    assert "job broke" in capsys.readouterr().out


def test_what_breaks_in_one_portal_keeps_no_other_waiting(house: House) -> None:
    """The first portal's items are such that no flow can read them."""
    house.install()
    broken, [anna] = HUB_ID - 1, people(house, 1, country="SE")
    take_in(house)
    with house.segue.store.write() as connection:
        columns = "portal_id, state, reason, time_zone, currency, ui_domain, scopes, installed_at,"
        columns += "access_token, refresh_token, token_version, token_expires_at, prepared_with"
        copied = columns.replace("portal_id,", f"{broken},")
        connection.execute(sa.text(f"INSERT INTO portals ({columns}) SELECT {copied} FROM portals"))
        connection.execute(
            sa.insert(outbox_table).values(
                portal_id=broken,
                contact_id=1,
                kind="properties",
                target="",
                occurrence="",
                wanted="no JSON",
                state="due",
                wanted_at=house.clock.now(),
                due_at=house.clock.now(),
            )
        )

    deliver = next(job for job in JOBS if job.name == "deliver")
    assert jobs.run(house.segue, deliver) > 0

    assert house.listed("swedes") == {int(anna)}
    with house.segue.store.read() as connection:
        [item] = outbox.of(connection, broken, [1], IntentKind.PROPERTIES)
    assert (item.state, item.lease is None) == ("due", False), "it waits for its lease to run out"


def test_three_workers_on_one_database_do_as_one_does(house: House, another: Builder) -> None:
    """(6, 20, 40, 41) Lists are made once, calls are not doubled, each is enrolled once."""
    crowd = people(house, 30, country="SE")
    house.add_workflow("Abandoned cart")
    house.connect()
    them = [house.segue, another(), another()]
    _work_together(house, them)
    assert house.listed("swedes") == {int(each) for each in crowd}
    assert len(house.portal.lists.lists) == len(house.segue.tools.books.shipped.segments)

    for each in crowd[:20]:
        fill_cart(house, each)
    move(house, "NO", *crowd[10:])
    house.hear()
    _work_together(house, them)
    house.clock.advance(timedelta(hours=4))
    _work_together(house, them)

    assert house.listed("swedes") == house.members("swedes") == {int(each) for each in crowd[:10]}
    abandoners = {int(each) for each in crowd[:20]}
    assert house.listed("cart_abandoners") == house.members("cart_abandoners") == abandoners
    assert sorted(house.enrolled("Abandoned cart")) == sorted(crowd[:20])
    names = [each.name for each in house.portal.lists.lists.values()]
    wanted = [f"Segue: {each.name}" for each in house.segue.tools.books.shipped.segments.values()]
    assert sorted(names) == sorted(wanted)
    assert all(len(house.history(each)) == len(set(house.history(each))) for each in crowd)


@pytest.mark.slow
def test_workers_get_along_while_contacts_change_merge_and_go(
    house: House, another: Builder, capsys: pytest.CaptureFixture[str]
) -> None:
    """Four workers, each with two threads a job: nobody deadlocks, breaks or is overwritten."""
    house.clock._frozen_at = None
    with house.portal.quiet():
        crowd = people(house, 200, country="SE")
    house.add_workflow("Abandoned cart")
    house.connect()
    over = monotonic() + 40
    workers = [another() for _ in range(4)]

    def work(segue: Segue) -> None:
        chance = random.Random()
        while monotonic() < over:
            for job in chance.sample(JOBS, len(JOBS)):
                jobs.run(segue, job)

    with ThreadPoolExecutor(9) as pool:
        running = [pool.submit(work, each) for each in workers for _ in range(2)]
        chance = random.Random(3)
        while monotonic() < over:
            _stir(house, crowd, chance)
            threading.Event().wait(0.05)
        for each in running:
            each.result()
    said = capsys.readouterr().out
    assert "broke" not in said
    assert "stored state differed" not in said
    eventually(lambda: house.step() == 0 and _is_through(house), seconds=200)
    for segment in ("swedes", "buyers"):
        listed = house.portal.lists.members(its_list(house, segment))
        assert {int(each) for each in listed} == house.members(segment) != set()


def _stir(house: House, crowd: list[str], chance: random.Random) -> None:
    """Let contacts move, buy, become one and be deleted, and HubSpot tell of it."""
    with house.sandbox.lock:
        records = house.portal.contacts.records
        alive = [each for each in crowd if each in records and not records[each].archived_at]
        for each in chance.sample(alive, 6):
            house.portal.contacts.update(each, {"country": chance.choice(["SE", "NO"])})
        if chance.random() < 0.3:
            buy(house, chance.choice(alive))
        if chance.random() < 0.15:
            one, other = chance.sample(alive, 2)
            merge(house.portal, types.CONTACT, (one, other), USER)
        if chance.random() < 0.05:
            house.portal.contacts.archive(chance.choice(alive))
    house.hear()


def _work_together(house: House, workers: list[Segue]) -> None:
    """Let workers run all their jobs at the same time until none of them has anything to do."""

    def turn(segue: Segue) -> int:
        return sum(jobs.run(segue, job) for job in JOBS)

    with ThreadPoolExecutor(len(workers)) as pool:
        for _ in range(60):
            idle = sum(pool.map(turn, workers)) == 0
            if idle and not house._more_soon():
                return
            house.clock.advance(timedelta(seconds=1))
    raise AssertionError("they never come to rest")


def _inbox(house: House, state: str) -> int:
    with house.segue.store.read() as connection:
        query = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.state == state)
        return connection.scalar(query) or 0


def _states(house: House, kind: IntentKind) -> dict[str, int]:
    with house.segue.store.read() as connection:
        found = outbox.counts(connection, HUB_ID)
    return {state: number for (each, state), number in found.items() if each == kind.value}


def _leased(house: House) -> int:
    with house.segue.store.read() as connection:
        query = sa.select(sa.func.count()).where(outbox_table.c.lease.is_not(None))
        return connection.scalar(query) or 0


# -- a real process -------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_real_worker_killed_again_and_again_loses_nothing(database_url: str) -> None:
    """SIGKILL while webhooks come in; then one that is left alone brings it all to its end."""
    house = open_house(database_url)
    # Processes live in real time, and so must the stand-in.
    house.clock._frozen_at = None
    house.segue.store.engine.dispose()
    house.segue = wiring.build(settings_for(house.running.url, database_url), house.clock.now)
    house.connect()
    chance = random.Random(4)
    crowd: list[str] = []
    try:
        for _ in range(12):
            worker = _start(house, database_url)
            deadline = monotonic() + chance.uniform(1.5, 4)
            while monotonic() < deadline:
                crowd += [house.portal.contacts.create({"country": "SE"}).id]
                buy(house, chance.choice(crowd))
                house.hear()
                threading.Event().wait(0.1)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        worker = _start(house, database_url)
        eventually(lambda: _is_through(house), seconds=400)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
        _check_all_is_there(house, crowd)
    finally:
        house.close()


def _start(house: House, database_url: str) -> subprocess.Popen[bytes]:
    settings = house.segue.settings
    env = {
        **os.environ,
        "DATABASE_URL": database_url,
        "PUBLIC_URL": settings.public_url,
        "SECRET_KEY": settings.secret_key,
        "TOKEN_KEYS": ",".join(settings.token_keys),
        "HUBSPOT_CLIENT_ID": settings.client_id,
        "HUBSPOT_CLIENT_SECRET": settings.client_secret,
        "HUBSPOT_APP_ID": str(settings.app_id),
        "HUBSPOT_API_URL": settings.api_url,
        "HUBSPOT_AUTHORIZE_URL": settings.authorize_url,
    }
    command = [str(Path(sys.executable).with_name("segue")), "worker"]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)


def _is_through(house: House) -> bool:
    with house.segue.store.read() as connection:
        late = sa.select(sa.func.count()).where(due.c.due_at <= house.clock.now())
        waiting = sa.select(sa.func.count()).where(outbox_table.c.state == "due")
        unread = sa.select(sa.func.count()).where(inbox.c.state == "due")
        left = [connection.scalar(query) for query in (late, waiting, unread)]
    return house.state.value == "live" and left == [0, 0, 0]


def _check_all_is_there(house: House, crowd: list[str]) -> None:
    orders = house.portal.orders.records
    held = {event.id for each in crowd for event in house.timeline(each)}
    assert {f"order:{order_id}" for order_id in orders} <= held
    assert house.contact_count() == len(crowd)
    with house.segue.store.read() as connection:
        assert {state for _, state in outbox.counts(connection, HUB_ID)} <= {"done"}
    for segment in house.segue.tools.books.shipped.segments:
        assert house.members(segment) == house.listed(segment)
    assert any(house.members(segment) for segment in house.segue.tools.books.shipped.segments)
