"""After a change of the rules: look at everybody by the new ones, in the background.

1. begin: the newest version becomes the target, at once where it means the same; 2. wait until
HubSpot's properties have its segments as options, and, where it asks for contact properties that
were never read, until the contacts have been read again; 3. chunk by chunk
of contacts by id: claim, look by the new book, one transaction with the cursor, so that a worker
that dies leaves its chunk to the next; 4. the end: nobody is left in a segment that is no more.

What a contact did moves it by the old book until the cursor has passed it, so what the chunk
finds is the edit's doing alone and is marked so. Contacts that are due or being looked at stop
the chunk before them: their own look, by the old book, comes first.
"""

from dataclasses import replace
from datetime import datetime
from itertools import takewhile

import structlog
from sqlalchemy.engine import Connection

from integration.decide import writeback
from integration.errors import SegueError
from integration.flows import evaluate, install, rules
from integration.flows.books import PortalRules
from integration.flows.evaluate import Found
from integration.flows.sight import Standpoint, read
from integration.flows.tools import Tools
from integration.store import claims, contacts, due, memberships, outbox, portals, sync
from integration.store import rules as store
from integration.store.due import Due
from integration.store.inbox import Claim
from integration.store.portals import Portal
from integration.store.rules import Version
from mappings.model import Cause, MembershipChange, PortalState
from mappings.properties import load_properties
from mappings.rules import RuleBook, RuleFaults, properties_used

log = structlog.get_logger(__name__)

CHUNK = 500
CONTACTS = "contacts"  # the source that reads contacts
SEGMENT_GONE = "the segment is no more"
NOT_TAKEN_UP = (
    "The rules that ship with this Segue don't go with this account's own, so the ones before "
    "them stay. Change the own rules (segue rules), and they are taken up."
)


class _Overtaken(SegueError):
    """Another worker took the same step."""


def waiting(tools: Tools) -> list[Portal]:
    """Give the portals whose rules change, are to change, or were never noted down."""
    with tools.store.read() as connection:
        every = portals.every(connection)
        newest = store.latest_numbers(connection)
        standing = store.recounts_of(connection, [portal.portal_id for portal in every])
        behind = store.behind(connection, tools.books.fingerprint)
    return [
        portal
        for portal in every
        if portal.state is not PortalState.DISCONNECTED
        and (
            portal.portal_id in behind
            or standing[portal.portal_id].target is not None
            or standing[portal.portal_id].version != newest[portal.portal_id]
        )
    ]


def run(tools: Tools) -> int:
    """Take every portal's change one step on; give how much was done."""
    return sum(run_portal(tools, portal) for portal in waiting(tools))


def run_portal(tools: Tools, portal: Portal) -> int:
    """Take the change of a portal's rules one step on; 0 where it has to wait or is over."""
    if tools.stopping():
        return 0
    newest = _newest(tools, portal)
    if newest is None:
        return 0
    with tools.store.read() as connection:
        known = tools.books.of(connection, portal.portal_id)
    if known.recount.target is not None:
        # Without the options of new segments HubSpot would refuse what is written of them.
        ready = portal.state is PortalState.LIVE and install.is_prepared(tools, portal)
        return _go_on(tools, portal, known) if ready else 0
    if known.recount.version == newest.version:
        return 0
    return _begin(tools, portal.portal_id, newest)


def _newest(tools: Tools, portal: Portal) -> Version | None:
    """Give the newest version of a portal's rules, the rules that ship taken up if they are new.

    Where these don't go with what the portal has of its own, the portal keeps the ones that
    shipped before, and its page says why.
    """
    newest, reason = None, ""
    try:
        newest = rules.keep_up(tools, portal.portal_id)
    except rules.MovedMeanwhile:
        return None  # another worker took them up
    except RuleFaults as error:
        reason = f"{NOT_TAKEN_UP} {error}"
    with tools.store.write() as connection:
        if portal.reason != reason and (reason or portal.reason.startswith(NOT_TAKEN_UP)):
            log.info("rules taken up" if newest else "rules not taken up", reason=reason)
            portals.set_reason(connection, portal.portal_id, reason)
        return newest or store.latest(connection, portal.portal_id)


