"""Event occurrences: page visits, form views and the like, of Enterprise portals."""

from datetime import datetime

from integration.hubspot import versions
from integration.hubspot.door import Door
from integration.hubspot.reading import next_of, readable, results_of
from mappings.marketing import occurrence
from mappings.model import Occurrence
from mappings.values import iso

PAGE = 100


class Occurrences:
    """The event occurrences of one portal: asked for contact by contact."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def page(
        self, contact_id: int, event_type: str | None, after: str | None, since: datetime | None
    ) -> tuple[list[Occurrence], str | None]:
        """Read a page of one contact's occurrences, newest first, and the cursor of the next one.

        `event_type` None reads all types; `since` leaves out what occurred before or at it.

        Raises MissingScopes or Forbidden where the portal has no Enterprise subscription.
        """
        params = {
            "objectType": "contact",
            "objectId": contact_id,
            "eventType": event_type,
            "occurredAfter": iso(since) if since else None,
            "after": after,
            "limit": PAGE,
        }
        body = self._door.call("GET", versions.path("occurrences"), params).body
        return readable(occurrence, results_of(body), "occurrences"), next_of(body)
