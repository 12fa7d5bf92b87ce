"""Install: to HubSpot's authorize page, and back from it with a code.

Which portal was installed, the token tells that HubSpot hands out for the code; nothing that the
browser says is taken for it.
"""

from urllib.parse import quote, urlencode

import structlog
from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console import session
from console.errors import notice
from integration.errors import GrantRefused, HubSpotError
from integration.flows import install
from integration.settings import Settings
from integration.wiring import Segue
from mappings.scopes import load_scopes

log = structlog.get_logger(__name__)


def pages(segue: Segue) -> Blueprint:
    """Make /install and /install/callback."""
    blueprint = Blueprint("install", __name__)

    @blueprint.get("/install")
    def begin() -> ResponseReturnValue:
        state = session.new_state(segue.tools.now())
        return redirect(authorize_address(segue.settings, state))

    @blueprint.get("/install/callback")
    def finish() -> ResponseReturnValue:
        if not session.take_state(request.args.get("state", ""), segue.tools.now()):
            return _unknown_state()
        if refused := request.args.get("error", ""):
            return _refused_there(refused)
        code = request.args.get("code", "")
        if not code:
            return _no_code()
        try:
            portal_id = install.install(
                segue.tools, segue.keeper, code, segue.settings.redirect_uri
            )
        except GrantRefused as error:
            return _grant_refused(error)
        except HubSpotError as error:
            return _unreachable(error)
        session.sign_in(portal_id)
        return redirect(url_for("overview.home"))

    return blueprint


def authorize_address(settings: Settings, state: str) -> str:
    """Give the address of HubSpot's authorize page for this app."""
    scopes = load_scopes()
    query = urlencode(
        {
            "client_id": settings.client_id,
            "redirect_uri": settings.redirect_uri,
            "scope": " ".join(scopes.required),
            "optional_scope": " ".join(scopes.optional),
            "state": state,
        },
        quote_via=quote,
    )
    joint = "&" if "?" in settings.authorize_url else "?"
    return f"{settings.authorize_url}{joint}{query}"


def _unknown_state() -> ResponseReturnValue:
    log.warning("install refused", reason="its state wasn't begun in this browser")
    return notice(
        "This install wasn't begun here",
        "It took longer than 15 minutes, was finished already, or was begun in another browser. "
        "Nothing was changed. Begin it again from here.",
        400,
        install=True,
    )


def _refused_there(error: str) -> ResponseReturnValue:
    log.info("install refused in HubSpot", error=error[:80])
    if error == "access_denied":
        words = "You chose not to connect Segue, so nothing was changed. You can come back to it."
        return notice("Segue isn't connected", words, 400, install=True)
    return notice(
        "HubSpot didn't finish the install",
        f"HubSpot said “{error[:80]}”. The account may lack what Segue needs, or you may lack the "
        "right to install apps: that takes a Super Admin, or App Marketplace access. Nothing was "
        "changed.",
        400,
        install=True,
    )


def _no_code() -> ResponseReturnValue:
    words = "HubSpot sent you back without the code that finishes an install. Begin it again."
    return notice("Something was missing", words, 400, install=True)


def _grant_refused(error: GrantRefused) -> ResponseReturnValue:
    log.warning("install refused", category=error.category, correlation=error.correlation_id)
    if error.misconfigured:
        return notice(
            "Segue's own settings are wrong",
            f"HubSpot doesn't accept them ({error.category}). Whoever runs this Segue must check "
            "HUBSPOT_CLIENT_ID, HUBSPOT_CLIENT_SECRET and PUBLIC_URL against the app's settings "
            "at HubSpot. There is nothing you can do about it from here.",
            502,
        )
    return notice(
        "HubSpot didn't accept the install",
        "Its code was used already or has run out: a code is good once and for a short time. "
        "Begin the install again.",
        400,
        install=True,
    )


def _unreachable(error: HubSpotError) -> ResponseReturnValue:
    log.warning("install broken off", status=error.status, correlation=error.correlation_id)
    return notice(
        "HubSpot can't be reached just now",
        "The install isn't finished. Wait a minute, then begin it again; status.hubspot.com shows "
        "whether HubSpot has trouble.",
        503,
        install=True,
    )
