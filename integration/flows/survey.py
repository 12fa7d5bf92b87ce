"""Look at a portal's workflows and lists from time to time."""

from contextlib import suppress
from datetime import timedelta

import structlog

from integration.errors import Forbidden, NotFound, SegueError
from integration.flows import reconcile
from integration.flows.lists import DELETED, list_id_of
from integration.flows.tools import Tools
from integration.flows.turn import NotYet, Refused
from integration.store import portals, segments
from integration.store.portals import Portal
from integration.store.segments import SegmentList
from mappings.model import Lane, PortalState
from mappings.writing import HubSpotList

log = structlog.get_logger(__name__)

CHECK_EVERY = timedelta(seconds=30)


def run(tools: Tools) -> int:
    """Look at the portals that were not looked at for a while; give how many."""
    with tools.store.read() as connection:
        every = portals.every(
            connection, PortalState.SYNCING, PortalState.COUNTING, PortalState.LIVE
        )
    due = [
        portal
        for portal in every
        if portal.checked_at is None or tools.now() - portal.checked_at >= CHECK_EVERY
    ]
    for portal in due:
        if tools.stopping():
            break
        look(tools, portal.portal_id)
        with tools.store.write() as connection:
            portals.set_checked(connection, portal.portal_id, tools.now())
    return len(due)


def look(tools: Tools, portal_id: int) -> None:
    """Read a portal's workflows, make its lists, measure them; none needs the other."""
    for part in (read_workflows, make_lists, measure_lists):
        try:
            part(tools, portal_id)
        except SegueError as error:
            log.warning("not surveyed", portal_id=portal_id, part=part.__name__, reason=str(error))


def read_workflows(tools: Tools, portal_id: int) -> None:
    """Read a portal's workflows; a portal that may not have any has none."""
    try:
        found = tools.hub(portal_id, Lane.BULK).workflows.flows()
    except (NotFound, Forbidden):
        found = []
    with tools.store.write() as connection:
        segments.save_workflows(connection, portal_id, found, tools.now())


def make_lists(tools: Tools, portal_id: int) -> None:
    """Make the list of each segment, also of one without members: workflows can name it then."""
    with tools.store.read() as connection:
        portal = portals.get(connection, portal_id)
        known = segments.lists(connection, portal_id)
        book = tools.books.of(connection, portal_id).book
    if portal is None or portal.state is not PortalState.LIVE:
        return
    for key in sorted(book.segments):
        there = known.get(key)
        if (there is None or there.list_id is None) and not tools.stopping():
            with suppress(NotYet, Refused):  # another worker makes it, or its row says why not
                list_id_of(tools, portal, key, Lane.BULK)


def measure_lists(tools: Tools, portal_id: int) -> None:
    """Read how many members HubSpot's lists have, and look closer where that is wrong.

    A list that is gone is paused.
    """
    with tools.store.read() as connection:
        portal = portals.get(connection, portal_id)
        known = segments.lists(connection, portal_id)
    ids = {key: kept.list_id for key, kept in sorted(known.items()) if kept.list_id is not None}
    if not ids or portal is None:
        return
    found = tools.hub(portal_id, Lane.BULK).lists.several(list(ids.values()))
    with tools.store.write() as connection:
        for key, list_id in ids.items():
            if list_id in found:
                size = found[list_id].size or 0
                segments.set_size(connection, portal_id, key, size, tools.now())
            else:
                segments.stick(connection, portal_id, key, DELETED)
    for key, list_id in ids.items():
        if list_id in found and not tools.stopping():
            _look_closer(tools, portal, known[key], found[list_id])


def _look_closer(tools: Tools, portal: Portal, kept: SegmentList, there: HubSpotList) -> None:
    """Put a list right that drifted from its segment."""
    live = portal.state is PortalState.LIVE and kept.state == "on"
    if live and reconcile.is_suspect(tools, portal.portal_id, kept, there):
        reconcile.compare(tools, portal.portal_id, kept)
