"""The collector's calls on their way to timelines: whose they are, also when learnt late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from integration import wiring
from integration.flows import collect, patterns
from integration.flows.retry import try_again, try_everything_again
from integration.jobs import JOBS, run
from integration.store import calls
from integration.store.calls import Arrived
from integration.store.keys import Count
from sandbox.happening import USER
from sandbox.objects import types
from sandbox.objects.merge import merge
from tests.flows.collecting import (
    KEY_ID,
    allow,
    count,
    identify,
    kinds,
    left,
    requests,
    send,
    tell,
    track,
)
from tests.house import HUB_ID, NOON, RULES, House, files_of

ANNA = "anna@example.com"
SITE = "https://shop.example"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop(house: House) -> House:
    """A house with a contact, Anna, and a write key."""
    house.portal.contacts.create({"email": ANNA, "country": "NO"})
    house.install()
    allow(house)
    return house


def page(path: str, **said: str) -> dict[str, Any]:
    """Make a page call of Anna's."""
    told = {"url": f"{SITE}{path}", **said}
    return {"type": "page", "messageId": f"m-{path}", "userId": ANNA, "properties": told}


def anna(house: House) -> str:
    """Anna's id in HubSpot."""
    return next(
        id_
        for id_, record in house.portal.contacts.records.items()
        if record.properties.get("email") == ANNA
    )


def test_a_call_moves_a_contact_into_a_segment_and_hubspots_list(shop: House) -> None:
    tell(
        shop,
        track(
            "Order Completed",
            userId="Anna@example.com",
            timestamp=(NOON - 5 * MINUTE).isoformat(),
            properties={
                "order_id": "o-1",
                "total": 12.5,
                "products": [{"sku": "s", "price": 12.5}],
            },
        ),
    )

    bought, item = sorted(shop.timeline(anna(shop)), key=lambda event: event.kind, reverse=True)
    assert (bought.kind, bought.at, bought.source) == ("purchase", NOON - 5 * MINUTE, "collector")
    assert bought.properties == {"order_id": "o-1", "amount": "12.5", "products": "1"}
    assert (item.kind, item.properties["product_id"]) == ("product_purchased", "s")
    assert shop.members("buyers") == shop.listed("buyers") == {int(anna(shop))}
    assert requests(shop) == []
    assert count(shop) == Count(calls=1)


def test_a_page_is_what_the_portals_patterns_say_of_its_address(shop: House) -> None:
    patterns.change(shop.segue.tools, HUB_ID, "pricing_pages", ("/what-it-costs",), "an admin")

    tell(shop, page("/what-it-costs"), page("/pricing"), page("/cases/7", category="Ours"))

    told = {event.properties["url"]: event.properties for event in shop.timeline(anna(shop))}
    assert {url: said.get("category") for url, said in told.items()} == {
        f"{SITE}/what-it-costs": "pricing",
        f"{SITE}/pricing": None,
        f"{SITE}/cases/7": "Ours",
    }


def test_what_an_anonymous_visitor_did_is_his_once_he_says_who_he_is(shop: House) -> None:
    tell(shop, track("Product Viewed", anonymousId="a-1"), track("Cart Viewed", anonymousId="a-1"))
    assert kinds(shop, anna(shop)) == []
    assert left(shop)["visits"] == 2

    tell(shop, identify(ANNA, anonymousId="a-1"))

    assert sorted(kinds(shop, anna(shop))) == ["cart_updated", "product_viewed"]
    assert left(shop) == {"calls": 0, "visits": 0, "strays": 0, "visitors": 1}
    tell(shop, track("Checkout Started", anonymousId="a-1"))
    assert "checkout_started" in kinds(shop, anna(shop))


def test_joined_behaviour_counts_as_of_now(shop: House) -> None:
    """Behaviour from before the name leads into segments at the instant it would have."""
    filled_at = shop.clock.now()
    tell(shop, track("Product Added", anonymousId="a-1"))
    shop.pass_time(timedelta(hours=5))
    assert shop.members("cart_abandoners") == set()

    tell(shop, identify(ANNA, anonymousId="a-1"))

    assert shop.members("cart_abandoners") == shop.listed("cart_abandoners") == {int(anna(shop))}
    assert shop.timeline(anna(shop))[0].at == filled_at


