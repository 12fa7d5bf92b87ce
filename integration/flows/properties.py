"""Segue's properties onto contacts, a hundred a call, accounted for one by one."""

import re
from collections.abc import Iterator
from itertools import groupby

from integration.decide.writeback import different
from integration.errors import Fault, Invalid, SegueError, Unavailable
from integration.flows.lists import GONE
from integration.flows.turn import Refused, Turn
from integration.store import outbox, portals
from integration.store.engine import chunks
from integration.store.outbox import Item, Outcome
from mappings.model import Lane
from mappings.writing import BatchAnswer, IntentKind

BATCH = 100  # contacts a property update takes
# An item that failed twice goes in ever smaller batches: one that HubSpot chokes on ends up alone.
PATIENCE = 2
ARCHIVED = "One of Segue's properties was archived or deleted in HubSpot"
SILENT = "HubSpot's answer to a batch didn't say what became of this contact."
REFUSED = "HubSpot refuses this contact's values: {fault.message} ({fault.category})"
RESTORE = "restore it under Settings > Properties, then press “Try again”."
NO_PROPERTY = re.compile(r'"error":\s*"PROPERTY_DOESNT_EXIST"')
NO_OPTION = re.compile(r"([\w-]+) was not one of the allowed options")

Texts = dict[int, dict[str, str]]


def write_properties(turn: Turn, items: list[Item]) -> None:
    """Update contacts; what stands there already is not written.

    While anything is dead because a property is gone, nothing is sent: it would fail as well.
    """
    texts = {item.intent.contact_id: different(item.intent.wanted, item.written) for item in items}
    equal = [item for item in items if not texts[item.intent.contact_id]]
    turn.settle(Outcome(item, "done") for item in equal)
    rest = [item for item in items if texts[item.intent.contact_id]]
    if not rest:
        return
    with turn.tools.store.read() as connection:
        portal_id, kind = turn.portal.portal_id, IntentKind.PROPERTIES
        gone = outbox.dead_reason(connection, portal_id, kind, ARCHIVED)
    if gone is not None:
        turn.fail(rest, Refused(gone))
        return
    for batch in _batches(rest):
        _update(turn, batch)


def _batches(items: list[Item]) -> Iterator[list[Item]]:
    def size(item: Item) -> int:
        return max(1, BATCH >> max(0, item.attempts - PATIENCE))

    for most, alike in groupby(sorted(items, key=size, reverse=True), size):
        yield from chunks(list(alike), most)


def _update(turn: Turn, items: list[Item]) -> None:
    """Update up to a hundred contacts; take apart a batch that some of them spoil as a whole."""
    ready = turn.ready(items)
    if not ready:
        return
    texts = {item.intent.contact_id: different(item.intent.wanted, item.written) for item in ready}
    hub = turn.tools.hub(turn.portal.portal_id, Lane.LIVE)
    try:
        answer = hub.contacts.update(list(texts.items()))
    except Invalid as error:
        _take_apart(turn, ready, texts, error)
    except SegueError as error:
        turn.fail(ready, error)
    else:
        _account(turn, ready, answer)


def _take_apart(turn: Turn, items: list[Item], texts: Texts, error: Invalid) -> None:
    """Find out who spoiled a batch.

    A property that is gone spoils every batch. An option that is gone names the contacts that
    have it. For anything else the batch is halved, down to the contact.
    """
    if NO_PROPERTY.search(error.message):
        _check_definitions_again(turn)
        turn.fail(items, Refused(f"{ARCHIVED}: {RESTORE} HubSpot says: {error}"))
        turn.closed = turn.tools.verdict(error, 0, turn.portal.time_zone)
        return
    guilty = [item for item in items if _has_option(texts[item.intent.contact_id], error)]
    if guilty or len(items) == 1:
        _check_definitions_again(turn)
        turn.fail(guilty or items, error)
        rest = [item for item in items if item not in guilty] if guilty else []
        if rest:
            _update(turn, rest)
        return
    half = len(items) // 2
    _update(turn, items[:half])
    _update(turn, items[half:])


def _has_option(texts: dict[str, str], error: Invalid) -> bool:
    named = NO_OPTION.search(error.message)
    return named is not None and any(named[1] in text.split(";") for text in texts.values())


def _account(turn: Turn, items: list[Item], answer: BatchAnswer) -> None:
    """Account for every contact: one in neither results nor errors is tried again."""
    faults = {fault.object_id: fault for fault in answer.faults}
    outcomes, unanswered = [], []
    for item in items:
        fault = faults.get(item.intent.contact_id)
        if fault is None:
            outcomes.append(Outcome(item, "done"))
        elif fault.category == "OBJECT_NOT_FOUND":
            outcomes.append(Outcome(item, "skipped", GONE))
        elif not fault.category:
            unanswered.append(item)
        else:
            outcomes.append(Outcome(item, "dead", REFUSED.format(fault=fault)))
    turn.settle(outcomes)
    turn.fail(unanswered, Unavailable(Fault(message=SILENT)), alone=True)


def _check_definitions_again(turn: Turn) -> None:
    """Have the portal's properties looked at anew: an admin may have changed or archived them."""
    with turn.tools.store.write() as connection:
        portals.set_prepared(connection, turn.portal.portal_id, portals.RECHECK)
