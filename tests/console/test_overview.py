"""The overview: one portal's state in plain words, and what to do about what is stuck."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from integration.flows import install, leaving, recount, rules, tokens
from integration.flows.gate import Gate
from integration.store import inbox, outbox, portals, segments, sending
from integration.store.inbox import Tally
from integration.store.outbox import Outcome
from mappings.model import Bucket, PortalState
from mappings.writing import Intent, IntentKind
from sandbox import acts
from sandbox.portal import Account
from tests.console.browser import Browser
from tests.house import CLIENT_ID, HUB_ID, House

OTHER_HUB = HUB_ID + 1
LIST_IS_GONE = "its list was deleted in HubSpot"


def words(page: str) -> str:
    """The page's text as one line, without its tags."""
    out, inside = [], False
    for char in page:
        inside = char == "<" or (inside and char != ">")
        out.append(" " if inside or char == ">" else char)
    return " ".join("".join(out).split()).replace(" ,", ",")


def row(page: str, beginning: str) -> str:
    """The text of the table row that begins so."""
    rows = [words(part.split("</tr>")[0]) for part in page.split("<tr>")[1:]]
    return next(each for each in rows if each.startswith(beginning))


def section(page: str, heading: str) -> str:
    """The text of the section with this heading."""
    parts = [words(f"<{part}") for part in page.split("<section")[1:]]
    return next(part for part in parts if part.startswith(heading))


def kill_items(home: House, hub_id: int, contact_id: int, reason: str) -> None:
    """Let one list change and one enrollment of a portal be given up."""
    intents = [
        Intent(contact_id, IntentKind.LIST, "swedes", "", "in"),
        Intent(contact_id, IntentKind.ENROLLMENT, "abandoned_cart", "once", "1"),
    ]
    with home.segue.store.write() as connection:
        outbox.wish(connection, hub_id, intents, home.clock.now())
        for intent in intents:
            items = sending.claim(
                connection, hub_id, (intent.kind, None), home.segue.tools.claim(), 9
            )
            outcomes = [Outcome(item, "dead", reason) for item in items]
            sending.settle(connection, hub_id, outcomes, home.clock.now())


def kill_delivery(home: House, *hub_ids: int, reason: str = "no luck") -> int:
    """Let a delivery of portals be given up; give its id."""
    home.post(json.dumps([{"portalId": hub_id} for hub_id in hub_ids]).encode())
    with home.segue.store.write() as connection:
        taken = inbox.claim(connection, home.segue.tools.claim(), 1)[0]
        inbox.tag(connection, taken.id, hub_ids)
        inbox.bury(connection, taken.id, home.clock.now(), reason)
    return taken.id


def test_without_a_session_it_says_what_segue_does(browser: Browser) -> None:
    page = browser.see()

    assert "Install in HubSpot" in page
    assert 'href="/install"' in page
    assert "enroll contacts into workflows" in page
    assert "Try again" not in page


def test_while_the_first_sync_runs_it_shows_each_source(home: House, browser: Browser) -> None:
    home.portal.contacts.create({"email": "anna@example.com"})
    browser.install()

    page = browser.see()

    assert "Reading the past" in page
    assert row(page, "Contacts") == "Contacts waits its turn 0"
    assert row(page, "Form submissions") == "Form submissions waits its turn 0"
    assert row(page, "Swedes").endswith("Made once the counting is done")


