"""All traffic of the portals to HubSpot: budget, token, one exchange, typed errors.

It neither sleeps nor retries: what to do about an error is decided elsewhere. The one thing done
twice is a call whose token was refused: the token is renewed once and the call sent once more.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import requests

from integration.errors import HubSpotError, RateLimited, Unauthorized
from integration.hubspot import versions
from integration.hubspot.wire import Answer, Call, Params, address, send
from mappings.model import Bucket, Lane

SECONDS_OF_POLICY = {"SECONDLY": 1.0}
WINDOW_SECONDS = 10.0


class Gate(Protocol):
    """Who grants calls: one window a portal and bucket, shared by all workers."""

    def take(self, portal_id: int, bucket: Bucket, lane: Lane) -> None:
        """Take one call of the portal's budget, or raise BudgetSpent."""

    def block(self, portal_id: int, bucket: Bucket, seconds: float | None, reason: str) -> None:
        """Grant nothing for `seconds`; None means until midnight in the portal's time zone."""


class Tokens(Protocol):
    """Who keeps the portals' access tokens."""

    def current(self, portal_id: int) -> str:
        """Give a token that is good for now, or raise TokenBusy or PortalDisconnected."""

    def renew(self, portal_id: int, refused: str) -> str:
        """Give another token than the refused one, or raise as `current` does."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One exchange, for the metrics. `path` has no ids in it; `status` is 0 without a reply."""

    portal_id: int
    method: str
    path: str
    status: int
    seconds: float


Observer = Callable[[Observed], None]


@dataclass(frozen=True, slots=True)
class Ask:
    """One call of one portal. `path` is percent-encoded; `json` is what the body says."""

    portal_id: int
    method: str
    path: str
    params: Params | None = None
    json: Any = None
    lane: Lane = Lane.LIVE

    @property
    def bucket(self) -> Bucket:
        """Which rate limit it counts against."""
        searches = self.path.startswith(versions.path("objects")) and self.path.endswith("/search")
        return Bucket.SEARCH if searches else Bucket.GENERAL


class Transport:
    """Carry calls to HubSpot; share one among all workers of a process."""

    def __init__(
        self,
        api_url: str,
        gate: Gate,
        tokens: Tokens,
        session: requests.Session,
        observer: Observer | None = None,
    ) -> None:
        self._api_url = api_url
        self._gate = gate
        self._tokens = tokens
        self._session = session
        self._observer = observer

    def call(self, ask: Ask) -> Answer:
        """Do one call and give its good answer.

        Raises TooLong before anything is sent, BudgetSpent, TokenBusy or PortalDisconnected
        before the call, and a HubSpotError for every answer that isn't a good one.
        """
        url = address(self._api_url, ask.path, ask.params)
        token = self._tokens.current(ask.portal_id)
        try:
            return self._once(ask, url, token)
        except Unauthorized:
            renewed = self._tokens.renew(ask.portal_id, token)
        return self._once(ask, url, renewed)

    def _once(self, ask: Ask, url: str, token: str) -> Answer:
        self._gate.take(ask.portal_id, ask.bucket, ask.lane)
        started = time.monotonic()
        status = 0
        try:
            answer = send(self._session, Call(ask.method, url, json=ask.json, token=token))
            status = answer.status
        except HubSpotError as error:
            status = error.status
            if isinstance(error, RateLimited):
                self._pause(ask, error)
            raise
        finally:
            self._observe(ask, status, time.monotonic() - started)
        return answer

    def _pause(self, ask: Ask, error: RateLimited) -> None:
        """Stop this portal's bucket for as long as HubSpot wants, or the rest of its window."""
        if error.policy == "DAILY":
            self._gate.block(ask.portal_id, ask.bucket, None, error.message)
            return
        window = SECONDS_OF_POLICY.get(error.policy, WINDOW_SECONDS)
        seconds = window if error.retry_after is None else error.retry_after
        self._gate.block(ask.portal_id, ask.bucket, seconds, error.message)

    def _observe(self, ask: Ask, status: int, seconds: float) -> None:
        if self._observer is not None:
            template = versions.template(ask.path)
            self._observer(Observed(ask.portal_id, ask.method, template, status, seconds))
