"""Write back: what shall stand in HubSpot, in the fewest calls.

For each portal: lists, one add-and-remove a list; properties, a hundred contacts a call;
enrollments, each once. Each: 1. claim what is due; 2. call; 3. record how each ended: done, due
again, or dead with a reason. No transaction is open while HubSpot is called.
"""

from collections.abc import Callable

from integration.flows.enroll import enroll
from integration.flows.lists import write_lists
from integration.flows.properties import BATCH, write_properties
from integration.flows.tools import Tools
from integration.flows.turn import LEASE, Turn
from integration.store import portals, sending
from integration.store.outbox import Item
from integration.store.portals import Portal
from mappings.model import PortalState
from mappings.writing import IntentKind

LISTED = 10_000  # ids an add-and-remove takes


def run(tools: Tools) -> int:
    """Write back what is due in every portal; give how many items were claimed."""
    return sum(run_portal(tools, portal) for portal in waiting(tools))


def waiting(tools: Tools) -> list[Portal]:
    """Give the live portals in which anything is due to be written."""
    with tools.store.read() as connection:
        every = portals.every(connection, PortalState.LIVE)
        busy = sending.portals_waiting(connection, tools.now())
    return [portal for portal in every if portal.portal_id in busy]


def run_portal(tools: Tools, portal: Portal) -> int:
    """Write back what is due in a portal, lists first: workflows may enroll by them."""
    return (
        _lists(tools, portal)
        + _step(Turn(tools, portal), (IntentKind.PROPERTIES, None), BATCH * 20, write_properties)
        + _step(Turn(tools, portal), (IntentKind.ENROLLMENT, None), BATCH, enroll)
    )


def _lists(tools: Tools, portal: Portal) -> int:
    """Write one list after the other.

    Each takes along what is due by then: while calls are scarce, more comes in between two lists.
    """
    with tools.store.read() as connection:
        keys = sending.targets(connection, portal.portal_id, IntentKind.LIST, tools.now())
    turn = Turn(tools, portal)
    return sum(_step(turn, (IntentKind.LIST, key), LISTED, write_lists) for key in keys)


def _step(
    turn: Turn,
    what: tuple[IntentKind, str | None],
    limit: int,
    write: Callable[[Turn, list[Item]], None],
) -> int:
    if turn.tools.stopping():
        return 0
    claim = turn.tools.claim(LEASE)
    with turn.tools.store.write() as connection:
        items = sending.claim(connection, turn.portal.portal_id, what, claim, limit)
    if items:
        write(turn, items)
    return len(items)
