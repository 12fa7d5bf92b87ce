"""One webhook's whole way, from HubSpot's signed request to what stands in HubSpot after it.

Read this first. A contact fills a cart and walks away. HubSpot tells us so, with a signature.
Four hours later, with nothing else happening, the contact is a cart abandoner: it stands in the
segment's list, its properties say so, and the workflow has it, once. Three days after that it has
left again, by the passing of time alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from console.app import create_app
from mappings.model import Cause
from sandbox import acts
from tests.house import House, open_house


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """A Segue whose webhooks come through its own front door."""
    made = open_house(database_url)
    door = create_app(made.segue).test_client()
    made.deliver_to = lambda _url, body, headers: (
        door.post("/webhooks/hubspot", data=body, headers=headers).status_code
    )
    yield made
    made.close()


def test_one_webhook_makes_its_whole_way(house: House) -> None:
    # Given a portal that installed Segue, with one contact in it.
    anna = house.portal.contacts.create({"email": "anna@example.com", "country": "DE"}).id
    house.add_workflow("Abandoned cart")
    house.install()
    assert house.members("cart_abandoners") == set()

    # When she fills a cart, HubSpot calls us, three times over, with signatures that hold.
    house.sandbox.webhooks.settings.duplicates = 2
    acts.fill_cart(house.portal, anna, {"hs_total_price": "49.90", "hs_currency_code": "EUR"})
    statuses = house.hear()
    assert len(statuses) >= 3
    assert set(statuses) == {204}

    # Then her timeline has one event, and nothing else has changed yet.
    house.settle()
    assert [(event.kind, event.properties["amount"]) for event in house.timeline(anna)] == [
        ("cart_updated", "49.90")
    ]
    assert house.members("cart_abandoners") == set()

    # When four hours pass without a purchase, she enters: to the millisecond, and HubSpot has it.
    filled_at = house.timeline(anna)[0].at
    house.pass_time(timedelta(hours=4))
    assert house.members("cart_abandoners") == house.listed("cart_abandoners") == {int(anna)}
    entered = house.history(anna)[0]
    assert (entered.at, entered.cause) == (filled_at + timedelta(hours=4), Cause.TIME)
    assert house.in_hubspot(anna, "segue_segments") == "cart_abandoners"
    assert house.in_hubspot(anna, "segue_last_entered") == "cart_abandoners"
    assert house.enrolled("Abandoned cart") == [anna]

    # When a week has gone by since the cart, she has left, and no enrollment came twice.
    house.pass_time(timedelta(days=7) - timedelta(hours=4))
    assert house.members("cart_abandoners") == house.listed("cart_abandoners") == set()
    assert house.history(anna)[0].at == filled_at + timedelta(days=7)
    assert house.in_hubspot(anna, "segue_segments") == ""
    assert house.enrolled("Abandoned cart") == [anna]
