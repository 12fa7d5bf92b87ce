"""Erase people: their rows at once, what kept deliveries say of them next, and at last the bytes.

1. `take_out`, in the transaction that hears of it: every row of the person goes, salted hashes of
its ids and addresses stay, and the book of erasures knows whom to look for; 2. `sweep`: what is
kept of deliveries loses what it says of the person, and the book forgets who it was; 3. `finish`:
no byte of it is left in the database's files, and a signed report says what was removed where.
A process that dies leaves the step it was at to the next.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.engine import Connection

from integration.decide import reports
from integration.decide.erasure import contacts_of, cut, names
from integration.flows import nameless
from integration.flows.deliveries import Unpacked, beginning
from integration.flows.holding import holders
from integration.flows.tools import Tools
from integration.store import (
    addresses,
    attribution,
    contacts,
    erasing,
    erasures,
    inbox,
    scrubbing,
    tombstones,
)
from integration.store.inbox import Delivery
from mappings.model import ObjectType
from mappings.privacy import Erasure, Whom

log = structlog.get_logger(__name__)

MILLISECOND = timedelta(milliseconds=1)
PAGE = 100  # deliveries gone through at a time
HIDDEN = "(what was said here named somebody who was erased)"


def take_out(
    connection: Connection,
    portal_id: int,
    erased: Mapping[int, datetime],
    asked: tuple[str, datetime],
) -> list[str]:
    """Delete all rows of contacts, erased at HubSpot's instants; give the erasures' ids.

    Whoever was erased before and left nothing since makes no new one. `asked` is by whom and when.
    """
    begun = []
    for contact_id, at in sorted(erased.items()):
        whom = known_as(connection, portal_id, contact_id)
        fresh = tombstones.bury(connection, portal_id, whom.ids, whom.emails, at)
        _part_from(connection, portal_id, whom)
        counts = Counter(erasing.remove(connection, portal_id, whom))
        counts["heard"] += _unhear(connection, portal_id, whom)
        counts.update(nameless.forget(connection, portal_id, whom.ids, whom.emails))
        if fresh or +counts:
            named = (tombstones.mark_of(connection, portal_id, contact_id), whom)
            begun.append(erasures.begin(connection, portal_id, asked, named, +counts))
    return begun


def known_as(connection: Connection, portal_id: int, contact_id: int) -> Whom:
    """Give all ids of a contact, merged ones included, and the addresses that are its alone."""
    ids = {contact_id, *contacts.family(connection, portal_id, contact_id)}
    emails = _had(connection, portal_id, ids)
    home = contacts.survivors(connection, portal_id, [contact_id]).values()
    lives_on = contacts.load(connection, portal_id, home).values()
    kept = {email for each in lives_on for email in each.emails}
    kept |= _passed_on(connection, portal_id, ids, emails).keys()
    return Whom(tuple(sorted(ids)), tuple(sorted(emails - kept)))


def _had(connection: Connection, portal_id: int, ids: set[int]) -> set[str]:
    """Find all addresses that contacts have, or ever had."""
    known = contacts.load(connection, portal_id, ids).values()
    seen = {one.email for one in addresses.of_contacts(connection, portal_id, ids)}
    return seen.union(*(contact.emails for contact in known))


def _passed_on(
    connection: Connection, portal_id: int, ids: set[int], emails: set[str]
) -> dict[str, datetime]:
    """Say which addresses of contacts are somebody else's by now, and since when."""
    held = holders(connection, portal_id, emails)
    since = {email: held.passed_on(email, ids) for email in emails}
    return {email: at for email, at in since.items() if at is not None}


def _part_from(connection: Connection, portal_id: int, whom: Whom) -> None:
    """Part the addresses of who is erased from all who had them before or have them since.

    Who has one since gets nothing that was done by it before; what those did who had one before
    is theirs, and says no more by which address it was told.
    """
    ids = set(whom.ids)
    passed = _passed_on(connection, portal_id, ids, _had(connection, portal_id, ids))
    for email, since in sorted(passed.items()):
        tombstones.bury(connection, portal_id, (), [email], since - MILLISECOND)
    before = {one.contact_id for one in addresses.of(connection, portal_id, whom.emails)} - ids
    homes = contacts.survivors(connection, portal_id, before)
    attribution.forget_address(connection, portal_id, before.union(homes.values()), whom.emails)


