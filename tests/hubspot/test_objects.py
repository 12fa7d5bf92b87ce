"""Deals, orders and carts of the stand-in, and how they are linked."""

from collections.abc import Callable

import pytest

from integration import errors
from integration.hubspot.client import HubSpot
from mappings.model import ObjectType
from sandbox.associations.kinds import between
from sandbox.objects import types
from tests.hubspot.standin import StandIn
from tests.hubspot.wires import PORTAL, Scripted, Way, said

Start = Callable[..., tuple[Scripted, Way]]
AT = "2026-01-02T03:04:05Z"
CONTACT, ORDER, LINE_ITEM = ObjectType.CONTACT, ObjectType.ORDER, ObjectType.LINE_ITEM


def order(standin: StandIn, *contacts: int, total: str = "10") -> int:
    """Make an order of some contacts on the stand-in's side."""
    made = standin.portal.orders.create({"hs_order_name": "An order", "hs_total_price": total})
    for contact in contacts:
        standin.portal.associate(between(types.ORDER, types.CONTACT), (made.id, str(contact)))
    return int(made.id)


@pytest.mark.parametrize(
    ("kind", "store", "named"),
    [
        (ObjectType.DEAL, "deals", {"dealname": "x", "dealstage": "closedwon"}),
        (ObjectType.ORDER, "orders", {"hs_order_name": "x"}),
        (ObjectType.CART, "carts", {"hs_cart_name": "x"}),
        (ObjectType.PRODUCT, "products", {"name": "x"}),
        (ObjectType.LINE_ITEM, "line_items", {"name": "x"}),
        (ObjectType.TICKET, "0-5", {"subject": "x"}),
        (ObjectType.MEETING, "0-47", {"hs_meeting_title": "x"}),
        (ObjectType.CALL, "0-48", {"hs_call_title": "x"}),
        (ObjectType.SUBSCRIPTION, "0-69", {"hs_name": "x"}),
    ],
)
def test_every_kind_of_object_is_paged_and_read(
    standin: StandIn, kind: ObjectType, store: str, named: dict[str, str]
) -> None:
    shelf = getattr(standin.portal, store, None) or standin.portal.stores[store]
    made = shelf.create(named)

    page, after = standin.hubspot.objects.page(kind, None, list(named))
    read = standin.hubspot.objects.read(kind, [int(made.id), 999], list(named))

    assert after is None
    assert [one.object_id for one in page] == [one.object_id for one in read] == [int(made.id)]
    assert page[0].type is kind
    for name, value in named.items():
        assert page[0].properties[name] == read[0].properties[name] == value


def test_reading_goes_by_hundreds(standin: StandIn) -> None:
    made = [order(standin) for _ in range(101)]

    found = standin.hubspot.objects.read(ORDER, made, [])

    assert {one.object_id for one in found} == set(made)
    assert len(standin.calls()) == 2


def test_a_page_comes_with_the_linked_ids(standin: StandIn) -> None:
    ada, ben = standin.contact("a@example.com"), standin.contact("b@example.com")
    first, second = order(standin, ada, ben), order(standin)

    page, _ = standin.hubspot.objects.page(ORDER, None, [], [CONTACT, LINE_ITEM])

    linked = {one.object_id: one.associated.get(CONTACT, ()) for one in page}
    assert linked == {first: (ada, ben), second: ()}


def test_links_that_the_page_only_begins_are_fetched_to_their_end(scripted: Start) -> None:
    """Failure mode 24: a page that shows the first links only isn't the whole truth."""
    begun = {"results": [{"id": "1"}], "paging": {"next": {"after": "1"}}}
    record = {"id": "7", "createdAt": AT, "associations": {"contacts": begun}}
    other = {"id": "8", "createdAt": AT}
    whole = {"from": {"id": "7"}, "to": [{"toObjectId": 1}, {"toObjectId": 2}]}
    server, way = scripted(said(200, {"results": [record, other]}), said(200, {"results": [whole]}))

    page, _ = HubSpot(way.transport, PORTAL).objects.page(ORDER, None, [], [CONTACT])

    assert [one.associated.get(CONTACT) for one in page] == [(1, 2), None]
    assert server.heard[1].target == "/crm/associations/2026-03/0-123/0-1/batch/read"


def test_more_properties_than_an_address_carries_keep_their_links(standin: StandIn) -> None:
    """Failure mode 37."""
    ada = standin.contact("a@example.com")
    made = order(standin, ada, total="12.5")
    many = ["hs_total_price", *(f"made_up_property_{number:04}" for number in range(400))]

    page, _ = standin.hubspot.objects.page(ORDER, None, many, [CONTACT])

    assert [(one.object_id, one.associated[CONTACT]) for one in page] == [(made, (ada,))]
    assert page[0].properties["hs_total_price"] == "12.5"


def test_links_are_read_for_many_at_once_and_none_is_an_answer(standin: StandIn) -> None:
    ada, ben = standin.contact("a@example.com"), standin.contact("b@example.com")
    first, second = order(standin, ada), order(standin, ada)

    linked = standin.hubspot.associations.linked(CONTACT, ORDER, [ada, ben, 999])

    assert linked == {ada: (first, second), ben: (), 999: ()}
    assert len(standin.calls()) == 1


