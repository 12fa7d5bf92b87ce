"""Installing an app, its tokens and their end."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox.apps import REQUIRED_SCOPES
from sandbox.state import Account

from .hub import CLIENT_ID, HUB_ID, SECRET, Hub

REDIRECT = "https://app.example.com/oauth/callback"
DETAILS = "/account-info/2026-03/details"


def _question(**changes: str) -> dict[str, str]:
    return {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "scope": " ".join(REQUIRED_SCOPES),
        "optional_scope": "automation forms analytics.behavioral_events.send",
        "state": "s&t=1",
    } | changes


def _install(hub: Hub, **changes: str) -> dict[str, list[str]]:
    form = {**_question(), "portal": str(HUB_ID), "action": "install", **changes}
    answer = hub.client.post("/oauth/authorize", data=form)
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def _token(hub: Hub, path: str = "/oauth/2026-03/token", **params: str) -> Any:
    base = {"client_id": CLIENT_ID, "client_secret": SECRET, "redirect_uri": REDIRECT}
    return hub.client.post(path, data=base | params)


def _exchange(hub: Hub, code: str, **changes: str) -> Any:
    return _token(hub, grant_type="authorization_code", code=code, **changes)


def test_the_page_names_the_app_its_scopes_and_the_accounts(hub: Hub) -> None:
    hub.sandbox.add_portal(HUB_ID + 1, Account(name="Second <account>"))

    page = hub.client.get(f"/oauth/authorize?{urlencode(_question())}").text

    assert "Segue wants to connect" in page
    assert "crm.lists.write" in page
    assert f'value="{HUB_ID}"' in page
    assert "Second &lt;account&gt;" in page


def test_the_path_can_preselect_an_account(hub: Hub) -> None:
    hub.sandbox.add_portal(HUB_ID + 1)

    page = hub.client.get(f"/oauth/{HUB_ID + 1}/authorize?{urlencode(_question())}").text

    assert f'value="{HUB_ID + 1}"' in page
    assert f'value="{HUB_ID}"' not in page


def test_installing_brings_the_browser_back_with_code_and_state(hub: Hub) -> None:
    back = _install(hub)

    assert back["state"] == ["s&t=1"]
    assert len(back["code"]) == 1


def test_cancelling_brings_the_browser_back_without_a_code(hub: Hub) -> None:
    assert _install(hub, action="cancel") == {"error": ["access_denied"], "state": ["s&t=1"]}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_id": "other"}, "client id"),
        ({"redirect_uri": "https://evil.example.com/"}, "redirect URL"),
        ({"scope": "oauth"}, "crm.lists.write"),
        ({"optional_scope": "tickets"}, "tickets"),
    ],
)
def test_a_faulty_question_stops_at_a_page(hub: Hub, changes: dict[str, str], reason: str) -> None:
    answer = hub.client.get(f"/oauth/authorize?{urlencode(_question(**changes))}")

    assert answer.status_code == 400
    assert reason in answer.text


def test_a_code_is_exchanged_for_working_tokens(hub: Hub) -> None:
    answer = _exchange(hub, _install(hub)["code"][0])

    assert answer.status_code == 200
    assert answer.json["hub_id"] == HUB_ID
    assert answer.json["expires_in"] == 1800
    assert answer.json["token_type"] == "bearer"
    assert answer.json["token_use"] == "access_token"
    assert hub.ask("GET", DETAILS, token=answer.json["access_token"]).status_code == 200


def test_optional_scopes_that_the_tier_lacks_are_dropped_silently(hub: Hub) -> None:
    scopes = _exchange(hub, _install(hub)["code"][0]).json["scopes"]

    assert "automation" in scopes
    assert "analytics.behavioral_events.send" not in scopes


def test_a_required_scope_that_the_tier_lacks_stops_the_install(hub: Hub) -> None:
    scope = " ".join([*REQUIRED_SCOPES, "analytics.behavioral_events.send"])
    form = {**_question(scope=scope), "portal": str(HUB_ID), "action": "install"}

    answer = hub.client.post("/oauth/authorize", data=form)

    assert answer.status_code == 400
    assert "analytics.behavioral_events.send" in answer.text


def test_a_code_is_good_once(hub: Hub) -> None:
    code = _install(hub)["code"][0]
    _exchange(hub, code)

    again = _exchange(hub, code)

    assert again.status_code == 400
    assert again.json["status"] == "BAD_AUTH_CODE"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"client_id": "nobody"}, "BAD_CLIENT_ID"),
        ({"client_secret": "wrong"}, "BAD_CLIENT_SECRET"),
        ({"redirect_uri": "https://app.example.com/other"}, "BAD_REDIRECT_URI"),
        ({"code": "wrong"}, "BAD_AUTH_CODE"),
    ],
)
def test_a_faulty_exchange_is_named(hub: Hub, changes: dict[str, str], status: str) -> None:
    code = _install(hub)["code"][0]

    answer = _token(hub, **({"grant_type": "authorization_code", "code": code} | changes))

    assert answer.status_code == 400
    assert answer.json["status"] == status


def test_a_code_with_a_challenge_wants_its_verifier(hub: Hub) -> None:
    # The pair is RFC 7636's own example.
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    code = _install(hub, code_challenge=challenge)["code"][0]
    other = _install(hub, code_challenge=challenge)["code"][0]

    assert _exchange(hub, other, code_verifier="no").json["status"] == "BAD_CODE_VERIFIER"
    assert _exchange(hub, code, code_verifier=verifier).status_code == 200


def test_a_refresh_rotates_the_refresh_token(hub: Hub) -> None:
    """Failure mode 6."""
    old = hub.tokens.refresh.value

    fresh = _token(hub, grant_type="refresh_token", refresh_token=old)
    again = _token(hub, grant_type="refresh_token", refresh_token=old)

    assert fresh.status_code == 200
    assert fresh.json["refresh_token"] != old
    assert again.json["status"] == "BAD_REFRESH_TOKEN"


def test_rotation_can_be_turned_off(hub: Hub) -> None:
    hub.sandbox.settings.rotate_refresh_tokens = False
    old = hub.tokens.refresh.value

    fresh = _token(hub, grant_type="refresh_token", refresh_token=old)

    assert fresh.json["refresh_token"] == old


def test_dated_token_endpoints_read_the_body_alone(hub: Hub) -> None:
    params = {
        "grant_type": "refresh_token",
        "refresh_token": hub.tokens.refresh.value,
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
    }

    dated = hub.client.post(f"/oauth/v3/token?{urlencode(params)}")
    old = hub.client.post(f"/oauth/v1/token?{urlencode(params)}")

    assert dated.status_code == 400
    assert old.status_code == 200


def test_installing_again_ends_the_old_refresh_token(hub: Hub) -> None:
    old = hub.tokens.refresh.value

    _exchange(hub, _install(hub)["code"][0])

    answer = _token(hub, grant_type="refresh_token", refresh_token=old)
    assert answer.json["status"] == "BAD_REFRESH_TOKEN"


def test_revoking_leaves_the_access_token_alive(hub: Hub) -> None:
    params = {"client_id": CLIENT_ID, "client_secret": SECRET, "token": hub.tokens.refresh.value}

    revoked = hub.client.post("/oauth/2026-03/token/revoke", data=params)

    refused = _token(hub, grant_type="refresh_token", refresh_token=hub.tokens.refresh.value)
    assert revoked.status_code == 200
    assert refused.json["status"] == "BAD_REFRESH_TOKEN"
    assert hub.get(DETAILS).status_code == 200


def test_introspection_tells_whose_a_token_is(hub: Hub) -> None:
    """Failure mode 10."""
    params = {"client_id": CLIENT_ID, "client_secret": SECRET, "token": hub.tokens.access.value}

    alive = hub.client.post("/oauth/2026-03/token/introspect", data=params).json
    hub.advance(minutes=30)
    dead = hub.client.post("/oauth/2026-03/token/introspect", data=params).json

    assert alive is not None
    assert (alive["active"], alive["hub_id"], alive["app_id"]) == (True, HUB_ID, 777)
    assert alive["token_use"] == "access_token"
    assert dead == {"active": False}


def test_uninstalling_by_the_app_ends_its_tokens(hub: Hub) -> None:
    answer = hub.delete("/appinstalls/2026-03/external-install")

    assert answer.status_code == 204
    assert hub.get(DETAILS).status_code == 401


def test_uninstalling_by_a_person_shows_in_the_next_refresh(hub: Hub) -> None:
    """Failure mode 7."""
    hub.control("POST", f"/portals/{HUB_ID}/uninstall")

    answer = _token(hub, grant_type="refresh_token", refresh_token=hub.tokens.refresh.value)

    assert answer.status_code == 400
    assert answer.json["status"] == "BAD_REFRESH_TOKEN"
    assert hub.get(DETAILS).status_code == 401
    assert hub.flush() == []


def test_the_old_endpoints_tell_and_end_tokens(hub: Hub) -> None:
    access, refresh = hub.tokens.access.value, hub.tokens.refresh.value

    told = hub.client.get(f"/oauth/v1/access-tokens/{access}").json
    ended = hub.client.delete(f"/oauth/v1/refresh-tokens/{refresh}")
    gone = hub.client.get(f"/oauth/v1/refresh-tokens/{refresh}")

    assert told is not None
    assert told["hub_id"] == HUB_ID
    assert ended.status_code == 204
    assert gone.status_code == 404
