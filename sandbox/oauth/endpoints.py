"""Token, introspection and revocation, under their dated and numbered paths."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request

from sandbox import facts
from sandbox.clock import to_ms
from sandbox.gate import sandbox
from sandbox.state import App
from sandbox.tokens import Grant, OAuthError, Token

blueprint = Blueprint("oauth", __name__)
Json = dict[str, Any]


@blueprint.errorhandler(OAuthError)
def refuse(error: OAuthError) -> tuple[Json, int]:
    """Answer as HubSpot's token endpoint refuses."""
    return {
        "error": error.error,
        "error_description": error.message,
        "status": error.status,
        "message": error.message,
        "correlationId": str(uuid.uuid4()),
    }, 400


@blueprint.post("/oauth/v3/token")
@blueprint.post("/oauth/2026-03/token")
def token() -> Json:
    """Give tokens for a code or a refresh token; all parameters must be in the body."""
    return _token(request.form)


@blueprint.post("/oauth/v1/token")
def token_v1() -> Json:
    """Give tokens the old way, with parameters from the query too."""
    answer = _token(request.values)
    return {k: v for k, v in answer.items() if k not in ("token_use", "scopes", "user_id")}


@blueprint.post("/oauth/v3/token/introspect")
@blueprint.post("/oauth/2026-03/token/introspect")
def introspect() -> Json:
    """Say what a token is for; a dead one is just not active."""
    _app(request.form)
    value = request.form.get("token", "")
    book, now = sandbox().tokens, sandbox().clock.now()
    access, refresh = book.access.get(value), book.refresh.get(value)
    if access and access.expires_at and not access.revoked and access.expires_at > now:
        if access.grant.hub_id == facts.NO_PORTAL:
            return {"active": True, "token_use": "client_credentials", "token": access.value}
        return _access_info(access)
    if refresh and not refresh.revoked:
        return {**_info(refresh), "token_use": "refresh_token"}
    return {"active": False}


@blueprint.post("/oauth/v3/token/revoke")
@blueprint.post("/oauth/2026-03/token/revoke")
def revoke() -> tuple[str, int]:
    """End a refresh token; access tokens given out live to their end."""
    _app(request.form)
    sandbox().tokens.revoke_refresh(request.form.get("token", ""))
    return "", 200


@blueprint.get("/oauth/v1/access-tokens/<value>")
def read_access(value: str) -> tuple[Json, int]:
    """Say what an access token is for, the old way."""
    known = sandbox().tokens.access.get(value)
    if known is None or known.revoked:
        return {"status": "error", "message": "access token not found"}, 404
    return {**_info(known), "expires_in": _seconds_left(known)}, 200


@blueprint.get("/oauth/v1/refresh-tokens/<value>")
def read_refresh(value: str) -> tuple[Json, int]:
    """Say what a refresh token is for, the old way."""
    known = sandbox().tokens.refresh.get(value)
    if known is None or known.revoked:
        return {"status": "error", "message": "refresh token not found"}, 404
    return _info(known), 200


@blueprint.delete("/oauth/v1/refresh-tokens/<value>")
def revoke_v1(value: str) -> tuple[str, int]:
    """End a refresh token, the old way."""
    return ("", 204) if sandbox().tokens.revoke_refresh(value) else ("", 404)


def _token(params: Mapping[str, str]) -> Json:
    app = _app(params)
    state, now = sandbox(), sandbox().clock.now()
    match params.get("grant_type"):
        case "authorization_code":
            granted = state.tokens.redeem(params, now)
            state.tokens.end_refresh(granted.hub_id, granted.client_id)
            granted = state.grant(granted.hub_id, granted.client_id, granted.scopes)
            refresh = state.tokens.issue_refresh(granted)
        case "refresh_token":
            refresh = state.tokens.renew(params)
            if state.settings.rotate_refresh_tokens:
                state.tokens.revoke_refresh(refresh.value)
                refresh = state.tokens.issue_refresh(refresh.grant)
        case "client_credentials":
            return _own_token(app, params)
        case other:
            message = f"unsupported grant type {other}"
            raise OAuthError("BAD_GRANT_TYPE", message, "unsupported_grant_type")
    return _tokens(state.tokens.issue_access(refresh.grant, now), refresh)


def _own_token(app: App, params: Mapping[str, str]) -> Json:
    """Give an app a token of its own, which belongs to no portal, and no refresh token."""
    wanted = tuple(params.get("scope", "").split())
    if not wanted or not set(wanted) <= set(app.own_scopes):
        raise OAuthError("BAD_SCOPES", "the app may not have these scopes", "invalid_scope")
    grant = Grant(facts.NO_PORTAL, app.client_id, wanted, facts.NO_PORTAL)
    access = sandbox().tokens.issue_access(grant, sandbox().clock.now())
    return {
        "token_type": "bearer",
        "token_use": "client_credentials",
        "access_token": access.value,
        "expires_in": _seconds_left(access),
    }


def _tokens(access: Token, refresh: Token) -> Json:
    return {
        "token_type": "bearer",
        "token_use": "access_token",
        "access_token": access.value,
        "refresh_token": refresh.value,
        "expires_in": _seconds_left(access),
        "hub_id": access.grant.hub_id,
        "user_id": access.grant.user_id,
        "scopes": list(access.grant.scopes),
    }


def _app(params: Mapping[str, str]) -> App:
    app = sandbox().apps.get(params.get("client_id", ""))
    if app is None:
        raise OAuthError("BAD_CLIENT_ID", "missing or unknown client id", "invalid_client")
    if params.get("client_secret") != app.client_secret:
        raise OAuthError("BAD_CLIENT_SECRET", "missing or invalid client secret", "invalid_client")
    return app


def _info(token: Token) -> Json:
    granted = token.grant
    portal = sandbox().portals[granted.hub_id]
    return {
        "active": True,
        "token": token.value,
        "token_type": "bearer",
        "client_id": granted.client_id,
        "app_id": sandbox().apps[granted.client_id].app_id,
        "hub_id": granted.hub_id,
        "hub_domain": f"{granted.hub_id}.hubspot-standin.example",
        "user": portal.account.user_email,
        "user_id": granted.user_id,
        "scopes": list(granted.scopes),
    }


def _access_info(token: Token) -> Json:
    return {
        **_info(token),
        "token_use": "access_token",
        "expires_in": _seconds_left(token),
        "is_private_distribution": False,
        "signed_access_token": _signed(token, token.grant),
    }


def _signed(token: Token, granted: Grant) -> Json:
    return {
        "appId": sandbox().apps[granted.client_id].app_id,
        "expiresAt": to_ms(token.expires_at) if token.expires_at else 0,
        "hubId": granted.hub_id,
        "hublet": sandbox().portals[granted.hub_id].account.data_hosting_location,
        "installingUserId": granted.user_id,
        "userId": granted.user_id,
        "isPrivateDistribution": False,
        "isServiceAccount": False,
        "isUserLevel": False,
        "newSignature": "",
        "signature": "",
        "scopes": "",
        "scopeToScopeGroupPks": "",
        "trialScopes": "",
        "trialScopeToScopeGroupPks": "",
    }


def _seconds_left(token: Token) -> int:
    if token.expires_at is None:
        return 0
    return max(int((token.expires_at - sandbox().clock.now()).total_seconds()), 0)
