"""Records of every object type but contacts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hubspot.crm.objects import BatchReadInputSimplePublicObjectId, SimplePublicObjectId

from integration.errors import TooLong
from integration.hubspot.associations import Associations
from integration.hubspot.door import Door
from integration.hubspot.reading import (
    chunks,
    next_of,
    only_not_found,
    readable,
    results_of,
)
from mappings.hubspot import object_record, truncated
from mappings.model import ObjectRecord, ObjectType
from mappings.words import PLURALS, TYPE_IDS

PAGE = 100
BATCH = 100
WITH_HISTORY = 50

Page = tuple[list[ObjectRecord], str | None]


class Objects:
    """The records of one portal, by object type."""

    def __init__(self, door: Door, associations: Associations) -> None:
        self._door = door
        self._api = door.official.crm.objects
        self._associations = associations

    def page(
        self,
        kind: ObjectType,
        after: str | None,
        properties: Sequence[str],
        associations: Sequence[ObjectType] = (),
        history: Sequence[str] = (),
    ) -> Page:
        """Read a page of records in HubSpot's own order, and the cursor of the next one.

        Each record comes with the ids linked with it, of every type in `associations`: all of
        them, also where HubSpot's page shows only the first ones; and with all versions of the
        properties in `history`, at half the records a page.
        """
        try:
            return self._page(kind, after, (properties, history), associations)
        except TooLong:
            bare, following = self._page(kind, after, ((), ()), associations)
        linked = {one.object_id: one.associated for one in bare}
        whole = self.read(kind, list(linked), properties, history)
        return [replace(one, associated=linked[one.object_id]) for one in whole], following

    def _page(
        self,
        kind: ObjectType,
        after: str | None,
        names: tuple[Sequence[str], Sequence[str]],
        associations: Sequence[ObjectType],
    ) -> Page:
        properties, history = names
        reply = self._api.basic_api.get_page(
            TYPE_IDS[kind],
            limit=WITH_HISTORY if history else PAGE,
            after=after,
            properties=list(properties) or None,
            properties_with_history=list(history) or None,
            associations=[PLURALS[one] for one in associations] or None,
            archived=False,
            _preload_content=False,
        )
        items = results_of(reply.body)
        records = readable(lambda one: object_record(kind, one), items, PLURALS[kind])
        return self._completed(kind, records, items), next_of(reply.body)

    def _completed(
        self, kind: ObjectType, records: list[ObjectRecord], items: Sequence[Any]
    ) -> list[ObjectRecord]:
        """Fetch the links of which the page showed only the first ones."""
        cut = {int(item["id"]): kinds for item in items if (kinds := truncated(item))}
        for other in sorted({one for kinds in cut.values() for one in kinds}):
            ids = [object_id for object_id, kinds in cut.items() if other in kinds]
            linked = self._associations.linked(kind, other, ids)
            records = [
                replace(one, associated={**one.associated, other: linked[one.object_id]})
                if one.object_id in linked
                else one
                for one in records
            ]
        return records

    def read(
        self,
        kind: ObjectType,
        ids: Sequence[int],
        properties: Sequence[str],
        history: Sequence[str] = (),
    ) -> list[ObjectRecord]:
        """Read records by id, without links; those HubSpot doesn't know are simply absent."""
        found: list[ObjectRecord] = []
        for some in chunks(list(dict.fromkeys(ids)), WITH_HISTORY if history else BATCH):
            ask = BatchReadInputSimplePublicObjectId(
                inputs=[SimplePublicObjectId(id=str(one)) for one in some],
                properties=list(properties),
                properties_with_history=list(history),
            )
            body = self._api.batch_api.read(TYPE_IDS[kind], ask, _preload_content=False).body
            only_not_found(body)
            records = results_of(body)
            found += readable(lambda one: object_record(kind, one), records, PLURALS[kind])
        return found
