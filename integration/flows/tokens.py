"""Each portal's access token: renewed before it ends, by one worker at a time.

HubSpot may replace the refresh token with each use. So whoever renews takes a lease on the token
version first, and stores what came back, at once and alone, before anything else is done with it.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from integration.errors import GrantRefused, PortalDisconnected, SegueError, TokenBusy
from integration.hubspot.oauth import OAuth
from integration.store import portals
from integration.store.engine import Store
from integration.store.portals import NewTokens
from integration.store.vault import Vault
from mappings.model import Grant, PortalState

log = structlog.get_logger(__name__)

EARLY = timedelta(minutes=5)  # renew so long before the end
USABLE = timedelta(seconds=30)  # with less left than this a token isn't handed out
LEASE = timedelta(seconds=30)  # longer than any call's time-out
PAUSE = timedelta(milliseconds=500)
AFTER_FAILURE = timedelta(seconds=10)  # for so long nobody asks again; the old token may do
REVOKED = (
    "HubSpot refused the connection: the app was uninstalled or its access was revoked. "
    "Install it again to go on; what is waiting is kept."
)


@dataclass(frozen=True, slots=True)
class TokenKeeper:
    """Hands out access tokens; what `integration.hubspot.transport.Tokens` asks for."""

    store: Store
    oauth: OAuth
    vault: Vault
    now: Callable[[], datetime]

    def current(self, portal_id: int) -> str:
        """Give a token that is good for now.

        Raises TokenBusy while another worker renews it, PortalDisconnected after a revocation.
        """
        held = self._held(portal_id)
        left = held.expires_at - self.now()
        if left > EARLY:
            return self.vault.unlock(held.access)
        try:
            return self._renew(held)
        except PortalDisconnected:
            raise
        except SegueError:
            if left > USABLE:
                return self.vault.unlock(held.access)
            raise

    def renew(self, portal_id: int, refused: str) -> str:
        """Give another token than the one that HubSpot refused."""
        held = self._held(portal_id)
        token = self.vault.unlock(held.access)
        return token if token != refused else self._renew(held)

    def is_installed(self, portal_id: int) -> bool:
        """Ask HubSpot for another token, whatever is left of this one; False where it refuses.

        The portal is parked then. Raises TokenBusy while another worker asks.
        """
        try:
            self._renew(self._held(portal_id))
        except PortalDisconnected:
            return False
        return True

    def sealed(self, grant: Grant) -> NewTokens:
        """Encrypt what HubSpot handed out."""
        return NewTokens(
            access=self.vault.lock(grant.access_token),
            refresh=self.vault.lock(grant.refresh_token),
            expires_at=self.now() + timedelta(seconds=grant.expires_in),
        )

    def _held(self, portal_id: int) -> portals.Tokens:
        with self.store.read() as connection:
            held = portals.tokens(connection, portal_id)
        if held is None or held.state is PortalState.DISCONNECTED:
            raise PortalDisconnected
        return held

    def _renew(self, held: portals.Tokens) -> str:
        now, lease = self.now(), uuid.uuid4().hex
        with self.store.write() as connection:
            span = (now, now + LEASE)
            won = portals.claim_refresh(connection, held.portal_id, held.version, lease, span)
        if not won:
            return self._after_another(held)
        try:
            grant = self.oauth.refresh(self.vault.unlock(held.refresh))
        except SegueError as error:
            self._failed(held, lease, error)
            if _is_over(error):
                raise PortalDisconnected from error
            raise
        return self._keep(held, grant)

    def _after_another(self, held: portals.Tokens) -> str:
        newer = self._held(held.portal_id)
        if newer.version == held.version:
            raise TokenBusy(self.now() + PAUSE)
        return self.vault.unlock(newer.access)

    def _keep(self, held: portals.Tokens, grant: Grant) -> str:
        if grant.portal_id not in (0, held.portal_id):
            message = "HubSpot answered with the token of another portal"
            self._disconnect(held, message)
            raise PortalDisconnected(message)
        with self.store.write() as connection:
            portals.finish_refresh(connection, held.portal_id, held.version, self.sealed(grant))
        log.info("token renewed", portal_id=held.portal_id)
        return grant.access_token

    def _failed(self, held: portals.Tokens, lease: str, error: SegueError) -> None:
        if _is_over(error):
            self._disconnect(held, REVOKED)
            return
        with self.store.write() as connection:
            until = self.now() + AFTER_FAILURE
            portals.put_off_refresh(connection, held.portal_id, lease, until)

    def _disconnect(self, held: portals.Tokens, reason: str) -> None:
        """Park the portal, unless it was installed again meanwhile."""
        with self.store.write() as connection:
            parked = portals.disconnect(connection, held.portal_id, held.version, reason)
        if parked:
            log.warning("portal disconnected", portal_id=held.portal_id, reason=reason)


def renew_expiring(keeper: TokenKeeper) -> int:
    """Renew the tokens that end soon, so that no call has to wait for it; give how many."""
    with keeper.store.read() as connection:
        ending = portals.expiring(connection, keeper.now() + EARLY)
    renewed = 0
    for portal_id in ending:
        try:
            keeper.current(portal_id)
            renewed += 1
        except SegueError as error:
            log.warning("token not renewed", portal_id=portal_id, reason=str(error))
    return renewed


def _is_over(error: SegueError) -> bool:
    return isinstance(error, GrantRefused) and error.revoked
