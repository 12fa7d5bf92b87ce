"""Mark the opens and clicks that turn out to be a machine's, also those stored before.

1. load what else is known of the e-mails that something was heard of; 2. decide; 3. restate what
has another mark now, also where it stands under the id of somebody merged. In the transaction
that stored the news.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from integration.decide.machines import KINDS, restated
from integration.store import contacts, restating
from mappings.instants import to_ms
from mappings.model import Event
from mappings.sources import load_sources


def mark_machines(
    connection: Connection,
    portal_id: int,
    news: Iterable[Event],
    grown: Iterable[int],
    now: datetime,
) -> set[int]:
    """Mark what news of e-mails shows, and what the timelines of contacts show that grew by more
    than news; give the contacts whose timelines changed."""
    how = load_sources().machines
    mail = [event for event in news if event.kind in KINDS]
    whole = sorted(set(grown))
    known: list[Event] = []
    if mail:
        ids = sorted({event.contact_id for event in mail} - set(whole))
        first, last = min(event.at for event in mail), max(event.at for event in mail)
        between = to_ms(first - how.reach), to_ms(last + how.reach)
        known += restating.around(connection, portal_id, ids, KINDS, between)
    if whole:
        known += restating.around(connection, portal_id, whole, KINDS)
    if not known:
        return set()
    changed = restated(how, [*known, *mail])
    lenders = [
        replace(event, contact_id=each)
        for event in changed
        for each in sorted(contacts.family(connection, portal_id, event.contact_id))
    ]
    return restating.restate(connection, portal_id, [*changed, *lenders], now)
