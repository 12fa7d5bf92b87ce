"""What properties of records were before, and when they changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from integration.hubspot import versions
from integration.hubspot.door import Door
from integration.hubspot.reading import chunks, only_not_found, results_of, understood
from mappings.model import ObjectType
from mappings.values import Unreadable, id_of, instant, text_of
from mappings.words import TYPE_IDS

BATCH: Final = 50  # records whose history comes in one call


@dataclass(frozen=True, slots=True)
class Version:
    """A value that a property of a record had from an instant on."""

    object_id: int
    name: str
    value: str | None
    at: datetime


class History:
    """Past values of the records of one portal. HubSpot keeps some forty versions of each."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def read(self, kind: ObjectType, ids: Sequence[int], names: Sequence[str]) -> list[Version]:
        """Read all versions of some properties; records that HubSpot doesn't know have none."""
        found: list[Version] = []
        path = versions.path("objects", f"/{TYPE_IDS[kind]}/batch/read")
        for some in chunks(list(dict.fromkeys(ids)), BATCH) if names else ():
            body = {
                "inputs": [{"id": str(one)} for one in some],
                "properties": [],
                "propertiesWithHistory": list(names),
            }
            said = self._door.call("POST", path, json=body).body
            only_not_found(said)
            found += understood(lambda one: list(_versions(one)), said)
        return found


def _versions(body: Any) -> Iterator[Version]:
    for record in results_of(body):
        try:
            object_id = id_of(record["id"])
            kept = record.get("propertiesWithHistory") or {}
            for name, values in kept.items():
                for one in values:
                    at = instant(one["timestamp"])
                    yield Version(object_id, name, text_of(one.get("value")), at)
        except (KeyError, TypeError, AttributeError) as error:
            raise Unreadable("a history without its instants") from error
