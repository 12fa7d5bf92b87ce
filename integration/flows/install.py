"""Install and prepare a portal: tokens, its own properties there, then the first sync."""

import hashlib

import structlog

from integration.decide.retry import RetryAt
from integration.errors import SegueError
from integration.flows import sync
from integration.flows.tokens import TokenKeeper
from integration.flows.tools import Tools
from integration.hubspot.client import HubSpot
from integration.store import inbox, outbox, portals, segments
from integration.store.portals import Portal
from mappings.model import Account, Lane, PortalState
from mappings.properties import definitions, load_properties
from mappings.writing import PropertyDefinition, PropertyOutcome

log = structlog.get_logger(__name__)


def install(tools: Tools, keeper: TokenKeeper, code: str, redirect_uri: str) -> int:
    """Finish an install with the code that HubSpot's authorize page gave; give the portal id.

    1. exchange the code; 2. store the tokens, encrypted; 3. prepare the portal and begin its
    first sync (the worker does so where HubSpot doesn't let us just now). Which portal it is,
    HubSpot's token says, never the browser. What waited for a new connection is due again.
    """
    grant = keeper.oauth.exchange(code, redirect_uri)
    account = Account(grant.portal_id, "UTC", "", "app.hubspot.com")
    with tools.store.write() as connection:
        sealed = keeper.sealed(grant)
        portals.install(connection, account, sealed, grant.scopes, tools.now())
        inbox.wake(connection, grant.portal_id, tools.now())
        sync.widen(connection, grant.portal_id, tools.now())
    log.info("installed", portal_id=grant.portal_id, scopes=len(grant.scopes))
    with tools.store.read() as connection:
        portal = portals.get(connection, grant.portal_id)
    if portal is not None:
        _try_to_prepare(tools, portal)
    return grant.portal_id


def prepare_waiting(tools: Tools) -> int:
    """Prepare the portals that aren't yet, or not with today's segments; give how many."""
    sync.complete(tools)
    with tools.store.read() as connection:
        every = portals.every(connection)
    waiting = [
        portal
        for portal in every
        if portal.state is not PortalState.DISCONNECTED and not is_prepared(tools, portal)
    ]
    return sum(_try_to_prepare(tools, portal) for portal in waiting)


def is_prepared(tools: Tools, portal: Portal) -> bool:
    """Say whether HubSpot's properties were made, or given up, with today's segments."""
    return portal.prepared_with == digest(tools, portal.portal_id)


def own_definitions(tools: Tools, portal_id: int) -> list[PropertyDefinition]:
    """Give Segue's contact properties, with an option for each segment and stage."""
    book = tools.rules(portal_id).book
    lifecycle = book.lifecycle
    stages = [(stage.key, stage.name) for stage in lifecycle.stages] if lifecycle else []
    return definitions([(segment.key, segment.name) for segment in book.segments.values()], stages)


def digest(tools: Tools, portal_id: int) -> str:
    """Tell Segue's properties with all their options from those with others."""
    return _digest(own_definitions(tools, portal_id))


def _digest(wanted: list[PropertyDefinition]) -> str:
    return hashlib.sha256(repr(wanted).encode()).hexdigest()[:16]


def _try_to_prepare(tools: Tools, portal: Portal) -> bool:
    try:
        _prepare(tools, portal)
    except SegueError as error:
        verdict = tools.verdict(error, 0, portal.time_zone)
        if not isinstance(verdict, RetryAt):
            _leave_unprepared(tools, portal, verdict.reason)
        log.warning("not prepared", portal_id=portal.portal_id, reason=verdict.reason)
        return False
    return True


def _leave_unprepared(tools: Tools, portal: Portal, reason: str) -> None:
    """Say why, and don't ask HubSpot again before an install or other definitions."""
    made_with = digest(tools, portal.portal_id)
    with tools.store.write() as connection:
        portals.set_reason(connection, portal.portal_id, reason)
        portals.set_prepared(connection, portal.portal_id, made_with)


def _prepare(tools: Tools, portal: Portal) -> None:
    hub = tools.hub(portal.portal_id, Lane.LIVE)
    account = hub.account()
    shape = load_properties()
    hub.properties.ensure_group(shape.group, shape.group_label)
    may_extend = portal.prepared_with != portals.RECHECK
    wanted = own_definitions(tools, portal.portal_id)
    reason = _ensure_properties(hub, wanted, may_extend)
    with tools.store.write() as connection:
        portals.set_details(connection, account)
        portals.set_prepared(connection, portal.portal_id, _digest(wanted))
        portals.set_reason(connection, portal.portal_id, reason)
        if sync.begin(connection, portal.portal_id, tools.now()):
            segments.unstick(connection, portal.portal_id)
            outbox.doubt_written(connection, portal.portal_id, tools.now())


def _ensure_properties(hub: HubSpot, wanted: list[PropertyDefinition], may_extend: bool) -> str:
    """Make Segue's properties exist with all their options; say what a person has to put right.

    Options are added for new segments, not where an admin took some away (`may_extend` false).
    """
    outcomes = hub.properties.ensure(wanted)
    archived = [name for name, how in outcomes.items() if how is PropertyOutcome.ARCHIVED_BY_ADMIN]
    differing = [one for one in wanted if outcomes.get(one.name) is PropertyOutcome.DIFFERS]
    lacking = [one.name for one in differing if not may_extend]
    foreign = [one.name for one in differing if may_extend and not _extend(hub, one)]
    reasons = []
    if lacking:
        reasons.append(
            f"HubSpot's {', '.join(sorted(lacking))} isn't as Segue made it: options were removed, "
            "or its type was changed. “Try again” adds the options that are missing."
        )
    if archived:
        reasons.append(
            f"An admin archived {', '.join(sorted(archived))} in HubSpot: these properties are "
            "left alone. Restore them there to have them filled again."
        )
    if foreign:
        reasons.append(
            f"HubSpot has properties named {', '.join(sorted(foreign))} of another type: Segue "
            "can't fill them. Delete them there, and install Segue again."
        )
    return " ".join(reasons)


def _extend(hub: HubSpot, wanted: PropertyDefinition) -> bool:
    """Add the options that a property of ours lacks; False where it isn't such a property."""
    there = hub.properties.definition(wanted.name)
    if there is None or (there.type, there.field_type) != (wanted.type, wanted.field_type):
        return False
    known = {option.value for option in there.options}
    lacking = [option for option in wanted.options if option.value not in known]
    hub.properties.set_options(wanted.name, [*there.options, *lacking])
    return True