def test_links_of_nobody_call_nobody(standin: StandIn) -> None:
    assert standin.hubspot.associations.linked(CONTACT, ORDER, []) == {}
    assert standin.calls() == []


def test_links_are_asked_for_by_thousands(scripted: Start) -> None:
    server, way = scripted(said(200, {"results": []}))

    HubSpot(way.transport, PORTAL).associations.linked(CONTACT, ORDER, range(1, 1002))

    assert [one.body.count(b'"id"') for one in server.heard] == [1000, 1]


def link(start: int, *ends: int, after: str | None = None) -> dict[str, object]:
    """Write one object's links as HubSpot does."""
    to = [{"toObjectId": one, "associationTypes": []} for one in ends]
    paging = {"paging": {"next": {"after": after}}} if after else {}
    return {"from": {"id": str(start)}, "to": to, **paging}


def test_paging_inside_one_object_is_followed_to_its_end(scripted: Start) -> None:
    server, way = scripted(
        said(200, {"results": [link(1, 10, 11, after="b"), link(2, 20)]}),
        said(200, {"results": [link(1, 11, 12)]}),
    )

    linked = HubSpot(way.transport, PORTAL).associations.linked(CONTACT, ORDER, [1, 2])

    assert linked == {1: (10, 11, 12), 2: (20,)}
    assert server.heard[1].body == b'{"inputs": [{"id": "1", "after": "b"}]}'


def test_paging_that_never_ends_is_an_error_not_a_loop(scripted: Start) -> None:
    """Failure mode 16: progress is asserted on each page."""
    _, way = scripted(said(200, {"results": [link(1, 10, after="b")]}))

    with pytest.raises(errors.Unavailable, match="doesn't advance"):
        HubSpot(way.transport, PORTAL).associations.linked(CONTACT, ORDER, [1])


@pytest.mark.parametrize("bad", [{}, {"from": {}}, {"from": {"id": "1"}, "to": [{}]}, 7])
def test_a_link_without_its_ends_is_no_answer(scripted: Start, bad: object) -> None:
    _, way = scripted(said(200, {"results": [bad]}))

    with pytest.raises(errors.Unavailable):
        HubSpot(way.transport, PORTAL).associations.linked(CONTACT, ORDER, [1])


def ticket(standin: StandIn) -> int:
    """Make a ticket that was closed a moment after."""
    tickets = standin.portal.stores["0-5"]
    made = tickets.create({"subject": "It broke"})
    tickets.update(made.id, {"hs_pipeline_stage": "4"})
    return int(made.id)


def test_versions_come_along_oldest_first(standin: StandIn) -> None:
    """Half as many records fit in a page with history, and in a batch."""
    made = [ticket(standin) for _ in range(51)]

    page, after = standin.hubspot.objects.page(
        ObjectType.TICKET, None, ["subject"], [CONTACT], ["hs_pipeline_stage"]
    )
    read = standin.hubspot.objects.read(ObjectType.TICKET, made, [], ["hs_pipeline_stage"])

    assert (len(page), after) == (50, str(made[49]))
    for one in [*page, *read]:
        assert [value for value, _ in one.history["hs_pipeline_stage"]] == ["1", "4"]
    assert len(read) == 51
    assert [path.rsplit("/", 2)[-2:] for _, path, _ in standin.calls()][1:] == [
        ["batch", "read"]
    ] * 2


def test_very_many_properties_with_history_are_read_in_a_batch(standin: StandIn) -> None:
    """(37) An address that HubSpot wouldn't take is never sent."""
    made = ticket(standin)
    names = [f"custom_property_with_a_long_name_{number}" for number in range(400)]

    page, _ = standin.hubspot.objects.page(
        ObjectType.TICKET, None, ["subject", *names], [CONTACT], ["hs_pipeline_stage"]
    )

    assert [one.object_id for one in page] == [made]
    assert len(page[0].history["hs_pipeline_stage"]) == 2
    assert {status for _, _, status in standin.calls()} == {200}


def test_the_stages_of_all_pipelines_are_known_by_id(standin: StandIn) -> None:
    stages = standin.hubspot.stages(ObjectType.TICKET)

    assert {name: (one.label, one.is_closed) for name, one in stages.items()} == {
        "1": ("New", False),
        "2": ("Waiting on contact", False),
        "3": ("Waiting on us", False),
        "4": ("Closed", True),
    }
    assert {one.pipeline for one in stages.values()} == {"Support Pipeline"}
    won = standin.hubspot.stages(ObjectType.DEAL)["closedwon"]
    assert (won.label, won.is_closed) == ("Closed Won", True)


def test_histories_of_contacts_go_by_fifties(standin: StandIn) -> None:
    ids = [standin.contact(lifecyclestage="lead") for _ in range(51)]

    found = standin.hubspot.contacts.histories([*ids, 999], ["lifecyclestage"])

    assert {one.contact_id for one in found} == set(ids)
    assert {one.versions["lifecyclestage"][0][0] for one in found} == {"lead"}
    assert len(standin.calls()) == 2
