"""Settings: everything that is missing or wrong is said at once, and nothing has a weak default."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from integration.settings import BadSettings, read
from sandbox import command as stand_in
from tests.house import CLIENT_SECRET, KEY

ROOT = Path(__file__).parents[2]
GOOD = {
    "PUBLIC_URL": "https://segue.example/",
    "SECRET_KEY": "a secret key that is long enough",
    "TOKEN_KEYS": KEY,
    "HUBSPOT_CLIENT_ID": "0a1b2c3d",
    "HUBSPOT_CLIENT_SECRET": CLIENT_SECRET,
    "HUBSPOT_APP_ID": "1160452",
}


def message(env: dict[str, str]) -> str:
    with pytest.raises(BadSettings) as caught:
        read(env)
    return str(caught.value)


def test_what_has_a_default_may_be_left_out() -> None:
    settings = read(GOOD)

    assert settings.database_url == "sqlite:///var/segue.db"
    assert settings.api_url == "https://api.hubapi.com"
    assert settings.authorize_url == "https://app.hubspot.com/oauth/authorize"
    assert settings.redirect_uri == "https://segue.example/install/callback"
    assert settings.port == 8000


def test_one_message_names_all_that_is_missing() -> None:
    said = message({})

    assert all(f"{name} is missing" in said for name in GOOD)


def test_one_message_names_all_that_is_wrong() -> None:
    said = message(
        {
            "PUBLIC_URL": "segue.example",
            "PORT": "eighty",
            "SECRET_KEY": "short",
            "TOKEN_KEYS": f"{KEY},not-a-key",
            "HUBSPOT_CLIENT_ID": " ",
            "HUBSPOT_CLIENT_SECRET": "",
            "HUBSPOT_APP_ID": "12.5",
            "HUBSPOT_API_URL": "ftp://x",
        }
    )

    for name in (
        "PUBLIC_URL is 'segue.example'",
        "PORT is 'eighty'",
        "SECRET_KEY is shorter",
        "TOKEN_KEYS: key 2",
        "HUBSPOT_CLIENT_ID is missing",
        "HUBSPOT_CLIENT_SECRET is missing",
        "HUBSPOT_APP_ID is '12.5'",
        "HUBSPOT_API_URL is 'ftp://x'",
    ):
        assert name in said


@pytest.mark.parametrize("name", ["HUBSPOT_CLIENT_SECRET", "SECRET_KEY", "TOKEN_KEYS"])
def test_no_secret_has_a_default(name: str) -> None:
    """Failure mode 35: fail closed at start-up."""
    without = {key: value for key, value in GOOD.items() if key != name}

    assert f"{name} is missing" in message(without)
    assert f"{name} is missing" in message({**GOOD, name: "  "})


def test_no_secret_shows_in_the_settings_text() -> None:
    shown = repr(read(GOOD))

    assert CLIENT_SECRET not in shown
    assert KEY not in shown
    assert "long enough" not in shown


def test_the_example_fits_the_stand_in_as_it_is() -> None:
    """.env.example is read by a shell, as docs/running.md says."""
    text = subprocess.run(
        ["sh", "-c", "set -a; . ./.env.example; env"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    settings = read(dict(line.split("=", 1) for line in text.splitlines() if "=" in line))

    assert settings.client_id == stand_in.CLIENT_ID
    assert settings.client_secret == stand_in.CLIENT_SECRET
    assert settings.app_id == stand_in.APP_ID
    assert settings.public_url == stand_in.SERVICE_URL
    app = stand_in.make_app(settings.public_url)
    assert settings.redirect_uri in app.redirect_uris
    assert app.target_url == f"{settings.public_url}/webhooks/hubspot"


def test_the_application_doesnt_start_on_bad_settings() -> None:
    """gunicorn gives up for good on this exit code; any other makes it try again for ever."""
    ended = subprocess.run(
        [sys.executable, "-c", "from console.app import create_app; create_app()"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 3
    assert "HUBSPOT_CLIENT_SECRET is missing" in ended.stderr
    assert "Traceback" not in ended.stderr
