"""The service in processes of its own, as an operator runs it: beside a stand-in."""

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import requests
from cryptography.fernet import Fernet

from sandbox.command import APP_ID, CLIENT_ID, CLIENT_SECRET

COMMAND: Final = (sys.executable, "-c", "from console.cli import main; main()")


def environment(database_url: str, api_url: str, url: str, port: int) -> dict[str, str]:
    """Give the environment of a service at `url` beside a stand-in at `api_url`."""
    return {
        "DATABASE_URL": database_url,
        "PUBLIC_URL": url,
        "PORT": str(port),
        "SECRET_KEY": secrets.token_urlsafe(32),
        "TOKEN_KEYS": Fernet.generate_key().decode(),
        "HUBSPOT_CLIENT_ID": CLIENT_ID,
        "HUBSPOT_CLIENT_SECRET": CLIENT_SECRET,
        "HUBSPOT_APP_ID": str(APP_ID),
        "HUBSPOT_API_URL": api_url,
        "HUBSPOT_AUTHORIZE_URL": f"{api_url}/oauth/authorize",
    }


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def answers(url: str) -> bool:
    """Ask a service whether it is ready."""
    try:
        return requests.get(f"{url}/readyz", timeout=2).ok
    except requests.RequestException:
        return False


def begin(command: Sequence[str], told: Mapping[str, str], out: int) -> subprocess.Popen[bytes]:
    """Start a process with these settings; `out` is the file for what it logs."""
    return subprocess.Popen([*command], env={**os.environ, **told}, stdout=out, stderr=out)  # noqa: S603 -- own command


def end(*processes: subprocess.Popen[bytes]) -> None:
    """Ask processes to stop, and see that they do."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
