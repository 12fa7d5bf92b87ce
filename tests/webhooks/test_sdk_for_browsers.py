"""The unmodified analytics.js in a real browser, on a page of another site than Segue's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask, Response, send_file

from tests.webhooks.collecting import EMAIL, KEY, Shop, opened_shop, served, served_pages
from tests.webhooks.driving import Browser, chromium

STANDALONE = Path(__file__).parent / "analytics_js" / "standalone.js"
# What a site's own page has in it: the key, and where Segue is.
PAGE = """<!doctype html><title>A shop</title>
<script>
  window.analytics = [];
  for (const name of ["load", "page", "track", "identify", "group", "ready", "reset"])
    window.analytics[name] = (...said) => window.analytics.push([name, ...said]);
  window.analytics._writeKey = "%s";
  window.analytics._cdn = "%s";
</script>
<script src="/standalone.js"></script>
<h1>Hello</h1>"""
READY = "await new Promise(ready => window.analytics.ready(ready));"


@dataclass
class Site:
    """The customer's own site, before a browser; Segue takes calls of its pages at `segue`."""

    shop: Shop
    browser: Browser
    origin: str
    segue: str


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all; every test's site has an origin, and so a memory, of its own."""
    with chromium(tmp_path_factory.mktemp("profile")) as made:
        yield made


def pages(addresses: list[str]) -> Flask:
    """Make a site with analytics.js on each of its pages; the address is known once it's asked."""
    app = Flask("a shop")

    @app.get("/standalone.js")
    def standalone() -> Response:
        return send_file(STANDALONE)

    @app.get("/")
    @app.get("/<path:_>")
    def page(_: str = "") -> str:
        return PAGE % (KEY, addresses[0])

    return app


@pytest.fixture
def site(database_url: str, browser: Browser) -> Iterator[Site]:
    """A site, and a Segue with a key for its pages."""
    addresses: list[str] = []
    with (
        served_pages(pages(addresses)) as origin,
        opened_shop(database_url, origin) as shop,
        served(shop.segue) as segue,
    ):
        addresses.append(segue)
        yield Site(shop, browser, origin, segue)


def test_a_visit_from_first_look_to_purchase_is_on_the_timeline(site: Site) -> None:
    """Anonymous at first, on several pages, then known: all of it is hers."""
    browser = site.browser
    browser.go(f"{site.origin}/pricing?plan=pro")
    browser.run(f"{READY} await analytics.page('Pricing');")
    browser.go(f"{site.origin}/product/7")
    browser.run(f"{READY} await analytics.track('Product Viewed', {{sku: 's-7', price: 12.5}});")
    assert site.shop.take_in() == []

    browser.run(f"await analytics.identify('u-1', {{email: '{EMAIL}'}});")
    browser.run(
        "await analytics.track('Order Completed', {order_id: 'o-1', total: 25,"
        " products: [{sku: 's-7', price: 12.5, quantity: 2}]});"
    )

    did = {event.kind: event.properties for event in site.shop.take_in()}
    assert did == {
        "page_viewed": {
            "url": f"{site.origin}/pricing?plan=pro",
            "title": "A shop",
            "category": "pricing",
        },
        "product_viewed": {
            "product_id": "s-7",
            "price": "12.5",
            "url": f"{site.origin}/product/7",
        },
        "purchase": {"order_id": "o-1", "amount": "25", "products": "1"},
        "product_purchased": {
            "order_id": "o-1",
            "product_id": "s-7",
            "quantity": "2",
            "amount": "25.0",
        },
    }


def call(event: str) -> str:
    """Write a track call as JavaScript, with the key in it."""
    return (
        f"{{type: 'track', event: '{event}', userId: '{EMAIL}', writeKey: '{KEY}',"
        f" messageId: '{event}'}}"
    )


def test_a_beacon_on_leaving_a_page_is_taken(site: Site) -> None:
    """`sendBeacon` sends text, with cookies, and no page is left to read an answer."""
    site.browser.go(f"{site.origin}/")
    beacon = call("Feature Used")

    assert site.browser.run(
        f"return navigator.sendBeacon('{site.segue}/v1/t', JSON.stringify({beacon}));"
    )
    # Behind it on the same connection or beside it: a request for which the browser asks first.
    asked = site.browser.run(
        f"const said = {{writeKey: '{KEY}', batch: [{call('Cart Viewed')}, {beacon}]}};"
        f"const answer = await fetch('{site.segue}/v1/batch', {{method: 'POST',"
        " headers: {'Content-Type': 'application/json', 'X-Retry-Count': '1'},"
        " credentials: 'include', body: JSON.stringify(said)});"
        "return [answer.status, await answer.json()];"
    )

    assert asked == [200, {"success": True}]
    assert sorted(event.kind for event in site.shop.take_in()) == ["cart_updated", "feature_used"]


def test_a_page_of_another_site_is_refused(site: Site) -> None:
    with served_pages(pages([site.segue])) as elsewhere:
        site.browser.go(f"{elsewhere}/")
        site.browser.run(f"{READY} await analytics.track('Feature Used', {{}});")
        asked = site.browser.run(
            f"const answer = await fetch('{site.segue}/v1/t',"
            f" {{method: 'POST', body: JSON.stringify({call('Feature Used')})}});"
            "return [answer.status, (await answer.json()).message];"
        )

    assert asked == [403, f"this write key isn't for pages of {elsewhere}"]
    assert site.shop.take_in() == []
