"""What becomes of contacts: merged, deleted, restored, erased; with many addresses or none."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

from integration.store import tables
from mappings.model import ContactState
from mappings.writing import IntentKind
from sandbox import acts
from sandbox.happening import USER
from sandbox.marketing.acts import submit_form
from sandbox.marketing.model import Form
from sandbox.objects import types
from sandbox.objects.merge import merge
from tests.flows.entries import body, change, contact, deliveries, entry, kinds, rows, values
from tests.house import HUB_ID, NOON, House

MINUTE = timedelta(minutes=1)


def unite(house: House, primary: str, other: str) -> str:
    """Merge two contacts in HubSpot; give the id that lives on."""
    return merge(house.portal, types.CONTACT, (primary, other), USER).id


def test_merged_contacts_become_one(small_house: House) -> None:
    """Failure mode 28: histories are united, memberships pass on, nobody is enrolled again."""
    merge_two_with_a_past(small_house)


def test_merged_contacts_become_a_third(house: House) -> None:
    """Failure mode 28: the same, when HubSpot gives the one that lives on an id of its own."""
    house.sandbox.settings.merge_makes_third_id = True
    merge_two_with_a_past(house)


def merge_two_with_a_past(house: House) -> None:
    house.sandbox.settings.deletion_after_merge = True
    flow = house.add_workflow("Abandoned cart")
    anna = house.portal.contacts.create({"email": "anna@example.com", "country": "SE"}).id
    twin = house.portal.contacts.create({"email": "anna@example.org", "firstname": "Anna"}).id
    house.install()
    acts.fill_cart(house.portal, anna, {"hs_total_price": "5"})
    acts.fill_cart(house.portal, twin, {"hs_total_price": "6"})
    house.pass_time(timedelta(hours=5))
    acts.place_order(house.portal, twin, {"hs_total_price": "7"})
    house.settle()
    assert house.listed("buyers") == {int(twin)}
    assert sorted(house.enrolled(flow.name)) == sorted([anna, twin])

    survivor = unite(house, anna, twin)
    house.settle()

    gone = contact(house, twin)
    assert gone is not None
    assert (gone.state, gone.merged_into) == (ContactState.MERGED, int(survivor))
    assert values(house, survivor, "country", "firstname") == ["SE", "Anna"]
    assert kinds(house, survivor) == ["cart_updated", "cart_updated", "purchase"]
    assert house.members("buyers") == house.listed("buyers") == {int(survivor)}
    assert house.members("swedes") == house.listed("swedes") == {int(survivor)}
    left = [(one.segment, one.entered) for one in house.history(twin)]
    assert ("buyers", False) in left
    assert sorted(house.enrolled(flow.name)) == sorted([anna, twin])
    assert house.outbox(twin, IntentKind.ENROLLMENT) == []
    assert house.outbox(survivor, IntentKind.ENROLLMENT) != []
    house.pass_time(timedelta(days=8))
    assert sorted(house.enrolled(flow.name)) == sorted([anna, twin])


def test_news_of_a_merged_contact_goes_to_the_survivor(small_house: House) -> None:
    """Failure mode 28: an order that names the old id, and a change told late."""
    house = small_house
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    twin = house.portal.contacts.create({"email": "anna@example.org"}).id
    house.install()
    unite(house, anna, twin)
    house.settle()

    house.post(body(change(NOON - MINUTE, twin, "lifecyclestage", "lead")))
    house.settle()

    assert kinds(house, anna) == ["stage_changed"]
    assert values(house, anna, "lifecyclestage") == [""]
    assert house.contact_count() == 1


def test_a_merge_and_a_deletion_come_in_either_order(small_house: House) -> None:
    """Failure mode 28: HubSpot tells of the id that vanished twice, in no order."""
    house = small_house
    house.install()
    seen = []
    for order in permutations(("merge", "deletion", "change")):
        with house.portal.quiet():
            anna = house.portal.contacts.create({"country": "SE"}).id
            twin = house.portal.contacts.create({"firstname": "Anna"}).id
        house.post(
            body(entry("contact.creation", NOON, anna), entry("contact.creation", NOON, twin))
        )
        house.settle()
        with house.portal.quiet():
            unite(house, anna, twin)
        told = {
            "merge": entry(
                "contact.merge",
                NOON + MINUTE,
                anna,
                primaryObjectId=int(anna),
                mergedObjectIds=[int(twin)],
                newObjectId=int(anna),
                numberOfPropertiesMoved=1,
            ),
            "deletion": entry("contact.deletion", NOON + MINUTE, twin),
            "change": change(NOON, twin, "lifecyclestage", "lead"),
        }
        for name in order:
            house.post(body(told[name]))
            house.settle()
        gone = contact(house, twin)
        assert gone is not None
        seen.append(
            (
                gone.state,
                gone.merged_into == int(anna),
                values(house, anna, "country", "firstname"),
                kinds(house, anna),
            )
        )

    assert seen == [(ContactState.MERGED, True, ["SE", "Anna"], ["stage_changed"])] * 6


def test_a_deleted_contact_leaves_everything_and_a_restored_one_is_back(house: House) -> None:
    """Failure mode 29."""
    anna = house.portal.contacts.create({"email": "anna@example.com", "country": "SE"}).id
    house.install()
    acts.place_order(house.portal, anna, {"hs_total_price": "7"})
    house.settle()

    house.clock.advance(MINUTE)
    house.portal.contacts.archive(anna)
    house.settle()

    assert house.members("swedes") == house.members("buyers") == set()
    assert house.contact_count() == 0
    ends = {(one.segment, one.entered, one.why) for one in house.history(anna)}
    assert ("swedes", False, "the contact was deleted in HubSpot") in ends

    house.clock.advance(MINUTE)
    house.portal.contacts.restore(anna)
    house.settle()

    assert house.members("swedes") == house.listed("swedes") == {int(anna)}
    assert house.members("buyers") == house.listed("buyers") == {int(anna)}
    assert kinds(house, anna) == ["purchase"]


def test_what_is_erased_for_privacy_stays_erased(house: House) -> None:
    """Failure mode 29: nothing of it is kept, and nothing late brings any of it back."""
    anna = house.portal.contacts.create({"email": "anna@example.com", "country": "SE"}).id
    house.install()
    acts.place_order(house.portal, anna, {"hs_total_price": "7"}, [{"quantity": "1"}])
    house.settle()
    assert house.listed("buyers") == {int(anna)}

    house.clock.advance(MINUTE)
    house.portal.forget(anna)
    house.settle()
    house.post(
        body(
            entry("contact.restore", NOON + 5 * MINUTE, anna),
            change(NOON + 5 * MINUTE, anna, "country", "SE"),
            change(NOON, anna, "lifecyclestage", "customer"),
            entry("contact.creation", NOON, anna),
        )
    )
    house.settle()
    house.clock.advance(2 * MINUTE)
    house.settle()

    known = contact(house, anna)
    assert known is not None
    assert (known.state, known.values) == (ContactState.ERASED, {})
    assert kinds(house, anna) == []
    assert house.history(anna) == []
    personal = [
        table.name
        for table in tables.metadata.sorted_tables
        if "contact_id" in table.c and table.name != "contacts"
        for row in rows(house, table)
        if row.contact_id == int(anna)
    ]
    assert personal == []
    assert {one.state for one in deliveries(house)} == {"done"}


def test_a_contact_without_an_address_is_as_good_as_any(small_house: House) -> None:
    """Failure mode 43: only what needs an address is left out, with a reason."""
    house = small_house
    flow = house.add_workflow("Abandoned cart")
    house.install()
    nameless = house.portal.contacts.create({"country": "SE"}).id
    acts.fill_cart(house.portal, nameless, {"hs_total_price": "5"})
    house.settle()
    house.pass_time(timedelta(hours=4))

    assert house.members("swedes") == house.listed("swedes") == {int(nameless)}
    assert house.listed("cart_abandoners") == {int(nameless)}
    assert house.enrolled(flow.name) == []
    skipped = house.outbox(nameless, IntentKind.ENROLLMENT)
    assert [(one.state, "no e-mail address" in one.reason) for one in skipped] == [
        ("skipped", True)
    ]


def test_events_of_any_address_land_on_the_one_contact(house: House) -> None:
    """Failure modes 19 and 23: in any spelling; those that came before the contact wait for it."""
    house.portal.marketing.forms["f-1"] = Form("f-1", "E-book: knots", ("email",), NOON)
    for address in ("Anna@example.com", "old@example.com", "third@example.com", ""):
        submit_form(house.portal, "f-1", {"email": address}, "https://x.example", NOON - MINUTE)
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    other = house.portal.contacts.create({"email": "old@example.com"}).id
    house.install()
    unite(house, anna, other)
    house.settle()
    assert sorted(kinds(house, anna)) == ["form_submitted"] * 2 + ["resource_downloaded"] * 2
    assert {row.email for row in rows(house, tables.strays)} == {"third@example.com"}

    house.portal.contacts.update(anna, {"email": "third@example.com"})
    house.settle()

    assert sorted(kinds(house, anna)) == ["form_submitted"] * 3 + ["resource_downloaded"] * 3
    assert rows(house, tables.strays) == []
    submit_form(house.portal, "f-1", {"email": "OLD@example.com"}, "https://x.example", NOON)
    house.pass_time(2 * MINUTE)
    assert len(kinds(house, anna)) == 8
    assert house.members("readers") == house.listed("readers") == {int(anna)}


ODD = {
    "plain": "Ann",
    "emoji": "Ann 🧵 «Öse» — “ß”",
    "quotes": "a'b\"c\\d%_;--",
    "nul": "A\x00nn",
    "surrogate": "Ann\ud83d",
    "right to left": "\u202eאנה",
    "long": "x" * 65_536,
}
KEPT = ODD | {"nul": "Ann", "surrogate": "Ann\ufffd"}


def test_any_text_and_any_id_is_the_same_on_both_engines(house: House) -> None:
    """Failure mode 44."""
    house.install()
    huge = 2**53 + 1
    ids = [2**31 + 1, huge, 2**63 - 1, *range(10, 10 + len(ODD) - 3)]
    with house.portal.quiet():
        for one in ids:
            house.portal.contacts._next_id = one
            house.portal.contacts.create({"country": "SE"})

    house.post(
        body(
            *(
                change(NOON + MINUTE, one, "firstname", text)
                for one, text in zip(ids, ODD.values(), strict=True)
            )
        )
    )
    house.settle()

    assert [values(house, one, "firstname")[0] for one in ids] == list(KEPT.values())
    assert house.members("swedes") == house.listed("swedes") == set(ids)


def test_a_contact_that_hubspot_doesnt_show_yet_is_not_lost(house: House) -> None:
    """Failure mode 18: it is told of before any replica has it; others don't wait for it."""
    bert = house.portal.contacts.create({"email": "bert@example.com"}).id
    house.install()
    late = int(bert) + 1
    house.post(body(entry("contact.creation", NOON, late)))
    house.post(
        body(change(NOON, late, "lifecyclestage", "lead"), change(NOON, bert, "country", "SE"))
    )

    house.settle()
    assert house.members("swedes") == {int(bert)}
    assert [(one.state, one.attempts) for one in deliveries(house)] == [("due", 0)] * 2
    assert contact(house, late) is None

    with house.portal.quiet():
        anna = house.portal.contacts.create({"email": "anna@example.com", "country": "SE"}).id
    assert int(anna) == late
    house.pass_time(timedelta(seconds=30))

    assert house.members("swedes") == {int(bert), late}
    assert kinds(house, late) == ["stage_changed"]
    assert {one.state for one in deliveries(house)} == {"done"}
    assert {one.heard_before for one in deliveries(house)} == {0}


def test_a_contact_that_never_shows_is_asked_for_a_few_times_only(small_house: House) -> None:
    """Failure mode 18: it was deleted before anybody could read it."""
    house = small_house
    house.install()
    house.post(body(entry("contact.creation", NOON, 77)))
    calls = house.calls()

    for _ in range(90):
        house.pass_time(timedelta(seconds=1))

    assert [one.state for one in deliveries(house)] == ["done"]
    asked = [
        call
        for call in house.sandbox.calls.of(HUB_ID)[calls:]
        if call.path.endswith("contacts/batch/read")
    ]
    assert 5 <= len(asked) <= 12
    assert contact(house, 77) is None
