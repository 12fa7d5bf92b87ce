"""The Flask application over one sandbox."""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import cast

from flask import Flask, request
from flask.typing import ResponseReturnValue

from . import account, errors, gate
from .associations import views as associations
from .control import behaviours, machinery, records
from .journal import views as journal
from .lists import memberships
from .lists import views as lists
from .marketing import (
    consent,
    consent_v3,
    email_events,
    event_occurrences,
    events,
    forms,
    workflows,
)
from .marketing import control as marketing_control
from .oauth import endpoints, pages
from .objects import batch, search_views
from .objects import views as objects
from .pipelines import views as pipelines
from .properties import views as properties
from .state import Sandbox

_BLUEPRINTS = (
    pages.blueprint,
    endpoints.blueprint,
    account.blueprint,
    batch.blueprint,
    search_views.blueprint,
    associations.blueprint,
    objects.blueprint,
    properties.blueprint,
    pipelines.blueprint,
    lists.blueprint,
    memberships.blueprint,
    email_events.blueprint,
    forms.blueprint,
    event_occurrences.blueprint,
    events.blueprint,
    consent.blueprint,
    consent_v3.blueprint,
    workflows.blueprint,
    journal.blueprint,
    machinery.blueprint,
    behaviours.blueprint,
    records.blueprint,
    marketing_control.blueprint,
)


class StandIn(Flask):
    """Flask, with every view under the sandbox's lock (but those that say otherwise)."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view of the present request."""
        view = self.view_functions.get(request.endpoint or "")
        if "unlocked" in getattr(view, "__dict__", {}):
            return super().dispatch_request()
        with cast(Sandbox, self.config["SANDBOX"]).lock:
            return super().dispatch_request()


def create_app(sandbox: Sandbox) -> Flask:
    """Build the application that answers for this sandbox."""
    app = copy(_without_sandbox())
    app.config = copy(app.config)
    app.config["SANDBOX"] = sandbox
    gate.let_drop(app, sandbox.stopping)
    return app


@cache
def _without_sandbox() -> StandIn:
    """Build the routes once: that takes longer than most of what is done to a sandbox in a test."""
    app = StandIn("sandbox")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.url_map.strict_slashes = False
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    errors.install(app)
    gate.install(app)
    return app
