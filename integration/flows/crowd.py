"""Everybody's timelines, in chunks by contact: for a full evaluation or a preview."""

from collections.abc import Iterator

from sqlalchemy.engine import Connection

from integration.decide.kernel import EventRow, Timelines
from integration.store import contacts, timeline
from mappings.rules import RuleBook, kinds_used

CHUNK = 5_000


def everyone(connection: Connection, portal_id: int, book: RuleBook) -> Iterator[Timelines]:
    """Give the timelines of all live contacts of a portal, CHUNK contacts at a time, by id.

    They hold the kinds of events that the book looks at.
    """
    after = -1
    while found := contacts.live_after(connection, portal_id, after, CHUNK):
        lines = timeline.lines(connection, portal_id, list(found), kinds_used(book))
        yield Timelines.of(list(found), (EventRow(*line[:5]) for line in lines), found)
        after = max(found)
