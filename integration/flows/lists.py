"""The HubSpot list of each segment: created once, found again after a crash, never taken over."""

from datetime import timedelta

from integration.errors import Conflict, Invalid, SegueError
from integration.flows.tools import Tools
from integration.store import segments
from integration.store.portals import Portal
from integration.store.segments import SegmentList
from mappings.model import HubSpotList, Lane

MOST_NAMES = 20
CLOCKS = timedelta(minutes=5)  # how far our clock and HubSpot's may be apart


class ListStuck(SegueError):
    """The segment's list can't be written until a person did something."""


def list_id_of(tools: Tools, portal: Portal, key: str) -> str:
    """Give the id of a segment's list, creating the list where there is none yet.

    Raises ListStuck while the list is paused.
    """
    with tools.store.read() as connection:
        known = segments.lists(connection, portal.portal_id).get(key)
    if known is not None and known.state == "stuck":
        raise ListStuck(known.reason)
    if known is not None and known.list_id is not None:
        return known.list_id
    list_id = _create(tools, portal, key, known)
    with tools.store.write() as connection:
        segments.have_list(connection, portal.portal_id, key, list_id)
    return list_id


def _create(tools: Tools, portal: Portal, key: str, asked: SegmentList | None) -> str:
    """Create a list under the first free name.

    Name and moment are stored before HubSpot is asked. So if we died in between, the list of
    that name which was created since then is known for ours; any other of the name is somebody
    else's and is left alone.
    """
    hub = tools.hub(portal.portal_id, Lane.LIVE)
    for name in _names(tools, key):
        before = asked if asked is not None and asked.name == name else None
        if before is None:
            with tools.store.write() as connection:
                segments.ask_list(connection, portal.portal_id, key, name, tools.now())
        try:
            return hub.lists.create(name)
        except (Invalid, Conflict):
            there = hub.lists.by_name(name)
            if there is None:
                raise
            if before is not None and _is_ours(there, before):
                return there.list_id
    raise ListStuck(f"HubSpot has {MOST_NAMES} lists of this name that aren't Segue's: rename them")


def _names(tools: Tools, key: str) -> list[str]:
    segment = tools.book.segments.get(key)
    name = f"Segue: {segment.name if segment else key}"
    return [name, *(f"{name} ({number})" for number in range(2, MOST_NAMES + 1))]


def _is_ours(there: HubSpotList, asked: SegmentList) -> bool:
    if there.processing_type != "MANUAL" or there.created_at is None or asked.asked_at is None:
        return False
    return there.created_at >= asked.asked_at - CLOCKS
