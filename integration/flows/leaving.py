"""Portals that left: all that is known of them is deleted after a stated time, chunk by chunk.

The book of erasures holds how far it came, in the same transaction as each chunk, so a process
that dies leaves the rest to the next. An install in between calls it off.
"""

from collections import Counter
from datetime import timedelta

import structlog
from sqlalchemy.engine import Connection

from integration.flows.erase import sweep
from integration.flows.tools import Tools
from integration.store import contacts, erasing, erasures, portals
from mappings.model import PortalState
from mappings.privacy import Erasure

log = structlog.get_logger(__name__)

CHUNK = 2_000  # rows a transaction
ASKED = "All data of this account is being deleted, as was asked for."


def run(tools: Tools, keep: timedelta) -> int:
    """Note who left and who came back, and delete what has been kept long enough; give how many
    rows went."""
    notice(tools, keep)
    with tools.store.read() as connection:
        found = erasures.in_state(connection, erasures.OPEN, tools.now())
    return sum(delete(tools, each) for each in found if each.what == "portal")


def notice(tools: Tools, keep: timedelta) -> None:
    """Set a time for the data of portals that left; of those that came back it stays."""
    with tools.store.write() as connection:
        for portal in portals.every(connection):
            known = erasures.of_portal(connection, portal.portal_id)
            gone = portal.state is PortalState.DISCONNECTED
            if gone and known is None:
                span = (tools.now(), tools.now() + keep)
                erasures.announce(connection, portal.portal_id, "uninstall", span)
                log.info("portal left", portal_id=portal.portal_id, deleted_in=keep.days)
            elif not gone and known is not None and known.state == "waiting":
                erasures.call_off(connection, portal.portal_id)
                log.info("portal came back", portal_id=portal.portal_id)


def ask(tools: Tools, portal_id: int) -> Erasure:
    """Let all data of a portal be deleted now, left or not; nothing is called for it any more."""
    with tools.store.write() as connection:
        contacts.take_turn(connection, portal_id)
        portals.set_state(connection, portal_id, PortalState.DISCONNECTED, ASKED)
        erasures.call_off(connection, portal_id)
        known = erasures.of_portal(connection, portal_id)
        if known is None:
            now = tools.now()
            erasures.announce(connection, portal_id, "command", (now, now))
            known = erasures.of_portal(connection, portal_id)
    if known is None:
        raise LookupError("an erasure was noted and isn't there")
    return known


def delete(tools: Tools, erasure: Erasure) -> int:
    """Delete a portal's rows, some at a time, until there are none; give how many.

    Kept deliveries first, as the portal's rows say which; the portal itself last.
    """
    begun = _begin(tools, erasure)
    if begun is None:
        return 0
    sweep(tools, begun)
    gone = 0
    for table in erasing.of_portals():
        while number := _chunk(tools, begun, table):
            gone += number
            if tools.stopping():
                return gone
    return gone + _end(tools, begun)


def _begin(tools: Tools, erasure: Erasure) -> Erasure | None:
    with tools.store.write() as connection:
        standing = _standing(connection, erasure)
        if standing is None or standing.state not in erasures.OPEN:
            return None
        if standing.state == "waiting":
            total = erasing.count_all(connection, erasure.portal_id)
            erasures.go_on(connection, erasure, state="due", total=total)
        return erasures.locked(connection, erasure)


def _standing(connection: Connection, erasure: Erasure) -> Erasure | None:
    """Read how far it is; None, and called off, where the portal came back."""
    standing = erasures.locked(connection, erasure)
    portal = portals.get(connection, erasure.portal_id)
    if portal is not None and portal.state is not PortalState.DISCONNECTED:
        log.warning("deletion called off", portal_id=erasure.portal_id)
        erasures.drop(connection, erasure)
        return None
    return standing


def _chunk(tools: Tools, erasure: Erasure, table: str) -> int:
    with tools.store.write() as connection:
        standing = _standing(connection, erasure)
        if standing is None or standing.state != "due" or table == "portals":
            return 0
        return _remove(connection, standing, table)


def _remove(connection: Connection, erasure: Erasure, table: str) -> int:
    number = erasing.remove_some(connection, erasure.portal_id, table, CHUNK)
    if number:
        counts = Counter(erasure.counts) + Counter({table: number})
        erasures.go_on(connection, erasure, counts=counts)
    return number


def _end(tools: Tools, erasure: Erasure) -> int:
    """Delete what came in meanwhile and the portal itself, while nobody can store more of it."""
    gone = 0
    with tools.store.write() as connection:
        contacts.take_turn(connection, erasure.portal_id)
        for table in erasing.of_portals():
            while standing := _standing(connection, erasure):
                if standing.state != "due" or not (n := _remove(connection, standing, table)):
                    break
                gone += n
        if standing is not None and standing.state == "due":
            erasures.go_on(connection, erasure, state="swept", removed_at=tools.now())
    return gone
