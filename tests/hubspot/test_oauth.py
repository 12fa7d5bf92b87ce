"""Tokens of the stand-in: handed out, renewed, revoked, refused."""

from collections.abc import Callable
from urllib.parse import parse_qs

import pytest

from integration import errors
from integration.hubspot.client import HubSpot
from integration.hubspot.oauth import App, OAuth
from sandbox import facts
from sandbox.faults import Fault, Kind
from sandbox.tokens import AuthCode, Grant
from tests.hubspot.standin import CLIENT, REDIRECT, SECRET, StandIn
from tests.hubspot.wires import PORTAL, Script, Scripted, Way, said

Start = Callable[..., tuple[Scripted, Way]]
TOKENS = {"access_token": "a-token-1", "refresh_token": "r-token-1", "expires_in": 1800}


def code(standin: StandIn, value: str = "code-0001") -> str:
    """Hand out an authorization code, as the authorize page does."""
    now = standin.sandbox.clock.now()
    grant = Grant(PORTAL, CLIENT, ("oauth", "forms"), facts.USER_ID)
    expires_at = now + facts.AUTH_CODE_LIFE
    return standin.sandbox.tokens.issue_code(AuthCode(value, grant, REDIRECT, expires_at)).value


def refused(attempt: Callable[[], object]) -> errors.GrantRefused:
    with pytest.raises(errors.GrantRefused) as caught:
        attempt()
    return caught.value


def test_a_code_becomes_tokens_of_one_portal_with_what_was_granted(standin: StandIn) -> None:
    """Failure mode 10: the portal is HubSpot's word, not the browser's."""
    grant = standin.oauth.exchange(code(standin), REDIRECT)

    assert (grant.portal_id, grant.scopes) == (PORTAL, ("oauth", "forms"))
    assert 0 < grant.expires_in <= 1800
    assert standin.oauth.introspect(grant.access_token).portal_id == PORTAL


def test_a_code_is_good_once_and_for_one_address(standin: StandIn) -> None:
    standin.oauth.exchange(code(standin), REDIRECT)

    again = refused(lambda: standin.oauth.exchange("code-0001", REDIRECT))
    other = code(standin, "code-0002")
    elsewhere = refused(lambda: standin.oauth.exchange(other, "https://other.example"))

    assert (again.category, again.revoked, again.misconfigured) == ("BAD_AUTH_CODE", False, False)
    assert elsewhere.misconfigured


def test_a_reply_without_portal_or_scopes_is_completed_by_introspection(scripted: Start) -> None:
    """Failure mode 10."""
    owner = {"active": True, "hub_id": 62515, "scopes": ["oauth"]}
    server, way = scripted(said(200, TOKENS), said(200, owner))

    grant = OAuth(server.url, App("id", "secret-value"), way.session).exchange("c", "r", "verifier")

    assert (grant.portal_id, grant.scopes) == (62515, ("oauth",))
    assert parse_qs(server.heard[0].body.decode())["code_verifier"] == ["verifier"]
    assert server.heard[1].target == "/oauth/2026-03/token/introspect"


def test_everything_travels_in_the_body_and_nothing_in_the_address(scripted: Start) -> None:
    server, way = scripted(said(200, {**TOKENS, "hub_id": 1, "scopes": []}))

    OAuth(server.url, App("id", "secret-value"), way.session).exchange("code-1", REDIRECT)

    heard = server.heard[0]
    assert heard.target == "/oauth/2026-03/token"
    assert heard.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in heard.headers
    assert parse_qs(heard.body.decode()) == {
        "grant_type": ["authorization_code"],
        "code": ["code-1"],
        "redirect_uri": [REDIRECT],
        "client_id": ["id"],
        "client_secret": ["secret-value"],
    }


def test_a_refresh_gives_the_refresh_token_to_keep_from_now_on(standin: StandIn) -> None:
    """Failure mode 6: HubSpot may rotate it, the old one is dead then."""
    old = standin.tokens.refresh.value

    grant = standin.oauth.refresh(old)

    assert grant.refresh_token != old
    assert grant.portal_id == PORTAL
    assert refused(lambda: standin.oauth.refresh(old)).revoked


def test_a_refresh_never_makes_a_second_call_that_could_lose_its_token(scripted: Start) -> None:
    """Failure mode 6."""
    server, way = scripted(said(200, TOKENS), Script(500, b""))

    grant = OAuth(server.url, App("id", "secret-value"), way.session).refresh("r")

    assert (grant.portal_id, grant.scopes, grant.refresh_token) == (0, (), "r-token-1")
    assert len(server.heard) == 1


