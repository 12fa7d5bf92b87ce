"""Contacts: pages, batch reads and batch updates."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hubspot.crm.contacts import (
    BatchInputSimplePublicObjectBatchInput,
    BatchReadInputSimplePublicObjectId,
    SimplePublicObjectBatchInput,
    SimplePublicObjectId,
)

from integration.errors import NotFound, TooLong
from integration.hubspot import versions
from integration.hubspot.door import Door
from integration.hubspot.reading import (
    chunks,
    next_of,
    only_not_found,
    readable,
    results_of,
    understood,
)
from mappings.history import contact_history
from mappings.hubspot import contact_record, item_faults
from mappings.model import ContactRecord, History
from mappings.values import id_of, instant
from mappings.writing import BatchAnswer, ItemFault

PAGE = 100
BATCH = 100
WITH_HISTORY = 50
UNANSWERED = "HubSpot neither confirmed nor refused this contact."

Page = tuple[list[ContactRecord], str | None]


class Contacts:
    """The contacts of one portal."""

    def __init__(self, door: Door) -> None:
        self._api = door.official.crm.contacts
        self._door = door

    def page(self, after: str | None, properties: Sequence[str], limit: int = PAGE) -> Page:
        """Read a page of contacts in HubSpot's own order, and the cursor of the next one.

        With more properties than an address can carry, the page's ids are read first and the
        contacts then in a batch.
        """
        try:
            return self._page(after, properties, limit)
        except TooLong:
            bare, following = self._page(after, (), limit)
        return self.read([one.contact_id for one in bare], properties), following

    def archived_page(self, after: str | None) -> Page:
        """Read a page of deleted contacts: their ids matter, their values are old."""
        return self._page(after, (), PAGE, archived=True)

    def _page(
        self, after: str | None, properties: Sequence[str], limit: int, archived: bool = False
    ) -> Page:
        reply = self._api.basic_api.get_page(
            limit=limit,
            after=after,
            properties=list(properties) or None,
            archived=archived,
            _preload_content=False,
        )
        records = readable(contact_record, results_of(reply.body), "contacts")
        return records, next_of(reply.body)

    def read(self, ids: Sequence[int], properties: Sequence[str]) -> list[ContactRecord]:
        """Read contacts by id; those that HubSpot doesn't know are simply absent."""
        found: list[ContactRecord] = []
        for some in chunks(list(dict.fromkeys(ids)), BATCH):
            ask = BatchReadInputSimplePublicObjectId(
                inputs=[SimplePublicObjectId(id=str(one)) for one in some],
                properties=list(properties),
                properties_with_history=[],
            )
            body = self._api.batch_api.read(ask, _preload_content=False).body
            only_not_found(body)
            found += readable(contact_record, results_of(body), "contacts")
        return found

    def histories(self, ids: Sequence[int], properties: Sequence[str]) -> list[History]:
        """Read all versions of properties that HubSpot keeps; unknown contacts are absent."""
        found: list[History] = []
        for some in chunks(list(dict.fromkeys(ids)), WITH_HISTORY):
            ask = BatchReadInputSimplePublicObjectId(
                inputs=[SimplePublicObjectId(id=str(one)) for one in some],
                properties=["hs_object_id"],
                properties_with_history=list(properties),
            )
            body = self._api.batch_api.read(ask, _preload_content=False).body
            only_not_found(body)
            found += readable(contact_history, results_of(body), "histories")
        return found

    def read_archived(self, ids: Sequence[int]) -> list[ContactRecord]:
        """Read those of some contacts that are deleted and can still be restored.

        `updated_at` of each is when it was deleted, where HubSpot says so.
        """
        found: list[ContactRecord] = []
        path = versions.path("objects", "/contacts/batch/read")
        for some in chunks(list(dict.fromkeys(ids)), BATCH):
            ask = {"inputs": [{"id": str(one)} for one in some], "properties": []}
            body = self._door.call("POST", path, {"archived": True}, ask).body
            only_not_found(body)
            found += readable(_archived, results_of(body), "contacts")
        return found

    def survivor(self, contact_id: int) -> ContactRecord | None:
        """Ask for one contact alone: an id that was merged away answers with who lives on.

        None where HubSpot knows nobody of this id.
        """
        path = versions.path("objects", f"/contacts/{contact_id}")
        try:
            return understood(contact_record, self._door.call("GET", path).body)
        except NotFound:
            return None

    def update(self, changes: Sequence[tuple[int, Mapping[str, str]]]) -> BatchAnswer:
        """Write properties of at most 100 different contacts in one call.

        Every contact is either in `written` or in `faults`: one that HubSpot's answer doesn't
        mention is a fault. A value that HubSpot finds invalid can fail the whole call (Invalid).
        """
        asked = [contact_id for contact_id, _ in changes]
        if len(asked) > BATCH or len(set(asked)) < len(asked):
            raise ValueError(f"one call takes at most {BATCH} different contacts")
        if not asked:
            return BatchAnswer(frozenset(), ())
        inputs = [
            SimplePublicObjectBatchInput(id=str(contact_id), properties=dict(properties))
            for contact_id, properties in changes
        ]
        ask = BatchInputSimplePublicObjectBatchInput(inputs=inputs)
        return _accounted(asked, self._api.batch_api.update(ask, _preload_content=False).body)


def _accounted(asked: Sequence[int], body: Any) -> BatchAnswer:
    """Account for every contact asked for: HubSpot's results and errors needn't add up."""
    answered = {understood(_id, one) for one in results_of(body)}
    written = frozenset(asked) & answered
    faults = [one for one in understood(item_faults, body) if one.object_id not in written]
    named = [one for one in faults if one.object_id is not None]
    nameless = [one for one in faults if one.object_id is None]
    missing = set(asked) - written - {one.object_id for one in named}
    why = nameless[0] if nameless else ItemFault(None, "", UNANSWERED)
    rest = [ItemFault(one, why.category, why.message) for one in sorted(missing)]
    return BatchAnswer(written, (*named, *rest))


def _archived(said: Any) -> ContactRecord:
    record = contact_record(said)
    at = said.get("archivedAt")
    return replace(record, updated_at=instant(at)) if at else record


def _id(said: Any) -> int:
    return id_of(said.get("id") if isinstance(said, dict) else said)
