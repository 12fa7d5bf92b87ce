"""The stage: a stand-in with the CD shop's portal, and Segue beside it as its own process."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from console.demo.service import COMMAND, answers, begin, end, environment, free_port
from integration.store.engine import Store, open_store
from sandbox.apps import App
from sandbox.command import APP_ID, make_app
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
    port = port or free_port()
    service_url = f"http://127.0.0.1:{port}"
    stand_in = Sandbox()
    stand_in.add_app(make_app(service_url))
    stand_in.add_app(App("auditor", "auditor-secret", APP_ID + 1, name="Auditor"))
    populate(stand_in, stand_in.clock.now(), size)
    auditor = stand_in.install(HUB_ID, "auditor").access.value
    running = start(stand_in, dispatch=True)
    database_url = f"sqlite:///{folder.absolute()}/segue.db"
    told = environment(database_url, running.url, service_url, port)
    log = folder / "service.log"
    with log.open("wb") as out:
        service = begin([*COMMAND, "serve"], told, out.fileno())
    try:
        _wait_until_up(service, service_url, log)
        store = open_store(database_url)
        yield Stage(running, service, service_url, store, log, auditor)
        store.engine.dispose()
    finally:
        end(service)
        running.stop()


def _wait_until_up(service: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(START_SECONDS * 10):
        if service.poll() is not None:
            break
        if answers(url):
            return
        PAUSE.wait(0.1)
    raise StageFailed(f"The service didn't come up:\n{log.read_text()[-2000:]}")
