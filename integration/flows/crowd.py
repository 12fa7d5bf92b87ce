"""Everybody's timelines, in chunks by contact: for a full evaluation or a preview."""

from collections.abc import Iterator

from sqlalchemy.engine import Connection

from integration.decide.kernel import Joined, Timelines
from integration.store import contacts, timeline
from mappings.rules import RuleBook, kinds_used, properties_used

CHUNK = 5_000
FIRST = 1_000
EVENTS = 300_000  # about so many at a time: what a chunk takes in memory, however busy they are


def everyone(
    connection: Connection, portal_id: int, book: RuleBook, *, named: bool = False
) -> Iterator[Timelines]:
    """Give the timelines of all live contacts of a portal, CHUNK contacts at most at a time, by id.

    They hold the kinds of events that the book looks at, and the events' ids only if `named`.
    """
    after, size = -1, min(FIRST, CHUNK)
    wanted = timeline.Wanted(kinds_used(book))
    while found := _next(connection, portal_id, (after, size), book):
        after = max(found)
        between = min(found), after
        rows = timeline.gathered(connection, portal_id, between, wanted, named=named)
        timelines = Timelines.of_joined(list(found), list(map(Joined._make, rows)), found)
        size = max(1, min(CHUNK, EVENTS * len(found) // max(timelines.size, 1)))
        yield timelines


def _next(
    connection: Connection, portal_id: int, place: tuple[int, int], book: RuleBook
) -> dict[int, dict[str, str | None]]:
    """Read the next contacts, with their properties where any rule asks for one."""
    if properties_used(book):
        return contacts.live_after(connection, portal_id, *place)
    return {key: {} for key in contacts.live_ids_after(connection, portal_id, *place)}
