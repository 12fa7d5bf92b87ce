"""Faults on demand."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests

from sandbox.faults import Fault, Kind
from sandbox.server import RunningSandbox, start

from .hub import CLIENT_ID, HUB_ID, SECRET, Hub

CONTACTS = "/crm/objects/2026-03/contacts"


@pytest.fixture
def running(hub: Hub) -> Iterator[RunningSandbox]:
    """Serve the hub on a port."""
    server = start(hub.sandbox)
    yield server
    server.stop()


@pytest.mark.parametrize(
    ("kind", "status", "content"),
    [
        (Kind.RATE_LIMIT, 429, "application/json"),
        (Kind.SERVER_ERROR, 500, "application/json"),
        (Kind.EMPTY_SERVER_ERROR, 500, "application/json"),
        (Kind.BAD_GATEWAY, 502, "text/html"),
        (Kind.GATEWAY_TIMEOUT, 504, "text/html"),
        (Kind.LOCKED, 423, "application/json"),
        (Kind.MIGRATING, 477, "application/json"),
        (Kind.WRONG_DATA_CENTRE, 488, "application/json"),
        (Kind.REVOKED, 401, "application/json"),
    ],
)
def test_a_fault_answers_once_and_is_over(hub: Hub, kind: Kind, status: int, content: str) -> None:
    """Failure modes 12, 13, 14 and 15."""
    hub.sandbox.faults.add(Fault(kind))

    struck, after = hub.get(CONTACTS), hub.get(CONTACTS)

    assert struck.status_code == status
    assert struck.content_type.startswith(content)
    assert after.status_code == 200


def test_an_empty_500_has_no_body(hub: Hub) -> None:
    hub.sandbox.faults.add(Fault(Kind.EMPTY_SERVER_ERROR))

    assert hub.get(CONTACTS).data == b""


def test_a_fault_strikes_only_what_it_is_for(hub: Hub) -> None:
    fault = {"kind": "500", "method": "post", "path": "*/batch/*", "times": 2}
    assert hub.control("POST", "/faults", fault).status_code == 201
    body: dict[str, list[str]] = {"inputs": []}

    statuses = [
        hub.get(CONTACTS).status_code,
        hub.post(f"{CONTACTS}/search", {}).status_code,
        hub.post(f"{CONTACTS}/batch/read", body).status_code,
        hub.post(f"{CONTACTS}/batch/read", body).status_code,
        hub.post(f"{CONTACTS}/batch/read", body).status_code,
    ]

    assert statuses == [200, 200, 500, 500, 200]


def test_a_429_carries_policy_and_retry_after_on_demand(hub: Hub) -> None:
    """Failure mode 2."""
    hub.sandbox.faults.add(Fault(Kind.RATE_LIMIT, policy="DAILY", retry_after=7))

    answer = hub.get(CONTACTS)

    assert answer.json is not None
    assert answer.json["policyName"] == "DAILY"
    assert answer.headers["Retry-After"] == "7"


def test_a_fault_without_after_has_no_effect(hub: Hub) -> None:
    hub.sandbox.faults.add(Fault(Kind.BAD_GATEWAY))

    hub.post(CONTACTS, {"properties": {"email": "a@example.com"}})

    assert hub.portal.contacts.by_email("a@example.com") is None


def test_a_fault_after_the_effect_loses_only_the_answer(hub: Hub) -> None:
    hub.sandbox.faults.add(Fault(Kind.BAD_GATEWAY, after=True))

    answer = hub.post(CONTACTS, {"properties": {"email": "a@example.com"}})

    assert answer.status_code == 502
    assert hub.portal.contacts.by_email("a@example.com") is not None


def test_the_token_endpoint_can_fail_too(hub: Hub) -> None:
    hub.sandbox.faults.add(Fault(Kind.SERVER_ERROR, path="/oauth/*"))
    params = {
        "grant_type": "refresh_token",
        "refresh_token": hub.tokens.refresh.value,
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
    }

    statuses = [hub.client.post("/oauth/2026-03/token", data=params).status_code for _ in range(2)]

    assert statuses == [500, 200]


def test_an_unknown_fault_is_refused(hub: Hub) -> None:
    assert hub.control("POST", "/faults", {"kind": "meteor"}).status_code == 400
    assert hub.control("POST", "/faults", {"kind": "500", "how": "x"}).status_code == 400


def test_faults_can_be_called_off(hub: Hub) -> None:
    hub.control("POST", "/faults", {"kind": "500", "times": 9, "hub_id": HUB_ID})
    waiting = hub.control("GET", "/faults").json

    hub.control("DELETE", "/faults")

    assert waiting is not None
    assert len(waiting["faults"]) == 1
    assert hub.get(CONTACTS).status_code == 200


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_can_be_cut_before_or_after_the_effect(
    hub: Hub, running: RunningSandbox, after: bool
) -> None:
    hub.sandbox.faults.add(Fault(Kind.RESET, after=after))
    headers = {"Authorization": f"Bearer {hub.tokens.access.value}"}
    body = {"properties": {"email": "a@example.com"}}

    with pytest.raises(requests.ConnectionError):
        requests.post(running.url + CONTACTS, json=body, headers=headers, timeout=5)

    assert (hub.portal.contacts.by_email("a@example.com") is not None) == after
    assert [call.status for call in hub.sandbox.calls.calls] == [0]
    answer = requests.get(running.url + CONTACTS, headers=headers, timeout=5)
    assert answer.status_code == 200


def test_a_time_out_holds_the_connection_until_the_caller_gives_up(
    hub: Hub, running: RunningSandbox
) -> None:
    hub.sandbox.faults.add(Fault(Kind.TIMEOUT))
    headers = {"Authorization": f"Bearer {hub.tokens.access.value}"}
    began = time.monotonic()

    with pytest.raises(requests.Timeout):
        requests.get(running.url + CONTACTS, headers=headers, timeout=0.2)

    assert time.monotonic() - began < 3


def test_a_fault_can_be_one_portals_alone(hub: Hub) -> None:
    hub.sandbox.add_portal(HUB_ID + 1)
    other = hub.sandbox.install(HUB_ID + 1, CLIENT_ID)
    hub.sandbox.faults.add(Fault(Kind.SERVER_ERROR, hub_id=HUB_ID + 1))

    mine = hub.get(CONTACTS)
    others = hub.ask("GET", CONTACTS, token=other.access.value)

    assert (mine.status_code, others.status_code) == (200, 500)
