"""The HubSpot list of each segment: created once, found again after a crash, never taken over,
and written with one add-and-remove."""

from datetime import datetime, timedelta

from integration.decide.retry import Dead
from integration.errors import Conflict, Invalid, NotFound, SegueError, Unavailable
from integration.flows.tools import Tools
from integration.flows.turn import NotYet, Refused, Turn
from integration.hubspot.lists import Lists
from integration.store import contacts, segments
from integration.store.outbox import Item, Outcome
from integration.store.portals import Portal
from integration.store.segments import SegmentList
from mappings.model import ContactState, Lane
from mappings.writing import HubSpotList, ListAnswer

MOST_NAMES = 20
CLOCKS = timedelta(minutes=5)  # how far our clock and HubSpot's may be apart
ASKING = timedelta(minutes=2)  # longer than a worker takes to create a list
MISSED = timedelta(seconds=5)
MOST_MISSES = 3
DELETED = "its list was deleted in HubSpot: restore it there, then press “Try again”"
GONE = "HubSpot doesn't know this contact any more: it was deleted or merged there"
NOT_THERE = "HubSpot's lists don't know this contact yet. It goes on by itself."


def write_lists(turn: Turn, items: list[Item]) -> None:
    """Put contacts into lists and take them out, in one call a list."""
    standing = [item for item in items if item.intent.wanted == item.written]
    turn.settle(Outcome(item, "done") for item in standing)
    by_segment: dict[str, list[Item]] = {}
    for item in items:
        if item.intent.wanted != item.written:
            by_segment.setdefault(item.intent.target, []).append(item)
    for key, group in sorted(by_segment.items()):
        ready = turn.ready(group)
        if not ready:
            continue
        try:
            answer = _change(turn, key, ready)
        except SegueError as error:
            turn.fail(ready, error)
        else:
            _account(turn, ready, answer)


def _change(turn: Turn, key: str, group: list[Item]) -> ListAnswer:
    list_id = list_id_of(turn.tools, turn.portal, key)
    add = [item.intent.contact_id for item in group if item.intent.wanted == "in"]
    remove = [item.intent.contact_id for item in group if item.intent.wanted == "out"]
    try:
        return turn.tools.hub(turn.portal.portal_id, Lane.LIVE).lists.change(list_id, add, remove)
    except NotFound as error:
        raise _stuck(turn.tools, turn.portal, key, DELETED) from error
    except Invalid as error:
        reason = f"HubSpot refuses changes to its list: {error}"
        raise _stuck(turn.tools, turn.portal, key, reason) from error


def _account(turn: Turn, group: list[Item], answer: ListAnswer) -> None:
    """Account for every id: HubSpot drops the ones it doesn't know without a word of error.

    One that lives here may be too new for HubSpot's lists, and is tried again a few times.
    """
    missing = [item for item in group if item.intent.contact_id in answer.missing]
    with turn.tools.store.read() as connection:
        ids = [item.intent.contact_id for item in missing]
        known = contacts.load(connection, turn.portal.portal_id, ids)
    alive = {each for each, contact in known.items() if contact.state is ContactState.LIVE}
    again = [
        item
        for item in missing
        if item.intent.contact_id in alive
        and item.intent.wanted == "in"
        and item.attempts < MOST_MISSES
    ]
    turn.put_off(again, turn.tools.now() + MISSED, (True, NOT_THERE))
    gone = {item.intent.contact_id for item in missing}
    turn.settle(
        Outcome(item, "skipped", GONE) if item.intent.contact_id in gone else Outcome(item, "done")
        for item in group
        if item not in again
    )


def list_id_of(tools: Tools, portal: Portal, key: str, lane: Lane = Lane.LIVE) -> str:
    """Give the id of a segment's list, creating the list where there is none yet.

    Raises Refused while the list is paused, NotYet while another worker creates it.
    """
    with tools.store.read() as connection:
        known = segments.lists(connection, portal.portal_id).get(key)
    if known is not None and known.state == "stuck":
        raise Refused(known.reason)
    if known is not None and known.list_id is not None:
        return known.list_id
    try:
        list_id = _create(tools, portal, (key, lane), known)
    except SegueError as error:
        verdict = tools.verdict(error, 0, portal.time_zone)
        if isinstance(error, NotYet | Refused) or not isinstance(verdict, Dead):
            raise
        raise _stuck(tools, portal, key, f"its list can't be created: {verdict.reason}") from error
    with tools.store.write() as connection:
        segments.have_list(connection, portal.portal_id, key, list_id)
    return list_id


def _stuck(tools: Tools, portal: Portal, key: str, reason: str) -> Refused:
    """Pause a segment's list until a person presses retry."""
    with tools.store.write() as connection:
        segments.stick(connection, portal.portal_id, key, reason)
    return Refused(reason)


def _create(tools: Tools, portal: Portal, what: tuple[str, Lane], asked: SegmentList | None) -> str:
    """Create a list under the first free name.

    A name is looked up before it is asked for, and name and moment are stored before HubSpot is
    asked. So if a worker died in between, the list of that name is known for ours: the name was
    free then. Any other list of the name is somebody else's and is left alone.
    """
    key, lane = what
    hub = tools.hub(portal.portal_id, lane)
    before = asked.asked_at if asked is not None else None
    if asked is not None and before is not None:
        if tools.now() - before < ASKING:
            raise NotYet("another worker creates its list")
        there = hub.lists.by_name(asked.name)
        if there is not None and _is_ours(there, asked):
            return there.list_id
    for name in _names(tools, portal.portal_id, key):
        if hub.lists.by_name(name) is None:
            return _ask(tools, portal, hub.lists, (key, name, before))
    words = f"HubSpot has {MOST_NAMES} lists of this name that aren't Segue's: rename them"
    raise _stuck(tools, portal, key, words)


def _ask(tools: Tools, portal: Portal, lists: Lists, what: tuple[str, str, datetime | None]) -> str:
    key, name, before = what
    with tools.store.write() as connection:
        span = (before, tools.now())
        first = segments.ask_list(connection, portal.portal_id, key, name, span)
    if not first:
        raise NotYet("another worker creates its list")
    try:
        return lists.create(name)
    except (Invalid, Conflict):
        _stop_asking(tools, portal, key, None)
        if lists.by_name(name) is None:
            raise
        raise NotYet("somebody else just took the name of its list") from None
    except SegueError as error:
        unknown = isinstance(error, Unavailable) and error.outcome_unknown
        _stop_asking(tools, portal, key, tools.now() - ASKING if unknown else None)
        raise


def _stop_asking(tools: Tools, portal: Portal, key: str, asked_at: datetime | None) -> None:
    """Let the next try begin anew (None), or look first whether the list was made after all."""
    with tools.store.write() as connection:
        segments.stop_asking(connection, portal.portal_id, key, asked_at)


def _names(tools: Tools, portal_id: int, key: str) -> list[str]:
    segment = tools.rules(portal_id).book.segments.get(key)
    name = f"Segue: {segment.name if segment else key}"
    return [name, *(f"{name} ({number})" for number in range(2, MOST_NAMES + 1))]


def _is_ours(there: HubSpotList, asked: SegmentList) -> bool:
    if there.processing_type != "MANUAL" or there.created_at is None or asked.asked_at is None:
        return False
    return there.created_at >= asked.asked_at - CLOCKS
