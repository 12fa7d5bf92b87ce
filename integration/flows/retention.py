"""Let go of events that are older than a portal keeps them, and look at whom they belonged to."""

from datetime import datetime, timedelta

import structlog

from integration.errors import SegueError
from integration.flows.tools import Tools
from integration.store import contacts, due, retention, timeline
from integration.store.retention import Term
from mappings.catalogue import Catalogue
from mappings.model import Cause
from mappings.rules.faults import nearest
from mappings.rules.values import DAY, read_duration

log = structlog.get_logger(__name__)

CHUNK = 1_000  # events a transaction


class BadTerm(SegueError):
    """This can't be how long events of a kind are kept."""


def run(tools: Tools) -> int:
    """Delete the events that are too old, in every portal; give how many."""
    with tools.store.read() as connection:
        terms = retention.every(connection)
    return sum(_apply(tools, term) for term in terms)


def _apply(tools: Tools, term: Term) -> int:
    before, gone = tools.now() - term.keep, 0
    with tools.store.write() as connection:
        gone += timeline.drop_older_strays(connection, term.portal_id, term.kind, before)
    while (number := _chunk(tools, term, before)) and not tools.stopping():
        gone += number
    if gone:
        log.info("old events deleted", portal_id=term.portal_id, kind=term.kind, number=gone)
    return gone


def _chunk(tools: Tools, term: Term, before: datetime) -> int:
    """Delete some, and make due whose they were: who they kept in a segment leaves it.

    The cause says that nobody did anything: nobody is enrolled for it.
    """
    with tools.store.write() as connection:
        contacts.take_turn(connection, term.portal_id)
        whose = timeline.drop_older(connection, term.portal_id, term.kind, before, CHUNK)
        live = contacts.live(connection, term.portal_id, whose)
        due.touch(connection, term.portal_id, live, tools.now(), Cause.RETENTION)
    return len(whose)


def set_term(tools: Tools, portal_id: int, said: tuple[str, str], by: str) -> Term:
    """Keep events of a kind for so long; `said` are the two as texts. Raises BadTerm."""
    kind, age = said
    term = Term(portal_id, _kind(tools.books.catalogue, kind), _age(age), tools.now(), by)
    with tools.store.write() as connection:
        retention.put(connection, term)
    return term


def drop_term(tools: Tools, portal_id: int, kind: str) -> None:
    """Keep events of a kind for good again. Raises BadTerm where they are."""
    with tools.store.write() as connection:
        if not retention.drop(connection, portal_id, kind):
            raise BadTerm(f'events of the kind "{kind}" are kept for good already')


def _kind(catalogue: Catalogue, kind: str) -> str:
    if not catalogue.knows(kind):
        raise BadTerm(f'there is no kind of event "{kind}"{nearest(kind, list(catalogue.kinds))}')
    return kind


def _age(text: str) -> timedelta:
    length = read_duration(text)
    if length is None or length < DAY:
        raise BadTerm(f'"{text}" is no age: say days or weeks, such as 730d or 104w, 1d at least')
    return timedelta(milliseconds=length)
