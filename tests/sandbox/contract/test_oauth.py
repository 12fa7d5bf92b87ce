"""OAuth and the account through both clients."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import hubspot_sdk
import pytest
import requests
from hubspot_sdk.types.auth import (
    AccessTokenResponse,
    PublicAccessTokenInfoResponse,
    PublicRefreshTokenInfoResponse,
)
from pydantic import TypeAdapter

from sandbox.apps import REQUIRED_SCOPES

from .conftest import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Contract


def _code(contract: Contract) -> str:
    """Press the button of the authorize page."""
    form = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "scope": " ".join(REQUIRED_SCOPES),
        "state": "s",
        "portal": str(contract.portal.hub_id),
    }
    answer = requests.post(
        f"{contract.url}/oauth/authorize", data=form, allow_redirects=False, timeout=5
    )
    answer.close()
    (code,) = parse_qs(urlsplit(answer.headers["Location"]).query)["code"]
    return code


def _post(contract: Contract, path: str, status: int = 200, /, **form: str) -> Any:
    """POST a form to an OAuth endpoint with the app's credentials.

    The alpha of `hubspot-sdk` sends these as JSON, which HubSpot does not document: its models
    are used here, not its calls.
    """
    form |= {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    with requests.post(f"{contract.url}/oauth/2026-03/{path}", data=form, timeout=5) as answer:
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


def _token(contract: Contract, **form: str) -> AccessTokenResponse:
    return TypeAdapter(AccessTokenResponse).validate_python(_post(contract, "token", **form))


def test_dated_tokens_from_a_code_to_their_end(contract: Contract) -> None:
    """Failure modes 6, 7 and 10."""
    first = _token(
        contract,
        grant_type="authorization_code",
        code=_code(contract),
        redirect_uri=REDIRECT_URI,
    )
    second = _token(contract, grant_type="refresh_token", refresh_token=first.refresh_token)
    known = _post(contract, "token/introspect", token=second.access_token)
    refresh = _post(contract, "token/introspect", token=second.refresh_token)
    _post(contract, "token/revoke", token=second.refresh_token)
    refused = _post(
        contract,
        "token",
        400,
        grant_type="refresh_token",
        refresh_token=second.refresh_token,
    )

    assert (first.hub_id, first.expires_in) == (contract.portal.hub_id, 1800)
    assert set(first.scopes or ()) == set(REQUIRED_SCOPES)
    assert first.refresh_token != second.refresh_token
    access = TypeAdapter(PublicAccessTokenInfoResponse).validate_python(known)
    assert (access.hub_id, access.app_id) == (contract.portal.hub_id, 77)
    TypeAdapter(PublicRefreshTokenInfoResponse).validate_python(refresh)
    assert refused["status"] == "BAD_REFRESH_TOKEN"


def test_v1_tokens_from_a_code_to_their_end(contract: Contract) -> None:
    oauth = contract.v3.oauth
    tokens = oauth.tokens_api.create(
        grant_type="authorization_code",
        code=_code(contract),
        redirect_uri=REDIRECT_URI,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )

    access = oauth.access_tokens_api.get(tokens.access_token)
    refresh = oauth.refresh_tokens_api.get(tokens.refresh_token)
    oauth.refresh_tokens_api.archive(tokens.refresh_token)

    assert (access.hub_id, refresh.hub_id) == (contract.portal.hub_id,) * 2
    assert set(access.scopes) == set(REQUIRED_SCOPES)


def test_dated_the_account_and_its_end(contract: Contract) -> None:
    details = contract.dated.account.get()

    contract.dated.crm.app_uninstalls.uninstall()

    assert details.portal_id == contract.portal.hub_id
    assert (details.account_type, details.time_zone) == ("STANDARD", "Europe/Berlin")
    with pytest.raises(hubspot_sdk.AuthenticationError):
        contract.dated.account.get()
