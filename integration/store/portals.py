"""Portals and their tokens (as ciphertext: the vault in flows opens them)."""

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from integration.store.engine import insert
from integration.store.tables import portals
from mappings.model import Account, PortalState

# In `prepared_with`: HubSpot refused a write, so look at the properties again, changing nothing.
RECHECK = "recheck"


@dataclass(frozen=True, slots=True)
class Portal:
    """A HubSpot account that installed the app."""

    portal_id: int
    state: PortalState
    reason: str
    time_zone: str
    ui_domain: str
    scopes: frozenset[str]
    installed_at: datetime
    prepared_with: str
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """A portal's encrypted tokens, with the version that a refresh compares and sets."""

    portal_id: int
    state: PortalState
    access: str
    refresh: str
    version: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewTokens:
    """Encrypted tokens to store."""

    access: str
    refresh: str
    expires_at: datetime


def install(
    connection: Connection,
    account: Account,
    tokens: NewTokens,
    scopes: tuple[str, ...],
    at: datetime,
) -> None:
    """Store a portal's install; a second install of the same portal replaces its tokens.

    A portal that is connected stays where it is: its admin only signs in, or grants more.
    """
    values = {
        "reason": "",
        "time_zone": account.time_zone,
        "currency": account.currency,
        "ui_domain": account.ui_domain,
        "scopes": json.dumps(sorted(scopes)),
        "access_token": tokens.access,
        "refresh_token": tokens.refresh,
        "token_expires_at": tokens.expires_at,
        "prepared_with": "",
        "refresh_lease": None,
    }
    begins = PortalState.INSTALLING.value
    statement = insert(connection, portals).values(
        portal_id=account.portal_id, installed_at=at, token_version=1, state=begins, **values
    )
    over = portals.c.state == PortalState.DISCONNECTED.value
    again = {
        **values,
        "token_version": portals.c.token_version + 1,
        "state": sa.case((over, begins), else_=portals.c.state),
    }
    connection.execute(statement.on_conflict_do_update(index_elements=["portal_id"], set_=again))


def get(connection: Connection, portal_id: int) -> Portal | None:
    """Read one portal."""
    row = connection.execute(sa.select(portals).where(portals.c.portal_id == portal_id)).first()
    return None if row is None else _portal(row)


def every(connection: Connection, *states: PortalState) -> list[Portal]:
    """Read the portals, or those in one of `states`, by id."""
    query = sa.select(portals).order_by(portals.c.portal_id)
    if states:
        query = query.where(portals.c.state.in_([state.value for state in states]))
    return [_portal(row) for row in connection.execute(query)]


def set_state(connection: Connection, portal_id: int, state: PortalState, reason: str = "") -> None:
    """Move a portal to a state."""
    _set(connection, portal_id, state=state.value, reason=reason)


def set_reason(connection: Connection, portal_id: int, reason: str) -> None:
    """Say what a person should know of the portal; why it is disconnected is never said over."""
    connected = portals.c.state != PortalState.DISCONNECTED.value
    connection.execute(
        sa.update(portals).where(portals.c.portal_id == portal_id, connected).values(reason=reason)
    )


def move(connection: Connection, portal_id: int, before: PortalState, after: PortalState) -> bool:
    """Move a portal on from one state to the next; False where another worker did, or it left."""
    result = connection.execute(
        sa.update(portals)
        .where(portals.c.portal_id == portal_id, portals.c.state == before.value)
        .values(state=after.value)
    )
    return result.rowcount == 1


def disconnect(connection: Connection, portal_id: int, version: int, reason: str) -> bool:
    """Park a portal whose tokens of this version are refused; False if it has newer ones."""
    result = connection.execute(
        sa.update(portals)
        .where(portals.c.portal_id == portal_id, portals.c.token_version == version)
        .values(state=PortalState.DISCONNECTED.value, reason=reason, refresh_lease=None)
    )
    return result.rowcount == 1


