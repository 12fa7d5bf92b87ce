"""Marketing e-mail events: HubSpot's v1 API, still the only one by recipient."""

from datetime import datetime

from integration.errors import NotFound
from integration.hubspot import versions
from integration.hubspot.door import Door
from integration.hubspot.reading import readable, results_of
from mappings.instants import to_ms
from mappings.marketing import email_event
from mappings.model import EmailEvent
from mappings.values import text_of

PAGE = 1000


class Emails:
    """The marketing e-mail events of one portal."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def page(
        self, start: datetime, end: datetime, offset: str | None = None, limit: int = PAGE
    ) -> tuple[list[EmailEvent], str | None, bool]:
        """Read events between two instants, newest first, bots' included and marked `filtered`.

        Gives the events, the offset of the next page, and whether there is one. Their campaigns
        have no name yet: `campaign_name` looks one up.
        """
        params = {
            "startTimestamp": to_ms(start),
            "endTimestamp": to_ms(end),
            "excludeFilteredEvents": False,
            "offset": offset,
            "limit": limit,
        }
        body = self._door.call("GET", versions.path("email-events"), params).body
        events = readable(email_event, results_of(body, "events"), "email events")
        following = text_of(body.get("offset"))
        return events, following, bool(body.get("hasMore")) and following not in {None, offset}

    def campaign_name(self, campaign_id: str, app_id: str) -> str:
        """Look up what an e-mail is called; its subject, or nothing, where it has no name."""
        tail = f"/{versions.segment(campaign_id)}"
        try:
            answer = self._door.call(
                "GET", versions.path("email-campaigns", tail), {"appId": app_id or None}
            )
        except NotFound:
            return ""
        said = answer.body if isinstance(answer.body, dict) else {}
        return text_of(said.get("name")) or text_of(said.get("subject")) or ""