def test_two_devices_that_become_one_person_are_joined(shop: House) -> None:
    tell(
        shop,
        track("Product Viewed", anonymousId="phone"),
        track("Product Viewed", anonymousId="laptop", properties={"sku": "s"}),
        track("Feature Used", userId="u-1"),
    )
    assert left(shop)["visits"] == 3

    tell(shop, identify(anonymousId="phone", userId="u-1"))
    assert kinds(shop, anna(shop)) == []
    tell(shop, identify(ANNA, anonymousId="laptop", userId="u-1"))

    assert sorted(kinds(shop, anna(shop))) == ["feature_used", "product_viewed", "product_viewed"]
    assert left(shop)["visits"] == 0


CALLS: dict[str, dict[str, Any]] = {
    "view": track("Product Viewed", anonymousId="a-1"),
    "use": track("Feature Used", userId="u-1"),
    "link": identify(anonymousId="a-1", userId="u-1"),
    "name": identify(ANNA, userId="u-1"),
    "buy": track("Order Completed", anonymousId="a-1", userId="u-1"),
}


@pytest.mark.parametrize("known", [True, False], ids=["contact first", "contact last"])
def test_in_whatever_order_calls_come_the_timeline_is_the_same(
    small_house: House, known: bool
) -> None:
    """All orders of five calls, each told twice, before and after HubSpot has the contact (32)."""
    house = small_house
    house.install()
    allow(house)
    for number, order in enumerate(permutations(CALLS)):
        if number % 11:
            continue
        email = f"anna-{number}@example.com"
        if known:
            contact = house.portal.contacts.create({"email": email}).id
            house.settle()
        for name in (*order, *reversed(order)):
            send(house, _of(number, CALLS[name], email))
            collect.run(house.segue.tools)
        if not known:
            contact = house.portal.contacts.create({"email": email}).id
            house.settle()
        assert sorted(kinds(house, contact)) == ["feature_used", "product_viewed", "purchase"]
    assert left(house)["visits"] == left(house)["strays"] == left(house)["calls"] == 0


def _of(number: int, said: dict[str, Any], email: str) -> dict[str, Any]:
    """Give the call to people of its own."""
    made = {**said, "messageId": f"{said.get('messageId', 'identify')}-{number}"}
    for name in ("anonymousId", "userId"):
        if name in made:
            made[name] = f"{made[name]}-{number}"
    if made.get("traits", {}).get("email"):
        made["traits"] = {"email": email}
    return made


def test_a_contact_is_found_by_any_of_its_addresses(shop: House) -> None:
    """(19) Also by a secondary one, which a merge has left behind."""
    twin = shop.portal.contacts.create({"email": "anna@work.example"}).id
    shop.settle()
    survivor = merge(shop.portal, types.CONTACT, (anna(shop), twin), USER).id
    shop.settle()

    tell(shop, track("Feature Used", userId="anna@work.example"))

    assert kinds(shop, survivor) == ["feature_used"]


def test_a_contact_is_found_by_its_hubspot_id(shop: House) -> None:
    """(43) Also one without an address."""
    nameless = shop.portal.contacts.create({"firstname": "Zoë"}).id
    shop.settle()

    tell(
        shop,
        identify(anonymousId="a-1", traits={"hubspot_contact_id": nameless}),
        track("Feature Used", anonymousId="a-1"),
    )

    assert kinds(shop, nameless) == ["feature_used"]


def test_events_by_id_wait_for_a_contact_that_isnt_heard_of_yet(shop: House) -> None:
    with shop.portal.quiet():
        new = shop.portal.contacts.create({"firstname": "New"}).id
    external = {"externalIds": [{"type": "hubspot_contact_id", "id": new}]}
    tell(shop, track("Feature Used", userId="u-1", context=external))
    assert left(shop)["visits"] == 1

    shop.portal.contacts.update(new, {"country": "SE"})
    shop.settle()

    assert kinds(shop, new) == ["feature_used"]
    assert left(shop)["visits"] == 0


def test_events_by_the_id_of_a_contact_that_is_merged_meanwhile_go_to_the_survivor(
    shop: House,
) -> None:
    """(28) Its id is first heard of by the merge."""
    with shop.portal.quiet():
        new = shop.portal.contacts.create({"firstname": "New"}).id
    tell(shop, track("Feature Used", userId="u", context={"traits": {"hubspot_id": new}}))
    assert left(shop)["visits"] == 1

    survivor = merge(shop.portal, types.CONTACT, (anna(shop), new), USER).id
    shop.settle()

    assert kinds(shop, survivor) == ["feature_used"]
    assert left(shop)["visits"] == 0


