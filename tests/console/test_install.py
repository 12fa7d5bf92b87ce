"""Install: through HubSpot's pages and back, with a state that holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from console.session import STATE_LIVES
from integration import wiring
from integration.store import portals
from mappings.model import PortalState
from mappings.scopes import load_scopes
from sandbox.apps import OPTIONAL_SCOPES, REQUIRED_SCOPES
from sandbox.portal import Account
from tests.console.browser import Browser
from tests.house import CLIENT_ID, HUB_ID, PUBLIC_URL, House, settings_for

OTHER_HUB = HUB_ID + 1


def installed(home: House) -> list[int]:
    with home.segue.store.read() as connection:
        return [portal.portal_id for portal in portals.every(connection)]


def test_the_button_leads_to_hubspot_with_all_it_asks_for(browser: Browser) -> None:
    address = browser.begin_install()

    asked = parse_qs(urlsplit(address).query, strict_parsing=True)
    assert asked["client_id"] == [CLIENT_ID]
    assert asked["redirect_uri"] == [f"{PUBLIC_URL}/install/callback"]
    assert set(asked["scope"][0].split(" ")) == set(REQUIRED_SCOPES)
    assert set(asked["optional_scope"][0].split(" ")) <= set(OPTIONAL_SCOPES)
    assert "automation" in asked["optional_scope"][0]
    assert len(asked["state"][0]) >= 32
    assert "+" not in urlsplit(address).query


def test_every_button_press_has_its_own_state(browser: Browser) -> None:
    assert browser.begin_install() != browser.begin_install()


def test_an_install_ends_on_the_portals_own_page(home: House, browser: Browser) -> None:
    answer = browser.install()

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert installed(home) == [HUB_ID]
    assert str(HUB_ID) in browser.see()
    assert home.state is PortalState.SYNCING


def test_the_portal_is_the_tokens_never_the_browsers(home: House, browser: Browser) -> None:
    """Failure mode 10."""
    browser.get(f"{browser.agree()}&hub_id={OTHER_HUB}&portalId={OTHER_HUB}&portal={OTHER_HUB}")

    assert installed(home) == [HUB_ID]
    assert str(OTHER_HUB) not in browser.see()


def test_a_session_shows_its_own_portal_alone(home: House, browser: Browser) -> None:
    home.sandbox.add_portal(OTHER_HUB, Account())
    other, stranger = Browser(home.segue), Browser(home.segue)
    browser.install()
    other.install(OTHER_HUB)

    pages = [each.see() for each in (browser, other, stranger)]

    assert [str(HUB_ID) in page for page in pages] == [True, False, False]
    assert [str(OTHER_HUB) in page for page in pages] == [False, True, False]


def test_installing_another_portal_replaces_the_session(home: House, browser: Browser) -> None:
    home.sandbox.add_portal(OTHER_HUB, Account())
    browser.install()
    browser.install(OTHER_HUB)

    page = browser.see()

    assert str(OTHER_HUB) in page
    assert str(HUB_ID) not in page


def test_a_state_is_good_once(home: House, browser: Browser) -> None:
    back = browser.agree()
    browser.get(back)

    again = browser.get(back)

    assert again.status_code == 400
    assert "wasn&#39;t begun here" in again.text


def test_a_state_is_used_up_by_an_install_that_failed_too(browser: Browser) -> None:
    state = parse_qs(urlsplit(browser.begin_install()).query)["state"][0]
    refusal = f"/install/callback?state={state}&error=access_denied"

    first, second = browser.get(refusal), browser.get(refusal)

    assert "You chose not to connect" in first.text
    assert "wasn&#39;t begun here" in second.text


def test_a_state_of_another_browser_is_refused(home: House, browser: Browser) -> None:
    answer = Browser(home.segue).get(browser.agree())

    assert answer.status_code == 400
    assert installed(home) == []
    assert 'href="/install"' in answer.text


@pytest.mark.parametrize("state", ["", "state=", "state=made-up", "state=%C3%A9%00"])
def test_a_made_up_state_is_refused(home: House, browser: Browser, state: str) -> None:
    code = parse_qs(urlsplit(browser.agree()).query)["code"][0]

    assert browser.get(f"/install/callback?code={code}&{state}").status_code == 400
    assert installed(home) == []


@pytest.mark.parametrize(("late", "status"), [(0, 302), (1, 400)])
def test_a_state_lives_for_a_quarter_of_an_hour(
    home: House, browser: Browser, late: int, status: int
) -> None:
    address = browser.begin_install()
    home.clock.advance(STATE_LIVES + timedelta(milliseconds=late))
    state = parse_qs(urlsplit(address).query)["state"][0]
    code = parse_qs(urlsplit(Browser(home.segue).agree()).query)["code"][0]

    assert browser.get(f"/install/callback?code={code}&state={state}").status_code == status


def test_installs_begun_in_two_tabs_can_both_be_finished(browser: Browser) -> None:
    first, second = browser.agree(), browser.agree()

    assert browser.get(first).status_code == 302
    assert browser.get(second).status_code == 400  # the session is new by then
    assert str(HUB_ID) in browser.see()


def test_the_older_of_two_tabs_still_finishes(browser: Browser) -> None:
    first = browser.agree()
    browser.begin_install()

    assert browser.get(first).status_code == 302


def test_who_cancels_is_told_that_nothing_changed(home: House, browser: Browser) -> None:
    answer = browser.get(browser.agree(action="cancel"))

    assert answer.status_code == 400
    assert "You chose not to connect Segue" in answer.text
    assert 'href="/install"' in answer.text
    assert installed(home) == []


def test_another_refusal_of_hubspots_is_shown_in_its_words(browser: Browser) -> None:
    state = parse_qs(urlsplit(browser.begin_install()).query)["state"][0]

    answer = browser.get(f"/install/callback?state={state}&error=<script>no_rights</script>")

    assert answer.status_code == 400
    assert "&lt;script&gt;no_rights" in answer.text
    assert "Super Admin" in answer.text


@pytest.mark.parametrize("code", ["", "code=", "code=made-up"])
def test_a_code_that_is_no_good_says_to_begin_again(
    home: House, browser: Browser, code: str
) -> None:
    state = parse_qs(urlsplit(browser.begin_install()).query)["state"][0]

    answer = browser.get(f"/install/callback?state={state}&{code}")

    assert answer.status_code == 400
    assert "Begin" in answer.text
    assert installed(home) == []


def test_wrong_settings_of_segue_are_not_the_admins_fault(home: House, browser: Browser) -> None:
    wrong = replace(home.segue.settings, client_secret="not the secret of this app")
    misconfigured = Browser(wiring.build(wrong, home.clock.now, home.segue.tools.books.files))

    answer = misconfigured.install()

    assert answer.status_code == 502
    assert "BAD_CLIENT_SECRET" in answer.text
    assert "HUBSPOT_CLIENT_SECRET" in answer.text


def test_a_hubspot_that_cant_be_reached_says_to_wait(home: House, browser: Browser) -> None:
    settings = settings_for("http://127.0.0.1:9", home.segue.settings.database_url)
    alone = Browser(wiring.build(settings, home.clock.now, home.segue.tools.books.files))
    state = parse_qs(urlsplit(alone.begin_install()).query)["state"][0]

    answer = alone.get(f"/install/callback?state={state}&code=na1-x")

    assert answer.status_code == 503
    assert "Wait a minute" in answer.text


def test_a_forged_cookie_is_no_session(home: House, browser: Browser) -> None:
    browser.install()
    cookie = browser.client.get_cookie("__Host-segue", "segue.example")
    assert cookie is not None
    payload, rest = cookie.value.split(".", 1)
    browser.client.set_cookie("__Host-segue", f"{payload[:-2]}AA.{rest}", domain="segue.example")

    assert str(HUB_ID) not in browser.see()


def test_leaving_ends_the_session(browser: Browser) -> None:
    browser.install()

    answer = browser.post("/leave", form_token=browser.form_token())

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert str(HUB_ID) not in browser.see()


def test_the_scopes_asked_for_are_those_of_the_app() -> None:
    scopes = load_scopes()

    assert tuple(scopes.required) == REQUIRED_SCOPES
    assert set(scopes.optional) <= set(OPTIONAL_SCOPES)
    assert not set(scopes.required) & set(scopes.optional)
