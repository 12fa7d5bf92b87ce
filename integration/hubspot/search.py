"""Who changed within a stretch of time: HubSpot's search, page by page by id.

Search has a limit of its own, shows changes some seconds late, and reaches no further than
10,000 results by paging. So a page is never asked for by its number: the next one begins behind
the last id (https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from integration.hubspot import versions
from integration.hubspot.door import Door
from integration.hubspot.reading import results_of, senseless, understood
from mappings.instants import to_ms
from mappings.model import ObjectType
from mappings.values import Unreadable, id_of, instant
from mappings.words import MODIFIED_AT, TYPE_IDS

PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Changed:
    """A page of records that changed, with when, by id; `total` counts from its first one on."""

    at: Mapping[int, datetime]
    total: int

    @property
    def is_last(self) -> bool:
        """Is there nothing behind this page?"""
        return len(self.at) < PAGE


class Search:
    """Searches in one portal."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def changed(
        self, kind: ObjectType, between: tuple[datetime, datetime], behind: int = 0
    ) -> Changed:
        """Find the live records last changed from one instant to another, with ids from `behind`.

        Raises Unavailable where the answer doesn't go forward: nobody reads in circles.
        """
        low, high = (str(to_ms(each)) for each in between)
        name = MODIFIED_AT[kind]
        filters = [
            {"propertyName": name, "operator": "BETWEEN", "value": low, "highValue": high},
            {"propertyName": "hs_object_id", "operator": "GT", "value": str(behind)},
        ]
        return self._ask(kind, filters, PAGE, behind)

    def total(self, kind: ObjectType) -> int:
        """Count the live records of a kind, as search knows them."""
        return self._ask(kind, [], 1, 0).total

    def _ask(
        self, kind: ObjectType, filters: Sequence[dict[str, str]], limit: int, behind: int
    ) -> Changed:
        body = {
            "filterGroups": [{"filters": list(filters)}] if filters else [],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": [MODIFIED_AT[kind]],
            "limit": limit,
        }
        path = versions.path("objects", f"/{TYPE_IDS[kind]}/search")
        said = self._door.call("POST", path, json=body).body
        found = understood(lambda one: _found(one, MODIFIED_AT[kind]), said)
        if any(one <= before for before, one in zip((behind, *found), found, strict=False)):
            raise senseless("its search doesn't advance")
        total = said.get("total")
        return Changed(found, total if isinstance(total, int) else len(found))


def _found(body: Any, modified: str) -> dict[int, datetime]:
    try:
        return {
            id_of(one["id"]): instant(one["properties"].get(modified) or one["updatedAt"])
            for one in results_of(body)
        }
    except (KeyError, TypeError) as error:
        raise Unreadable("a record without an id or an instant") from error
