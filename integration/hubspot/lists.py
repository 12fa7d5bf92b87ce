"""Lists of contacts ("segments" in HubSpot's pages), and who is in them."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from hubspot.crm.lists import ListCreateRequest, ListSearchRequest, MembershipChangeRequest

from integration.errors import NotFound
from integration.hubspot.door import Door
from integration.hubspot.reading import chunks, pages, results_of, senseless, understood
from mappings.hubspot import hubspot_list, list_answer
from mappings.model import ObjectType
from mappings.values import id_of
from mappings.words import TYPE_IDS
from mappings.writing import HubSpotList, ListAnswer

CONTACTS: Final = TYPE_IDS[ObjectType.CONTACT]
CHANGES = 10_000  # HubSpot documents no bound; third parties saw 100,000 work
PAGE = 250
TOGETHER = 100  # lists read in one call: their ids stand in the address
SEARCHED = 500


class Lists:
    """The lists of one portal."""

    def __init__(self, door: Door) -> None:
        self._lists = door.official.crm.lists.lists_api
        self._memberships = door.official.crm.lists.memberships_api

    def create(self, name: str) -> str:
        """Create a static list of contacts and give its id; Invalid where the name is taken."""
        ask = ListCreateRequest(name=name, object_type_id=CONTACTS, processing_type="MANUAL")
        return _inner(self._lists.create(ask, _preload_content=False).body).list_id

    def get(self, list_id: str) -> HubSpotList:
        """Read a list; NotFound where it was deleted."""
        return _inner(self._lists.get_by_id(list_id, _preload_content=False).body)

    def several(self, list_ids: Sequence[str]) -> dict[str, HubSpotList]:
        """Read lists by id, a hundred a call; the ones that were deleted are absent."""
        found: dict[str, HubSpotList] = {}
        for some in chunks(list_ids, TOGETHER):
            body = self._lists.get_all(list_ids=list(some), _preload_content=False).body
            read = [understood(hubspot_list, one) for one in results_of(body, "lists")]
            found |= {one.list_id: one for one in read}
        return found

    def by_name(self, name: str) -> HubSpotList | None:
        """Find the list of contacts of this name."""
        if "/" in name:  # which servers on the way don't let through in a path, encoded or not
            return self._search(name)
        try:
            reply = self._lists.get_by_name(name, CONTACTS, _preload_content=False)
        except NotFound:
            return None
        return _inner(reply.body)

    def _search(self, name: str) -> HubSpotList | None:
        """Look through the lists whose names have these words."""
        offset = 0
        while True:
            ask = ListSearchRequest(
                query=name, count=SEARCHED, offset=offset, additional_properties=["hs_list_size"]
            )
            body = self._lists.do_search(ask, _preload_content=False).body
            found = results_of(body, "lists")
            for one in found:
                if one.get("name") == name and one.get("objectTypeId") == CONTACTS:
                    return understood(hubspot_list, one)
            offset += len(found)
            if not (found and body.get("hasMore")):
                return None

    def delete(self, list_id: str) -> None:
        """Delete a list; its members stay contacts. It can be restored for 90 days."""
        self._lists.remove(list_id, _preload_content=False)

    def change(
        self, list_id: str, add: Collection[int] = (), remove: Collection[int] = ()
    ) -> ListAnswer:
        """Add and remove members, 10,000 ids a call; doing it again changes nothing.

        Ids in none of the answer's sets were already so. Raises Invalid for a list whose members
        HubSpot chooses itself, NotFound for one that was deleted.
        """
        work = [(one, True) for one in add] + [(one, False) for one in remove]
        answers = [self._change(list_id, some) for some in chunks(work, CHANGES)]
        return ListAnswer(
            added=frozenset().union(*(one.added for one in answers)),
            removed=frozenset().union(*(one.removed for one in answers)),
            missing=frozenset().union(*(one.missing for one in answers)),
        )

    def _change(self, list_id: str, work: Collection[tuple[int, bool]]) -> ListAnswer:
        ask = MembershipChangeRequest(
            record_ids_to_add=[str(one) for one, joins in work if joins],
            record_ids_to_remove=[str(one) for one, joins in work if not joins],
        )
        reply = self._memberships.add_and_remove(list_id, ask, _preload_content=False)
        return understood(list_answer, reply.body)

    def member_ids(self, list_id: str) -> Iterator[tuple[int, ...]]:
        """Read the members page by page, in the order of their ids."""

        def fetch(after: str | None) -> Any:
            return self._memberships.get_page(
                list_id, after=after, limit=PAGE, _preload_content=False
            ).body

        for body in pages(fetch):
            yield tuple(understood(_record_id, one) for one in results_of(body))


def _record_id(said: Any) -> int:
    return id_of(said.get("recordId") if isinstance(said, dict) else said)


def _inner(body: Any) -> HubSpotList:
    """Unwrap a list: HubSpot answers `{"list": {...}}`."""
    if not isinstance(body, dict):
        raise senseless("it is no list")
    return understood(hubspot_list, body.get("list", body))
