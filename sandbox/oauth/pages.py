"""The authorize page, with its Install button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from sandbox import facts
from sandbox.apps import App
from sandbox.errors import html_page
from sandbox.gate import sandbox
from sandbox.state import Portal
from sandbox.tokens import AuthCode, Grant, new_code

blueprint = Blueprint("oauth_pages", __name__)


@dataclass(frozen=True)
class Ask:
    """What an app asks an admin for."""

    app: App
    redirect_uri: str
    scopes: tuple[str, ...]
    optional: tuple[str, ...]
    state: str | None
    challenge: str | None


class RefusedPageError(Exception):
    """HubSpot shows a page that says why the app can't be installed."""


@blueprint.errorhandler(RefusedPageError)
def refuse(error: RefusedPageError) -> Response:
    """Show the reason; HubSpot does not send the browser back for these."""
    return html_page(400, f"Authorization failed: {error}")


@blueprint.get("/oauth/authorize")
@blueprint.get("/oauth/<int:hub_id>/authorize")
def show(hub_id: int | None = None) -> str:
    """Show who wants what, with a choice of accounts and a button."""
    ask = _read(request.args)
    portals = [p for p in sandbox().portals.values() if hub_id in (None, p.hub_id)]
    if not portals:
        raise RefusedPageError("there is no such account")
    return render_template("authorize.html", ask=ask, portals=portals, query=request.args)


@blueprint.post("/oauth/authorize")
@blueprint.post("/oauth/<int:hub_id>/authorize")
def decide(hub_id: int | None = None) -> BaseResponse:
    """Send the browser back to the app: with a code, or with access_denied."""
    ask = _read(request.form)
    if request.form.get("action") == "cancel":
        return _back(ask, {"error": "access_denied"})
    chosen = request.form.get("portal", type=int) or hub_id
    portals = sandbox().portals
    if chosen is None and len(portals) == 1:
        chosen = next(iter(portals))
    if chosen not in portals:
        raise RefusedPageError("there is no such account")
    code = AuthCode(
        new_code(),
        _grant(ask, portals[chosen]),
        ask.redirect_uri,
        sandbox().clock.now() + facts.AUTH_CODE_LIFE,
        ask.challenge,
    )
    return _back(ask, {"code": sandbox().tokens.issue_code(code).value})


def _grant(ask: Ask, portal: Portal) -> Grant:
    """Grant all that is required, and of the optional scopes what the account can give."""
    lacking = [scope for scope in ask.scopes if not portal.can_grant(scope)]
    if lacking:
        raise RefusedPageError(f"this account can't grant {', '.join(lacking)}")
    optional = [s for s in ask.optional if portal.can_grant(s) and s not in ask.scopes]
    scopes = tuple(dict.fromkeys([*ask.scopes, *optional]))
    return Grant(portal.hub_id, ask.app.client_id, scopes, facts.USER_ID)


def _read(given: Mapping[str, str]) -> Ask:
    app = sandbox().apps.get(given.get("client_id", ""))
    if app is None:
        raise RefusedPageError("the app's client id is not known")
    redirect_uri = given.get("redirect_uri", "")
    if redirect_uri not in app.redirect_uris or not _is_safe(redirect_uri):
        raise RefusedPageError(f"the redirect URL {redirect_uri} is not one of the app's")
    scopes = tuple(given.get("scope", "").split())
    optional = tuple(given.get("optional_scope", "").split())
    missing = sorted(set(app.required_scopes) - set(scopes))
    if missing:
        raise RefusedPageError(f"scope lacks what the app requires: {', '.join(missing)}")
    unknown = sorted({*scopes, *optional} - {*app.required_scopes, *app.optional_scopes})
    if unknown:
        raise RefusedPageError(f"the app's settings don't have the scopes {', '.join(unknown)}")
    return Ask(app, redirect_uri, scopes, optional, given.get("state"), given.get("code_challenge"))


def _is_safe(redirect_uri: str) -> bool:
    """Accept https, and plain http on this machine alone."""
    parts = urlsplit(redirect_uri)
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1")


def _back(ask: Ask, answer: dict[str, str]) -> BaseResponse:
    if ask.state is not None:
        answer["state"] = ask.state
    parts = urlsplit(ask.redirect_uri)
    query = "&".join(part for part in (parts.query, urlencode(answer)) if part)
    return redirect(urlunsplit(parts._replace(query=query)))
