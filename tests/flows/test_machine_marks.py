"""Machine traffic: opens and clicks that nobody made are marked, early or late, never dropped."""

from __future__ import annotations

from datetime import datetime, timedelta

from integration.store import tables
from mappings.machines import AGENT, BURST, FILTERED, SOON
from sandbox.marketing import acts
from sandbox.marketing.model import EmailCampaign
from tests.flows.entries import rows
from tests.house import NOON, House

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ANNA = "anna@example.com"
LINKS = [f"https://www.cdshop.example/offers/{number}" for number in range(4)]


def mailed(house: House, at: datetime, email: str = ANNA) -> None:
    """Let a campaign's e-mail arrive."""
    house.portal.marketing.campaigns[7] = EmailCampaign(7, 113, 1, 2, "Summer sale", "Sale!")
    acts.send_email(house.portal, 7, email, at)
    acts.deliver_email(house.portal, 7, email, at)


def told(house: House, contact_id: str) -> list[tuple[str, str, str]]:
    """Give the opens and clicks with their marks and reasons, oldest first."""
    return [
        (
            event.kind.removeprefix("email_"),
            event.properties["machine"],
            event.properties.get("machine_reason", ""),
        )
        for event in reversed(house.timeline(contact_id))
        if event.kind in ("email_opened", "email_clicked")
    ]


def test_a_gateway_that_checks_every_link_is_a_machine_and_the_reader_is_not(house: House) -> None:
    """It hides behind a browser's name, and HubSpot filters nothing."""
    anna = house.portal.contacts.create({"email": ANNA}).id
    mailed(house, NOON - HOUR)
    acts.scan_email(house.portal, (7, ANNA), LINKS, NOON - HOUR + MINUTE)
    acts.open_email(house.portal, 7, ANNA, NOON - MINUTE)
    acts.click_email(house.portal, (7, ANNA), LINKS[0], NOON - MINUTE + 9 * SECOND)

    house.install()

    assert told(house, anna) == [
        ("opened", "yes", BURST),
        *[("clicked", "yes", BURST)] * 4,
        ("opened", "no", ""),
        ("clicked", "no", ""),
    ]


def test_who_opens_as_it_arrives_is_a_machine(house: House) -> None:
    anna = house.portal.contacts.create({"email": ANNA}).id
    mailed(house, NOON - HOUR)
    acts.open_email(house.portal, 7, ANNA, NOON - HOUR + SECOND)

    house.install()

    assert told(house, anna) == [("opened", "yes", SOON)]


def test_known_scanners_and_what_hubspot_filtered_are_told_by_the_event_alone(
    house: House,
) -> None:
    anna = house.portal.contacts.create({"email": ANNA}).id
    mailed(house, NOON - HOUR)
    acts.scan_email(house.portal, (7, ANNA), LINKS[:1], NOON - MINUTE, "Barracuda Sentinel (EE)")
    acts.open_email(house.portal, 7, ANNA, NOON - MINUTE / 2, machine=True)

    house.install()

    assert told(house, anna) == [
        ("opened", "yes", AGENT),
        ("clicked", "yes", AGENT),
        ("opened", "yes", FILTERED),
    ]


def test_a_burst_that_completes_later_marks_the_click_that_is_stored(house: House) -> None:
    """Late evidence restates: the first click was told of in an earlier poll."""
    anna = house.portal.contacts.create({"email": ANNA}).id
    mailed(house, NOON - HOUR)
    house.install()
    now = house.clock.now()
    acts.open_email(house.portal, 7, ANNA, now)
    acts.click_email(house.portal, (7, ANNA), LINKS[0], now)
    house.pass_time(MINUTE)
    assert told(house, anna) == [("opened", "no", ""), ("clicked", "no", "")]

    acts.click_email(house.portal, (7, ANNA), LINKS[1], now + SECOND / 2)
    house.pass_time(MINUTE)

    assert told(house, anna) == [
        ("opened", "yes", BURST),
        ("clicked", "yes", BURST),
        ("clicked", "yes", BURST),
    ]


def test_a_delivery_that_is_told_late_marks_the_open_before_it(house: House) -> None:
    anna = house.portal.contacts.create({"email": ANNA}).id
    house.portal.marketing.campaigns[7] = EmailCampaign(7, 113, 1, 2, "Summer sale", "Sale!")
    acts.send_email(house.portal, 7, ANNA, NOON - HOUR)
    house.install()
    now = house.clock.now()
    acts.open_email(house.portal, 7, ANNA, now + SECOND)
    house.pass_time(MINUTE)
    assert told(house, anna) == [("opened", "no", "")]

    acts.deliver_email(house.portal, 7, ANNA, now)
    house.pass_time(MINUTE)

    assert told(house, anna) == [("opened", "yes", SOON)]


def test_events_that_waited_for_their_contact_are_marked_when_it_comes(house: House) -> None:
    mailed(house, NOON - HOUR)
    acts.scan_email(house.portal, (7, ANNA), LINKS, NOON - MINUTE)
    house.install()

    anna = house.portal.contacts.create({"email": ANNA}).id
    house.settle()

    assert told(house, anna) == [("opened", "yes", BURST), *[("clicked", "yes", BURST)] * 4]


def test_reading_again_changes_nothing_and_touches_nobody(house: House) -> None:
    """A mark by what stood beside an event isn't taken back by reading the event alone."""
    anna = house.portal.contacts.create({"email": ANNA}).id
    mailed(house, NOON - HOUR)
    acts.scan_email(house.portal, (7, ANNA), LINKS, NOON - MINUTE)
    house.install()
    before = rows(house, tables.events)

    house.pass_time(MINUTE)
    house.pass_time(MINUTE)

    assert rows(house, tables.events) == before
    assert len(told(house, anna)) == 5
