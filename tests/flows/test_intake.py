"""Deliveries: whatever comes, in whatever order and number, is taken in once."""

from __future__ import annotations

import json
from datetime import timedelta

from integration.flows.deliveries import Unpacked, groups, unpack
from integration.store.inbox import Delivery
from mappings.instants import to_ms
from sandbox import acts
from tests.flows.entries import (
    body,
    calls_of,
    change,
    contact,
    deliveries,
    entry,
    kinds,
    open_portal,
    values,
)
from tests.house import CLIENT_ID, HUB_ID, NOON, House

MINUTE = timedelta(minutes=1)


def test_what_comes_twice_is_taken_in_once(house: House) -> None:
    """Failure mode 30: in one delivery, in the next, and as a later attempt."""
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    calls = house.calls()
    moved = change(NOON + MINUTE, anna, "lifecyclestage", "lead")

    house.post(body(moved, moved))
    house.settle()
    house.post(body(moved | {"attemptNumber": 3}))
    house.settle()

    assert kinds(house, anna) == ["stage_changed"]
    assert [
        (one.state, one.messages, one.heard_before, one.skipped) for one in deliveries(house)
    ] == [("done", 2, 1, 0), ("done", 1, 1, 0)]
    assert house.calls() == calls + 1  # what the stage was before


def test_different_messages_may_share_an_event_id(small_house: House) -> None:
    """Failure mode 31: seen in captured payloads."""
    house = small_house
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()

    house.post(
        body(
            change(NOON + MINUTE, anna, "country", "SE", eventId=1),
            change(NOON + MINUTE, anna, "firstname", "Anna", eventId=1),
            change(NOON + 2 * MINUTE, anna, "firstname", "Ann", eventId=1),
            change(NOON + 2 * MINUTE, anna, "firstname", "Ann", eventId=2),
        )
    )
    house.settle()

    assert values(house, anna, "country", "firstname") == ["SE", "Ann"]
    # The last two say the same of the same instant: that is heard once, whatever their ids.
    assert [one.heard_before for one in deliveries(house)] == [1]


def test_a_late_change_does_not_undo_a_newer_one(house: House) -> None:
    """Failure mode 32."""
    anna = house.portal.contacts.create({"email": "anna@example.com", "country": "DE"}).id
    house.install()

    house.post(body(change(NOON + 2 * MINUTE, anna, "country", "SE")))
    house.settle()
    assert house.members("swedes") == {int(anna)}
    house.post(body(change(NOON + MINUTE, anna, "country", "NO")))
    house.settle()

    assert values(house, anna, "country") == ["SE"]
    assert house.members("swedes") == house.listed("swedes") == {int(anna)}


def test_one_unreadable_entry_fails_no_other(house: House) -> None:
    """A batch is up to a hundred entries, of shapes that differ by account and year."""
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    good = change(NOON + MINUTE, anna, "country", "SE")
    unreadable: list[object] = [
        None,
        7,
        "text",
        [],
        {},
        good | {"portalId": "x"},
        good | {"occurredAt": None},
    ]
    foreign = [
        entry("contact.frobnicated", NOON, anna),
        entry("company.creation", NOON, 77),
        entry("conversation.newMessage", NOON, 78, messageId="m"),
        good | {"portalId": 1},
    ]

    house.post(json.dumps([*unreadable, good, *foreign]).encode())
    house.settle()

    assert values(house, anna, "country") == ["SE"]
    done = deliveries(house)[0]
    assert (done.state, done.messages, done.heard_before, done.skipped) == ("done", 12, 0, 11)


BROKEN = {
    b"<html>502</html>": "not JSON",
    b"": "not JSON",
    b"\xff\xfe\x00": "not JSON",
    b"[" * 200_000: "not JSON",
    b'{"portalId": 1}': "not a list",
    b"5": "not a list",
}


def test_what_nobody_can_read_is_put_aside_with_a_reason(small_house: House) -> None:
    house = small_house
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()

    for broken in BROKEN:
        house.post(broken)
    house.post(body(change(NOON + MINUTE, anna, "country", "SE")))
    house.settle()

    *aside, done = deliveries(house)
    assert {one.state for one in aside} == {"dead"}
    assert [reason in one.reason for one, reason in zip(aside, BROKEN.values(), strict=True)] == [
        True
    ] * len(BROKEN)
    assert done.state == "done"
    assert values(house, anna, "country") == ["SE"]


