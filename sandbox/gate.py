"""What every API request passes before its view: token, rate, faults, the log of calls."""

from __future__ import annotations

import functools
import socket
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from flask import Flask, Response, current_app, g, request

from . import errors, facts
from .calls import Call
from .clock import to_wire
from .faults import Fault, Kind
from .happening import Author
from .tokens import Token

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from .portal import Portal
    from .state import Sandbox

P = ParamSpec("P")
R = TypeVar("R")
_DROP = "sandbox.drop"
_NO_TOKEN = (
    "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can "
    "find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
)


def sandbox() -> Sandbox:
    """Return the state behind the running application."""
    return cast("Sandbox", current_app.config["SANDBOX"])


def portal() -> Portal:
    """Return the portal whose token this request carries."""
    return cast("Portal", g.portal)


def author() -> Author:
    """Name the app that makes this request as the author of its writes."""
    return Author.of_app(sandbox().apps[g.token.grant.client_id].app_id)


def install(app: Flask) -> None:
    """Put the gate before and behind every view but the control endpoints."""
    app.before_request(_enter)
    app.after_request(_leave)


def let_drop(app: Flask, stopping: threading.Event) -> None:
    """Let a fault leave a request without an answer, until the sandbox stops."""
    # Flask's own way to wrap an application; mypy sees a method there.
    app.wsgi_app = _dropping(app.wsgi_app, stopping)  # type: ignore[method-assign, assignment]


def unlocked(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that takes the sandbox's lock itself, where and while it needs it."""
    view.__dict__["unlocked"] = True
    return view


def check_scopes(*scopes: str) -> None:
    """Refuse with 403 unless the token holds at least one of the scopes."""
    if not set(scopes) & set(g.token.grant.scopes):
        raise errors.missing_scopes(scopes)


def require(*scopes: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a view run only for tokens that hold at least one of the scopes."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            check_scopes(*scopes)
            return view(*args, **kwargs)

        return guarded

    return guard


def require_tier(tier: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a view run only for portals of at least this tier."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not portal().reaches(tier):
                raise errors.tier_too_small(tier)
            return view(*args, **kwargs)

        return guarded

    return guard


def _enter() -> Response | None:
    if _is_control():
        return None
    if len(request.full_path.rstrip("?")) > facts.URL_MAX:
        return errors.html_page(414, "Request-URI Too Large")
    with sandbox().lock:
        token = None if _needs_no_token() else find_token()
        fault = sandbox().faults.take(
            request.method, request.path, token.grant.hub_id if token else None
        )
        g.fault = fault
        if fault and not fault.after:
            return _strike(fault)
        if token:
            _admit(token)
    return None


def _admit(token: Token) -> None:
    """Let a live token's request through if its portal has room for it."""
    now = sandbox().clock.now()
    check_token(token)
    if token.grant.hub_id == facts.NO_PORTAL:
        message = "The token of an app itself can't be used for a portal's data."
        raise errors.unauthorized(message, "INVALID_AUTHENTICATION")
    g.token = token
    g.portal = sandbox().portals[token.grant.hub_id]
    g.app_install = sandbox().installs[token.grant.hub_id, token.grant.client_id]
    policy = portal().rates.admit(token.grant.client_id, _is_search(), now)
    if policy:
        raise errors.rate_limited(policy)


def find_token() -> Token:
    """Find the token in the request; raise the 401 for none or an unknown one."""
    header = request.headers.get("Authorization", "")
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "bearer" or not value:
        raise errors.unauthorized(_NO_TOKEN, "INVALID_AUTHENTICATION")
    token = sandbox().tokens.access.get(value.strip())
    if token is None:
        message = "The OAuth token used to make this call is not valid."
        raise errors.unauthorized(message, "INVALID_AUTHENTICATION")
    g.hub_id = token.grant.hub_id
    return token


def check_token(token: Token) -> None:
    """Refuse a token that was revoked or ran out."""
    if token.revoked:
        message = "The OAuth token used to make this call has been revoked."
        raise errors.unauthorized(message, "INVALID_AUTHENTICATION")
    if token.expires_at and token.expires_at <= sandbox().clock.now():
        age = int((sandbox().clock.now() - token.expires_at).total_seconds())
        message = f"The OAuth token used to make this call expired {age} second(s) ago."
        context = {"expire time": [to_wire(token.expires_at)]}
        raise errors.unauthorized(message, "EXPIRED_AUTHENTICATION", context)


def _leave(response: Response) -> Response:
    if _is_control():
        return response
    state = sandbox()
    fault: Fault | None = g.get("fault")
    if fault and fault.after:
        response = _strike(fault)
    dropped = _DROP in request.environ
    with state.lock:
        if "portal" in g and not _is_search():
            client_id = g.token.grant.client_id
            response.headers.extend(portal().rates.headers(client_id, state.clock.now()))
        template = request.url_rule.rule if request.url_rule else request.path
        status = 0 if dropped else response.status_code
        now = state.clock.now()
        call = Call(now, g.get("hub_id"), request.method, template, request.path, status)
        state.calls.add(call)
    return response


def _is_control() -> bool:
    return request.path.startswith("/sandbox/") or request.path.endswith("/authorize")


def _needs_no_token() -> bool:
    # The journal's views look at their token themselves: it is no portal's.
    return request.path.startswith(("/oauth/", "/webhooks-journal/", "/journal-files/"))


def _is_search() -> bool:
    return (
        request.method == "POST"
        and request.path.endswith("/search")
        and ("/objects/" in request.path)
    )


def _strike(fault: Fault) -> Response:
    """Answer with the fault, or mark the connection to be cut."""
    if fault.kind not in (Kind.TIMEOUT, Kind.RESET):
        return fault.answer()
    request.environ[_DROP] = fault
    return Response(status=204)


def _dropping(inner: WSGIApplication, stopping: threading.Event) -> WSGIApplication:
    """Cut the connection of requests that a fault marked, after holding it for a time-out."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = inner(environ, start_response)
        fault = environ.get(_DROP)
        if fault is None:
            return body
        if fault.kind is Kind.TIMEOUT:
            stopping.wait(fault.seconds)
        connection = environ.get("werkzeug.socket")
        if connection is not None:
            connection.shutdown(socket.SHUT_RDWR)
        raise ConnectionResetError("cut by a fault")

    return application