def test_an_uninstalled_portals_refresh_is_refused_as_revoked(standin: StandIn) -> None:
    """Failure mode 7."""
    standin.hubspot.uninstall()

    error = refused(lambda: standin.oauth.refresh(standin.tokens.refresh.value))

    assert (error.category, error.revoked, error.retryable) == ("BAD_REFRESH_TOKEN", True, False)


def test_a_refusal_that_only_says_invalid_grant_is_a_revocation(scripted: Start) -> None:
    """Failure mode 7."""
    server, way = scripted(said(400, {"error": "invalid_grant"}))
    oauth = OAuth(server.url, App("id", "secret-value"), way.session)

    assert refused(lambda: oauth.refresh("r")).revoked
    assert not refused(lambda: oauth.exchange("c", "r")).revoked


def test_a_proxys_bad_request_revokes_nothing(scripted: Start) -> None:
    """Failure modes 7 and 13: a portal is only given up on HubSpot's own word."""
    server, way = scripted(Script(400, b"<html>Bad Request</html>"))
    oauth = OAuth(server.url, App("id", "secret-value"), way.session)

    assert not refused(lambda: oauth.refresh("r")).revoked


@pytest.mark.parametrize(
    ("identity", "category"),
    [(App("other", SECRET), "BAD_CLIENT_ID"), (App(CLIENT, "wrong-secret"), "BAD_CLIENT_SECRET")],
)
def test_wrong_app_settings_are_told_from_a_revoked_install(
    standin: StandIn, identity: App, category: str
) -> None:
    """Failure mode 7."""
    oauth = OAuth(standin.running.url, identity, standin.way.session)

    error = refused(lambda: oauth.refresh(standin.tokens.refresh.value))

    assert (error.category, error.revoked, error.misconfigured) == (category, False, True)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.RATE_LIMIT, errors.RateLimited),
        (Kind.BAD_GATEWAY, errors.Unavailable),
        (Kind.RESET, errors.Unavailable),
        (Kind.LOCKED, errors.Unavailable),
    ],
)
def test_a_bad_day_of_the_token_endpoint_never_disconnects_a_portal(
    standin: StandIn, kind: Kind, expected: type[errors.HubSpotError]
) -> None:
    """Failure mode 8."""
    standin.sandbox.faults.add(Fault(kind, path="/oauth/*"))

    with pytest.raises(expected):
        standin.oauth.refresh(standin.tokens.refresh.value)

    assert standin.oauth.refresh(standin.tokens.refresh.value).portal_id == PORTAL


def test_a_revoked_refresh_token_is_dead_and_the_access_token_lives_on(standin: StandIn) -> None:
    standin.oauth.revoke(standin.tokens.refresh.value)

    assert refused(lambda: standin.oauth.refresh(standin.tokens.refresh.value)).revoked
    assert standin.oauth.introspect(standin.tokens.access.value).active


def test_introspection_of_a_dead_token_says_so(standin: StandIn) -> None:
    assert not standin.oauth.introspect("nobody's token").active


def test_half_a_reply_is_no_tokens_and_quotes_none(scripted: Start) -> None:
    server, way = scripted(said(200, {"access_token": "a-token-1"}))

    with pytest.raises(errors.Unavailable) as caught:
        OAuth(server.url, App("id", "secret-value"), way.session).refresh("r")

    assert "a-token-1" not in str(caught.value)


def test_no_secret_shows_in_an_error_or_a_text(scripted: Start) -> None:
    quoted = {"status": "BAD_REFRESH_TOKEN", "message": "refresh-token-0001 of secret-value"}
    server, way = scripted(said(400, quoted))
    identity = App("id", "secret-value")

    error = refused(lambda: OAuth(server.url, identity, way.session).refresh("refresh-token-0001"))

    shown = str(error) + repr(error.fault) + repr(identity)
    assert "secret-value" not in shown
    assert "refresh-token-0001" not in shown
    assert "id" in repr(identity)


def test_the_accounts_details_are_read(standin: StandIn) -> None:
    account = standin.hubspot.account()

    assert (account.portal_id, account.time_zone) == (PORTAL, "Europe/Berlin")
    assert account.ui_domain == "app.hubspot.com"


def test_after_an_uninstall_the_portals_token_is_dead(standin: StandIn) -> None:
    """Failure mode 7."""
    standin.hubspot.uninstall()

    with pytest.raises(errors.Unauthorized):
        HubSpot(standin.way.transport, PORTAL).account()
