"""Exits by the passing of time: how late they are stored when 10,000 fall due in one minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Final

import sqlalchemy as sa

from bench.crowds import NOW, Block, contact_ids
from bench.figures import Figure, tell
from bench.stores import PORTAL
from bench.ticks import Desk
from integration import jobs
from integration.flows import evaluate
from integration.flows.books import Books
from integration.store.tables import history
from mappings.catalogue import load_catalogue
from mappings.instants import to_ms
from mappings.rules import shipped_files

SPREAD: Final = timedelta(minutes=1)
WAIT: Final = timedelta(seconds=2)  # from the worker's start to the first exit
LATE: Final = 2.0
RULE: Final = """
version: 1
segments:
  leaving:
    name: Leaving
    family: website
    description: Searched the site within 30 days.
    when: {event: search_performed, within: 30d}
"""


class Running:
    """A clock that runs, beginning at an instant."""

    def __init__(self, at: datetime) -> None:
        self._at, self._began = at, monotonic()

    def __call__(self) -> datetime:
        """Tell the time, to the millisecond."""
        gone = timedelta(milliseconds=int((monotonic() - self._began) * 1000))
        return self._at + gone


def books() -> Books:
    """Give the shipped rules with the one whose exits are measured."""
    return Books((*shipped_files(), ("bench.yml", RULE)), load_catalogue())


def blocks(made: Iterator[Block], contacts: int) -> Iterator[Block]:
    """Let each contact search once, so that all of them leave within a minute after NOW."""
    step = SPREAD.total_seconds() * 1000 / contacts
    places = {contact_id: place for place, contact_id in enumerate(contact_ids(contacts))}
    first = to_ms(NOW) - 30 * 86_400_000 + to_ms(NOW + WAIT) - to_ms(NOW)
    for block in made:
        kept = [event for event in block.events if event[2] != "search_performed"]
        for contact_id, _, _ in block.contacts:
            at = first + int(places[contact_id] * step)
            text = '{"query":"tents"}'
            kept.append((contact_id, "last", "search_performed", at, at, "bench", text))
        yield Block(block.contacts, sorted(kept, key=lambda event: event[:2]))


def figures(desk: Desk, events: int, contacts: int) -> Iterator[Figure]:
    """Let the worker's evaluate job run through the minute; measure how late exits are stored."""
    desk.first_look()
    clock = Running(desk.clock.at)
    late: dict[int, float] = {}
    evaluating = next(job for job in jobs.JOBS if job.name == "evaluate")
    end = NOW + WAIT + SPREAD + timedelta(seconds=30)
    while clock() < end and len(late) < contacts:
        desk.clock.at = clock()
        while evaluate.run_portal(desk.tools, desk.portal):
            _note(desk, clock(), late)
            desk.clock.at = clock()
        sleep(evaluating.seconds)
    tell(f"    {len(late):,} left")
    name = desk.store.engine.dialect.name
    worst = max(late.values(), default=0.0) if len(late) == contacts else float("inf")
    yield Figure(name, events, f"{contacts:,} exits in a minute, the latest", worst, target=LATE)


def _note(desk: Desk, now: datetime, late: dict[int, float]) -> None:
    """Note who has left since the last time: they were stored by now."""
    query = sa.select(history.c.contact_id, history.c.at).where(
        history.c.portal_id == PORTAL,
        history.c.at > NOW,
        history.c.segment == "leaving",
        sa.not_(history.c.entered),
    )
    with desk.store.read() as connection:
        for contact_id, at in connection.execute(query):
            late.setdefault(contact_id, (now - at.astimezone(UTC)).total_seconds())
