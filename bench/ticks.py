"""A worker's tick of 1,000 contacts: the real flow, against the bare fetch of their timelines."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from statistics import median

import sqlalchemy as sa

from bench.crowds import NOW, contact_ids
from bench.figures import Figure, Stopwatch, tell
from bench.stores import PORTAL, driver
from integration.flows import evaluate
from integration.flows.books import Books
from integration.flows.tools import Tools
from integration.hubspot.client import HubSpot
from integration.scheduler import spare_what_stands
from integration.store import due, portals, timeline
from integration.store.engine import Store, open_store, plain
from integration.store.portals import Portal
from integration.store.tables import IS_DUE
from integration.store.tables import due as due_table
from integration.store.tables import events as events_table
from integration.store.tables import outbox as outbox_table
from mappings.catalogue import load_catalogue
from mappings.model import Cause, Event, Lane, PortalState
from mappings.rules import RuleBook, kinds_used, shipped_files
from mappings.sources import load_sources

ROUNDS = 5
TICK = 1_000
SECOND = timedelta(seconds=1)
_NEWS = (
    ("page_viewed", {"url": "https://www.example.com/pricing", "category": "company"}),
    ("purchase", {"amount": "120.00", "order_id": "1", "currency": "EUR"}),
    ("cart_updated", {"amount": "50.00", "cart_id": "1", "products": "1"}),
)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.at


@dataclass
class Desk:
    """A worker's flow over a portal, with no HubSpot behind it."""

    store: Store
    books: Books
    clock: Clock = field(default_factory=Clock)

    @property
    def book(self) -> RuleBook:
        """Give the rules that contacts are looked at by."""
        return self.books.shipped

    @property
    def tools(self) -> Tools:
        """Give what a flow is handed."""
        return Tools(self.store, self.clock, _nobody, self.books, load_sources(), lambda: 0.5)

    @property
    def portal(self) -> Portal:
        """Read the portal."""
        with self.store.read() as connection:
            found = portals.get(connection, PORTAL)
        if found is None:
            raise LookupError("the portal wasn't loaded")
        return found

    def look(self) -> int:
        """Look at up to 1,000 who are due; give how many it were."""
        return evaluate.run_portal(self.tools, self.portal)

    def first_look(self) -> float:
        """Look at everybody for the first time; give the seconds."""
        with self.store.write() as connection:
            due.touch_all(connection, PORTAL, self.clock.at, Cause.FIRST_SYNC)
            portals.set_state(connection, PORTAL, PortalState.COUNTING)
        with Stopwatch() as watch:
            total = 0
            while looked_at := self.look():
                total += looked_at
                if total % 20_000 == 0:
                    tell(f"    looked at {total:,} for the first time")
        return watch.seconds


def _nobody(_portal_id: int, _lane: Lane) -> HubSpot:
    raise LookupError("a look at contacts asks HubSpot nothing")


