"""What the overview shows of the collector's calls."""

from __future__ import annotations

from tests.console.browser import Browser
from tests.console.test_overview import section, words
from tests.flows.collecting import KEY_ID, allow, requests, tell
from tests.house import House

NAMELESS = {"type": "track", "userId": "anna@example.com"}


def test_calls_that_cant_be_read_are_shown_and_tried_again(home: House, browser: Browser) -> None:
    browser.install()
    home.settle()
    allow(home)
    tell(home, NAMELESS, NAMELESS)

    told = section(browser.see(), "What is stuck")

    assert f"Calls to the collector, key {KEY_ID} 2 needs you" in told
    assert "A track call without an event name" in told
    assert "anna" not in told
    answer = browser.post("/retry", form_token=browser.form_token())
    assert answer.status_code == 303
    assert "Trying again: 2 deliveries" in words(browser.see())
    assert {each["state"] for each in requests(home)} == {"due"}
