"""What the collector's calls become on a timeline."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.call_events import call_events, custom_kind, load_collector
from mappings.calls import Call
from mappings.catalogue import is_custom, load_catalogue
from mappings.model import Event
from mappings.sources import load_sources
from tests.house import NOON

URL = "https://shop.example/p/7?a=1"


def events(type_: str, name: str, properties: dict[str, Any], **context: Any) -> list[Event]:
    call = Call(type_, "m1", NOON, "a1", "", "", None, name, properties, context)
    return call_events(load_collector(), call, load_sources())


def track(name_: str, /, **properties: Any) -> list[tuple[str, dict[str, Any]]]:
    made = events("track", name_, properties, page={"url": URL, "title": "A page"})
    return [(event.kind, dict(event.properties)) for event in made]


@pytest.mark.parametrize(
    ("name", "said", "kind", "values"),
    [
        (
            "Product Viewed",
            {"product_id": 7, "sku": "s", "category": "Games", "price": 18.99, "name": "x"},
            "product_viewed",
            {"product_id": "7", "category": "Games", "price": "18.99", "url": URL},
        ),
        ("product_viewed", {"productId": "7", "url": "/p"}, "product_viewed",
         {"product_id": "7", "url": "/p"}),
        ("productViewed", {"SKU": "s"}, "product_viewed", {"product_id": "s", "url": URL}),
        ("Products Searched", {"query": " blue hotpants "}, "search_performed",
         {"query": "blue hotpants"}),
        ("Product Added", {"cart_id": "c", "price": 5, "quantity": 2}, "cart_updated",
         {"cart_id": "c"}),
        ("Product Removed", {"cart_id": "c"}, "cart_updated", {"cart_id": "c"}),
        ("Cart Viewed", {"cart_id": "c", "products": [{}, {}], "cart_total": "19.90"},
         "cart_updated", {"cart_id": "c", "amount": "19.90", "products": "2"}),
        ("Checkout Started", {"order_id": "o", "value": 30}, "checkout_started",
         {"cart_id": "o", "amount": "30"}),
        ("Order Refunded", {"order_id": "o", "total": 30}, "refund",
         {"order_id": "o", "amount": "30"}),
        ("Order Cancelled", {"order_id": "o"}, "refund", {"order_id": "o"}),
        ("Product Purchased", {"order_id": "o", "sku": "s", "price": "1.5", "quantity": 4},
         "product_purchased",
         {"order_id": "o", "product_id": "s", "quantity": "4", "amount": "6.0"}),
        ("Signed Up", {"type": "organic"}, "subscribed", {"subscription": "organic"}),
        ("Trial Started", {"trial_plan": "Pro"}, "trial_started", {"plan": "Pro"}),
        ("Trial Ended", {"plan": "Pro"}, "trial_ended", {"plan": "Pro"}),
        ("Subscription Started", {"plan": "Pro", "revenue": 9}, "plan_started",
         {"plan": "Pro", "amount": "9"}),
        ("Subscription Renewed", {"plan_name": "Pro"}, "plan_renewed", {"plan": "Pro"}),
        ("Subscription Canceled", {"plan": "Pro"}, "plan_cancelled", {"plan": "Pro"}),
        ("Session Ended", {"duration": 61.5}, "app_session", {"seconds": "61.5"}),
        ("Application Opened", {"version": "1"}, "app_session", {}),
        ("Feature Used", {"name": "Export"}, "feature_used", {"feature": "Export"}),
        ("File Downloaded", {"file_name": "guide.pdf"}, "resource_downloaded",
         {"resource": "guide.pdf", "url": URL}),
        ("Article Read", {"title": "Why", "seconds": 40}, "article_read",
         {"article": "Why", "seconds": "40"}),
        ("Video Playback Completed", {"title": "Tour", "position": 99, "percent": "80"},
         "video_watched", {"video": "Tour", "seconds": "99", "percent": "80"}),
        ("Comment Posted", {"article": "Why"}, "comment_posted", {"article": "Why"}),
        ("Form Viewed", {"form_id": "f"}, "form_viewed", {"form_id": "f", "url": URL}),
        ("Form Submitted", {"name": "Contact"}, "form_submitted",
         {"form_name": "Contact", "url": URL}),
        ("Survey Answered", {"survey": "NPS", "score": 9}, "survey_answered",
         {"survey": "NPS", "score": "9"}),
        ("Contest Entered", {"contest": "Win"}, "contest_entered", {"contest": "Win"}),
        ("Webinar Registered", {"title": "Start"}, "webinar_registered", {"webinar": "Start"}),
        ("Webinar Attended", {"title": "Start", "duration": 1800}, "webinar_attended",
         {"webinar": "Start", "seconds": "1800"}),
    ],
)  # fmt: skip
def test_known_events_become_kinds_of_the_catalogue(
    name: str, said: dict[str, Any], kind: str, values: dict[str, str]
) -> None:
    assert track(name, **said) == [(kind, values)]


def test_an_order_is_a_purchase_and_each_of_its_products() -> None:
    made = events(
        "track",
        "Order Completed",
        {
            "order_id": "o-1",
            "total": 27.5,
            "currency": "USD",
            "products": [
                {"product_id": "1", "category": "Games", "price": 19, "quantity": 2},
                {"sku": "g-2", "price": 3.25},
                "nonsense",
            ],
        },
    )

    assert [(each.id, each.kind, each.properties) for each in made] == [
        (
            "collector:m1",
            "purchase",
            {"order_id": "o-1", "amount": "27.5", "currency": "USD", "products": "3"},
        ),
        (
            "collector:m1:item:0",
            "product_purchased",
            {
                "order_id": "o-1",
                "product_id": "1",
                "category": "Games",
                "quantity": "2",
                "amount": "38",
            },
        ),
        (
            "collector:m1:item:1",
            "product_purchased",
            {"order_id": "o-1", "product_id": "g-2", "amount": "3.25"},
        ),
    ]
    assert {(each.at, each.source, each.contact_id) for each in made} == {(NOON, "collector", 0)}


@pytest.mark.parametrize(
    ("name", "said", "values"),
    [
        ("", {"url": URL, "title": "Plans", "category": "Docs"},
         {"url": URL, "title": "Plans", "category": "Docs"}),
        ("Pricing", {}, {"url": "https://shop.example/now", "title": "Pricing"}),
        ("", {"seconds": 12}, {"url": "https://shop.example/now", "title": "Now", "seconds": "12"}),
        ("", {"url": "https://shop.example/pricing?x=1", "title": "Plans"},
         {"url": "https://shop.example/pricing?x=1", "title": "Plans", "category": "pricing"}),
        ("", {"url": "https://shop.example/products/7", "title": "7", "category": "Toys"},
         {"url": "https://shop.example/products/7", "title": "7", "category": "Toys"}),
        ("", {"url": "https://shop.example/products/7", "title": "7"},
         {"url": "https://shop.example/products/7", "title": "7", "category": "product"}),
    ],
)  # fmt: skip
def test_a_page_call_is_a_page_view(name: str, said: dict[str, Any], values: Any) -> None:
    page = {"url": "https://shop.example/now", "title": "Now"}

    assert [(each.kind, each.properties) for each in events("page", name, said, page=page)] == [
        ("page_viewed", values)
    ]


def test_screens_and_groups_are_kept_as_kinds_of_their_own() -> None:
    screen = events("screen", "Home", {"depth": 2})[0]
    group = events("group", "g-1", {"name": "Acme", "employees": 329})[0]

    assert (screen.kind, screen.properties) == (
        "custom.screen_viewed",
        {"depth": 2, "name": "Home"},
    )
    assert (group.kind, group.properties) == (
        "custom.group_joined",
        {"name": "Acme", "employees": 329, "group_id": "g-1"},
    )


@pytest.mark.parametrize("type_", ["identify", "alias"])
def test_who_is_who_is_no_event(type_: str) -> None:
    assert events(type_, "a2", {"email": "anna@example.com"}) == []


def test_other_events_keep_all_they_say_by_its_json_type() -> None:
    """The segment language compares properties of custom kinds by their JSON type."""
    said = {
        "score": 7,
        "share": 0.5,
        "done": True,
        "words": "a\x00b",
        "gone": None,
        "tags": ["a", "b"],
        "huge": 2**70,
        "boundless": float("inf"),
    }

    assert track("Quiz Finished!", **said) == [
        (
            "custom.quiz_finished",
            {
                "score": 7,
                "share": 0.5,
                "done": True,
                "words": "ab",
                "tags": '["a", "b"]',
                "huge": "1180591620717411303424",
                "boundless": "Infinity",
            },
        )
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Quiz Finished!", "custom.quiz_finished"),
        ("  a--b.c ", "custom.a_b_c"),
        ("Ödeme", "custom.deme"),
        ("支付", "custom.event_2d9a1d2f"),
        ("x" * 300, "custom." + "x" * 100),
    ],
)
def test_other_events_have_names_that_rules_can_speak_of(name: str, kind: str) -> None:
    made = custom_kind(name)

    assert is_custom(made)
    assert made == kind or kind.startswith("custom.event_")
    assert custom_kind(name) == made


def test_names_in_other_scripts_are_told_apart() -> None:
    assert len({custom_kind("支付"), custom_kind("登录"), custom_kind("!!!")}) == 3


@pytest.mark.parametrize(
    "value", ["€12", "1,5", "", None, [], {}, float("inf"), 1e300, "9" * 99, True]
)
def test_what_is_no_number_is_left_out_where_one_is_meant(value: Any) -> None:
    assert track("Order Completed", order_id="o", total=value) == [("purchase", {"order_id": "o"})]


def test_the_next_place_counts_where_one_has_no_value() -> None:
    assert track("Order Completed", order_id="o", total="?", revenue=3)[0][1]["amount"] == "3"


def test_every_rule_speaks_of_the_catalogue() -> None:
    catalogue, collector = load_catalogue(), load_collector()
    rules = [collector.page, *collector.tracks.values()]
    rules += [rule.items for rule in rules if rule.items]

    for rule in rules:
        known = catalogue.kinds[rule.event].properties
        assert set(rule.properties) <= set(known), rule.event
    assert is_custom(collector.screen)
    assert is_custom(collector.group)
