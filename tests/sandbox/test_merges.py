"""Merged contacts, and contacts deleted for privacy."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.marketing import acts

from .hub import HUB_ID, Hub

CONTACTS = "/crm/objects/2026-03/contacts"


def _merge(hub: Hub, primary: str, other: str) -> Any:
    body = {"primaryObjectId": primary, "objectIdToMerge": other}
    return hub.post(f"{CONTACTS}/merge", body)


@pytest.fixture
def pair(hub: Hub) -> tuple[str, str]:
    """Give two contacts: the first lacks a city, the second has another stage."""
    first = hub.contact(email="a@example.com", firstname="Ada", lifecyclestage="lead")
    second = hub.contact(email="b@example.com", firstname="Bo", city="Oslo")
    return first, second


def test_the_survivor_keeps_its_values_and_gets_what_it_lacks(
    hub: Hub, pair: tuple[str, str]
) -> None:
    answer = _merge(hub, *pair)

    values = hub.portal.contacts.records[pair[0]].properties
    assert answer.status_code == 200
    assert answer.json["id"] == pair[0]
    assert (values["firstname"], values["city"]) == ("Ada", "Oslo")
    assert values["email"] == "a@example.com"
    assert values["hs_additional_emails"] == "b@example.com"
    assert values["hs_merged_object_ids"] == pair[1]


def test_the_old_id_works_alone_but_not_in_a_batch(hub: Hub, pair: tuple[str, str]) -> None:
    """Failure mode 28."""
    _merge(hub, *pair)

    read: Any = hub.get(f"{CONTACTS}/{pair[1]}").json
    changed: Any = hub.patch(f"{CONTACTS}/{pair[1]}", {"properties": {"city": "Rome"}}).json
    inputs = [{"id": pair[1], "properties": {"city": "Paris"}}]
    batch = hub.post(f"{CONTACTS}/batch/update", {"inputs": inputs})
    batch_answer: Any = batch.json

    assert read["id"] == pair[0]
    assert changed["id"] == pair[0]
    assert batch.status_code == 207
    assert batch_answer["errors"][0]["context"] == {"ids": [pair[1]]}
    assert hub.portal.contacts.records[pair[0]].properties["city"] == "Rome"


def test_the_survivor_may_get_a_third_id(hub: Hub, pair: tuple[str, str]) -> None:
    """Failure mode 28."""
    hub.sandbox.settings.merge_makes_third_id = True
    hub.messages()

    survivor = _merge(hub, *pair).json["id"]

    told = [m for m in hub.messages() if m["subscriptionType"] == "contact.merge"]
    reads: list[Any] = [hub.get(f"{CONTACTS}/{old}").json for old in pair]
    assert survivor not in pair
    assert [r["id"] for r in reads] == [survivor, survivor]
    assert list(hub.portal.contacts.records) == [survivor]
    assert hub.portal.contacts.records[survivor].properties["hs_object_id"] == survivor
    assert told[0]["newObjectId"] == int(survivor)
    assert told[0]["primaryObjectId"] == int(pair[0])
    assert told[0]["mergedObjectIds"] == [int(pair[1])]


def test_an_id_merged_twice_leads_to_the_last_survivor(hub: Hub, pair: tuple[str, str]) -> None:
    third = hub.contact(email="c@example.com")
    _merge(hub, *pair)

    _merge(hub, third, pair[0])

    reads: list[Any] = [hub.get(f"{CONTACTS}/{old}").json for old in pair]
    assert [r["id"] for r in reads] == [third, third]
    addresses = hub.portal.contacts.records[third].properties["hs_additional_emails"]
    assert addresses == "a@example.com;b@example.com"


def test_associations_and_memberships_are_united(hub: Hub, pair: tuple[str, str]) -> None:
    path = f"/portals/{HUB_ID}/contacts"
    order: Any = hub.control("POST", f"{path}/{pair[1]}/orders", {"properties": {}}).json
    segment = hub.portal.lists.create("Segment")
    hub.portal.lists.add(segment.id, [pair[1]])

    _merge(hub, *pair)

    assert hub.portal.associations.of("0-1", pair[0], "0-123") == [order["id"]]
    assert hub.portal.associations.of("0-123", order["id"], "0-1") == [pair[0]]
    assert hub.portal.lists.members(segment) == [pair[0]]


def test_a_secondary_address_stays_taken_and_findable_alone(
    hub: Hub, pair: tuple[str, str]
) -> None:
    """Failure mode 19."""
    _merge(hub, *pair)

    taken = hub.post(CONTACTS, {"properties": {"email": "B@example.com"}})
    found: Any = hub.get(f"{CONTACTS}/b@example.com?idProperty=email").json

    assert taken.status_code == 409
    assert found["id"] == pair[0]


def test_a_contact_can_not_be_merged_with_itself(hub: Hub, pair: tuple[str, str]) -> None:
    assert _merge(hub, pair[0], pair[0]).status_code == 400


def test_a_merge_is_told_and_a_deletion_may_follow(hub: Hub, pair: tuple[str, str]) -> None:
    """Failure mode 28."""
    hub.sandbox.settings.deletion_after_merge = True
    hub.messages()

    _merge(hub, *pair)

    told = {m["subscriptionType"]: m for m in hub.messages()}
    assert told["contact.merge"]["newObjectId"] == int(pair[0])
    assert told["contact.merge"]["numberOfPropertiesMoved"] == 1
    assert told["contact.deletion"]["objectId"] == int(pair[1])


def test_deleting_for_privacy_leaves_nothing(hub: Hub, pair: tuple[str, str]) -> None:
    """Failure mode 29: nothing brings it back."""
    path = f"/portals/{HUB_ID}/contacts/{pair[0]}"
    order: Any = hub.control("POST", f"{path}/orders", {"properties": {}}).json
    segment = hub.portal.lists.create("Segment")
    hub.portal.lists.add(segment.id, [pair[0]])
    hub.messages()

    answer = hub.post(f"{CONTACTS}/gdpr-delete", {"objectId": pair[0]})

    told = [m["subscriptionType"] for m in hub.messages()]
    archive: Any = hub.get(f"{CONTACTS}?archived=true").json
    assert answer.status_code == 204
    assert sorted(told) == ["contact.deletion", "contact.privacyDeletion"]
    assert hub.get(f"{CONTACTS}/{pair[0]}").status_code == 404
    assert archive["results"] == []
    assert hub.control("POST", f"{path}/restore").status_code == 404
    assert hub.portal.associations.of("0-123", order["id"], "0-1") == []
    assert segment.members == {}


def test_a_deleted_contact_can_still_be_deleted_for_privacy(
    hub: Hub, pair: tuple[str, str]
) -> None:
    hub.delete(f"{CONTACTS}/{pair[0]}")
    hub.messages()

    hub.control("POST", f"/portals/{HUB_ID}/contacts/{pair[0]}/privacy-delete")

    assert [m["subscriptionType"] for m in hub.messages()] == ["contact.privacyDeletion"]
    assert pair[0] not in hub.portal.contacts.records


def test_an_unknown_address_is_blocked_by_deleting_it_for_privacy(hub: Hub) -> None:
    body = {"objectId": "Gone@example.com", "idProperty": "email"}

    answer = hub.post(f"{CONTACTS}/gdpr-delete", body)

    assert answer.status_code == 204
    again = hub.post(CONTACTS, {"properties": {"email": "gone@example.com"}})
    assert again.status_code == 400


def test_only_contacts_can_be_deleted_for_privacy(hub: Hub) -> None:
    deal = hub.portal.deals.create({"dealname": "Hotel"})

    answer = hub.post("/crm/objects/2026-03/deals/gdpr-delete", {"objectId": deal.id})

    assert answer.status_code == 400


def test_the_survivor_is_as_old_as_the_older_of_the_two(hub: Hub) -> None:
    older = hub.contact(email="a@example.com")
    hub.advance(minutes=1)
    newer = hub.contact(email="b@example.com")

    answer = _merge(hub, newer, older).json

    assert answer["createdAt"] == "2026-03-01T09:30:00.000Z"
    assert answer["properties"]["createdate"] == "2026-03-01T09:30:00.000Z"


def test_pages_seen_and_enrollments_go_over_to_the_survivor(
    hub: Hub, pair: tuple[str, str]
) -> None:
    first, second = pair
    page = ("https://www.example.com/products/1", "One")
    acts.visit_page(hub.portal, second, page, hub.sandbox.clock.now())

    _merge(hub, first, second)

    seen = hub.portal.marketing.occurrences
    assert [each.properties["hs_url"] for each in seen[first]] == [page[0]]
    assert second not in seen


def test_deleting_for_privacy_takes_mail_and_pages_too(hub: Hub, pair: tuple[str, str]) -> None:
    first, _ = pair
    now = hub.sandbox.clock.now()
    acts.visit_page(hub.portal, first, ("https://www.example.com/", "Home"), now)
    acts.opt_out(hub.portal, "a@example.com", "MARKETING_EMAIL", now)

    hub.portal.forget(first)

    assert first not in hub.portal.marketing.occurrences
    assert hub.portal.marketing.opted_out == {}
    assert hub.portal.marketing.email_events == []


def test_an_undone_merge_gives_both_their_own(hub: Hub, pair: tuple[str, str]) -> None:
    """Failure mode 28: hypothesis; whatever came in meanwhile stays with the survivor."""
    path = f"/portals/{HUB_ID}/contacts"
    order: Any = hub.control("POST", f"{path}/{pair[1]}/orders", {"properties": {}}).json
    page = ("https://www.example.com/products/1", "One")
    acts.visit_page(hub.portal, pair[1], page, hub.sandbox.clock.now())
    _merge(hub, *pair)
    later: Any = hub.control("POST", f"{path}/{pair[0]}/orders", {"properties": {}}).json
    hub.messages()

    answer = hub.control("POST", f"{path}/{pair[1]}/unmerge", {})

    told = [m for m in hub.messages() if m["subscriptionType"] == "contact.restore"]
    values = hub.portal.contacts.records[pair[0]].properties
    back: Any = hub.get(f"{CONTACTS}/{pair[1]}?properties=email,city,firstname").json
    assert answer.status_code == 200
    assert [m["objectId"] for m in told] == [int(pair[1])]
    assert back["id"] == pair[1]
    assert (back["properties"]["email"], back["properties"]["firstname"]) == ("b@example.com", "Bo")
    assert (values["hs_additional_emails"], values["hs_merged_object_ids"]) == ("", "")
    assert hub.portal.associations.of("0-1", pair[1], "0-123") == [order["id"]]
    assert hub.portal.associations.of("0-1", pair[0], "0-123") == [later["id"]]
    assert list(hub.portal.marketing.occurrences) == [pair[1]]
    assert hub.control("POST", f"{path}/{pair[1]}/unmerge", {}).status_code == 404


def test_both_ids_that_a_third_took_in_can_live_again(hub: Hub, pair: tuple[str, str]) -> None:
    hub.sandbox.settings.merge_makes_third_id = True
    hub.sandbox.settings.deletion_after_merge = True
    hub.messages()
    third = _merge(hub, *pair).json["id"]
    gone = [m["objectId"] for m in hub.messages() if m["subscriptionType"] == "contact.deletion"]
    assert sorted(gone) == sorted(map(int, pair))

    for one in pair:
        hub.control("POST", f"/portals/{HUB_ID}/contacts/{one}/unmerge", {})

    assert set(hub.portal.contacts.records) == {third, *pair}
    assert hub.portal.contacts.records[third].properties["email"] == ""
    assert hub.portal.contacts.by_email("a@example.com").id == pair[0]  # type: ignore[union-attr]


def test_a_secondary_address_can_be_taken_off_for_a_new_contact(
    hub: Hub, pair: tuple[str, str]
) -> None:
    """Failure mode 19: how people part contacts, since a merge can't be undone."""
    _merge(hub, *pair)

    path = f"/portals/{HUB_ID}/contacts/{pair[0]}/drop-address"
    hub.control("POST", path, {"email": "b@example.com"})
    made: Any = hub.post(CONTACTS, {"properties": {"email": "b@example.com"}})

    assert made.status_code == 201
    assert hub.portal.contacts.records[pair[0]].properties["hs_additional_emails"] == ""
    assert made.json["id"] not in pair
