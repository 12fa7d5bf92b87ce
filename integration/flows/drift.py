"""Lists that somebody else changed, as the journal tells: the contacts concerned are written anew.

A list's daily comparison would find it, too (`reconcile`); this finds it within seconds.
"""

from collections.abc import Iterable
from datetime import datetime

import structlog
from sqlalchemy.engine import Connection

from integration.store import memberships, outbox, portals, segments
from mappings.journal import Listed
from mappings.model import PortalState
from mappings.writing import Intent, IntentKind

log = structlog.get_logger(__name__)


def note(connection: Connection, told: Iterable[Listed], now: datetime) -> int:
    """Wish right what stands otherwise in a list of ours; give how many contacts that is.

    Most of it tells of what Segue wrote itself: then both are the same, or a change waits, or one
    was written since.
    """
    last: dict[tuple[int, str, int], Listed] = {}
    for each in sorted(told, key=lambda one: one.at):
        last[each.portal_id, each.list_id, each.contact_id] = each
    drifted = 0
    for portal_id in sorted({each.portal_id for each in last.values()}):
        mine = [each for each in last.values() if each.portal_id == portal_id]
        drifted += _in_portal(connection, portal_id, mine, now)
    return drifted


def _in_portal(connection: Connection, portal_id: int, told: list[Listed], now: datetime) -> int:
    portal = portals.get(connection, portal_id)
    if portal is None or portal.state is not PortalState.LIVE:
        return 0
    known = segments.lists(connection, portal_id).values()
    keys = {kept.list_id: kept.key for kept in known if kept.list_id and kept.state == "on"}
    ours = [each for each in told if each.list_id in keys]
    ids = sorted({each.contact_id for each in ours})
    held = memberships.of(connection, portal_id, ids) if ids else {}
    written = {
        (item.intent.contact_id, item.intent.target): item
        for item in (outbox.of(connection, portal_id, ids, IntentKind.LIST) if ids else ())
    }
    intents = []
    for each in ours:
        key = keys[each.list_id]
        here = key in held.get(each.contact_id, {})
        item = written.get((each.contact_id, key))
        ours_is_newer = item is not None and (
            item.state == "due" or (item.done_at is not None and item.done_at >= each.at)
        )
        if here != each.is_member and not ours_is_newer:
            wanted = "in" if here else "out"
            intents.append(Intent(each.contact_id, IntentKind.LIST, key, "", wanted))
    if intents:
        outbox.doubt(connection, portal_id, intents, now)
        log.info("list drifted", portal_id=portal_id, contacts=len(intents))
    return len(intents)
