"""What an address agreed to receive."""

from integration.hubspot import versions
from integration.hubspot.door import Door
from integration.hubspot.reading import readable, results_of
from mappings.marketing import consent, subscription
from mappings.model import ConsentState, Subscription


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
        path = versions.path("consent", f"/statuses/{versions.segment(email)}")
        body = self._door.call("GET", path, {"channel": "EMAIL"}).body
        return dict(readable(consent, results_of(body), "consent states"))
