"""Contacts that part again after a merge, and addresses that go from one to another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integration.flows import intake, sync
from mappings.model import ContactState
from mappings.writing import IntentKind
from sandbox import acts
from sandbox.happening import USER
from sandbox.marketing.acts import submit_form
from sandbox.marketing.model import Form
from sandbox.objects import types
from sandbox.objects.merge import merge
from sandbox.objects.unmerge import unmerge
from tests.flows.entries import body, change, contact, kinds, values
from tests.house import NOON, House

MINUTE = timedelta(minutes=1)


def unite(house: House, primary: str, other: str) -> str:
    """Merge two contacts in HubSpot; give the id that lives on."""
    house.clock.advance(MINUTE)
    survivor = merge(house.portal, types.CONTACT, (primary, other), USER).id
    house.settle()
    return survivor


def two(house: House) -> tuple[str, str]:
    """Let two contacts be there, one with an order, the other with a cart."""
    house.portal.marketing.forms["f-1"] = Form("f-1", "E-book: knots", ("email",), NOON)
    anna = house.portal.contacts.create({"email": "anna@example.com", "country": "SE"}).id
    bert = house.portal.contacts.create({"email": "bert@example.com", "country": "FI"}).id
    house.install()
    acts.fill_cart(house.portal, anna, {"hs_total_price": "5"})
    acts.place_order(house.portal, bert, {"hs_total_price": "7"})
    house.settle()
    return anna, bert


def look_around(house: House) -> None:
    """Let what looks for changes have seen all that there is: what it sees of both, both keep."""
    for _ in range(6):
        house.pass_time(10 * MINUTE)
    # Five searches a second are let through, and whose turn comes last is of chance.
    look_for_changes(house)


def look_for_changes(house: House) -> None:
    """Let all that looks for changes look, webhooks or not: it takes more than a second."""
    for _ in range(10):
        while sync.run(house.segue.tools):
            pass
        house.clock.advance(MINUTE / 60)


def download(house: House, email: str) -> None:
    submit_form(house.portal, "f-1", {"email": email}, "https://x.example", house.clock.now())
    house.pass_time(2 * MINUTE)


@pytest.mark.parametrize("told_by", ["restore", "creation"])
def test_a_merge_that_is_undone_gives_each_its_own_again(house: House, told_by: str) -> None:
    """Failure mode 28: the id that was merged away lives again, and takes along what was its."""
    house.sandbox.settings.unmerge_tells = told_by
    flow = house.add_workflow("Abandoned cart")
    anna, bert = two(house)
    house.pass_time(timedelta(hours=5))
    look_around(house)
    assert house.enrolled(flow.name) == [anna]
    unite(house, anna, bert)
    assert house.listed("buyers") == {int(anna)}
    download(house, "bert@example.com")
    acts.place_order(house.portal, anna, {"hs_total_price": "9"})
    house.settle()
    united = ["cart_updated", "form_submitted", "purchase", "purchase", "resource_downloaded"]
    assert sorted(kinds(house, anna)) == united

    house.clock.advance(MINUTE)
    unmerge(house.portal, types.CONTACT, bert, USER)
    house.settle()

    back = contact(house, bert)
    assert back is not None
    assert (back.state, back.merged_into) == (ContactState.LIVE, None)
    assert values(house, bert, "email", "country") == ["bert@example.com", "FI"]
    assert kinds(house, anna) == ["cart_updated", "purchase"], "the second order came as anna's"
    assert sorted(kinds(house, bert)) == ["form_submitted", "purchase", "resource_downloaded"]
    assert house.members("buyers") == house.listed("buyers") == {int(anna), int(bert)}
    assert house.members("readers") == house.listed("readers") == {int(bert)}
    assert house.enrolled(flow.name) == [anna], "nobody gets the series again for it"
    assert house.outbox(bert, IntentKind.ENROLLMENT) != []


def test_a_deletion_of_a_merged_id_is_no_deletion_and_one_after_its_return_is(
    house: House,
) -> None:
    """Failure modes 28 and 29: in whatever order they come."""
    house.sandbox.settings.deletion_after_merge = True
    anna, bert = two(house)
    look_around(house)
    unite(house, anna, bert)
    assert contact(house, bert).state is ContactState.MERGED  # type: ignore[union-attr]

    house.clock.advance(MINUTE)
    unmerge(house.portal, types.CONTACT, bert, USER)
    house.clock.advance(MINUTE)
    house.portal.contacts.archive(bert)
    house.sandbox.webhooks.settings.shuffle = True
    house.settle()

    assert contact(house, bert).state is ContactState.ARCHIVED  # type: ignore[union-attr]
    assert kinds(house, anna) == ["cart_updated"]
    assert house.listed("buyers") == set()


@pytest.mark.parametrize("read_first", [True, False], ids=["read first", "told first"])
@pytest.mark.parametrize("third", [True, False], ids=["third id", "kept id"])
def test_an_address_stays_its_own_contacts_also_where_the_survivor_is_read_first(
    small_house: House, read_first: bool, third: bool
) -> None:
    """Failure mode 28: HubSpot shows the survivor with both addresses before the merge is told."""
    house = small_house
    house.sandbox.settings.merge_makes_third_id = third
    anna, bert = two(house)
    house.clock.advance(MINUTE)
    survivor = merge(house.portal, types.CONTACT, (anna, bert), USER).id
    house.clock.advance(10 * MINUTE)
    known = contact(house, survivor)
    assert known is None or len(known.emails) == 1
    if read_first:
        look_for_changes(house)
        seen = contact(house, survivor)
        assert seen is not None
        assert len(seen.emails) == 2
    else:
        house.hear()
        while intake.run(house.segue.tools):
            pass
    house.settle()
    download(house, "bert@example.com")

    assert "resource_downloaded" in kinds(house, survivor)
    unmerge(house.portal, types.CONTACT, bert, USER)
    house.pass_time(MINUTE)
    assert "resource_downloaded" in kinds(house, bert)
    assert "resource_downloaded" not in kinds(house, survivor)


@pytest.mark.parametrize("read_first", [True, False], ids=["read first", "told first"])
def test_a_stage_that_a_merge_moved_is_told_whatever_comes_first(
    small_house: House, read_first: bool
) -> None:
    """Failure mode 28: HubSpot sends no propertyChange for it, but its history has it."""
    house = small_house
    anna, bert = two(house)
    house.portal.contacts.update(bert, {"lifecyclestage": "lead"})
    house.pass_time(10 * MINUTE)
    merge(house.portal, types.CONTACT, (anna, bert), USER)
    merged_at = house.clock.now()
    if read_first:
        house.clock.advance(10 * MINUTE)
        look_for_changes(house)
    house.settle()

    line = [each for each in house.timeline(anna) if each.kind == "stage_changed"]
    assert merged_at in [each.at for each in line]


def test_whoever_gets_a_secondary_address_gets_nothing_of_its_past(house: House) -> None:
    """Failure mode 19: how people part contacts whom HubSpot has merged: it can't be undone."""
    anna, bert = two(house)
    download(house, "bert@example.com")
    unite(house, anna, bert)
    download(house, "BERT@example.com")
    assert kinds(house, anna).count("resource_downloaded") == 2

    house.clock.advance(MINUTE)
    house.portal.contacts.drop_address(anna, "bert@example.com")
    house.clock.advance(MINUTE)
    new = house.portal.contacts.create({"email": "bert@example.com"}).id
    house.settle()
    download(house, "bert@example.com")

    assert kinds(house, anna).count("resource_downloaded") == 2
    assert sorted(kinds(house, new)) == ["form_submitted", "resource_downloaded"]
    assert house.listed("readers") == {int(anna), int(new)}


