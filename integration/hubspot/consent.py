"""What an address agreed to receive."""

from typing import Any

from integration.hubspot import versions
from integration.hubspot.door import Door
from integration.hubspot.reading import readable, results_of
from mappings.marketing import consent, consent_change, subscription
from mappings.model import ConsentChange, ConsentState
from mappings.writing import Subscription


class Consent:
    """The communication preferences of one portal: kept by address, not by contact."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def definitions(self) -> list[Subscription]:
        """Read the kinds of e-mail the portal sends."""
        body = self._door.call("GET", versions.path("consent", "/definitions")).body
        return readable(subscription, results_of(body), "subscription definitions")

    def status(self, email: str) -> dict[str, ConsentState]:
        """Read what an address takes, by the subscription's name (its id where it has none)."""
        return dict(readable(consent, results_of(self._statuses(email)), "consent states"))

    def changes(self, email: str) -> list[ConsentChange]:
        """Read what an address last said of each kind of e-mail, and when."""
        return readable(consent_change, results_of(self._statuses(email)), "consent states")

    def _statuses(self, email: str) -> Any:
        path = versions.path("consent", f"/statuses/{versions.segment(email)}")
        return self._door.call("GET", path, {"channel": "EMAIL"}).body