def explain_parting(connection: Connection, portal_id: int, reason: str) -> None:
    """Say better why a disconnected portal is so; one that is connected again is left alone."""
    over = portals.c.state == PortalState.DISCONNECTED.value
    connection.execute(
        sa.update(portals).where(portals.c.portal_id == portal_id, over).values(reason=reason)
    )


def set_prepared(connection: Connection, portal_id: int, digest: str) -> None:
    """Remember with which property definitions HubSpot was prepared."""
    _set(connection, portal_id, prepared_with=digest)


def set_checked(connection: Connection, portal_id: int, at: datetime | None) -> None:
    """Remember when the portal's lists and workflows were last looked at; None: look soon."""
    _set(connection, portal_id, checked_at=at)


def set_details(connection: Connection, account: Account) -> None:
    """Store the account's own settings."""
    _set(
        connection,
        account.portal_id,
        time_zone=account.time_zone,
        currency=account.currency,
        ui_domain=account.ui_domain,
    )


def tokens(connection: Connection, portal_id: int) -> Tokens | None:
    """Read a portal's encrypted tokens."""
    row = connection.execute(sa.select(portals).where(portals.c.portal_id == portal_id)).first()
    if row is None:
        return None
    return Tokens(
        portal_id=row.portal_id,
        state=PortalState(row.state),
        access=row.access_token,
        refresh=row.refresh_token,
        version=row.token_version,
        expires_at=row.token_expires_at,
    )


def expiring(connection: Connection, before: datetime) -> list[int]:
    """Find connected portals whose access token ends before an instant."""
    query = sa.select(portals.c.portal_id).where(
        portals.c.state != PortalState.DISCONNECTED.value, portals.c.token_expires_at < before
    )
    return list(connection.scalars(query))


def claim_refresh(
    connection: Connection,
    portal_id: int,
    version: int,
    lease: str,
    span: tuple[datetime, datetime],
) -> bool:
    """Become the one refresher of a token version; `span` is now and the lease's end."""
    now, until = span
    free = sa.or_(portals.c.refresh_lease.is_(None), portals.c.refresh_leased_until <= now)
    result = connection.execute(
        sa.update(portals)
        .where(portals.c.portal_id == portal_id, portals.c.token_version == version, free)
        .values(refresh_lease=lease, refresh_leased_until=until)
    )
    return result.rowcount == 1


def finish_refresh(connection: Connection, portal_id: int, version: int, fresh: NewTokens) -> bool:
    """Store refreshed tokens; False where newer ones are stored already."""
    result = connection.execute(
        sa.update(portals)
        .where(portals.c.portal_id == portal_id, portals.c.token_version == version)
        .values(
            access_token=fresh.access,
            refresh_token=fresh.refresh,
            token_expires_at=fresh.expires_at,
            token_version=version + 1,
            refresh_lease=None,
            refresh_leased_until=None,
        )
    )
    return result.rowcount == 1


def put_off_refresh(connection: Connection, portal_id: int, lease: str, until: datetime) -> None:
    """After a refresh that failed, let nobody try again before `until`."""
    connection.execute(
        sa.update(portals)
        .where(portals.c.portal_id == portal_id, portals.c.refresh_lease == lease)
        .values(refresh_leased_until=until)
    )


def _set(connection: Connection, portal_id: int, **values: object) -> None:
    connection.execute(sa.update(portals).where(portals.c.portal_id == portal_id).values(**values))


def _portal(row: Row[tuple[object, ...]]) -> Portal:
    return Portal(
        portal_id=row.portal_id,
        state=PortalState(row.state),
        reason=row.reason,
        time_zone=row.time_zone,
        ui_domain=row.ui_domain,
        scopes=frozenset(json.loads(row.scopes)),
        installed_at=row.installed_at,
        prepared_with=row.prepared_with,
        checked_at=row.checked_at,
    )
