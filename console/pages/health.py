"""Is the process alive, and can it work? For whoever watches over it."""

import structlog
from flask import Blueprint
from flask.typing import ResponseReturnValue

from integration.store.health import trouble
from integration.wiring import Segue

log = structlog.get_logger(__name__)


def pages(segue: Segue) -> Blueprint:
    """Make /healthz (the process answers) and /readyz (and its database can be worked with)."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def alive() -> ResponseReturnValue:
        return {"status": "ok"}

    @blueprint.get("/readyz")
    def ready() -> ResponseReturnValue:
        reason = trouble(segue.store)
        if not reason:
            return {"status": "ok"}
        log.warning("not ready", reason=reason)
        return {"status": "not ready", "reason": reason}, 503

    return blueprint