def test_events_by_address_wait_for_a_contact_that_hubspot_doesnt_have_yet(shop: House) -> None:
    """Nobody is created in HubSpot."""
    before = len(shop.portal.contacts.records)
    tell(shop, identify("bert@example.com", userId="u-2"), track("Feature Used", userId="u-2"))
    assert (left(shop)["strays"], len(shop.portal.contacts.records)) == (1, before)

    bert = shop.portal.contacts.create({"email": "bert@example.com"}).id
    shop.settle()
    tell(shop, track("Cart Viewed", userId="u-2"))

    assert sorted(kinds(shop, bert)) == ["cart_updated", "feature_used"]


def test_a_visitor_stays_the_contact_when_its_address_changes(shop: House) -> None:
    tell(shop, identify(ANNA, userId="u-1"))
    contact = anna(shop)
    shop.portal.contacts.update(contact, {"email": "anna@new.example"})
    shop.settle()

    tell(shop, track("Feature Used", userId="u-1"))

    assert kinds(shop, contact) == ["feature_used"]


def test_calls_of_a_merged_contact_go_to_the_survivor(shop: House) -> None:
    """(28)"""
    tell(shop, identify(ANNA, anonymousId="a-1"), track("Feature Used", anonymousId="a-1"))
    old = anna(shop)
    twin = shop.portal.contacts.create({"email": "anna@example.org"}).id
    shop.settle()
    survivor = merge(shop.portal, types.CONTACT, (twin, old), USER).id
    shop.settle()

    tell(shop, track("Cart Viewed", anonymousId="a-1"))

    assert sorted(kinds(shop, survivor)) == ["cart_updated", "feature_used"]


def test_an_erased_contacts_devices_are_forgotten(shop: House) -> None:
    contact = anna(shop)
    tell(
        shop,
        identify(ANNA, anonymousId="a-1", userId="u-1"),
        track("Feature Used", anonymousId="a-1"),
        {"type": "track", "userId": "u-1", "context": {"traits": {"email": ANNA}}},
    )
    assert (left(shop)["visitors"], left(shop)["calls"]) == (2, 1)

    shop.clock.advance(MINUTE)
    shop.portal.forget(contact)
    shop.settle()

    assert left(shop) == {"calls": 0, "visits": 0, "strays": 0, "visitors": 0}
    tell(shop, track("Cart Viewed", anonymousId="a-1"))
    assert kinds(shop, contact) == []


def test_a_bad_call_harms_no_other_and_can_be_tried_again(shop: House) -> None:
    tell(shop, track("Feature Used", userId=ANNA), {"type": "track", "userId": ANNA}, "nonsense")

    assert kinds(shop, anna(shop)) == ["feature_used"]
    assert count(shop) == Count(calls=1, unread=2)
    dead = {each["reason"]: each for each in requests(shop)}
    assert set(dead) == {"a track call without an event name", "not an object"}
    assert {each["state"] for each in dead.values()} == {"dead"}
    with shop.segue.store.read() as connection:
        groups = calls.dead_groups(connection, HUB_ID)
    assert [(each.count, each.since) for each in groups] == [(1, NOON), (1, NOON)]

    assert try_again(shop.segue.tools, HUB_ID).deliveries == 2
    assert try_everything_again(shop.segue.tools).deliveries == 0
    shop.settle()
    assert {each["reason"] for each in requests(shop)} == set(dead)
    assert try_everything_again(shop.segue.tools).deliveries == 2


def test_a_call_without_consent_leaves_nothing_but_a_count(house: House) -> None:
    house.portal.contacts.create({"email": ANNA})
    house.install()
    allow(house, consent="Analytics")
    agreed = {"consent": {"categoryPreferences": {"Analytics": True}}}
    refused = {"consent": {"categoryPreferences": {"Analytics": False}}}

    tell(
        house,
        track("Feature Used", userId=ANNA, context=agreed),
        track("Cart Viewed", userId=ANNA, context=refused),
        identify(ANNA, anonymousId="a-1", context=refused),
        track("Product Viewed", anonymousId="a-2"),
    )

    assert kinds(house, anna(house)) == ["feature_used"]
    assert left(house) == {"calls": 0, "visits": 0, "strays": 0, "visitors": 0}
    assert count(house) == Count(calls=1, refused=3)


