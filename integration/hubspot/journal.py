"""HubSpot's Webhooks Journal: the app's own, over all its portals, read with the app's own token.

It counts against no portal's limits, so no budget is asked; a token of its own lives half an hour
and is no portal's secret, so each process gets one when it needs it.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import requests

from integration.errors import Conflict, NotFound, Unauthorized
from integration.hubspot import versions
from integration.hubspot.oauth import OAuth
from integration.hubspot.reading import readable, results_of, understood
from integration.hubspot.wire import Call, address, send
from mappings.journal import (
    Pointer,
    Told,
    Wanted,
    app_token,
    pointer,
    subscription,
    subscription_body,
    told,
)

SCOPES: Final = (
    "developer.webhooks_journal.read",
    "developer.webhooks_journal.subscriptions.read",
    "developer.webhooks_journal.subscriptions.write",
)
TOGETHER: Final = 100  # files pointed at by one call
EARLY: Final = timedelta(minutes=2)  # get another token so long before the end


class Journal:
    """The journal of one app.

    Every method raises GrantRefused where HubSpot gives the app no journal (BAD_SCOPES), and
    HubSpotErrors as a portal's calls do.
    """

    def __init__(
        self, api_url: str, oauth: OAuth, session: requests.Session, now: Callable[[], datetime]
    ) -> None:
        self._api_url = api_url
        self._oauth = oauth
        self._session = session
        self._now = now
        self._token = ""
        self._good_until: datetime | None = None
        self._lock = threading.Lock()

    def following(self, offset: str) -> list[Pointer]:
        """Point at the files behind an offset ("": at the oldest), as many as one call gives.

        Raises NotFound where HubSpot doesn't keep the offset any more.
        """
        behind = f"{versions.segment(offset)}/next" if offset else "earliest"
        said = self._call("GET", versions.path("journal", f"/batch/{behind}/{TOGETHER}"))
        if said is None:
            return []
        return [understood(pointer, one) for one in results_of(said)]

    def read(self, place: Pointer) -> Told:
        """Fetch a file. Its address is signed already: a token of ours would spoil it."""
        return understood(told, send(self._session, Call("GET", place.url)).body)

    def subscriptions(self) -> dict[int, Wanted]:
        """Read the app's subscriptions by id."""
        said = self._call("GET", versions.path("journal-subscriptions"))
        return dict(readable(subscription, results_of(said), "journal subscriptions"))

    def subscribe(self, wanted: Wanted) -> None:
        """Add a subscription; one that is there already is no fault."""
        try:
            self._call("POST", versions.path("journal-subscriptions"), subscription_body(wanted))
        except Conflict:
            return

    def unsubscribe(self, subscription_id: int) -> None:
        """Take a subscription away; one that is gone already is no fault."""
        try:
            self._call("DELETE", versions.path("journal-subscriptions", f"/{subscription_id}"))
        except NotFound:
            return

    def _call(self, method: str, path: str, json: Mapping[str, Any] | None = None) -> Any:
        url = address(self._api_url, path, None)
        token = self._own_token()
        try:
            return send(self._session, Call(method, url, json=json, token=token)).body
        except Unauthorized:
            again = self._own_token(refused=token)
        return send(self._session, Call(method, url, json=json, token=again)).body

    def _own_token(self, refused: str = "") -> str:
        with self._lock:
            fresh = self._good_until is not None and self._now() < self._good_until
            if not fresh or self._token == refused:
                said = self._oauth.as_app(SCOPES)
                self._token, seconds = understood(app_token, said)
                self._good_until = self._now() + timedelta(seconds=seconds) - EARLY
            return self._token
