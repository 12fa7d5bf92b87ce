"""The stand-in on a port, its dispatcher, its command."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
import requests
from click.testing import CliRunner

from sandbox import command
from sandbox.clock import Clock, from_ms, to_ms, to_wire
from sandbox.server import run, start
from sandbox.webhooks.dispatch import Dispatcher

from .hub import NOW, Hub, open_hub

_SECONDS = 5


def test_it_answers_on_a_port_until_it_is_stopped(hub: Hub) -> None:
    running = start(hub.sandbox)
    headers = {"Authorization": f"Bearer {hub.tokens.access.value}"}
    url = f"{running.url}/account-info/2026-03/details"

    answer = requests.get(url, headers=headers, timeout=_SECONDS)
    running.stop()

    assert answer.status_code == 200
    assert "X-HubSpot-RateLimit-Remaining" in answer.headers


def test_each_of_two_stand_ins_answers_for_itself() -> None:
    """They share their routes, and nothing else."""
    hubs = (open_hub(), open_hub())
    servers = [start(hub.sandbox) for hub in hubs]
    tokens = [f"Bearer {hub.tokens.access.value}" for hub in hubs]

    answers = {
        (at, by): requests.get(
            f"{server.url}/account-info/2026-03/details",
            headers={"Authorization": token},
            timeout=_SECONDS,
        ).status_code
        for at, server in enumerate(servers)
        for by, token in enumerate(tokens)
    }
    for server in servers:
        server.stop()

    assert answers == {(0, 0): 200, (0, 1): 401, (1, 0): 401, (1, 1): 200}


def test_the_dispatcher_sends_what_comes_up(hub: Hub) -> None:
    arrived = threading.Event()

    def take(_url: str, _body: bytes, _headers: object) -> int:
        arrived.set()
        return 204

    dispatcher = Dispatcher(hub.sandbox, take)
    dispatcher.start()
    hub.contact()

    assert arrived.wait(_SECONDS)
    dispatcher.stop()
    assert [d.status for d in hub.sandbox.webhooks.deliveries] == [204]


def test_the_app_may_call_back_while_a_delivery_is_under_way(hub: Hub) -> None:
    running = start(hub.sandbox)
    headers = {"Authorization": f"Bearer {hub.tokens.access.value}"}
    statuses = []
    called = threading.Event()

    def take(_url: str, _body: bytes, _headers: object) -> int:
        url = f"{running.url}/account-info/2026-03/details"
        statuses.append(requests.get(url, headers=headers, timeout=_SECONDS).status_code)
        called.set()
        return 204

    dispatcher = Dispatcher(hub.sandbox, take)
    hub.contact()
    dispatcher.start()
    assert called.wait(_SECONDS)
    dispatcher.stop()
    running.stop()

    assert statuses == [200]


def test_deliveries_of_several_portals_are_under_way_together(hub: Hub) -> None:
    hub.sandbox.webhooks.settings.batch_max = 1
    both, met = threading.Barrier(2, timeout=_SECONDS), threading.Event()

    def take(_url: str, _body: bytes, _headers: object) -> int:
        both.wait()
        met.set()
        return 204

    hub.contact()
    hub.contact()
    dispatcher = Dispatcher(hub.sandbox, take)
    dispatcher.start()
    assert met.wait(_SECONDS)
    dispatcher.stop()

    assert {d.status for d in hub.sandbox.webhooks.deliveries} == {204}


def test_it_runs_until_it_is_told_to_stop() -> None:
    made = command.make_sandbox(command.make_app(), "empty")
    thread = threading.Thread(target=run, args=(made, 0))
    thread.start()

    made.stopping.set()

    thread.join(_SECONDS)
    assert not thread.is_alive()


def test_the_commands_portals_are_what_they_are_called() -> None:
    app = command.make_app("https://segue.example.com/")

    empty = command.make_sandbox(app, "empty", "free")
    small = command.make_sandbox(app, "small")

    (portal,) = empty.portals.values()
    (shop,) = small.portals.values()
    assert (portal.hub_id, portal.tier) == (command.EMPTY_HUB_ID, "free")
    assert portal.contacts.records == {}
    assert len(shop.contacts.records) == 70
    assert app.target_url == "https://segue.example.com/webhooks/hubspot"
    assert app.redirect_uris == ("https://segue.example.com/install/callback",)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_well_when_it_is_told_to(number: signal.Signals) -> None:
    code = "from sandbox.command import sandbox; sandbox()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "--portal", "empty", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = process.stdout.readline()

    process.send_signal(number)

    _, complaints = process.communicate(timeout=4 * _SECONDS)
    assert "A stand-in HubSpot answers at" in told
    assert (process.returncode, complaints) == (0, "")


def test_the_command_explains_itself() -> None:
    result = CliRunner().invoke(command.sandbox, ["--help"])

    assert result.exit_code == 0
    for option in ("--port", "--portal", "--tier", "--service-url", "--client-id"):
        assert option in result.output


def test_a_running_clock_can_be_moved() -> None:
    clock = Clock()
    before = clock.now()

    clock.advance(timedelta(days=1))
    moved = clock.now()
    clock.set(NOW)

    assert timedelta(0) <= moved - before - timedelta(days=1) < timedelta(seconds=_SECONDS)
    assert timedelta(0) <= clock.now() - NOW < timedelta(seconds=_SECONDS)


def test_instants_travel_in_milliseconds() -> None:
    at = NOW + timedelta(milliseconds=7)

    assert to_wire(at) == "2026-03-01T09:30:00.007Z"
    assert from_ms(to_ms(at)) == at


def test_flushing_from_outside_leaves_the_stand_in_free_to_answer(hub: Hub) -> None:
    running = start(hub.sandbox)
    # The delivery goes to the stand-in itself, which can't make sense of it but must say so.
    hub.app.target_url = f"{running.url}/sandbox/clock"
    hub.contact()

    answer = requests.post(f"{running.url}/sandbox/webhooks/flush", timeout=2 * _SECONDS)
    running.stop()

    assert [d["status"] for d in answer.json()["deliveries"]] == [400]
