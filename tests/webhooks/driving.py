"""A real browser: Chromium, driven through chromedriver by the WebDriver protocol."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

PATIENCE = 60
FLAGS = [
    "--headless=new",
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Browser:
    """One browser with its own profile."""

    session: requests.Session
    url: str

    def go(self, address: str) -> None:
        """Open a page and wait until it has loaded."""
        self._ask("url", url=address)

    def run(self, script: str) -> Any:
        """Run an async function's body in the page; give what it returns."""
        wrapped = (
            "const done = arguments[arguments.length - 1];"
            f"(async () => {{ {script} }})().then(v => done([v]), e => done([null, String(e)]));"
        )
        value, *error = self._ask("execute/async", script=wrapped, args=[])
        assert not error, error
        return value

    def _ask(self, path: str, **said: Any) -> Any:
        answer = self.session.post(f"{self.url}/{path}", json=said, timeout=PATIENCE)
        assert answer.ok, answer.text
        return answer.json()["value"]


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Start a browser with an empty profile."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    driver = subprocess.Popen(
        ["chromedriver", f"--port={port}", "--silent"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    session = requests.Session()
    # The driver takes a moment until it listens.
    session.mount("http://", HTTPAdapter(max_retries=Retry(connect=10, backoff_factor=0.2)))
    options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
    capabilities = {"alwaysMatch": {"goog:chromeOptions": options, "timeouts": {"script": 30_000}}}
    try:
        root = f"http://127.0.0.1:{port}/session"
        answer = session.post(root, json={"capabilities": capabilities}, timeout=PATIENCE)
        assert answer.ok, answer.text
        url = f"{root}/{answer.json()['value']['sessionId']}"
        yield Browser(session, url)
        session.delete(url, timeout=PATIENCE)
    finally:
        session.close()
        driver.terminate()
        driver.wait(PATIENCE)