def figures(url: str, contacts: int, events: int) -> list[Figure]:
    """Measure in a process of its own, as a worker is one that has done nothing else before."""
    command = [sys.executable, "-m", "bench.ticks", url, str(contacts), str(events)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [Figure(**each) for each in json.loads(done.stdout)]


def _figures(desk: Desk, contacts: int, events: int) -> Iterator[Figure]:
    """Measure the first look at everybody, then ticks of changed contacts and of time alone."""
    name = desk.store.engine.dialect.name
    spare_what_stands()  # as a worker does
    yield Figure(name, events, "first look at everybody, by the worker's flow", desk.first_look())
    activity = _activity(desk.store, contacts)
    samples = _spread(activity, min(TICK, contacts // ROUNDS))
    changed = [_changed(desk, sample) for sample in samples]
    yield from _summed_up(name, events, "tick of 1,000 changed contacts", changed)
    moved = [_moved(desk, activity) for _ in range(ROUNDS)]
    yield from _summed_up(name, events, "tick of 1,000 contacts that only time moves", moved)


def _summed_up(
    engine: str, events: int, name: str, pairs: list[tuple[float, float]]
) -> Iterator[Figure]:
    bare, flow = (median(each) for each in zip(*pairs, strict=True))
    yield Figure(engine, events, f"bare fetch for the {name}", bare)
    yield Figure(engine, events, name, flow, ratio=flow / bare, target=3)


def _activity(store: Store, contacts: int) -> Counter[int]:
    """Count each contact's events."""
    of = events_table.c.contact_id
    with store.read() as connection:
        found = dict(plain(connection, sa.select(of, sa.func.count()).group_by(of)))
    return Counter({each: found.get(each, 0) for each in contact_ids(contacts)})


def _spread(activity: Counter[int], size: int) -> list[list[int]]:
    """Take contacts of every activity for each round: as many busy and quiet ones at any size."""
    ids = sorted(activity, key=lambda each: (activity[each], each))
    step = len(ids) // size
    return [
        sorted(ids[place * step + step * turn // ROUNDS] for place in range(size))
        for turn in range(ROUNDS)
    ]


def _changed(desk: Desk, sample: list[int]) -> tuple[float, float]:
    """Let contacts do something, and look at them; give bare and flow seconds."""
    desk.clock.at += SECOND
    _put_off(desk)
    _written(desk)
    at = desk.clock.at - timedelta(milliseconds=500)
    news = []
    for place, contact_id in enumerate(sample):
        kind, told = _NEWS[place % len(_NEWS)]
        id_ = f"bench:{desk.clock.at.timestamp():.0f}"
        news.append(Event(contact_id, id_, kind, at, "bench", told))
    with desk.store.write() as connection:
        timeline.add(connection, PORTAL, news, desk.clock.at)
        due.touch(connection, PORTAL, sample, desk.clock.at, Cause.BEHAVIOUR)
    return _timed(desk, sample)


def _moved(desk: Desk, activity: Counter[int]) -> tuple[float, float]:
    """Let time pass until a share of all are due by themselves, and look at 1,000 of them.

    Who is due soon is busier than others. So it is the same share at any size, and those looked
    at are of every activity among it; the others are put off.
    """
    _written(desk)
    share = len(activity) // (4 * ROUNDS)
    mine = sa.and_(due_table.c.portal_id == PORTAL, due_table.c.due_at > desk.clock.at)
    query = sa.select(due_table.c.contact_id, due_table.c.due_at).where(mine)
    query = query.order_by(due_table.c.due_at, due_table.c.contact_id).limit(share)
    with desk.store.read() as connection:
        found = connection.execute(query).all()
    among = Counter({row.contact_id: activity[row.contact_id] for row in found})
    sample = _spread(among, min(TICK, share))[0]
    desk.clock.at = max(row.due_at for row in found)
    _put_off(desk, sample)
    return _timed(desk, sample)


def _put_off(desk: Desk, sample: list[int] | None = None) -> None:
    """Let nobody be due at the moment but those whom a tick is about."""
    late = due_table.c.due_at <= desk.clock.at
    with desk.store.write() as connection:
        connection.execute(
            sa.update(due_table)
            .where(
                due_table.c.portal_id == PORTAL, late, due_table.c.contact_id.not_in(sample or [])
            )
            .values(due_at=desk.clock.at + timedelta(days=900))
        )


def _written(desk: Desk) -> None:
    """Let all that is wished for stand in HubSpot, as it does within seconds in a live portal."""
    done = {"state": "done", "written": outbox_table.c.wanted, "done_at": desk.clock.at}
    with desk.store.write() as connection:
        connection.execute(
            sa.update(outbox_table).where(outbox_table.c.portal_id == PORTAL, IS_DUE).values(done)
        )


def _timed(desk: Desk, sample: list[int]) -> tuple[float, float]:
    desk.store.checkpoint()  # as the worker does each second
    fetch(desk, sample)  # both then find the same pages in memory
    bare = min(fetch(desk, sample) for _ in range(2))
    portal = desk.portal
    with Stopwatch() as watch:
        looked_at = evaluate.run_portal(desk.tools, portal)
    if looked_at < len(sample):
        raise LookupError(f"{looked_at} were due, not {len(sample)}")
    return bare, watch.seconds


def fetch(desk: Desk, sample: list[int]) -> float:
    """Fetch contacts' timelines by the driver alone, as a tick reads them; give the seconds."""
    kinds = sorted(kinds_used(desk.book) or ())
    mark = "?" if desk.store.engine.dialect.name == "sqlite" else "%s"
    with driver(desk.store) as raw:
        cursor = raw.cursor()
        with Stopwatch() as watch:
            for start in range(0, len(sample), 500):
                part = sample[start : start + 500]
                cursor.execute(
                    "SELECT contact_id, id, kind, at, properties, known_at FROM events "
                    f"WHERE portal_id = {PORTAL} AND contact_id IN "
                    f"({','.join([mark] * len(part))}) AND kind IN "
                    f"({','.join([mark] * len(kinds))})",
                    [*part, *kinds],
                )
                cursor.fetchall()
    return watch.seconds


def _main(url: str, contacts: int, events: int) -> None:
    desk = Desk(open_store(url), Books(shipped_files(), load_catalogue()))
    found = [asdict(each) for each in _figures(desk, contacts, events)]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
