"""`segue ...` as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from urllib.error import URLError
from urllib.request import urlopen

from tests.console.test_settings import GOOD

ROOT = Path(__file__).parents[2]
PATIENCE = 60


@contextmanager
def segue(*words: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """Run `segue ...` as a process of its own; it is ended in any case."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from console.cli import main; main()", *words],
        cwd=ROOT,
        env={**os.environ, **GOOD, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def answer(process: subprocess.Popen[str], url: str) -> str:
    """Ask until something answers or the process has ended."""
    until, pause = monotonic() + PATIENCE, threading.Event()
    while monotonic() < until and process.poll() is None:
        try:
            with urlopen(url, timeout=5) as reply:
                return str(reply.read().decode())
        except (URLError, ConnectionError):
            pause.wait(0.1)
    raise AssertionError(f"no answer; the process ended with {process.poll()}")