def test_a_change_of_the_rules_says_how_far_it_is(
    home: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.portal.contacts.create({"country": "SE"})
    home.portal.contacts.create({"country": "NO"})
    browser.install()
    home.settle()
    assert "rules are changing" not in browser.see()
    monkeypatch.setattr(recount, "CHUNK", 1)
    own = "segments: {norse: {when: {property: country, is: 'NO'}}}"
    rules.change(home.segue.tools, HUB_ID, rules.Edit("file", "own.yml", own), "an admin")

    recount.run(home.segue.tools)
    install.prepare_waiting(home.segue.tools)
    recount.run(home.segue.tools)

    told = "The rules are changing to version 2: 1 of 2 contacts looked at, 0 memberships changed."
    assert told in words(browser.see())
    recount.run(home.segue.tools)
    recount.run(home.segue.tools)
    page = browser.see()
    assert "rules are changing" not in page
    assert row(page, "Norse")


def test_a_live_portal_is_shown_whole(house: House) -> None:
    # Given a portal that went the whole way, with one delivery that came twice.
    anna = house.portal.contacts.create({"email": "anna@example.com", "country": "SE"}).id
    house.add_workflow("Abandoned cart")
    browser = Browser(house.segue)
    browser.install()
    house.settle()
    house.sandbox.webhooks.settings.duplicates = 1
    acts.fill_cart(house.portal, anna, {"hs_total_price": "49.90", "hs_currency_code": "EUR"})
    house.settle()
    house.pass_time(timedelta(hours=4))
    house.pass_time(timedelta(minutes=11))

    # When its admin looks.
    page = browser.see()

    # Then everything is there, in the portal's own time zone.
    assert "Live" in page
    assert row(page, "Contacts") == "Contacts read 1"
    swedes = row(page, "Swedes")
    assert swedes.startswith("Swedes Lives in Sweden. 1 1 Equal Open in HubSpot, size read ")
    with house.segue.store.read() as connection:
        list_id = segments.lists(connection, HUB_ID)["swedes"].list_id
    assert f"https://app.hubspot.com/contacts/{HUB_ID}/objectLists/{list_id}/filters" in page
    assert row(page, "Buyers").startswith("Buyers Bought within 30 days. 0 0 Equal")
    cart = row(page, "Abandoned cart")
    assert "ready Abandoned cart Segue enrolls each contact, once, by e-mail address." in cart
    assert " 1 last 18:00:0" in cart
    deliveries = section(page, "Last deliveries")
    assert "14:00:0" in deliveries
    assert "taken in" in deliveries
    assert "times are in Europe/Berlin" in page
    assert "What is stuck" not in page


def test_deliveries_show_what_was_in_them(home: House, browser: Browser) -> None:
    browser.install()
    home.post(b"[]")
    with home.segue.store.write() as connection:
        taken = inbox.claim(connection, home.segue.tools.claim(), 1)[0]
        inbox.tag(connection, taken.id, [HUB_ID])
        inbox.finish(connection, taken.id, Tally(1234, 5, 6), home.clock.now())

    assert row(browser.see(), "14:00:00") == "14:00:00 1,234 5 6 taken in"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({}, "HubSpot has no workflow named “Abandoned cart”."),
        ({"enabled": False}, "The workflow “Abandoned cart” is switched off in HubSpot."),
    ],
)
def test_a_trigger_without_its_workflow_says_why(
    home: House, browser: Browser, how: dict[str, bool], said: str
) -> None:
    if how:
        home.add_workflow("Abandoned cart", **how)
    browser.install()
    before = row(browser.see(), "Abandoned cart")
    home.settle()

    after = row(browser.see(), "Abandoned cart")

    assert "not read yet" in before
    assert f"not ready Abandoned cart {said}" in after


def test_missing_permissions_are_named(home: House) -> None:
    """Failure mode 11: only the feature that needs it stops, and the page says which."""
    account = Account(withheld_scopes=frozenset({"automation"}))
    home.sandbox.add_portal(OTHER_HUB, account)
    browser = Browser(home.segue)
    browser.install(OTHER_HUB)

    page = browser.see()

    lacking = section(page, "Permissions that are missing")
    assert "enroll contacts into workflows (automation)" in lacking
    assert "forms" not in lacking
    assert "the permission “automation” is missing" in row(page, "Abandoned cart").lower()


def test_a_disconnected_portal_says_so_and_offers_the_way_back(
    home: House, browser: Browser
) -> None:
    """Failure mode 7."""
    browser.install()
    home.settle()
    home.sandbox.uninstall(HUB_ID, CLIENT_ID)
    home.clock.advance(timedelta(minutes=28))
    tokens.renew_expiring(home.segue.keeper)

    page = browser.see()

    assert "Disconnected" in page
    assert "the app was uninstalled or its access was revoked" in page
    assert "Install again" in page
    assert "deleted" not in words(page)

    leaving.notice(home.segue.tools, timedelta(days=30))

    told = "All that Segue keeps of this account is deleted on 30 Jul 2026, 14:28 , unless"
    assert told.replace(" ,", ",") in words(browser.see())


def test_the_daily_limit_is_shown_with_its_end(home: House, browser: Browser) -> None:
    """Failure mode 3: midnight in the portal's time zone."""
    browser.install()
    gate = Gate(home.segue.store, home.clock.now)
    gate.block(HUB_ID, Bucket.GENERAL, None, "the daily limit")

    assert "no calls until 1 Jul 2026, 00:00" in words(browser.see())

    home.clock.advance(timedelta(hours=13))
    assert "no calls until" not in words(browser.see())


def test_what_is_stuck_says_why_and_since_when(home: House, browser: Browser) -> None:
    browser.install()
    home.settle()
    kill_items(home, HUB_ID, 7, "HubSpot refuses a value (HTTP 400)")
    kill_delivery(home, HUB_ID, reason="HubSpot failed 8 times")

    stuck = section(browser.see(), "What is stuck")

    assert "List “Swedes” 1 needs you HubSpot refuses a value (HTTP 400). Since 14:0" in stuck
    assert "Enrollments “Abandoned cart” 1 needs you" in stuck
    assert "Deliveries from HubSpot 1 needs you HubSpot failed 8 times." in stuck


