"""The application as gunicorn asks for it, with a test's rules and database."""

from __future__ import annotations

import os

from flask import Flask

from console.app import create_app
from integration import wiring
from tests.house import RULES, files_of, settings_for
from tests.webhooks.knocking import NOWHERE


def make(database_url: str = "") -> Flask:
    """Make the application on the database of DATABASE_URL, living by the real clock."""
    url = database_url or os.environ["DATABASE_URL"]
    return create_app(wiring.build(settings_for(NOWHERE, url), rules=files_of(RULES)))
