"""What protects the people who use the pages."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import session
from flask.sessions import NullSession

from console.app import create_app
from tests.console.browser import Browser
from tests.house import CLIENT_SECRET, PUBLIC_URL, House

PAGES = ["/", "/nowhere", "/install/callback", "/static/segue.css", "/readyz"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_headers(browser: Browser, path: str) -> None:
    with browser.get(path) as answer:
        headers = answer.headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Strict-Transport-Security"].startswith("max-age=")


def test_pages_have_nothing_inline_and_nothing_from_elsewhere(browser: Browser) -> None:
    browser.install()
    for path in ("/", "/nowhere"):
        page = browser.get(path).text
        assert "<script" not in page
        assert " style=" not in page
        assert "<style" not in page
        assert 'src="http' not in page


def test_pages_of_a_portal_are_kept_by_no_cache(browser: Browser) -> None:
    browser.install()

    assert browser.get("/").headers["Cache-Control"] == "no-store"


def test_the_session_cookie_is_out_of_reach(browser: Browser) -> None:
    cookie = browser.get("/install").headers["Set-Cookie"]

    assert cookie.startswith("__Host-segue=")
    for mark in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert mark in cookie
    assert "Domain" not in cookie


def test_over_plain_http_the_cookie_still_works(home: House) -> None:
    """On this machine, for trying out: a Secure cookie would never come back."""
    settings = replace(home.segue.settings, public_url="http://127.0.0.1:8000")
    client = create_app(replace(home.segue, settings=settings)).test_client()

    answer = client.get("/install", base_url="http://127.0.0.1:8000")

    assert "Secure" not in answer.headers["Set-Cookie"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    ("path", "method", "status", "said"),
    [
        ("/nowhere", "GET", 404, "There is no such page"),
        ("/retry", "GET", 405, "That isn&#39;t done this way"),
        ("/install", "POST", 405, "That isn&#39;t done this way"),
    ],
)
def test_errors_are_said_in_plain_words(
    browser: Browser, path: str, method: str, status: int, said: str
) -> None:
    answer = browser.client.open(path, method=method, base_url=PUBLIC_URL)

    assert answer.status_code == status
    assert said in answer.text


def test_a_form_that_is_too_large_is_refused(browser: Browser) -> None:
    browser.install()

    answer = browser.post("/retry", form_token="x" * 1_100_000)

    assert answer.status_code == 413
    assert "That is too large" in answer.text


def test_what_breaks_is_said_without_its_insides(home: House, browser: Browser) -> None:
    browser.install()
    with home.segue.store.write() as connection:
        connection.execute(sa.text("ALTER TABLE memberships RENAME TO elsewhere"))

    answer = browser.get("/")

    assert answer.status_code == 500
    assert "Something broke here" in answer.text
    assert "memberships" not in answer.text


def test_redirects_stay_redirects(browser: Browser) -> None:
    answer = browser.client.get("//nowhere//", base_url=PUBLIC_URL)

    assert answer.status_code in (301, 308, 404)


def test_no_page_shows_a_secret(home: House, browser: Browser) -> None:
    address = browser.begin_install()
    browser.install()
    page = browser.see()

    for secret in (CLIENT_SECRET, home.segue.settings.secret_key):
        assert secret not in page
        assert secret not in address


@pytest.mark.parametrize(
    ("path", "is_door"), [("/webhooks/hubspot", True), ("/v1/t", True), ("/", False)]
)
def test_at_the_doors_for_programs_there_is_no_session(
    home: House, path: str, *, is_door: bool
) -> None:
    """Nobody is signed in there, and reading a cookie that nobody sends takes time."""
    app = create_app(home.segue)
    with app.test_request_context(path):
        assert isinstance(session._get_current_object(), NullSession) == is_door  # type: ignore[attr-defined]
        assert session.get("portal_id") is None
