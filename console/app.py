"""The Flask application: the CRM's door, the sites' and the people's pages over one Segue."""

import os
import sys

from flask import Flask

from console import errors, logs, security, times
from console.mounting import MountedFlask
from console.pages import health, install, overview
from integration.settings import BadSettings, read
from integration.wiring import Segue, build
from webhooks import collector
from webhooks.deliveries import door

# gunicorn's own code for a worker that can't start: any other makes it try again for ever.
CANNOT_START = 3


def create_app(segue: Segue | None = None) -> Flask:
    """Make the application of a Segue; without one, of what the environment says.

    Settings that are missing or wrong end the process with one message that names them all.
    """
    if segue is None:
        segue = _from_environment()
    app = MountedFlask(__name__, segue.settings.public_url)
    security.protect(app, segue.settings)
    errors.register(app)
    times.register(app)
    app.register_blueprint(door(segue))
    app.register_blueprint(collector.door(segue))
    app.register_blueprint(health.pages(segue))
    app.register_blueprint(install.pages(segue))
    app.register_blueprint(overview.pages(segue))
    return app


def _from_environment() -> Segue:
    logs.configure()
    try:
        return build(read(os.environ))
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(CANNOT_START) from None