def _begin(tools: Tools, portal_id: int, newest: Version) -> int:
    """Let the newest version be the target; at once the standing one where nobody can move."""
    now = tools.now()
    with tools.store.write() as connection:
        contacts.take_turn(connection, portal_id)
        portal, known = portals.get(connection, portal_id), tools.books.of(connection, portal_id)
        if portal is None or known.recount.target is not None:
            return 0
        if portal.state is PortalState.COUNTING:
            return 0  # everybody is being looked at for the first time: when that is over
        files = tools.books.files_of(connection, newest.shipped)
        book = tools.books.compiled(files, newest.own)
        portals.set_checked(connection, portal_id, None)  # lists of new segments can be made now
        if portal.state is PortalState.LIVE and _means_else(known.book, book):
            total = contacts.live_count(connection, portal_id)
            store.begin(connection, portal_id, newest.version, total, now)
        else:
            store.stand_on(connection, portal_id, newest.version, now)
        unread = properties_used(book) - known.properties - {*load_properties().read}
        if unread:
            sync.read_again(connection, portal_id, CONTACTS, now)
    log.info("rules change", portal_id=portal_id, version=newest.version)
    return 1


def _means_else(one: RuleBook, other: RuleBook) -> bool:
    """Say whether the two books can put anybody somewhere else."""
    return _meaning(one) != _meaning(other)


def _meaning(book: RuleBook) -> object:
    stages = book.lifecycle.stages if book.lifecycle else None
    return (
        {key: segment.when for key, segment in book.segments.items()},
        stages and [(stage.key, stage.when) for stage in stages],
    )


def _go_on(tools: Tools, portal: Portal, known: PortalRules) -> int:
    """Look at the next contacts by the new book; give how many."""
    portal_id, claim = portal.portal_id, tools.claim()
    with tools.store.write() as connection:
        if not sync.is_through(connection, portal_id, CONTACTS):
            return 0
        ids = contacts.live_ids_after(connection, portal_id, known.recount.cursor, CHUNK)
        held = due.hold(connection, portal_id, ids, claim)
    if not ids:
        return _finish(tools, portal_id)
    ready = [held[each] for each in takewhile(held.__contains__, ids)]
    looked_at = _look(tools, portal, known, claim, ready) if ready else 0
    with tools.store.write() as connection:
        claims.let_go(connection, portal_id, list(held), claim.lease)
    return looked_at


def _look(tools: Tools, portal: Portal, known: PortalRules, claim: Claim, ready: list[Due]) -> int:
    """Look at claimed contacts as of the claim, so that nothing but the edit can move them.

    Where something happened to one of them meanwhile, only those before it count as reached.
    """
    portal_id, recount = portal.portal_id, known.recount
    target = recount.target or recount.version
    standpoint = Standpoint(portal, target, known.book, claim.now)
    with tools.store.read() as connection:
        sight = read(connection, standpoint, ready)
    found = _marked(evaluate.decide(sight), f"the rules were changed (version {target})")
    try:
        with tools.store.write() as connection:
            contacts.take_turn(connection, portal_id)
            same = due.unchanged(connection, portal_id, ready, claim.lease)
            every = [each.contact_id for each in ready]
            reached = list(takewhile(same.__contains__, every))
            if not reached:
                return 0
            moved = evaluate.write(connection, sight, found, set(reached))
            step = (recount.cursor, reached[-1])
            if not store.advance(connection, portal_id, step, (len(reached), moved)):
                raise _Overtaken
    except _Overtaken:
        return 0
    return len(reached)


def _marked(found: Found, reason: str) -> Found:
    """Let the history say which change of the rules it was."""
    changes = [replace(change, why=reason) for change in found.outcome.changes]
    return replace(found, outcome=replace(found.outcome, changes=changes))


def _finish(tools: Tools, portal_id: int) -> int:
    """Let the portal stand on the target, unless contacts came meanwhile."""
    now = tools.now()
    with tools.store.write() as connection:
        contacts.take_turn(connection, portal_id)
        known = tools.books.of(connection, portal_id)
        if known.recount.target is None:
            return 0
        if contacts.live_ids_after(connection, portal_id, known.recount.cursor, 1):
            return 1
        _drop_ghosts(connection, portal_id, known.book, now)
        store.finish(connection, portal_id, now)
    log.info("rules changed", portal_id=portal_id, version=known.recount.target)
    return 1


def _drop_ghosts(connection: Connection, portal_id: int, book: RuleBook, now: datetime) -> None:
    """Take out whoever is still in a segment that is no more, by whatever way."""
    ghosts = memberships.of_others(connection, portal_id, frozenset(book.segments))
    changes = [
        MembershipChange(contact_id, segment, False, now, Cause.RULE, SEGMENT_GONE)
        for contact_id, segment in ghosts
    ]
    memberships.end(connection, portal_id, ghosts)
    memberships.record(connection, portal_id, changes)
    outbox.wish(connection, portal_id, writeback.list_intents(changes), now)
