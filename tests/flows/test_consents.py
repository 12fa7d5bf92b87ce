"""Communication preferences: told by e-mail events, or polled where those aren't readable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from integration.store import sync as sync_store
from integration.store.sync import Source
from mappings.model import Event
from sandbox.marketing.acts import opt_out, set_consent
from sandbox.marketing.model import Consent, SubscriptionType
from sandbox.portal import Account
from tests.flows.entries import calls_of
from tests.house import HUB_ID, NOON, House, open_house

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ANNA = "anna@example.com"
PATH = "/communication-preferences/2026-03/statuses/"


@pytest.fixture
def without_emails(database_url: str) -> Iterator[House]:
    """A house whose portal doesn't grant e-mail events."""
    withheld = frozenset({"content", "marketing-email"})
    made = open_house(database_url, account=Account(withheld_scopes=withheld))
    yield made
    made.close()


def furnish(house: House) -> str:
    """Give the portal two kinds of e-mail, and Anna, who took one and refused the other."""
    marketing = house.portal.marketing
    marketing.subscriptions = {
        1: SubscriptionType(1, "News", "", "", NOON - 90 * DAY),
        2: SubscriptionType(2, "Offers", "", "", NOON - 90 * DAY),
    }
    with house.portal.quiet():
        anna = house.portal.contacts.create({"email": ANNA}).id
        house.portal.contacts.create({"firstname": "Nobody"})
    set_consent(house.portal, ANNA, 1, Consent("SUBSCRIBED", NOON - 9 * DAY, "FORM"))
    set_consent(house.portal, ANNA, 2, Consent("UNSUBSCRIBED", NOON - 2 * DAY, "FORM"))
    return anna


def told(house: House, contact_id: str) -> list[tuple[str, str, timedelta]]:
    """Give what a contact said of e-mail, oldest first: what, of which, how long before noon."""
    events: list[Event] = house.timeline(contact_id)
    return [
        (event.kind, event.properties.get("subscription", ""), NOON - event.at)
        for event in reversed(events)
    ]


def source_of(house: House, name: str) -> Source:
    with house.segue.store.read() as connection:
        return {one.source: one for one in sync_store.every(connection, HUB_ID)}[name]


EXPECTED = [("subscribed", "News", 9 * DAY), ("email_unsubscribed", "Offers", 2 * DAY)]


def test_e_mail_events_tell_what_was_subscribed_and_what_was_left(house: House) -> None:
    """Nobody's preferences are polled then: one source tells it, once."""
    anna = furnish(house)

    house.install()
    house.pass_time(2 * DAY)

    assert told(house, anna) == EXPECTED
    assert calls_of(house, "GET", PATH) == 0
    assert source_of(house, "consents").state == "done"


def test_where_e_mail_events_are_not_readable_the_preferences_are_polled(
    without_emails: House,
) -> None:
    house = without_emails
    anna = furnish(house)

    house.install()
    assert source_of(house, "emails").state == "off"
    assert told(house, anna) == EXPECTED
    asked = calls_of(house, "GET", PATH)
    assert asked == 1  # who has no address has no preferences

    set_consent(house.portal, ANNA, 2, Consent("SUBSCRIBED", house.clock.now(), "FORM"))
    house.pass_time(2 * DAY)
    house.pass_time(2 * DAY)

    assert [one[:2] for one in told(house, anna)] == [
        *[one[:2] for one in EXPECTED],
        ("subscribed", "Offers"),
    ]


def test_an_opt_out_of_everything_is_told_of_each_kind_of_e_mail(without_emails: House) -> None:
    house = without_emails
    anna = furnish(house)
    opt_out(house.portal, ANNA, "FORM", NOON - MINUTE)

    house.install()

    assert sorted(told(house, anna)) == [
        ("email_unsubscribed", "News", MINUTE),
        ("email_unsubscribed", "Offers", MINUTE),
    ]


def test_without_either_permission_both_are_off_with_their_reasons(database_url: str) -> None:
    """Failure mode 11."""
    withheld = frozenset(
        {
            "content",
            "marketing-email",
            "communication_preferences.read",
            "communication_preferences.read_write",
        }
    )
    house = open_house(database_url, account=Account(withheld_scopes=withheld))
    anna = furnish(house)

    house.install()

    assert told(house, anna) == []
    assert "communication_preferences.read" in source_of(house, "consents").reason
    house.close()
