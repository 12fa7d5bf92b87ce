"""The front page: what Segue does, or how the session's portal stands."""

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from console import session
from console.errors import notice
from console.pages.gather import gather
from console.times import plural
from integration.flows.retry import Revived, try_again
from integration.wiring import Segue
from mappings.scopes import load_scopes

log = structlog.get_logger(__name__)


def pages(segue: Segue) -> Blueprint:
    """Make /, and the buttons on it: /retry and /leave."""
    blueprint = Blueprint("overview", __name__)

    @blueprint.get("/")
    def home() -> ResponseReturnValue:
        portal_id = session.portal_id()
        page = gather(segue.tools, portal_id) if portal_id is not None else None
        if page is None:
            return render_template("welcome.html", scopes=load_scopes())
        return render_template("overview.html", page=page, form_token=session.form_token())

    @blueprint.post("/retry")
    def retry() -> ResponseReturnValue:
        portal_id = session.portal_id()
        if portal_id is None or not _own_form():
            return _foreign_form()
        revived = try_again(segue.tools, portal_id)
        log.info("tried again", portal_id=portal_id, total=revived.total)
        flash(_said(revived))
        return redirect(url_for("overview.home"), 303)

    @blueprint.post("/leave")
    def leave() -> ResponseReturnValue:
        if session.portal_id() is not None and not _own_form():
            return _foreign_form()
        session.sign_out()
        return redirect(url_for("overview.home"), 303)

    return blueprint


def _own_form() -> bool:
    return session.is_own_form(request.form.get("form_token", ""))


def _foreign_form() -> ResponseReturnValue:
    words = "It was open too long, or you signed out meanwhile. Go back to the start and try again."
    return notice("This page is no longer valid", words, 400)


def _said(revived: Revived) -> str:
    parts = [
        plural(count, one, many)
        for count, one, many in (
            (revived.deliveries, "delivery", "deliveries"),
            (revived.items, "write to HubSpot", "writes to HubSpot"),
            (revived.lists, "list", "lists"),
        )
        if count
    ]
    if not parts:
        return "Nothing was waiting for another try."
    return f"Trying again: {', '.join(parts)}. Reload the page in a moment to see how it went."
