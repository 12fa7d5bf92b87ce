"""A portal of the stand-in HubSpot with the app installed, and our client for it."""

from integration.hubspot.client import HubSpot
from integration.hubspot.oauth import App as Identity
from integration.hubspot.oauth import OAuth
from mappings.model import Lane
from sandbox.apps import App
from sandbox.portal import Account, Portal
from sandbox.server import RunningSandbox
from sandbox.state import Sandbox
from tests.hubspot.wires import PORTAL, Wallet, Way

CLIENT, SECRET = "segue-client", "segue-secret-0001"
REDIRECT = "https://segue.example/oauth/callback"


class StandIn:
    """One empty portal of a running stand-in, with the app installed.

    `portal` is the stand-in's side; `hubspot` and `oauth` are ours. What another test left in the
    running stand-in is taken away first.
    """

    def __init__(self, running: RunningSandbox, tier: str = "enterprise") -> None:
        self.running = running
        self.sandbox: Sandbox = running.sandbox
        self.sandbox.faults.clear()
        self.sandbox.calls.reset()
        self.sandbox.add_app(App(CLIENT, SECRET, app_id=54321, redirect_uris=(REDIRECT,)))
        self.portal: Portal = self.sandbox.add_portal(PORTAL, Account(tier=tier))
        self.tokens = self.sandbox.install(PORTAL, CLIENT)
        self.way = Way(running.url, wallet=Wallet({PORTAL: self.tokens.access.value}))
        self.hubspot = HubSpot(self.way.transport, PORTAL)
        self.oauth = OAuth(running.url, Identity(CLIENT, SECRET), self.way.session)

    def close(self) -> None:
        """Let go of the connections."""
        self.way.session.close()

    def bulk(self) -> HubSpot:
        """Give our client in the bulk lane."""
        return HubSpot(self.way.transport, PORTAL, Lane.BULK)

    def contact(self, email: str = "", **properties: str) -> int:
        """Make a contact on the stand-in's side and give its id."""
        named = {"email": email, **properties} if email else properties
        return int(self.portal.contacts.create(named).id)

    def calls(self) -> list[tuple[str, str, int]]:
        """List what was asked of the stand-in: method, path and status."""
        return [(one.method, one.path, one.status) for one in self.sandbox.calls.of()]
