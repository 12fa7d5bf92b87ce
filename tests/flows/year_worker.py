"""A Segue in a process of its own, which can be killed: it does what its standard input says.

Each line is a command as JSON and is answered by a line. The first says where HubSpot and the
database are. `now` is the time by which the command is done; `take` brings a webhook to the door,
`step` lets every job have one turn, `act` those that deal with what came in, `keep` those that come
seldom. `doom` says at how many more boundaries of commits the process is to kill itself.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog
from flask.testing import FlaskClient

from console.app import create_app
from integration import wiring
from integration.flows import (
    collect,
    deliver,
    evaluate,
    health,
    install,
    intake,
    journal,
    proof,
    recount,
    survey,
    sync,
)
from integration.jobs import JOBS
from integration.wiring import Segue
from mappings.instants import from_ms
from tests.flows.life import Reaper
from tests.flows.year_rules import RULES
from tests.house import APP_ID, NOON, files_of, settings_for

SELDOM = ("checkpoint", "erase", "prune", "retention", "tokens")


@dataclass
class Service:
    """A Segue with its door, and the time it is told."""

    api_url: str
    database_url: str
    token_key: str  # the house's, which is another one in each process
    now: datetime = NOON
    doom: int | None = None
    segue: Segue = field(init=False)
    door: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        """Build it, and stand at its commits."""
        told = settings_for(self.api_url, self.database_url)
        settings = replace(told, token_keys=(self.token_key,))
        self.segue = wiring.build(settings, lambda: self.now, files_of(RULES))
        self.door = create_app(self.segue).test_client()
        Reaper(self._dies).watch(self.segue)

    def _dies(self, _place: int) -> bool:
        if self.doom is not None:
            self.doom -= 1
            if self.doom == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return False

    def take(self, body: str, headers: Mapping[str, str]) -> int:
        """Take a webhook through the door; give the status."""
        return self.door.post("/webhooks/hubspot", data=body, headers=headers).status_code

    def step(self) -> int:
        """Let every job go on until nothing is left for it; give how much was done.

        Whom time alone moves comes first: a worker that lives looks at them at that instant.
        """
        tools = self.segue.tools
        done = evaluate.run(tools)
        done += journal.run(tools, self.segue.keeper, self.segue.journal, APP_ID)
        install.prepare_waiting(tools)
        survey.run(tools)
        for work in (sync.run, intake.run, collect.run, evaluate.run, recount.run, deliver.run):
            while number := work(tools):
                done += number
        return done

    def act(self) -> int:
        """Do something about what has come in so far."""
        tools = self.segue.tools
        return intake.run(tools) + evaluate.run(tools) + deliver.run(tools)

    def keep(self) -> int:
        """Do what a worker does now and then."""
        for job in JOBS:
            if job.name in SELDOM:
                job.work(self.segue)
        for portal in proof.to_prove(self.segue.tools):
            proof.run_portal(self.segue.tools, portal)
            health.measure(self.segue.tools, portal)
        return 0


def main() -> None:
    """Serve until the input ends."""
    structlog.configure(processors=[_refuse_to_go_on])
    service = Service(**json.loads(sys.stdin.readline()))
    deeds: dict[str, Callable[..., int]] = {
        "take": service.take,
        "act": service.act,
        "step": service.step,
        "keep": service.keep,
    }
    for line in sys.stdin:
        said: dict[str, Any] = json.loads(line)
        service.now = from_ms(said.pop("now"))
        service.doom = said.pop("doom", None)
        answer = deeds[said.pop("do")](**said)
        sys.stdout.write(f"{answer} {service.doom or 0}\n")
        sys.stdout.flush()


def _refuse_to_go_on(_logger: object, level: str, said: structlog.types.EventDict) -> str:
    """What is logged as an error was a fault of ours: let the test see it."""
    if level in ("error", "exception", "critical"):
        sys.stderr.write(f"{said}\n")
        sys.stderr.flush()
        os._exit(70)
    raise structlog.DropEvent


if __name__ == "__main__":
    main()
