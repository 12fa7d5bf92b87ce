"""What protects the people who use the pages: cookies, headers, a cap on what may be sent."""

from datetime import timedelta

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from integration.settings import Settings
from webhooks.deliveries import MOST_BYTES

HEADERS = {
    # Styles and pictures come from here alone, there is no script, and nobody may frame a page.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# Doors for programs: no browser shows what they answer, and nobody is signed in there.
DOORS = frozenset({"webhooks", "collector"})
DOOR_PATHS = ("/webhooks/", "/v1/")
SIGNED_IN_FOR = timedelta(hours=12)


class PageSessions(SecureCookieSessionInterface):
    """Sessions for the pages. At the doors there is none: opening one takes 0.06 ms."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the session's cookie. None at a door, where Flask makes one that can't be used."""
        if request.path.startswith(DOOR_PATHS):
            return None
        return super().open_session(app, request)


def protect(app: Flask, settings: Settings) -> None:
    """Set how sessions are signed and kept, and which headers every page carries.

    SameSite is Lax, not Strict: the browser comes back from HubSpot with the install's state.
    """
    secure = settings.public_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-segue" if secure else "segue",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=SIGNED_IN_FOR,
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=64 * 1024,
    )
    app.session_interface = PageSessions()
    headers = dict(HEADERS)
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"

    @app.after_request
    def guard(response: Response) -> Response:
        if request.blueprint not in DOORS:
            response.headers.update(headers)
            if request.endpoint != "static":
                response.headers["Cache-Control"] = "no-store"
        return response