def test_what_was_done_by_an_address_goes_to_who_had_it_then(house: House) -> None:
    """Failure modes 19 and 32: that it went to another is told after what was done by it."""
    anna, bert = two(house)
    house.clock.advance(MINUTE)
    with house.portal.quiet():
        house.portal.contacts.update(anna, {"email": "new@example.com"})
        house.portal.contacts.update(bert, {"email": "anna@example.com"})
    moved_at = house.clock.now()
    house.clock.advance(MINUTE)
    download(house, "anna@example.com")  # by now who looks for changes may have found the move

    house.post(
        body(
            change(moved_at, bert, "email", "anna@example.com"),
            change(moved_at, anna, "email", "new@example.com"),
        )
    )
    house.settle()

    assert "resource_downloaded" not in kinds(house, anna)
    assert "resource_downloaded" in kinds(house, bert)
    assert house.members("readers") == house.listed("readers") == {int(bert)}


def test_a_merge_that_was_never_told_of_is_known_by_reading_the_survivor(house: House) -> None:
    """Failure mode 28: as one from before the install; what names the old id finds its way."""
    house.sandbox.settings.merge_makes_third_id = True
    with house.portal.quiet():
        anna = house.portal.contacts.create({"email": "anna@example.com"}).id
        bert = house.portal.contacts.create({"email": "bert@example.com"}).id
        third = merge(house.portal, types.CONTACT, (anna, bert), USER).id
    house.install()

    house.post(body(change(NOON - MINUTE, bert, "lifecyclestage", "lead")))
    house.settle()

    gone = contact(house, bert)
    assert gone is not None
    assert (gone.state, gone.merged_into) == (ContactState.MERGED, int(third))
    assert kinds(house, third) == ["stage_changed"]
    assert house.contact_count() == 1


def test_what_merged_ones_did_is_erased_with_who_lived_on_for_them(house: House) -> None:
    """Failure modes 28 and 29: also what stands under the ids that were merged away."""
    anna, bert = two(house)
    download(house, "bert@example.com")
    unite(house, anna, bert)

    house.clock.advance(MINUTE)
    house.portal.forget(anna)
    house.settle()

    assert kinds(house, anna) == kinds(house, bert) == []
    assert contact(house, bert).values == {}  # type: ignore[union-attr]
    house.post(body(change(NOON, bert, "lifecyclestage", "lead")))
    house.settle()
    assert kinds(house, anna) == kinds(house, bert) == []
