"""Settings from the environment. What is missing or wrong is said all at once, at the start."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from integration.errors import SegueError

DEFAULT_DATABASE = "sqlite:///var/segue.db"
DEFAULT_API = "https://api.hubapi.com"
DEFAULT_AUTHORIZE = "https://app.hubspot.com/oauth/authorize"
SHORTEST_SECRET = 16
KEEP_DAYS = 30


class BadSettings(SegueError):
    """The settings aren't complete; the message names everything that is missing or wrong."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this Segue runs. Secrets stay out of its text."""

    database_url: str
    public_url: str  # without a slash at its end
    port: int
    client_id: str
    app_id: int
    api_url: str
    authorize_url: str
    secret_key: str = field(repr=False)
    token_keys: tuple[str, ...] = field(repr=False)
    client_secret: str = field(repr=False)
    keep_days: int = KEEP_DAYS  # how long the data of an account that left is kept
    journal: bool = True  # read HubSpot's Webhooks Journal, where the app has one

    @property
    def redirect_uri(self) -> str:
        """Where HubSpot sends the admin back to after the install."""
        return f"{self.public_url}/install/callback"


def database_url(env: Mapping[str, str]) -> str:
    """Read DATABASE_URL alone: migrations need nothing else."""
    return env.get("DATABASE_URL", "").strip() or DEFAULT_DATABASE


def read(env: Mapping[str, str]) -> Settings:
    """Read the settings; raises BadSettings with one message that names every fault."""
    faults: list[str] = []
    settings = Settings(
        database_url=database_url(env),
        public_url=_url(env, "PUBLIC_URL", None, faults),
        port=_number(env, "PORT", 8000, faults),
        secret_key=_secret(env, "SECRET_KEY", faults),
        token_keys=_keys(env, faults),
        client_id=_needed(env, "HUBSPOT_CLIENT_ID", faults),
        client_secret=_secret(env, "HUBSPOT_CLIENT_SECRET", faults),
        app_id=_number(env, "HUBSPOT_APP_ID", None, faults),
        api_url=_url(env, "HUBSPOT_API_URL", DEFAULT_API, faults),
        authorize_url=_url(env, "HUBSPOT_AUTHORIZE_URL", DEFAULT_AUTHORIZE, faults),
        keep_days=_number(env, "UNINSTALL_KEEP_DAYS", KEEP_DAYS, faults),
        journal=_switch(env, "HUBSPOT_JOURNAL", faults),
    )
    if faults:
        lines = "\n".join(f"  - {fault}" for fault in faults)
        raise BadSettings(
            f"Segue can't start; these settings are missing or wrong:\n{lines}\n"
            "Set them in the environment; .env.example shows each."
        )
    return settings


def _needed(env: Mapping[str, str], name: str, faults: list[str]) -> str:
    value = env.get(name, "").strip()
    if not value:
        faults.append(f"{name} is missing")
    return value


def _switch(env: Mapping[str, str], name: str, faults: list[str]) -> bool:
    value = env.get(name, "").strip().lower() or "on"
    if value not in ("on", "off"):
        faults.append(f"{name} is {value!r}; it takes on or off")
    return value == "on"


def _secret(env: Mapping[str, str], name: str, faults: list[str]) -> str:
    value = _needed(env, name, faults)
    if value and len(value) < SHORTEST_SECRET:
        faults.append(f"{name} is shorter than {SHORTEST_SECRET} characters")
    return value


def _number(env: Mapping[str, str], name: str, default: int | None, faults: list[str]) -> int:
    value = env.get(name, "").strip()
    if not value and default is not None:
        return default
    if not value:
        faults.append(f"{name} is missing")
    elif not (value.isascii() and value.isdecimal()):
        faults.append(f"{name} is {value!r}; it takes a whole number")
    else:
        return int(value)
    return 0


def _url(env: Mapping[str, str], name: str, default: str | None, faults: list[str]) -> str:
    value = env.get(name, "").strip() or default or ""
    if not value:
        faults.append(f"{name} is missing")
        return ""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        faults.append(f"{name} is {value!r}; it takes an address such as https://example.com")
    return value.rstrip("/")


def _keys(env: Mapping[str, str], faults: list[str]) -> tuple[str, ...]:
    text = _needed(env, "TOKEN_KEYS", faults)
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    for number, key in enumerate(keys, start=1):
        if not _is_key(key):
            faults.append(
                f"TOKEN_KEYS: key {number} isn't 32 bytes in URL-safe base64; "
                "`segue keys` makes one"
            )
    return keys


def _is_key(key: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(key.encode())) == 32
    except (binascii.Error, ValueError):
        return False
