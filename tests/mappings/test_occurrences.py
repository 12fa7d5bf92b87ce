"""What HubSpot's event occurrences become, field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mappings.marketing import occurrence
from mappings.model import Event
from mappings.occurrences import occurrence_events, page_rule
from mappings.sources import load_sources

SOURCES = load_sources()
ANNA = 508_369_434_347
AT = datetime(2026, 6, 30, 9, 41, 7, 250_000, tzinfo=UTC)


def said(event_type: str, **properties: object) -> dict[str, Any]:
    """Write an occurrence as HubSpot's event API does."""
    return {
        "objectType": "CONTACT",
        "objectId": str(ANNA),
        "eventType": event_type,
        "occurredAt": "2026-06-30T09:41:07.250Z",
        "id": "b9ed0f1c-6b47-4d3f-9c2c-1f4f7a1a2b3c",
        "properties": properties,
    }


def events_of(event_type: str, **properties: object) -> list[Event]:
    return occurrence_events(SOURCES, occurrence(said(event_type, **properties)))


def event(kind: str, **properties: str) -> Event:
    name = f"occurrence:b9ed0f1c-6b47-4d3f-9c2c-1f4f7a1a2b3c:{kind}"
    return Event(ANNA, name, kind, AT, "occurrence", properties)


SHOP = "https://www.cdshop.example"


@pytest.mark.parametrize(
    ("path", "category", "more"),
    [
        ("/about", "", None),
        ("/products/CD-001", "product", ("product_viewed", {"product_id": "CD-001"})),
        ("/Products/CD-001/?from=mail", "product", ("product_viewed", {"product_id": "CD-001"})),
        ("/p/caf%C3%A9", "product", ("product_viewed", {"product_id": "café"})),
        ("/collections/jazz/products/9", "product", ("product_viewed", {"product_id": "9"})),
        ("/collections/jazz", "category", None),
        ("/blog/ten-records", "blog", ("article_read", {"article": "A page"})),
        ("/pricing", "pricing", None),
        ("/cases/hotel-lobby", "case", None),
    ],
)
def test_a_page_visit_is_always_page_viewed_and_what_its_address_says(
    path: str, category: str, more: tuple[str, dict[str, str]] | None
) -> None:
    """The defaults fit a plain shop; the visit stays a visit and names its page's category."""
    url = SHOP + path

    made = events_of(
        "e_visited_page", hs_url=url, hs_title="A page", hs_page_id=7, hs_visit_source="DIRECT"
    )

    named = {"category": category} if category else {}
    expected = [event("page_viewed", url=url, title="A page", **named)]
    if more:
        kind, values = more
        with_url = {"url": url} if kind == "product_viewed" else {}
        expected.append(event(kind, **values, **with_url))
    assert made == expected


def test_a_visit_without_title_or_address_is_still_one() -> None:
    url = f"{SHOP}/blog/ten-records"
    assert events_of("e_visited_page") == [event("page_viewed")]
    assert events_of("e_visited_page", hs_url=url)[1] == event(
        "article_read", article="/blog/ten-records"
    )
    assert events_of("e_visited_page", hs_url="/products/[x")[0].kind == "page_viewed"


@pytest.mark.parametrize("event_type", ["e_form_view_v2", "e_form_interaction_v2"])
def test_a_form_that_was_seen_is_form_viewed(event_type: str) -> None:
    made = events_of(event_type, hs_form_id="f-1", hs_url=f"{SHOP}/e-book", hs_form_type="HUBSPOT")

    assert made == [event("form_viewed", form_id="f-1", url=f"{SHOP}/e-book")]


def test_a_played_video_is_video_watched() -> None:
    made = events_of("e_media_played", hs_media_name="Tour", hs_seconds_played="42")

    assert made == [event("video_watched", video="Tour", seconds="42")]


def test_a_custom_event_named_like_a_kind_is_of_that_kind() -> None:
    """It takes over the properties that the kind has; the rest isn't that kind's."""
    made = events_of("pe62515_feature_used", feature="export", hs_country="SE", plan="gold")

    assert made == [event("feature_used", feature="export")]


def test_any_other_custom_event_is_of_the_portals_own_kind_with_all_it_says() -> None:
    for event_type in ("pe62515_demo_booked", "ae113_demo_booked"):
        made = events_of(event_type, room="blue", hs_browser="Firefox", empty="")
        assert made == [event("custom.demo_booked", room="blue", hs_browser="Firefox")]


@pytest.mark.parametrize(
    "event_type", ["e_form_submission_v2", "e_clicked_link_in_email_v2", "pe62515_ä ö", "pe62515_"]
)
def test_what_another_source_tells_or_nobody_knows_is_no_event(event_type: str) -> None:
    """A submission comes from its form: two sources of one thing would count it twice."""
    assert events_of(event_type, hs_form_id="f-1") == []


def test_a_portals_own_patterns_decide() -> None:
    sources = SOURCES.with_own(
        {
            "product_pages": ("/shop/*", "not /shop/compare*"),
            "custom_events": ("demo_* is trial_started", "e_form_submission_v2 is form_submitted"),
        }
    )

    def kinds(event_type: str, **properties: object) -> list[str]:
        one = occurrence(said(event_type, **properties))
        return [made.kind for made in occurrence_events(sources, one)]

    shop = ["page_viewed", "product_viewed"]
    assert kinds("e_visited_page", hs_url=f"{SHOP}/shop/1") == shop
    assert kinds("e_visited_page", hs_url=f"{SHOP}/shop/compare?a=1") == ["page_viewed"]
    assert kinds("e_visited_page", hs_url=f"{SHOP}/products/1") == ["page_viewed"]
    assert kinds("pe62515_demo_booked") == ["trial_started"]
    assert kinds("pe62515_feature_used") == ["custom.feature_used"]
    assert kinds("e_form_submission_v2", hs_form_id="f-1") == ["form_submitted"]


def test_the_first_pattern_that_fits_names_a_page() -> None:
    rule = page_rule(SOURCES, f"{SHOP}/collections/jazz/products/9")

    assert rule is not None
    assert rule.category == "product"
    assert page_rule(SOURCES, "") is None
