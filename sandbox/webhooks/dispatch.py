"""Sending what is due, at once or from a thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import requests

from sandbox import facts
from sandbox.clock import to_ms

from .queue import Batch, Delivery
from .signatures import headers

if TYPE_CHECKING:
    from sandbox.state import Sandbox

#: Posts a body with headers to a URL and returns the status; raises requests' exceptions.
Post = Callable[[str, bytes, Mapping[str, str]], int]
_PERIOD = 0.05
_AGENT = "HubSpot Connect 2.0 (http://dev.hubspot.com/) (namespace: webhooks-nio-http-client)"


def post(url: str, body: bytes, sent: Mapping[str, str]) -> int:
    """Post over the network and wait as long as HubSpot does; redirects are not followed."""
    timeout = facts.WEBHOOK_TIMEOUT.total_seconds()
    with requests.post(
        url, data=body, headers=dict(sent), timeout=timeout, allow_redirects=False
    ) as response:
        return response.status_code


def flush(sandbox: Sandbox, by: Post = post, concurrency: int = 1) -> list[Delivery]:
    """Send everything that is due now and return what became of it.

    The lock is not held while sending: the app may call back.
    """
    with sandbox.lock:
        batches = sandbox.webhooks.take_due(sandbox.clock.now())
    if concurrency == 1 or len(batches) < 2:
        return [_deliver(sandbox, batch, by) for batch in batches]
    with ThreadPoolExecutor(concurrency) as pool:
        return list(pool.map(lambda batch: _deliver(sandbox, batch, by), batches))


class Dispatcher:
    """A thread that sends what is due, twenty times a second."""

    def __init__(self, sandbox: Sandbox, by: Post = post) -> None:
        self._sandbox = sandbox
        self._by = by
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more, and wait for what is under way."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_PERIOD):
            flush(self._sandbox, self._by, facts.WEBHOOK_CONCURRENCY)


def _deliver(sandbox: Sandbox, batch: Batch, by: Post) -> Delivery:
    with sandbox.lock:
        app = sandbox.apps[batch.client_id]
        url, secret = app.target_url or "", app.client_secret
        sent_at = sandbox.clock.now()
    messages = [{**m, "attemptNumber": batch.attempt} for m in batch.messages]
    body = json.dumps(messages, separators=(",", ":")).encode()
    signed = headers(secret, url, body, to_ms(sent_at))
    fixed = {"Content-Type": "application/json", "User-Agent": _AGENT}
    try:
        delivery = Delivery(sent_at, batch, by(url, body, fixed | signed))
    except requests.RequestException as error:
        delivery = Delivery(sent_at, batch, None, str(error))
    with sandbox.lock:
        sandbox.webhooks.note(delivery)
    return delivery
