"""Compare lists in HubSpot with the segments here, and write right what drifted apart.

People edit lists by hand, and HubSpot drops an id now and then. A list is read through when its
size is not what it should be, and once a day anyway.
"""

import hashlib
from datetime import datetime, timedelta

import structlog

from integration.flows.tools import Tools
from integration.store import memberships, outbox, tombstones
from integration.store.segments import SegmentList
from mappings.model import Lane
from mappings.writing import HubSpotList, Intent, IntentKind

log = structlog.get_logger(__name__)

MOST = 20_000  # members that are read through in one go: 80 calls


def is_suspect(tools: Tools, portal_id: int, kept: SegmentList, there: HubSpotList) -> bool:
    """Say whether a list shall be read through: by its size, or because its hour has come."""
    with tools.store.read() as connection:
        here = memberships.size(connection, portal_id, kept.key)
    size = here if there.size is None else there.size
    if not 0 < max(here, size) <= MOST:
        return False
    return size != here or _its_hour(portal_id, kept, tools.now())


def _its_hour(portal_id: int, kept: SegmentList, now: datetime) -> bool:
    """Each list has an hour of the day of its own, so that not all are read at midnight."""
    digest = hashlib.sha256(f"{portal_id}:{kept.key}".encode()).digest()
    shift = timedelta(hours=digest[0] % 24)
    return kept.checked_at is not None and (kept.checked_at + shift).date() < (now + shift).date()


def compare(tools: Tools, portal_id: int, kept: SegmentList) -> int:
    """Read a list through and wish right what differs; give how many contacts that is.

    While changes of the list wait to be written, or are written meanwhile, nothing is compared:
    they are the difference.
    """
    if kept.list_id is None or _is_moving(tools, portal_id, kept.key):
        return 0
    hub = tools.hub(portal_id, Lane.BULK)
    there = {contact_id for page in hub.lists.member_ids(kept.list_id) for contact_id in page}
    with tools.store.write() as connection:
        here = memberships.members(connection, portal_id, kept.key)
        # Nothing is noted down of who was erased, not even that a list should lose it.
        there -= tombstones.of_contacts(connection, portal_id, there - here).keys()
        intents = [
            Intent(each, IntentKind.LIST, kept.key, "", "in" if each in here else "out")
            for each in sorted(here ^ there)
        ]
        if outbox.is_waiting(connection, portal_id, IntentKind.LIST, kept.key):
            return 0
        outbox.doubt(connection, portal_id, intents, tools.now())
    if intents:
        log.info("list drifted", portal_id=portal_id, segment=kept.key, contacts=len(intents))
    return len(intents)


def _is_moving(tools: Tools, portal_id: int, key: str) -> bool:
    with tools.store.read() as connection:
        return outbox.is_waiting(connection, portal_id, IntentKind.LIST, key)
