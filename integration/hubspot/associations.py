"""Which records are linked with which."""

from collections.abc import Iterator, Sequence
from typing import Any

from hubspot.crm.associations.v4 import (
    BatchInputPublicFetchAssociationsBatchRequest,
    PublicFetchAssociationsBatchRequest,
)

from integration.hubspot.door import Door
from integration.hubspot.reading import (
    chunks,
    next_of,
    only_not_found,
    results_of,
    senseless,
    understood,
)
from mappings.model import ObjectType
from mappings.values import Unreadable, id_of
from mappings.words import TYPE_IDS

BATCH = 1000


class Associations:
    """The links between the records of one portal."""

    def __init__(self, door: Door) -> None:
        self._api = door.official.crm.associations.v4.batch_api

    def linked(
        self, from_type: ObjectType, to_type: ObjectType, ids: Sequence[int]
    ) -> dict[int, tuple[int, ...]]:
        """Read what each record is linked with; every id asked for is in the answer.

        A record without links, and one HubSpot doesn't know, has an empty tuple.
        """
        found: dict[int, dict[int, None]] = {one: {} for one in ids}
        for some in chunks(list(found), BATCH):
            asked: dict[int, str | None] = dict.fromkeys(some)
            while asked:
                body = self._fetch(from_type, to_type, asked)
                following: dict[int, str | None] = {}
                for start, ends, after in understood(lambda one: list(_links(one)), body):
                    found.setdefault(start, {}).update(dict.fromkeys(ends))
                    if after is not None:
                        following[start] = after
                if following.items() & asked.items():
                    raise senseless("its paging doesn't advance")
                asked = following
        return {one: tuple(found[one]) for one in dict.fromkeys(ids)}

    def _fetch(
        self, from_type: ObjectType, to_type: ObjectType, asked: dict[int, str | None]
    ) -> Any:
        inputs = [
            PublicFetchAssociationsBatchRequest(id=str(one), after=after)
            for one, after in asked.items()
        ]
        body = self._api.get_page(
            TYPE_IDS[from_type],
            TYPE_IDS[to_type],
            BatchInputPublicFetchAssociationsBatchRequest(inputs=inputs),
            _preload_content=False,
        ).body
        only_not_found(body)
        return body


def _links(body: Any) -> Iterator[tuple[int, list[int], str | None]]:
    """Read where each link starts, where it ends, and the cursor of what is left of it."""
    for one in results_of(body):
        try:
            start = id_of(one["from"]["id"])
            ends = [id_of(end["toObjectId"]) for end in one.get("to") or ()]
        except (KeyError, TypeError) as error:
            raise Unreadable("a link without its ends") from error
        yield start, ends, next_of(one)
