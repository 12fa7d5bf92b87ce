"""Change what a portal's sources mean: patterns set and reset, a source read again.

An edit is a new version, held against what can be set first. It applies to what comes from then
on; a source that is read again applies it to the past.
"""

from datetime import datetime

from sqlalchemy.engine import Connection

from integration.errors import SegueError
from integration.flows.rules import MovedMeanwhile, NoSuchPortal, NothingToChange
from integration.flows.tools import Tools
from integration.store import patterns, portals, reads, sync
from integration.store.patterns import Version
from mappings.catalogue import load_catalogue
from mappings.model import PortalState
from mappings.patterns import check


class NoSuchSource(SegueError):
    """The portal has no such source; `segue sources show` lists them."""


def change(
    tools: Tools, portal_id: int, name: str, value: tuple[str, ...] | None, who: str
) -> Version:
    """Let a portal's patterns of a name be these (None: the default); give the new version.

    Raises PatternFaults, NothingToChange, NoSuchPortal, MovedMeanwhile.
    """
    with tools.store.read() as connection:
        if portals.get(connection, portal_id) is None:
            raise NoSuchPortal
        last = patterns.latest(connection, portal_id)
    own = dict(last.own) if last else {}
    before = own.pop(name, None)
    after = dict(own) if value is None else {**own, name: value}
    check(tools.sources.patterns, {name: after.get(name, ())}, load_catalogue())
    if before == value:
        raise NothingToChange
    number = last.version + 1 if last else 1
    new = Version(portal_id, number, tools.now(), who, name, before, value, after)
    with tools.store.write() as connection:
        if not patterns.add(connection, new):
            raise MovedMeanwhile
    return new


def reread(tools: Tools, portal_id: int, source: str) -> None:
    """Let a source be read again from its beginning, by the patterns as they are now.

    Its past is news to nobody: the portal is counted anew after it, which enrolls nobody. Raises
    NoSuchSource.
    """
    with tools.store.write() as connection:
        _reread(connection, portal_id, source, tools.now())


def _reread(connection: Connection, portal_id: int, source: str, now: datetime) -> None:
    if not sync.read_anew(connection, portal_id, source, now):
        raise NoSuchSource
    reads.restart(connection, portal_id, source)
    for state in (PortalState.COUNTING, PortalState.LIVE):
        portals.move(connection, portal_id, state, PortalState.SYNCING)
