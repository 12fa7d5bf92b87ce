"""The stage: a stand-in with the CD shop's portal, and Segue beside it as its own process."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from cryptography.fernet import Fernet

from integration.store.engine import Store, open_store
from sandbox.apps import App
from sandbox.command import APP_ID, CLIENT_ID, CLIENT_SECRET, make_app
from sandbox.populate import HUB_ID, populate
from sandbox.server import RunningSandbox, start
from sandbox.state import Sandbox

PAUSE = threading.Event()  # never set: waiting on it is how the demonstration lets time pass
START_SECONDS = 60


class StageFailed(Exception):
    """The service didn't come up."""


@dataclass(frozen=True)
class Stage:
    """What the demonstration plays on. `store` is Segue's database, only ever read here."""

    stand_in: RunningSandbox
    service: subprocess.Popen[bytes]
    service_url: str
    store: Store
    log: Path
    auditor: str  # the token of another app, which only reads back
    audits: list[str] = field(default_factory=list)  # the calls that it made

    @property
    def hub_id(self) -> int:
        """The portal's id."""
        return HUB_ID

    def ask(self, path: str) -> Any:
        """Read one of the stand-in's own pages."""
        answer = requests.get(f"{self.stand_in.url}{path}", timeout=30)
        answer.raise_for_status()
        return answer.json()

    def change_workflow(self, flow_id: int, change: dict[str, object]) -> None:
        """Change a workflow as a marketer does in HubSpot."""
        url = f"{self.stand_in.url}/sandbox/portals/{HUB_ID}/marketing/workflows/{flow_id}"
        requests.patch(url, json=change, timeout=30).raise_for_status()

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call HubSpot's API as another app than Segue would."""
        self.audits.append(path)
        answer = requests.request(
            method,
            f"{self.stand_in.url}{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.auditor}"},
            timeout=30,
        )
        answer.raise_for_status()
        return answer.json()


@contextmanager
def set_up(folder: Path, port: int, size: str) -> Iterator[Stage]:
    """Start both; stop both at the end. `folder` is emptied first; port 0 takes a free one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    port = port or _free_port()
    service_url = f"http://127.0.0.1:{port}"
    stand_in = Sandbox()
    stand_in.add_app(make_app(service_url))
    stand_in.add_app(App("auditor", "auditor-secret", APP_ID + 1, name="Auditor"))
    populate(stand_in, stand_in.clock.now(), size)
    auditor = stand_in.install(HUB_ID, "auditor").access.value
    running = start(stand_in, dispatch=True)
    settings = _settings(folder, running.url, service_url, port)
    log = folder / "service.log"
    with log.open("wb") as out:
        service = _serve(settings, out.fileno())
    try:
        _wait_until_up(service, service_url, log)
        store = open_store(settings["DATABASE_URL"])
        yield Stage(running, service, service_url, store, log, auditor)
        store.engine.dispose()
    finally:
        _stop(service)
        running.stop()


def _settings(folder: Path, api_url: str, service_url: str, port: int) -> dict[str, str]:
    return {
        "DATABASE_URL": f"sqlite:///{folder.absolute()}/segue.db",
        "PUBLIC_URL": service_url,
        "PORT": str(port),
        "SECRET_KEY": secrets.token_urlsafe(32),
        "TOKEN_KEYS": Fernet.generate_key().decode(),
        "HUBSPOT_CLIENT_ID": CLIENT_ID,
        "HUBSPOT_CLIENT_SECRET": CLIENT_SECRET,
        "HUBSPOT_APP_ID": str(APP_ID),
        "HUBSPOT_API_URL": api_url,
        "HUBSPOT_AUTHORIZE_URL": f"{api_url}/oauth/authorize",
    }


def _serve(settings: Mapping[str, str], out: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from console.cli import main; main()", "serve"]
    environment = {**os.environ, **settings}
    return subprocess.Popen(command, env=environment, stdout=out, stderr=out)  # noqa: S603 -- own command


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _wait_until_up(service: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(START_SECONDS * 10):
        if service.poll() is not None:
            break
        try:
            if requests.get(f"{url}/readyz", timeout=2).ok:
                return
        except requests.RequestException:
            pass
        PAUSE.wait(0.1)
    raise StageFailed(f"The service didn't come up:\n{log.read_text()[-2000:]}")


def _stop(service: subprocess.Popen[bytes]) -> None:
    service.send_signal(signal.SIGTERM)
    try:
        service.wait(timeout=30)
    except subprocess.TimeoutExpired:
        service.kill()
        service.wait()
