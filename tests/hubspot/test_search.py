"""Who changed: pages by id, however many changed at one instant; and what properties were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from integration.errors import Unavailable
from integration.hubspot.client import HubSpot
from integration.hubspot.search import PAGE
from mappings.model import ObjectType
from sandbox import acts, facts
from tests.hubspot.standin import StandIn
from tests.hubspot.wires import PORTAL, Scripted, Way, said

Start = Callable[..., tuple[Scripted, Way]]
AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def prompt(standin: StandIn) -> Iterator[StandIn]:
    """A stand-in whose search is not behind."""
    standin.sandbox.settings.index_lag = timedelta(0)
    yield standin
    standin.sandbox.settings.index_lag = facts.INDEX_LAG


def crowd(standin: StandIn, number: int, at: datetime = AT) -> list[int]:
    """Let so many contacts change at one instant."""
    store = standin.portal.contacts
    return [int(store.create({"country": "SE"}, at=at).id) for _ in range(number)]


def all_of(standin: StandIn, between: tuple[datetime, datetime]) -> list[list[int]]:
    """Read page after page behind the last id, no faster than search allows."""
    pages: list[list[int]] = []
    while not pages or len(pages[-1]) == PAGE:
        behind = pages[-1][-1] if pages else 0
        pages.append(list(standin.hubspot.search.changed(ObjectType.CONTACT, between, behind).at))
        standin.sandbox.clock.advance(timedelta(seconds=1))
    return pages


def test_many_that_changed_at_one_instant_are_all_found(prompt: StandIn) -> None:
    """(16) Page after page by id, each once."""
    ids = crowd(prompt, 450)

    pages = all_of(prompt, (AT, AT))

    assert [len(page) for page in pages] == [200, 200, 50]
    assert [one for page in pages for one in page] == ids


@pytest.mark.slow
def test_more_than_search_can_page_through_are_found(prompt: StandIn) -> None:
    """(16) HubSpot refuses to page beyond 10,000; nobody pages here."""
    ids = crowd(prompt, facts.SEARCH_CAP + 300)

    assert [one for page in all_of(prompt, (AT, AT)) for one in page] == ids


def test_only_what_changed_within_the_stretch_is_found(prompt: StandIn) -> None:
    """Both ends are included, and an instant is told with each."""
    before, first, last, after = (
        crowd(prompt, 1, at)[0] for at in (AT - MINUTE, AT, AT + MINUTE, AT + 2 * MINUTE)
    )

    found = prompt.hubspot.search.changed(ObjectType.CONTACT, (AT, AT + MINUTE))

    assert dict(found.at) == {first: AT, last: AT + MINUTE}
    assert (found.total, found.is_last) == (2, True)
    assert {before, after}.isdisjoint(found.at)


def test_one_that_changes_while_pages_are_read_is_not_skipped(prompt: StandIn) -> None:
    """(17) It only leaves the stretch; those behind it don't move up into the page before."""
    ids = crowd(prompt, 250)
    hub = prompt.hubspot
    first = list(hub.search.changed(ObjectType.CONTACT, (AT, AT)).at)
    prompt.portal.contacts.update(str(first[3]), {"country": "NO"})

    second = list(hub.search.changed(ObjectType.CONTACT, (AT, AT), first[-1]).at)

    assert first + second == ids


def test_an_answer_that_doesnt_advance_is_an_error_never_a_loop(scripted: Start) -> None:
    """(16)"""
    page = {"total": 2, "results": [{"id": "5", "properties": {}, "updatedAt": "2026-06-01"}]}
    _, way = scripted(said(200, page))

    with pytest.raises(Unavailable, match="doesn't advance"):
        HubSpot(way.transport, PORTAL).search.changed(ObjectType.CONTACT, (AT, AT), 5)


@pytest.mark.parametrize("results", [[{}], [{"id": "5"}], [{"id": None}], "none", None])
def test_an_answer_without_ids_makes_no_sense(scripted: Start, results: object) -> None:
    _, way = scripted(said(200, {"total": 1, "results": results}))

    with pytest.raises(Unavailable):
        HubSpot(way.transport, PORTAL).search.changed(ObjectType.CONTACT, (AT, AT))


def test_records_are_counted(prompt: StandIn) -> None:
    crowd(prompt, 3)

    assert prompt.hubspot.search.total(ObjectType.CONTACT) == 3
    assert prompt.hubspot.search.total(ObjectType.ORDER) == 0


def test_what_became_of_contacts_can_be_asked(prompt: StandIn) -> None:
    """(28, 29) Deleted ones with the instant; merged ones answer with who lives on."""
    anna, bert, cleo = crowd(prompt, 3)
    acts.place_order(prompt.portal, str(anna), {"hs_total_price": "1"})
    prompt.portal.contacts.archive(str(bert))
    body = {"primaryObjectId": str(anna), "objectIdToMerge": str(cleo)}
    prompt.hubspot.contacts._door.call("POST", "/crm/objects/2026-03/contacts/merge", json=body)

    contacts = prompt.hubspot.contacts
    [deleted] = contacts.read_archived([anna, bert, cleo])
    survivor = contacts.survivor(cleo)

    assert (deleted.contact_id, deleted.archived) == (bert, True)
    assert deleted.updated_at == prompt.portal.contacts.records[str(bert)].archived_at
    assert survivor is not None
    assert survivor.contact_id == anna
    assert contacts.survivor(1) is None
    assert contacts.read_archived([]) == []