def cut_late(connection: Connection, tools: Tools, read: Unpacked) -> None:
    """Take what speaks of people erased before out of a delivery that has to be kept."""
    before = body = read.delivery.body
    told = [said for named in read.by_portal.values() for said in named.values()]
    every = [*told, *read.ahead]
    for portal_id in sorted({said.portal_id for said in every}):
        ids = {each for said in every if said.portal_id == portal_id for each in contacts_of(said)}
        erased = tombstones.of_contacts(connection, portal_id, ids)
        if erased:
            body = cut(body, portal_id, Whom(tuple(sorted(erased)))) or body
    if body != before:
        reason = inbox.reason_of(connection, read.delivery.id)
        inbox.rewrite(connection, read.delivery.id, body, reason, tools.now())


def run(tools: Tools, key: str) -> int:
    """Take every erasure of a contact to its end; give how many deliveries were gone through."""
    with tools.store.read() as connection:
        found = erasures.in_state(connection, ("due",), tools.now())
    people = [each for each in found if each.what == "contact"]
    gone_through = sum(sweep(tools, each) for each in people)
    finish(tools, key, [email for each in people if each.whom for email in each.whom.emails])
    return gone_through


def sweep(tools: Tools, erasure: Erasure) -> int:
    """Go through the deliveries that are kept; give how many spoke of whom is erased."""
    whom, rewritten = erasure.whom, 0
    for page in _pages(tools):
        lesser = [(each, body) for each in page if (body := _cut(each, erasure)) is not None]
        if lesser:
            rewritten += _rewrite(tools, erasure, lesser)
        if tools.stopping():
            return rewritten
    if whom is None:
        return rewritten
    with tools.store.write() as connection:
        standing = erasures.locked(connection, erasure)
        if standing is not None and standing.state == "due":
            counts = Counter(standing.counts)
            counts["heard"] += _unhear(connection, erasure.portal_id, whom)
            swept = {"state": "swept", "whom": None, "removed_at": tools.now()}
            erasures.go_on(connection, erasure, counts=+counts, **swept)
    return rewritten


def _pages(tools: Tools) -> Iterable[list[Delivery]]:
    after = 0
    while True:
        with tools.store.read() as connection:
            page = inbox.kept_after(connection, after, PAGE)
        if not page:
            return
        yield page
        after = page[-1].id


def _cut(delivery: Delivery, erasure: Erasure) -> bytes | None:
    return cut(delivery.body, erasure.portal_id, erasure.whom)


def _rewrite(tools: Tools, erasure: Erasure, lesser: list[tuple[Delivery, bytes]]) -> int:
    """Store what is left of some deliveries, and count them."""
    with tools.store.write() as connection:
        standing = erasures.locked(connection, erasure)
        if standing is None or standing.state != "due":
            return 0
        done = 0
        for each, body in lesser:
            told = names(each.reason, erasure.portal_id, erasure.whom)
            reason = HIDDEN if told else each.reason
            done += inbox.rewrite(connection, each.id, body, reason, tools.now())
        counts = Counter(standing.counts)
        counts["inbox"] += done
        erasures.go_on(connection, erasure, counts=+counts)
    return done


def finish(tools: Tools, key: str, sought: Iterable[str]) -> int:
    """Remove the bytes of all that was swept, and sign the reports; give how many.

    `sought` are addresses that are looked for afterwards. Where something stands in the way (a long
    reading, say) it is done at the next turn.
    """
    with tools.store.read() as connection:
        swept = erasures.in_state(connection, ("swept",), tools.now())
    if not swept:
        return 0
    last = max((each.removed_at for each in swept if each.removed_at), default=tools.now())
    needles = [each.encode("utf-8", "surrogatepass") for each in sought]
    how = scrubbing.scrub(tools.store, needles, tools.now() - last)
    if how is None:
        log.info("bytes wait to be removed", erasures=len(swept))
        return 0
    for each in swept:
        _sign(tools, each, how, key)
    return len(swept)


def _sign(tools: Tools, erasure: Erasure, how: Mapping[str, object], key: str) -> None:
    ended = replace(erasure, done_at=tools.now())
    report = json.dumps(reports.signed(reports.report_of(ended, how), key))
    with tools.store.write() as connection:
        standing = erasures.locked(connection, erasure)
        if standing is not None and standing.state == "swept":
            done = {"state": "done", "done_at": ended.done_at, "report": report}
            erasures.go_on(connection, erasure, **done)
    rows = sum(erasure.counts.values())
    log.info("erased", portal_id=erasure.portal_id, erasure=erasure.id, rows=rows)


def _unhear(connection: Connection, portal_id: int, whom: Whom) -> int:
    named = (beginning(ObjectType.CONTACT, each) for each in whom.ids)
    return inbox.unhear(connection, portal_id, named)