def test_a_delivery_of_several_portals_is_told_apart(house: House) -> None:
    """One target URL takes the deliveries of all portals; ids are each portal's own."""
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    other = open_portal(house, HUB_ID + 1)
    twin = other.contacts.create({"email": "twin@example.com"}).id
    assert twin == anna
    house.settle()

    house.post(
        body(
            change(NOON + MINUTE, anna, "country", "SE"),
            change(NOON + MINUTE, twin, "country", "NO", portalId=HUB_ID + 1),
            change(NOON + MINUTE, twin, "country", "FI", portalId=HUB_ID + 2),
        )
    )
    house.settle()

    assert values(house, anna, "country") == ["SE"]
    assert values(house, twin, "country", hub_id=HUB_ID + 1) == ["NO"]
    done = deliveries(house)[-1]
    assert (done.state, done.messages, done.skipped) == ("done", 3, 1)


def test_our_own_write_comes_back_and_nothing_follows(house: House) -> None:
    """Failure mode 45: the loop ends after one round."""
    house.sandbox.apps[CLIENT_ID].subscribe("contact.propertyChange", None, "segue_segments")
    house.sandbox.apps[CLIENT_ID].subscribe("contact.propertyChange", None, "segue_stage")
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    house.settle()
    acts.place_order(house.portal, anna, {"hs_total_price": "10"})
    while house.hear():
        house.step()
    written = house.in_hubspot(anna, "segue_segments")
    calls, taken = house.calls(), len(deliveries(house))

    house.settle()

    assert written == "buyers"
    echoes = [one for one in deliveries(house) if one.skipped == one.messages]
    assert echoes
    assert (house.calls(), len(deliveries(house))) == (calls, taken)


def test_a_flood_is_taken_in_within_the_budget_piece_by_piece(small_house: House) -> None:
    """Failure mode 1: more calls than ten seconds allow are made in pieces that each get done."""
    house = small_house
    house.install()
    people = [house.portal.contacts.create({"country": "SE"}).id for _ in range(400)]
    for person in people[:40]:
        acts.place_order(house.portal, person, {"hs_total_price": "10"}, [{"quantity": "1"}])
    house.sandbox.webhooks.settings.batch_max = 40
    calls = calls_of(house, "POST", "contacts/batch/read")

    house.hear()
    house.settle()

    assert house.members("swedes") == {int(person) for person in people}
    assert house.members("buyers") == {int(person) for person in people[:40]}
    assert {one.state for one in deliveries(house)} == {"done"}
    assert calls_of(house, "POST", "contacts/batch/read") - calls < 20
    assert not [call for call in house.sandbox.calls.calls if call.status == 429]


def test_deliveries_go_together_as_far_as_their_calls_stay_few() -> None:
    """Failure modes 1 and 14: one that HubSpot failed to serve before goes alone.

    What is read once counts once, however many messages there are about it, and what was taken in
    before isn't read again.
    """

    def unpacked(ids: range, attempts: int = 0) -> Unpacked:
        told = [
            {
                "portalId": HUB_ID,
                "subscriptionType": "object.propertyChange",
                "objectTypeId": "0-123",
                "objectId": id_,
                "propertyName": name,
                "propertyValue": "1",
                "occurredAt": to_ms(NOON),
            }
            for id_ in ids
            for name in ("hs_total_price", "hs_pipeline_stage", "hs_fulfillment_status")
        ]
        return unpack(Delivery(ids.start, NOON, json.dumps(told).encode(), attempts), NOON)

    every = [range(90), range(80, 190), range(190, 201), range(5), range(300, 500), range(1)]
    tried = [0, 0, 0, 1, 0, 0]
    read = list(map(unpacked, every, tried))
    names = {name for each in read for name in each.by_portal[HUB_ID]}

    together = list(groups(read, {HUB_ID: names}))

    assert [len(group) for group in together] == [2, 1, 1, 1, 1]
    assert [group[0].entries for group in together] == [270, 15, 33, 600, 3]
    assert [len(group) for group in groups(read, {})] == [1, 5]


def test_an_unknown_contact_is_read_before_its_change_is_taken_in(house: House) -> None:
    """Failure mode 32: the change came before the creation, or the creation never."""
    house.install()
    with house.portal.quiet():
        anna = house.portal.contacts.create({"email": "anna@example.com", "country": "SE"}).id

    house.post(body(change(NOON, anna, "lifecyclestage", "lead")))
    house.settle()

    assert house.members("swedes") == {int(anna)}
    assert kinds(house, anna) == ["stage_changed"]
    assert contact(house, anna) is not None
