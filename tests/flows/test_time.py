"""Instants: what lies ahead waits for its instant, what comes late is placed where it belongs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integration.flows import retry
from mappings.instants import to_ms
from mappings.model import Cause
from sandbox import acts
from tests.flows.entries import body, change, contact, deliveries, kinds, values
from tests.house import HUB_ID, NOON, House

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def test_what_is_dated_ahead_counts_when_it_is_due(house: House) -> None:
    """An order for the day after tomorrow: known now, a purchase then, to the millisecond."""
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    ahead = NOON + 2 * DAY + timedelta(milliseconds=7)
    dated = {"hs_total_price": "7", "hs_external_created_date": str(to_ms(ahead))}
    acts.place_order(house.portal, anna, dated)
    house.settle()
    assert [event.at for event in house.timeline(anna)] == [ahead]
    assert house.members("buyers") == set()

    house.clock.set(ahead - timedelta(milliseconds=1))
    house.settle()
    assert house.listed("buyers") == set()
    house.pass_time(MINUTE)

    assert house.listed("buyers") == {int(anna)}
    [entered] = house.history(anna)
    assert (entered.at, entered.cause) == (ahead, Cause.TIME)


def test_what_comes_late_is_placed_right_and_counts_from_now_on(house: House) -> None:
    """It enters when it is known, not in the past, and leaves by its own instant."""
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    learnt_at, late = house.clock.now(), NOON - 29 * DAY
    old = {"hs_total_price": "7", "hs_external_created_date": str(to_ms(late))}
    older = old | {"hs_external_created_date": str(to_ms(late - 2 * DAY))}
    acts.place_order(house.portal, anna, old)
    acts.place_order(house.portal, anna, older)
    house.settle()

    assert [event.at for event in house.timeline(anna)] == [late, late - 2 * DAY]
    [entered] = house.history(anna)
    assert (entered.cause, entered.at >= learnt_at) == (Cause.BEHAVIOUR, True)
    house.clock.set(late + 30 * DAY + MINUTE)
    house.settle()
    assert house.listed("buyers") == set()
    assert house.history(anna)[0].at == late + 30 * DAY


@pytest.mark.parametrize("wrong", ["0", "-62135596800000", "4200000000000"])
def test_a_date_not_to_be_believed_gives_way_to_the_next(house: House, wrong: str) -> None:
    """Failure mode 36: a shop's clock at zero; the order's own creation stands in."""
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    order = acts.place_order(
        house.portal, anna, {"hs_total_price": "7", "hs_external_created_date": wrong}
    )
    house.settle()

    assert [event.at for event in house.timeline(anna)] == [order.created_at]
    assert house.listed("buyers") == {int(anna)}


def test_a_webhook_in_seconds_says_the_same_as_one_in_milliseconds(house: House) -> None:
    """Failure mode 36."""
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    at = NOON + MINUTE
    told = change(at, anna, "lifecyclestage", "lead") | {"occurredAt": to_ms(at) // 1000}
    house.post(body(told))
    house.settle()

    assert [event.at for event in house.timeline(anna)] == [at]
    assert contact(house, anna).values["lifecyclestage"] == ("lead", to_ms(at))  # type: ignore[union-attr]


def test_a_webhook_from_the_future_is_dead_until_its_clock_is_right(house: House) -> None:
    """Failure mode 32: else it would outweigh every true change until then."""
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    house.install()
    ahead = NOON + 3 * DAY
    house.post(
        body(
            change(ahead, anna, "country", "SE"),
            change(NOON + MINUTE, anna, "lifecyclestage", "lead"),
        )
    )
    house.settle()
    assert kinds(house, anna) == ["stage_changed"], "the others are taken in"
    assert values(house, anna, "country") == [""]
    [dead] = [one for one in deliveries(house) if one.state == "dead"]
    assert dead.reason.startswith("1 of 2 messages say that they happen more than a day from now")

    house.clock.set(ahead)
    retry.try_again(house.segue.tools, HUB_ID)
    house.settle()

    assert values(house, anna, "country") == ["SE"]
    assert kinds(house, anna) == ["stage_changed"]
    assert {one.state for one in deliveries(house)} == {"done"}
