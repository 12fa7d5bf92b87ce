"""The whole stand-in: apps, portals, tokens, time, and what was asked of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from . import facts
from .apps import App, Install
from .calls import CallLog
from .clock import Clock
from .faults import Faults
from .journal.book import JournalBook
from .portal import Account, Portal
from .settings import Settings
from .tokens import Grant, Token, TokenBook
from .webhooks.queue import WebhookQueue

__all__ = ["Account", "App", "Install", "Portal", "Sandbox", "Tokens"]


@dataclass(frozen=True)
class Tokens:
    """An access token and the refresh token beside it."""

    access: Token
    refresh: Token


@dataclass
class Sandbox:
    """One HubSpot. Everything is in memory; `lock` guards it all."""

    clock: Clock = field(default_factory=Clock)
    settings: Settings = field(default_factory=Settings)
    lock: threading.RLock = field(default_factory=threading.RLock)
    apps: dict[str, App] = field(default_factory=dict)
    portals: dict[int, Portal] = field(default_factory=dict)
    installs: dict[tuple[int, str], Install] = field(default_factory=dict)
    tokens: TokenBook = field(default_factory=TokenBook)
    calls: CallLog = field(default_factory=CallLog)
    faults: Faults = field(default_factory=Faults)
    webhooks: WebhookQueue = field(default_factory=WebhookQueue)
    journal: JournalBook = field(default_factory=JournalBook)
    stopping: threading.Event = field(default_factory=threading.Event)

    def add_app(self, app: App) -> App:
        """Register an app."""
        with self.lock:
            self.apps[app.client_id] = app
            return app

    def add_portal(self, hub_id: int, account: Account | None = None) -> Portal:
        """Open an account, empty but for what every account begins with."""
        with self.lock:
            self.portals[hub_id] = Portal(hub_id, account or Account(), self)
            return self.portals[hub_id]

    def grant(self, hub_id: int, client_id: str, scopes: tuple[str, ...] | None = None) -> Grant:
        """Install an app in a portal, or renew its install, and return what was granted.

        Without `scopes` it gets all that the app asks for and the portal can give.
        """
        with self.lock:
            app, portal = self.apps[client_id], self.portals[hub_id]
            if scopes is None:
                wanted = app.required_scopes + app.optional_scopes
                scopes = tuple(s for s in wanted if portal.can_grant(s))
            known = self.installs.get((hub_id, client_id))
            self.installs[hub_id, client_id] = Install(
                hub_id, client_id, scopes, facts.USER_ID, self.clock.now()
            )
            if known is None or not known.is_active:
                self.journal.hear_lifecycle(self, hub_id, client_id, "APP_INSTALL")
            return Grant(hub_id, client_id, scopes, facts.USER_ID)

    def install(self, hub_id: int, client_id: str, scopes: tuple[str, ...] | None = None) -> Tokens:
        """Install an app without the pages and return its tokens."""
        with self.lock:
            grant = self.grant(hub_id, client_id, scopes)
            access = self.tokens.issue_access(grant, self.clock.now())
            return Tokens(access, self.tokens.issue_refresh(grant))

    def uninstall(self, hub_id: int, client_id: str) -> None:
        """Take an app out of a portal: its tokens die; only the journal is told."""
        with self.lock:
            install = self.installs[hub_id, client_id]
            install.uninstalled_at = self.clock.now()
            self.tokens.kill(hub_id, client_id)
            self.journal.hear_lifecycle(self, hub_id, client_id, "APP_UNINSTALL")
