"""Rows of the overview whose cases a portal's ordinary life seldom shows together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from integration.store import outbox, portals, segments
from integration.store.tables import portals as portals_table
from mappings.model import PortalState
from mappings.writing import Intent, IntentKind, Workflow
from tests.console.browser import Browser
from tests.console.test_overview import row, section, words
from tests.house import HUB_ID, RULES, House, open_house

MORE = """
  by_list:
    name: By its list
    on: {enters: swedes}
    enroll: {workflow: Listening}
  goodbye:
    name: Goodbye
    on: {leaves: buyers}
    enroll: {workflow: Nameless}
  new_customer:
    name: New customer
    on: {stage: customer}
    enroll: {workflow: "4711"}
  thanks:
    name: Thanks
    on: {event: {event: purchase}}
    enroll: {workflow: Thanks}
"""


@pytest.fixture
def rich(database_url: str) -> Iterator[House]:
    """A live portal, with a trigger of each sort and the workflows they name."""
    house = open_house(database_url, RULES + MORE)
    house.connect()
    with house.segue.store.write() as connection:
        portals.set_state(connection, HUB_ID, PortalState.LIVE)
        portals.set_checked(connection, HUB_ID, house.clock.now())
        segments.have_list(connection, HUB_ID, "swedes", "31")
        found = [
            Workflow("1", "Listening", True, frozenset({"31"}), False),
            Workflow("2", "Nameless", True, frozenset(), False),
            Workflow("4711", "Hello", True, frozenset(), False, legacy_id="9"),
        ]
        segments.save_workflows(connection, HUB_ID, found, house.clock.now())
    yield house
    house.close()


@pytest.fixture
def page(rich: House) -> str:
    """The page of that portal."""
    browser = Browser(rich.segue)
    browser.install()
    with rich.segue.store.write() as connection:
        portals.set_state(connection, HUB_ID, PortalState.LIVE)
    return browser.see()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("By its list", "When a contact enters “Swedes” ready Listening Its own enrollment"),
        ("Goodbye", "When a contact leaves “Buyers” not ready Nameless HubSpot names no"),
        ("New customer", "When a contact becomes “Customer” ready Hello Segue enrolls each"),
        ("Thanks", "When a contact made a purchase not ready Thanks HubSpot has no workflow"),
    ],
)
def test_every_sort_of_trigger_is_said_in_words(page: str, name: str, said: str) -> None:
    assert row(page, name).startswith(f"{name} {said}")


def test_enrollments_are_counted_by_how_they_ended(rich: House) -> None:
    browser = Browser(rich.segue)
    browser.install()
    held = [Intent(n, IntentKind.ENROLLMENT, "goodbye", "once", "2", "held out") for n in (1, 2)]
    wished = [Intent(n, IntentKind.ENROLLMENT, "goodbye", "once", "2") for n in (3, 4, 5)]
    with rich.segue.store.write() as connection:
        outbox.wish(connection, HUB_ID, held + wished, rich.clock.now())

    page = browser.see()

    assert row(page, "Goodbye").endswith("0 3 waiting 2 left out: held out")
    assert "On the way to HubSpot 3" in words(page)


def test_a_list_shows_the_changes_that_are_on_the_way(rich: House) -> None:
    browser = Browser(rich.segue)
    browser.install()
    intents = [Intent(n, IntentKind.LIST, "swedes", "", "in") for n in range(1001)]
    with rich.segue.store.write() as connection:
        segments.set_size(connection, HUB_ID, "swedes", 7, rich.clock.now())
        outbox.wish(connection, HUB_ID, intents, rich.clock.now())

    assert "Swedes Lives in Sweden. 0 7 1,001 changes on the way" in row(browser.see(), "Swedes")


def test_a_size_that_differs_says_that_it_is_older(page: str, rich: House) -> None:
    with rich.segue.store.write() as connection:
        segments.set_size(connection, HUB_ID, "swedes", 7, rich.clock.now())
    browser = Browser(rich.segue)
    browser.install()

    assert "0 7 Changed since HubSpot's size was read" in row(browser.see(), "Swedes")
    assert "Written; HubSpot's size isn't read yet" in row(page, "Swedes")


def test_contact_properties_that_are_stuck_are_named(rich: House) -> None:
    browser = Browser(rich.segue)
    browser.install()
    with rich.segue.store.write() as connection:
        intent = Intent(1, IntentKind.PROPERTIES, "", "", "{}")
        outbox.wish(connection, HUB_ID, [intent], rich.clock.now())
        connection.execute(sa.text("UPDATE outbox SET state = 'dead', reason = 'no option'"))

    assert "Contact properties 1 needs you No option." in section(browser.see(), "What is stuck")


def test_a_session_whose_portal_is_gone_sees_the_start_page(rich: House) -> None:
    browser = Browser(rich.segue)
    browser.install()
    with rich.segue.store.write() as connection:
        connection.execute(sa.delete(portals_table))

    assert "Install in HubSpot" in browser.see()
