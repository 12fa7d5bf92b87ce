"""Look at a portal's workflows and lists from time to time."""

from datetime import timedelta

import structlog

from integration.errors import Forbidden, NotFound, SegueError
from integration.flows import reconcile
from integration.flows.lists import DELETED
from integration.flows.tools import Tools
from integration.store import portals, segments
from integration.store.segments import SegmentList
from mappings.model import HubSpotList, Lane, PortalState

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
    """Read a portal's workflows and the sizes of its lists; neither needs the other."""
    for part in (read_workflows, measure_lists):
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


def measure_lists(tools: Tools, portal_id: int) -> None:
    """Read how many members HubSpot's lists have, and look closer where that is wrong.

    A list that is gone is paused.
    """
    with tools.store.read() as connection:
        portal = portals.get(connection, portal_id)
        known = segments.lists(connection, portal_id)
    for _, kept in sorted(known.items()):
        if kept.list_id is None or tools.stopping():
            continue
        there = _measure(tools, portal_id, kept, kept.list_id)
        if (
            there is not None
            and kept.state == "on"
            and portal is not None
            and portal.state is PortalState.LIVE
            and reconcile.is_suspect(tools, portal_id, kept, there)
        ):
            reconcile.compare(tools, portal_id, kept)


def _measure(tools: Tools, portal_id: int, kept: SegmentList, list_id: str) -> HubSpotList | None:
    try:
        there = tools.hub(portal_id, Lane.BULK).lists.get(list_id)
    except NotFound:
        with tools.store.write() as connection:
            segments.stick(connection, portal_id, kept.key, DELETED)
        return None
    with tools.store.write() as connection:
        size = there.size if there.size is not None else 0
        segments.set_size(connection, portal_id, kept.key, size, tools.now())
    return there
