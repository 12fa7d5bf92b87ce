"""Marketing events (webinars and the like) and who took part in them."""

from integration.hubspot import versions
from integration.hubspot.door import Door
from integration.hubspot.reading import next_of, readable, results_of
from mappings.webinars import MarketingEvent, Participation, marketing_event, participation

PAGE = 100


class Webinars:
    """The marketing events of one portal."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def page(self, after: str | None) -> tuple[list[MarketingEvent], str | None]:
        """Read a page of marketing events, and the cursor of the next one."""
        params = {"limit": PAGE, "after": after}
        body = self._door.call("GET", versions.path("marketing-events"), params).body
        return readable(marketing_event, results_of(body), "marketing events"), next_of(body)

    def participations(
        self, of: MarketingEvent, after: str | None
    ) -> tuple[list[Participation], str | None]:
        """Read a page of what became of people at an event, and the cursor of the next one."""
        tail = f"/participations/{versions.segment(of.event_id)}/breakdown"
        path = versions.path("marketing-events", tail)
        body = self._door.call("GET", path, {"limit": PAGE, "after": after}).body
        rows = results_of(body)
        return readable(lambda one: participation(of, one), rows, "participations"), next_of(body)
