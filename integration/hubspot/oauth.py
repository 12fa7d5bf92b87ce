"""Tokens from HubSpot: exchange, refresh, introspect, revoke.

All parameters travel in a form body, never in the address
(https://developers.hubspot.com/docs/api-reference/latest/oauth).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import requests

from integration.errors import Fault, Forbidden, GrantRefused, Invalid, NotFound, Unauthorized
from integration.hubspot import versions
from integration.hubspot.reading import understood
from integration.hubspot.wire import Call, address, send
from mappings.hubspot import grant, token_owner
from mappings.model import Grant, TokenOwner


@dataclass(frozen=True, slots=True)
class App:
    """Segue's own identity with HubSpot. The secret stays out of its text."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        """Show which app it is, never its secret."""
        return f"App({self.client_id!r})"


class OAuth:
    """HubSpot's token endpoint.

    Every method raises GrantRefused where HubSpot refuses for good (`revoked` and `misconfigured`
    tell why), and RateLimited or Unavailable where trying later can help.
    """

    def __init__(self, api_url: str, app: App, session: requests.Session) -> None:
        self._api_url = api_url
        self._app = app
        self._session = session

    def exchange(self, code: str, redirect_uri: str, code_verifier: str | None = None) -> Grant:
        """Turn the code of a finished install into tokens, with portal and granted scopes."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            **({"code_verifier": code_verifier} if code_verifier else {}),
        }
        granted, whole = understood(grant, self._post("/token", form))
        if whole:
            return granted
        owner = self.introspect(granted.access_token)
        return replace(granted, portal_id=owner.portal_id, scopes=owner.scopes)

    def refresh(self, refresh_token: str) -> Grant:
        """Get a new access token; store the refresh token that comes back, it may be a new one.

        `portal_id` is 0 and `scopes` empty where the reply doesn't name them: no second call is
        made that could fail and lose a rotated token.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        granted, _ = understood(grant, self._post("/token", form, "BAD_REFRESH_TOKEN"))
        return granted

    def introspect(self, token: str) -> TokenOwner:
        """Ask whose an access token is and what it may do."""
        form = {"token": token, "token_type_hint": "access_token"}
        return understood(token_owner, self._post("/token/introspect", form))

    def as_app(self, scopes: Sequence[str]) -> Any:
        """Ask for a token of the app itself, which belongs to no portal; give HubSpot's answer."""
        form = {"grant_type": "client_credentials", "scope": " ".join(scopes)}
        return self._post("/token", form)

    def revoke(self, refresh_token: str) -> None:
        """Give the refresh token up. Access tokens handed out already live to their end."""
        form = {"token": refresh_token, "token_type_hint": "refresh_token"}
        self._post("/token/revoke", form)

    def _post(self, tail: str, form: Mapping[str, str], invalid_grant: str = "") -> Any:
        """Post a form; `invalid_grant` is the status to assume where HubSpot names none."""
        signed = {
            **form,
            "client_id": self._app.client_id,
            "client_secret": self._app.client_secret,
        }
        url = address(self._api_url, versions.path("oauth", tail), None)
        try:
            return send(self._session, Call("POST", url, form=signed)).body
        except (Invalid, Unauthorized, Forbidden, NotFound) as error:
            raise GrantRefused(_named(error.fault, invalid_grant)) from error


def _named(fault: Fault, invalid_grant: str) -> Fault:
    # Only HubSpot's own word counts: a proxy's 400 must not disconnect a portal.
    lacks = fault.category == "invalid_grant" and fault.status == 400
    return replace(fault, category=invalid_grant) if lacks and invalid_grant else fault
