"""The unmodified `segment-analytics-python` against a running Segue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from segment.analytics.client import Client

from tests.webhooks.collecting import EMAIL, KEY, Shop, opened_shop, served

LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    """A shop on each engine."""
    with opened_shop(database_url) as made:
        yield made


@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
def test_what_it_sends_is_on_the_timeline(shop: Shop, gzip: bool) -> None:
    failures: list[object] = []
    with served(shop.segue) as address:
        client = Client(
            KEY, host=address, gzip=gzip, on_error=lambda error, _: failures.append(error)
        )
        client.track(anonymous_id="a-1", event="Product Viewed", properties={"sku": "s-1"})
        client.page(anonymous_id="a-1", name="Pricing", properties={"url": "https://a.example/p"})
        client.identify("u-1", {"email": EMAIL}, anonymous_id="a-1")
        client.group("u-1", "g-1", {"name": "Acme"})
        client.screen("u-1", "Home", "Settings")
        client.alias("a-1", "u-1")
        client.track("u-1", "Quiz Finished", {"score": 7}, timestamp=LONG_AGO)
        client.shutdown()

    did = {event.kind: event for event in shop.take_in()}

    assert failures == []
    assert {kind: event.properties for kind, event in did.items()} == {
        "product_viewed": {"product_id": "s-1"},
        "page_viewed": {"url": "https://a.example/p", "title": "Pricing"},
        "custom.group_joined": {"name": "Acme", "group_id": "g-1"},
        "custom.screen_viewed": {"name": "Settings", "category": "Home"},
        "custom.quiz_finished": {"score": 7},
    }
    # Between the SDK's two clocks lie the milliseconds for which it gathered.
    assert abs(did["custom.quiz_finished"].at - LONG_AGO) < timedelta(seconds=5)
    assert abs(did["product_viewed"].at - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_large_batch_is_taken_whole(shop: Shop) -> None:
    with served(shop.segue) as address:
        client = Client(KEY, host=address, gzip=True, upload_size=100)
        for number in range(250):
            client.track(EMAIL, "Feature Used", {"feature": f"f-{number}", "x": "y" * 3000})
        client.shutdown()

    used = [event.properties["feature"] for event in shop.take_in()]

    assert sorted(used) == sorted(f"f-{number}" for number in range(250))


def test_a_wrong_key_is_told_to_its_user(shop: Shop) -> None:
    failures: list[object] = []
    with served(shop.segue) as address:
        client = Client("wrong", host=address, on_error=lambda error, _: failures.append(error))
        client.track(EMAIL, "Feature Used")
        client.shutdown()

    assert [str(each) for each in failures] == [
        "[Segment] write_key: this write key is unknown, or was revoked (401)"
    ]
    assert shop.take_in() == []
