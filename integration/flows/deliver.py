"""Write back: what shall stand in HubSpot, in the fewest calls.

For each portal: 1. claim what is due; 2. lists, one add-and-remove a list; properties, a hundred
contacts a call; enrollments, each once; 3. record how each ended: done, due again, or dead with
a reason. No transaction is open while HubSpot is called.
"""

from collections.abc import Callable

from integration.decide.writeback import different
from integration.errors import Invalid, NotFound, SegueError
from integration.flows.ending import after_error, settle
from integration.flows.enroll import enroll
from integration.flows.lists import ListStuck, list_id_of
from integration.flows.tools import Tools
from integration.store import outbox, portals, segments
from integration.store.outbox import Item, Outcome
from integration.store.portals import Portal
from mappings.model import BatchAnswer, IntentKind, Lane, ListAnswer, PortalState

LISTED = 10_000  # ids an add-and-remove takes
BATCH = 100  # contacts a property update takes
GONE = "HubSpot doesn't know this contact any more: it was deleted or merged there"
SINGLE_PROPERTY_FAULTS = frozenset({"PROPERTY_DOESNT_EXIST"})


def run(tools: Tools) -> int:
    """Write back what is due in every portal; give how many items were claimed."""
    with tools.store.read() as connection:
        every = portals.every(connection, PortalState.LIVE)
    return sum(run_portal(tools, portal) for portal in every)


def run_portal(tools: Tools, portal: Portal) -> int:
    """Write back what is due in a portal, lists first: workflows may enroll by them."""
    steps: list[tuple[IntentKind, int, Callable[[Tools, Portal, list[Item]], None]]] = [
        (IntentKind.LIST, LISTED, _lists),
        (IntentKind.PROPERTIES, BATCH * 20, _properties),
        (IntentKind.ENROLLMENT, BATCH, enroll),
    ]
    return sum(_step(tools, portal, *step) for step in steps)


def _step(
    tools: Tools,
    portal: Portal,
    kind: IntentKind,
    limit: int,
    write: Callable[[Tools, Portal, list[Item]], None],
) -> int:
    claim = tools.claim()
    with tools.store.write() as connection:
        items = outbox.claim(connection, portal.portal_id, kind, claim, limit)
    try:
        if items:
            write(tools, portal, items)
    finally:
        with tools.store.write() as connection:
            outbox.free_lease(connection, portal.portal_id, claim.lease)
    return len(items)


# -- lists ------------------------------------------------------------------------------------


def _lists(tools: Tools, portal: Portal, items: list[Item]) -> None:
    standing = [item for item in items if item.intent.wanted == item.written]
    settle(tools, portal, [Outcome(item, "done") for item in standing])
    by_segment: dict[str, list[Item]] = {}
    for item in items:
        if item.intent.wanted != item.written:
            by_segment.setdefault(item.intent.target, []).append(item)
    for key, group in sorted(by_segment.items()):
        try:
            answer = _change_list(tools, portal, key, group)
        except SegueError as error:
            after_error(tools, portal, group, error)
            continue
        settle(tools, portal, _list_outcomes(group, answer))


def _change_list(tools: Tools, portal: Portal, key: str, group: list[Item]) -> ListAnswer:
    list_id = list_id_of(tools, portal, key)
    add = [item.intent.contact_id for item in group if item.intent.wanted == "in"]
    remove = [item.intent.contact_id for item in group if item.intent.wanted == "out"]
    hub = tools.hub(portal.portal_id, Lane.LIVE)
    try:
        return hub.lists.change(list_id, add, remove)
    except (NotFound, Invalid) as error:
        reason = (
            "its list was deleted in HubSpot: restore it there, then press retry"
            if isinstance(error, NotFound)
            else f"HubSpot refuses changes to its list: {error}"
        )
        with tools.store.write() as connection:
            segments.stick(connection, portal.portal_id, key, reason)
        raise ListStuck(reason) from error


def _list_outcomes(group: list[Item], answer: ListAnswer) -> list[Outcome]:
    """Account for every id: HubSpot drops the ones it doesn't know without a word of error."""
    return [
        Outcome(item, "skipped", GONE)
        if item.intent.contact_id in answer.missing
        else Outcome(item, "done")
        for item in group
    ]


# -- properties -------------------------------------------------------------------------------


def _properties(tools: Tools, portal: Portal, items: list[Item]) -> None:
    texts = {item.intent.contact_id: different(item.intent.wanted, item.written) for item in items}
    equal = [item for item in items if not texts[item.intent.contact_id]]
    settle(tools, portal, [Outcome(item, "done") for item in equal])
    rest = [item for item in items if texts[item.intent.contact_id]]
    for start in range(0, len(rest), BATCH):
        _update(tools, portal, rest[start : start + BATCH], texts)


def _update(
    tools: Tools, portal: Portal, items: list[Item], texts: dict[int, dict[str, str]]
) -> None:
    """Update up to a hundred contacts; halve a batch that one of them spoils as a whole."""
    hub = tools.hub(portal.portal_id, Lane.LIVE)
    changes = [(item.intent.contact_id, texts[item.intent.contact_id]) for item in items]
    try:
        answer = hub.contacts.update(changes)
    except Invalid as error:
        if len(items) == 1 or error.category in SINGLE_PROPERTY_FAULTS:
            _check_definitions_again(tools, portal)
            after_error(tools, portal, items, error)
            return
        half = len(items) // 2
        _update(tools, portal, items[:half], texts)
        _update(tools, portal, items[half:], texts)
        return
    except SegueError as error:
        after_error(tools, portal, items, error)
        return
    settle(tools, portal, _update_outcomes(items, answer))


def _update_outcomes(items: list[Item], answer: BatchAnswer) -> list[Outcome]:
    faults = {fault.object_id: fault for fault in answer.faults}
    outcomes = []
    for item in items:
        fault = faults.get(item.intent.contact_id)
        if item.intent.contact_id in answer.written or fault is None:
            outcomes.append(Outcome(item, "done"))
        elif fault.category == "OBJECT_NOT_FOUND":
            outcomes.append(Outcome(item, "skipped", GONE))
        else:
            outcomes.append(Outcome(item, "dead", fault.message))
    return outcomes


def _check_definitions_again(tools: Tools, portal: Portal) -> None:
    """Have the portal's properties looked at anew: an admin may have changed or archived them."""
    with tools.store.write() as connection:
        portals.set_prepared(connection, portal.portal_id, "")