def test_what_was_answered_survives_the_death_of_the_process(
    shop: House, database_url: str
) -> None:
    """Between the answer and the taking in, and between a claim and its end (20)."""
    send(shop, track("Feature Used", userId=ANNA))
    now = shop.clock.now()
    with shop.segue.store.write(synced=False) as connection:
        assert len(calls.claim(connection, now, now + collect.LEASE, 10)) == 1
    shop.segue.store.engine.dispose()

    anew = wiring.build(shop.segue.settings, shop.clock.now, files_of(RULES))
    assert collect.run(anew.tools) == 0
    shop.clock.advance(collect.LEASE)
    assert collect.run(anew.tools) == 1
    anew.store.engine.dispose()

    assert kinds(shop, anna(shop)) == ["feature_used"]


def test_a_worker_that_was_too_slow_stores_nothing_twice(shop: House) -> None:
    """(20) What another took over is left to it; the count says so."""
    send(shop, track("Feature Used", userId=ANNA))
    now = shop.clock.now()
    with shop.segue.store.write() as connection:
        slow = calls.claim(connection, now, now + collect.LEASE, 10)
    shop.clock.advance(collect.LEASE)
    assert collect.run(shop.segue.tools) == 1
    collect.take(shop.segue.tools, slow, {})

    assert count(shop) == Count(calls=1)


def test_a_request_at_which_segue_breaks_off_holds_up_no_other(shop: House) -> None:
    send(shop, track("Feature Used", userId=ANNA))
    with shop.segue.store.write() as connection:  # what the door lets nobody bring
        calls.put(connection, [Arrived(HUB_ID, KEY_ID, "track", b"{", shop.clock.now())])
    send(shop, track("Cart Viewed", userId=ANNA))
    job = next(job for job in JOBS if job.name == "collect")
    for _ in range(collect.MOST_ATTEMPTS + 3):
        run(shop.segue, job)
        shop.clock.advance(collect.LEASE)

    assert sorted(kinds(shop, anna(shop))) == ["cart_updated", "feature_used"]
    dead = [(each["state"], each["reason"], each["body"]) for each in requests(shop)]
    assert dead == [("dead", collect.GIVEN_UP, b"{")]
    assert count(shop) == Count(calls=2, unread=1)


def test_a_worker_that_stops_gives_back_what_it_hasnt_begun(shop: House) -> None:
    send(shop, track("Feature Used", userId=ANNA))

    collect.run(replace(shop.segue.tools, stopping=lambda: True))

    assert [(each["attempts"], each["due_at"]) for each in requests(shop)] == [
        (0, shop.clock.now())
    ]
    assert collect.run(shop.segue.tools) == 1


def test_what_waits_for_a_name_too_long_is_dropped(shop: House) -> None:
    prune = next(job for job in JOBS if job.name == "prune")
    tell(shop, track("Feature Used", anonymousId="a-1"), {"type": "track", "userId": "u"})
    shop.clock.advance(timedelta(days=30))
    prune.work(shop.segue)
    assert (left(shop)["visits"], left(shop)["calls"]) == (1, 1)

    shop.clock.advance(timedelta(seconds=1))
    prune.work(shop.segue)
    assert (left(shop)["visits"], left(shop)["calls"]) == (1, 0)
    shop.clock.advance(timedelta(days=60))
    prune.work(shop.segue)

    assert left(shop)["visits"] == 0


def test_characters_that_a_database_refuses_are_cleaned(shop: House) -> None:
    """(44) NUL and half an emoji, in every place."""
    bad = "x\x00\ud83d"
    tell(
        shop,
        identify(ANNA, anonymousId=bad, userId=bad),
        track(bad, anonymousId=bad, messageId=bad, properties={bad: bad}),
        {"type": "page", "anonymousId": bad, "name": bad, "category": bad},
        {"type": "group", "anonymousId": bad, "groupId": bad},
    )

    assert sorted(kinds(shop, anna(shop))) == ["custom.group_joined", "custom.x", "page_viewed"]
