"""The journals of all apps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox import facts
from sandbox.clock import to_wire
from sandbox.errors import conflict, not_found
from sandbox.happening import Happening

from . import events
from .model import Entry, Json, Subscription, Wanted

if TYPE_CHECKING:
    from sandbox.apps import App
    from sandbox.state import Sandbox


@dataclass
class AppJournal:
    """One app's subscriptions and entries, oldest first."""

    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def add(self, event: Json, now: datetime, most: int) -> None:
        """Write an event into the newest file, or into a new one once that is full or read."""
        newest = self.entries[-1] if self.entries else None
        if newest is None or newest.read or newest.published_at != now:
            newest = Entry(now)
            self.entries.append(newest)
        elif self._joined(newest, event):
            return
        if len(newest.events) >= most:
            newest = Entry(now)
            self.entries.append(newest)
        newest.events.append(event)

    def kept(self, now: datetime) -> list[Entry]:
        """Give the entries that are still there, and forget the others."""
        while self.entries and now - self.entries[0].published_at >= facts.JOURNAL_KEPT:
            self.entries.pop(0)
        return self.entries

    def after(self, offset: str, now: datetime) -> list[Entry]:
        """Give the entries behind one; raise the 404 for an offset that isn't kept any more."""
        offsets = [entry.offset for entry in self.kept(now)]
        if offset not in offsets:
            raise not_found(f"There is no journal entry {offset}")
        return self.entries[offsets.index(offset) + 1 :]

    def _joined(self, entry: Entry, event: Json) -> bool:
        """Put changes of one record at one instant together, as HubSpot does."""
        same = {k: v for k, v in event.items() if k != "propertyChanges"}
        for known in entry.events if "propertyChanges" in event else ():
            if {k: v for k, v in known.items() if k != "propertyChanges"} == same:
                known["propertyChanges"].update(event["propertyChanges"])
                return True
        return False


@dataclass
class JournalBook:
    """What apps may read. Callers hold the sandbox's lock."""

    apps: dict[str, AppJournal] = field(default_factory=dict)
    next_id: int = 60_001_001

    def of(self, client_id: str) -> AppJournal:
        """Give an app's journal."""
        return self.apps.setdefault(client_id, AppJournal())

    def subscribe(self, app: App, wanted: Wanted, now: datetime) -> Subscription:
        """Add a subscription; raise the 409 where the app has the same one."""
        known = self.of(app.client_id).subscriptions
        if any(each.wanted == wanted for each in known.values()):
            raise conflict("This subscription exists already")
        made = Subscription(self.next_id, app.app_id, wanted, now)
        self.next_id += 1
        known[made.id] = made
        return made

    def hear(self, sandbox: Sandbox, hub_id: int, happening: Happening) -> None:
        """Write down what happened for every app that is installed and subscribed to it."""
        for client_id, journal in self.apps.items():
            install = sandbox.installs.get((hub_id, client_id))
            if install is None or not install.is_active:
                continue
            for subscription in journal.subscriptions.values():
                told = events.event(subscription, hub_id, happening)
                if told is not None:
                    self._add(sandbox, journal, told)

    def hear_lifecycle(self, sandbox: Sandbox, hub_id: int, client_id: str, action: str) -> None:
        """Write down that an app was installed (APP_INSTALL) or uninstalled (APP_UNINSTALL)."""
        journal = self.of(client_id)
        wanted = [each.wanted for each in journal.subscriptions.values()]
        if any(each.event_type_id == facts.JOURNAL_LIFECYCLE[action] for each in wanted):
            told = events.lifecycle(hub_id, action, to_wire(sandbox.clock.now()))
            self._add(sandbox, journal, told)
        if action == "APP_UNINSTALL":
            self.drop_portal(client_id, hub_id)

    def drop_portal(self, client_id: str, hub_id: int) -> None:
        """Forget an app's subscriptions to one portal."""
        journal = self.of(client_id)
        journal.subscriptions = {
            id_: each
            for id_, each in journal.subscriptions.items()
            if each.wanted.portal_id != hub_id
        }

    def _add(self, sandbox: Sandbox, journal: AppJournal, told: Mapping[str, object]) -> None:
        now, most = sandbox.clock.now(), sandbox.settings.journal_file_events
        journal.add(dict(told), now, most)
