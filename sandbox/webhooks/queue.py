"""Messages waiting to be sent, in which batches, and what became of them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox import facts
from sandbox.happening import Happening

from .payloads import message, wants

if TYPE_CHECKING:
    from sandbox.apps import Install
    from sandbox.state import Sandbox

Message = Mapping[str, object]


@dataclass
class WebhookSettings:
    """How deliveries misbehave on demand.

    - `duplicates`: how many more times each message is sent, in deliveries of their own.
    - `shuffle`: messages leave in an order of chance (with a fixed `seed`).
    - `delay`: how long they wait first.
    - `batch_max`: messages in one delivery.
    - `event_ids`: how many different event ids there are (they are not unique).
    - `paused`: nothing is sent.
    """

    duplicates: int = 0
    shuffle: bool = False
    seed: int = 1
    delay: timedelta = timedelta(0)
    batch_max: int = facts.WEBHOOK_BATCH_MAX
    event_ids: int = 3_000_000_000
    paused: bool = False


@dataclass(frozen=True)
class Waiting:
    """One message for one app; copies of a message differ in `copy`."""

    due_at: datetime
    client_id: str
    hub_id: int
    copy: int
    message: Message


@dataclass(frozen=True)
class Batch:
    """One delivery to make; a failed one comes again as it was, with the next attempt."""

    due_at: datetime
    client_id: str
    hub_id: int
    messages: tuple[Message, ...]
    attempt: int = 0


@dataclass(frozen=True)
class Delivery:
    """One delivery that was made; `status` is None where nobody answered in time."""

    at: datetime
    batch: Batch
    status: int | None
    error: str = ""

    @property
    def succeeded(self) -> bool:
        """Tell whether the app took it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass
class WebhookQueue:
    """What is to be sent to whom. Callers hold the sandbox's lock."""

    settings: WebhookSettings = field(default_factory=WebhookSettings)
    waiting: list[Waiting] = field(default_factory=list)
    retries: list[Batch] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    _heard: int = 0

    def hear(self, sandbox: Sandbox, hub_id: int, happening: Happening) -> None:
        """Write a message for every subscription that wants to know."""
        for app in sandbox.apps.values():
            install = sandbox.installs.get((hub_id, app.client_id))
            if app.target_url is None or not _listens(install, sandbox.clock.now()):
                continue
            for subscription in app.subscriptions:
                if wants(subscription, happening):
                    body = message(app, hub_id, subscription, happening)
                    self._enqueue(app.client_id, hub_id, body, sandbox.clock.now())

    def _enqueue(self, client_id: str, hub_id: int, body: Message, now: datetime) -> None:
        event_id = self._heard % self.settings.event_ids + 1
        self._heard += 1
        due_at = now + self.settings.delay
        for copy in range(self.settings.duplicates + 1):
            numbered = {"eventId": event_id, **body}
            self.waiting.append(Waiting(due_at, client_id, hub_id, copy, numbered))

    def take_due(self, now: datetime) -> list[Batch]:
        """Take what is due, in batches: first deliveries, then retries."""
        if self.settings.paused:
            return []
        due = [w for w in self.waiting if w.due_at <= now]
        self.waiting = [w for w in self.waiting if w.due_at > now]
        again = [b for b in self.retries if b.due_at <= now]
        self.retries = [b for b in self.retries if b.due_at > now]
        return [*self._batches(due, now), *again]

    def note(self, delivery: Delivery) -> None:
        """Keep what became of a delivery, and plan its retry if it failed."""
        self.deliveries.append(delivery)
        batch = delivery.batch
        if delivery.succeeded or batch.attempt >= len(facts.WEBHOOK_RETRIES):
            return
        due_at = delivery.at + facts.WEBHOOK_RETRIES[batch.attempt]
        self.retries.append(
            Batch(due_at, batch.client_id, batch.hub_id, batch.messages, batch.attempt + 1)
        )

    def _batches(self, due: Iterable[Waiting], now: datetime) -> Iterable[Batch]:
        rows = list(due)
        if self.settings.shuffle:
            random.Random(self.settings.seed + self._heard).shuffle(rows)
        rows.sort(key=lambda w: (w.copy, w.client_id, w.hub_id))
        for key, group in itertools.groupby(rows, key=lambda w: (w.copy, w.client_id, w.hub_id)):
            messages = [w.message for w in group]
            for start in range(0, len(messages), self.settings.batch_max):
                chunk = tuple(messages[start : start + self.settings.batch_max])
                yield Batch(now, key[1], key[2], chunk)


def _listens(install: Install | None, now: datetime) -> bool:
    if install is None:
        return False
    gone_at = install.uninstalled_at
    return gone_at is None or now - gone_at <= facts.WEBHOOKS_AFTER_UNINSTALL