def test_what_goes_on_by_itself_says_when(home: House, browser: Browser) -> None:
    browser.install()
    home.post(b"[]")
    until = home.clock.now() + timedelta(seconds=61)
    with home.segue.store.write() as connection:
        taken = inbox.claim(connection, home.segue.tools.claim(), 1)[0]
        inbox.tag(connection, taken.id, [HUB_ID])
        inbox.put_off(connection, taken, until, False, "HubSpot asked for a pause")

    page = browser.see()

    stuck = section(page, "What is stuck")
    assert (
        "1 goes on by itself HubSpot asked for a pause. Since 14:00:00, next try 14:01:01" in stuck
    )
    assert "Try again" not in page


def test_try_again_brings_this_portals_work_back(home: House, browser: Browser) -> None:
    browser.install()
    home.settle()
    kill_items(home, HUB_ID, 7, LIST_IS_GONE)
    kill_delivery(home, HUB_ID)
    with home.segue.store.write() as connection:
        segments.stick(connection, HUB_ID, "swedes", LIST_IS_GONE)

    answer = browser.post("/retry", form_token=browser.form_token())

    assert answer.status_code == 303
    page = words(browser.see())
    assert "Trying again: 1 delivery, 2 writes to HubSpot, 1 list." in page
    assert "What is stuck" not in page
    with home.segue.store.read() as connection:
        assert segments.lists(connection, HUB_ID)["swedes"].state == "on"
        assert outbox.in_state(connection, HUB_ID, "dead", 10) == []


def test_try_again_leaves_other_portals_alone(home: House, browser: Browser) -> None:
    """Failure mode 9."""
    home.sandbox.add_portal(OTHER_HUB, Account())
    browser.install()
    Browser(home.segue).install(OTHER_HUB)
    kill_items(home, OTHER_HUB, 7, "no luck")
    theirs = kill_delivery(home, OTHER_HUB)

    assert "What is stuck" not in browser.see()
    browser.post("/retry", form_token=browser.form_token())

    assert "Nothing was waiting" in browser.see()
    with home.segue.store.read() as connection:
        assert len(outbox.in_state(connection, OTHER_HUB, "dead", 10)) == 2
    with home.segue.store.write() as connection:
        assert inbox.revive(connection, home.clock.now(), theirs) == 1


def test_a_delivery_of_several_portals_tells_none_of_the_others(
    home: House, browser: Browser
) -> None:
    browser.install()
    kill_delivery(home, HUB_ID, OTHER_HUB, reason=f"portal {OTHER_HUB} is disconnected")

    page = browser.see()

    assert str(OTHER_HUB) not in page
    assert "spoke of other accounts too" in page


@pytest.mark.parametrize("path", ["/retry", "/leave"])
@pytest.mark.parametrize("token", ["", "made-up"])
def test_a_form_from_elsewhere_does_nothing(
    home: House, browser: Browser, path: str, token: str
) -> None:
    browser.install()
    kill_items(home, HUB_ID, 7, "no luck")

    answer = browser.post(path, form_token=token)

    assert answer.status_code == 400
    assert "no longer valid" in answer.text
    assert "What is stuck" in browser.see()


def test_a_form_without_a_session_does_nothing(browser: Browser) -> None:
    assert browser.post("/retry", form_token="").status_code == 400
    assert browser.post("/leave").status_code == 303


def test_what_others_wrote_is_shown_as_text(home: House, browser: Browser) -> None:
    browser.install()
    with home.segue.store.write() as connection:
        portals.set_state(connection, HUB_ID, PortalState.LIVE, "<script>alert(1)</script>")

    assert "<script>" not in browser.get("/").text


def test_a_list_that_hubspot_lost_is_paused_here(home: House, browser: Browser) -> None:
    """Failure mode 40."""
    home.portal.contacts.create({"email": "anna@example.com", "country": "SE"})
    browser.install()
    home.settle()
    with home.segue.store.write() as connection:
        segments.stick(connection, HUB_ID, "swedes", LIST_IS_GONE)

    page = browser.see()

    assert "Paused Its list was deleted in HubSpot." in row(page, "Swedes")
    assert "List “Swedes” 1 needs you" in section(page, "What is stuck")


def test_segments_no_longer_in_the_rules_are_named_last(home: House, browser: Browser) -> None:
    browser.install()
    with home.segue.store.write() as connection:
        segments.have_list(connection, HUB_ID, "an_old_one", "77")

    page = browser.see()

    assert "No longer in the rules." in row(page, "an_old_one")
    assert page.index("an_old_one") > page.index("Downloaded something within 14 days.")
