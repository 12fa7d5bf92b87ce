"""Authorization codes, access tokens and refresh tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from . import facts


class OAuthError(Exception):
    """HubSpot's token endpoint refuses; `status` is the word in its body."""

    def __init__(self, status: str, message: str, error: str = "invalid_grant") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.error = error


@dataclass(frozen=True)
class Grant:
    """What was granted: the portal, the app, the scopes, the user who clicked."""

    hub_id: int
    client_id: str
    scopes: tuple[str, ...]
    user_id: int


@dataclass(frozen=True)
class AuthCode:
    """A code that the browser carries to the app; good once."""

    value: str
    grant: Grant
    redirect_uri: str
    expires_at: datetime
    challenge: str | None = None


@dataclass(frozen=True)
class Token:
    """An access token (`expires_at` is set) or a refresh token (it isn't)."""

    value: str
    grant: Grant
    expires_at: datetime | None = None
    revoked: bool = False


@dataclass
class TokenBook:
    """All codes and tokens given out. Callers hold the sandbox's lock."""

    codes: dict[str, AuthCode] = field(default_factory=dict)
    access: dict[str, Token] = field(default_factory=dict)
    refresh: dict[str, Token] = field(default_factory=dict)

    def issue_code(self, code: AuthCode) -> AuthCode:
        """Keep a code until it is exchanged."""
        self.codes[code.value] = code
        return code

    def redeem(self, params: Mapping[str, str], now: datetime) -> Grant:
        """Exchange an authorization code for its grant, once; raise OAuthError otherwise."""
        code = self.codes.pop(params.get("code", ""), None)
        if code is None or code.expires_at <= now:
            raise OAuthError("BAD_AUTH_CODE", "missing or unknown auth code")
        if code.grant.client_id != params.get("client_id"):
            raise OAuthError("BAD_AUTH_CODE", "auth code belongs to another app")
        if code.redirect_uri != params.get("redirect_uri"):
            raise OAuthError("BAD_REDIRECT_URI", "redirect_uri does not match the install")
        if code.challenge and code.challenge != _challenge(params.get("code_verifier", "")):
            raise OAuthError("BAD_CODE_VERIFIER", "code verifier does not match the challenge")
        return code.grant

    def renew(self, params: Mapping[str, str]) -> Token:
        """Find the live refresh token of these parameters; raise OAuthError otherwise."""
        token = self.refresh.get(params.get("refresh_token", ""))
        if token is None or token.revoked or token.grant.client_id != params.get("client_id"):
            raise OAuthError("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        return token

    def issue_access(self, grant: Grant, now: datetime) -> Token:
        """Give out an access token for half an hour. Its length is nothing to rely on."""
        token = Token(_random("C", 190), grant, now + facts.ACCESS_TOKEN_LIFE)
        self.access[token.value] = token
        return token

    def issue_refresh(self, grant: Grant) -> Token:
        """Give out a refresh token."""
        token = Token(_random("na1-", 60), grant)
        self.refresh[token.value] = token
        return token

    def revoke_refresh(self, value: str) -> bool:
        """End a refresh token; access tokens already given out live on."""
        token = self.refresh.get(value)
        if token is None or token.revoked:
            return False
        self.refresh[value] = replace(token, revoked=True)
        return True

    def end_refresh(self, hub_id: int, client_id: str) -> None:
        """End the refresh tokens of an app in a portal, as installing it again does."""
        for token in list(self.refresh.values()):
            if (token.grant.hub_id, token.grant.client_id) == (hub_id, client_id):
                self.revoke_refresh(token.value)

    def kill(self, hub_id: int, client_id: str) -> None:
        """End every token of an app in a portal, as uninstalling does."""
        for book in (self.access, self.refresh):
            for token in list(book.values()):
                if (token.grant.hub_id, token.grant.client_id) == (hub_id, client_id):
                    book[token.value] = replace(token, revoked=True)

    def expire(self, hub_id: int, now: datetime) -> None:
        """Let the access tokens of a portal run out at once; refresh tokens stay good."""
        for token in list(self.access.values()):
            if token.grant.hub_id == hub_id:
                self.access[token.value] = replace(token, expires_at=now)


def new_code() -> str:
    """Make up the text of an authorization code."""
    return _random("na1-", 24)


def _random(prefix: str, size: int) -> str:
    return prefix + secrets.token_urlsafe(size)


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
