"""The collector's door: who may send what, and what is kept before it is answered."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from console.app import create_app
from integration import wiring
from integration.store import keys
from integration.store.keys import WriteKey
from integration.store.tables import calls
from integration.wiring import Segue
from mappings.calls import LARGEST_BATCH, LARGEST_CALL
from tests.house import HUB_ID, NOON, PUBLIC_URL, RULES, files_of, settings_for
from tests.webhooks.knocking import NOWHERE
from webhooks.collector import PATHS
from webhooks.pace import BURST, Pace

SERVER, BROWSER = "key-of-a-server", "key-of-a-page"
SITE = "https://shop.example"
TRACK = {"event": "Feature Used", "userId": "anna@example.com"}
RATE = 5


@dataclass
class Door:
    """The collector's door, seen from the street; its clock moves when it is told to."""

    segue: Segue
    client: FlaskClient

    def send(
        self, said: Any = TRACK, path: str = "track", key: str | None = SERVER, **headers: str
    ) -> TestResponse:
        """Send JSON, or bytes as they are, with the key as the user of Basic."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        given = {} if key is None else {"Authorization": basic(f"{key}:")}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/v1/{path}", data=body, headers={**given, **named})

    def kept(self) -> list[tuple[str, str, bytes]]:
        """Give what is kept: by which key, which call, its JSON."""
        query = sa.select(calls.c.key_id, calls.c.type, calls.c.body).order_by(calls.c.id)
        with self.segue.store.read() as connection:
            return [(row[0], row[1], bytes(row[2])) for row in connection.execute(query)]


class Time:
    """A clock that stands until it is moved."""

    at = NOON

    def __call__(self) -> Any:
        return self.at


def basic(user: str) -> str:
    return f"Basic {b64encode(user.encode()).decode()}"


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def door(database_url: str, time: Time) -> Iterator[Door]:
    """A door on each engine, with a key for servers and one for pages of a site."""
    segue = wiring.build(settings_for(NOWHERE, database_url), time, files_of(RULES))
    with segue.store.write() as connection:
        for key, origins in ((SERVER, ()), (BROWSER, (SITE, "https://*.shop.example"))):
            made = WriteKey(HUB_ID, keys.id_of(key), key, origins, "", RATE, NOON)
            keys.add(connection, key, made)
    yield Door(segue, create_app(segue).test_client())
    segue.store.engine.dispose()


def said(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.get_json() or {}).get("message", "")


@pytest.mark.parametrize("path", sorted(PATHS))
def test_each_call_is_kept_as_it_came_and_answered(door: Door, path: str) -> None:
    """(33) Nothing else happens in the request than one durable insert."""
    batch = PATHS[path] == "batch"
    body = b'{"batch": [{"a": "Zo\xc3\xab"}],  "x": 1}' if batch else b'{"userId":  "Zo\xc3\xab"}'

    answer = door.send(body, path)

    assert (answer.status_code, answer.get_json()) == (200, {"success": True})
    assert door.kept() == [(keys.id_of(SERVER), PATHS[path], body)]


def test_a_packed_body_is_kept_unpacked(door: Door) -> None:
    body = json.dumps(TRACK).encode()

    assert door.send(gzip.compress(body), Content_Encoding="gzip").status_code == 200
    assert door.kept() == [(keys.id_of(SERVER), "track", body)]


def test_a_page_may_write_its_key_into_the_body_and_call_it_text(door: Door) -> None:
    """As SDKs for browsers and `sendBeacon` do, so that the browser needn't ask first."""
    body = json.dumps({**TRACK, "writeKey": BROWSER}).encode()

    answer = door.send(body, "t", None, Origin=SITE, Content_Type="text/plain;charset=UTF-8")

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert [key for key, _, _ in door.kept()] == [keys.id_of(BROWSER)]


@pytest.mark.parametrize(
    ("key", "body", "message"),
    [
        (None, TRACK, "there is no write key: it is the user of Basic"),
        (None, {**TRACK, "writeKey": 5}, "there is no write key: it is the user of Basic"),
        ("wrong", TRACK, "this write key is unknown, or was revoked"),
        ("wrong", {**TRACK, "writeKey": SERVER}, "this write key is unknown, or was revoked"),
        ("", TRACK, "there is no write key: it is the user of Basic"),
    ],
)
def test_without_a_good_key_nothing_is_kept(
    door: Door, key: str | None, body: Any, message: str
) -> None:
    assert said(door.send(body, key=key)) == (401, message)
    assert door.kept() == []


def test_a_revoked_key_opens_nothing_at_once(door: Door) -> None:
    assert door.send().status_code == 200

    with door.segue.store.write() as connection:
        assert keys.revoke(connection, HUB_ID, keys.id_of(SERVER), NOON)
        assert not keys.revoke(connection, HUB_ID, keys.id_of(SERVER), NOON)

    assert door.send().status_code == 401
    assert len(door.kept()) == 1


@pytest.mark.parametrize(
    ("key", "origin", "status"),
    [
        (BROWSER, SITE, 200),
        (BROWSER, "https://www.shop.example", 200),
        (BROWSER, "https://evil.example", 403),
        (BROWSER, "null", 403),
        (SERVER, SITE, 403),
    ],
)
def test_pages_of_other_sites_are_refused(door: Door, key: str, origin: str, status: int) -> None:
    answer = door.send(key=key, Origin=origin)

    assert answer.status_code == status
    assert len(door.kept()) == (status == 200)
    # The page's developer may read why.
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Vary"] == "Origin"


def test_a_browser_that_asks_first_is_told_what_it_may_send(door: Door) -> None:
    answer = door.client.options(
        "/v1/batch",
        headers={
            "Origin": SITE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        (b"", "track", "this is no JSON"),
        (b"{", "track", "this is no JSON"),
        (b'{"a": NaN}', "track", "this is no JSON"),
        (b"\xff", "track", "this is no JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "track", "this is no JSON"),
        (b"[" * 30_000, "track", "this is no JSON"),
        (b"[]", "track", "this is JSON, but no object"),
        (b"{}", "batch", "a batch is a list of calls"),
        (b'{"batch": {}}', "batch", "a batch is a list of calls"),
    ],
)
def test_what_is_no_request_is_refused_with_the_reason(
    door: Door, body: bytes, path: str, message: str
) -> None:
    assert said(door.send(body, path)) == (400, message)
    assert door.kept() == []


def padded(size: int, path: str) -> bytes:
    frame = b'{"batch": [1], "x": "%s"}' if path == "batch" else b'{"x": "%s"}'
    return frame % (b"x" * (size - len(frame) + 2))


@pytest.mark.parametrize(
    ("path", "most"), [("track", LARGEST_CALL), ("batch", LARGEST_BATCH), ("b", LARGEST_BATCH)]
)
def test_a_call_has_32_kb_at_most_and_a_batch_500(door: Door, path: str, most: int) -> None:
    kind = PATHS[path]
    largest, larger = padded(most, kind), padded(most + 1, kind)
    assert len(largest) == most

    assert door.send(largest, path).status_code == 200
    assert said(door.send(larger, path)) == (400, f"this is larger than {most // 1024} KB")
    packed = gzip.compress(larger)
    assert said(door.send(packed, path, Content_Encoding="gzip"))[0] == 400
    assert len(door.kept()) == 1


@pytest.mark.parametrize(
    ("packing", "body", "message"),
    [
        ("gzip", b"{}", "the body isn't gzip"),
        ("gzip", gzip.compress(b'{"x": 1}', mtime=0)[:-5], "the body's gzip ends too early"),
        ("br", b"{}", "a body is sent as it is, or packed by gzip"),
    ],
)
def test_packing_that_cant_be_undone_is_refused(
    door: Door, packing: str, body: bytes, message: str
) -> None:
    assert said(door.send(body, Content_Encoding=packing)) == (400, message)
    assert door.kept() == []


def test_a_small_body_that_would_become_a_huge_one_is_unpacked_no_further_than_the_limit(
    door: Door,
) -> None:
    bomb = gzip.compress(b" " * 20_000_000, 9)
    assert len(bomb) < LARGEST_CALL
    door.send()

    tracemalloc.start()
    answer = door.send(bomb, Content_Encoding="gzip")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert said(answer) == (400, "this is larger than 32 KB")
    assert most < 5_000_000


def test_an_empty_batch_is_answered_well(door: Door) -> None:
    assert door.send({"batch": []}, "batch").status_code == 200
    assert door.kept() == []


def test_too_many_calls_wait_their_turn(door: Door, time: Time) -> None:
    """Ten seconds' worth may come at once; each key and each call of a batch counts."""
    batch = {"batch": [TRACK] * (RATE * BURST)}
    assert door.send(batch, "batch").status_code == 200

    refused = door.send()

    assert said(refused) == (429, "too many calls with this write key")
    assert refused.headers["Retry-After"] == refused.headers["X-RateLimit-Reset"] == "1"
    assert door.send(key=BROWSER).status_code == 200
    time.at += timedelta(seconds=1)
    assert [door.send().status_code for _ in range(RATE + 1)] == [200] * RATE + [429]
    assert len(door.kept()) == 2 + RATE


def test_a_batch_larger_than_the_stock_is_let_through_and_paid_for_afterwards() -> None:
    pace, key = Pace(), (1, "a")

    assert pace.wait(key, 1, 100, NOON) == 0
    assert pace.wait(key, 1, 1, NOON) == 91
    assert pace.wait(key, 1, 1, NOON + timedelta(seconds=90)) == 1
    assert pace.wait(key, 1, 1, NOON + timedelta(seconds=91)) == 0


def test_a_clock_that_goes_back_refuses_nobody() -> None:
    pace, key = Pace(), (1, "a")

    assert pace.wait(key, 1, 1, NOON) == 0
    assert pace.wait(key, 1, 1, NOON - timedelta(hours=1)) == 0


def test_analytics_js_is_told_where_to_send_to(door: Door) -> None:
    answer = door.client.get(f"/v1/projects/{BROWSER}/settings", headers={"Origin": SITE})

    assert answer.get_json()["integrations"] == {
        "Segment.io": {"apiKey": BROWSER, "apiHost": "segue.example/v1", "protocol": "https"}
    }
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert door.client.get("/v1/projects/wrong/settings").status_code == 404


def test_keys_are_in_no_log_and_not_in_the_database(door: Door) -> None:
    with capture_logs() as logs:
        door.send(key="wrong-key-anna@example.com")
        door.send(b"{", key=SERVER)

    written = repr(logs)
    assert "refused" in written
    assert SERVER not in written
    assert "anna" not in written
    with door.segue.store.read() as connection:
        rows = connection.execute(sa.text("SELECT digest, key_id FROM write_keys")).all()
    assert SERVER not in repr(rows)


def test_the_doors_other_side_is_closed(door: Door) -> None:
    assert door.client.get("/v1/track").status_code == 405
    assert door.client.post("/v1/nonsense").status_code == 404


def test_below_a_path_the_settings_name_it(door: Door) -> None:
    address = f"{PUBLIC_URL}/segue"
    below = create_app(_at(door.segue, address)).test_client()

    told = below.get(f"/segue/v1/projects/{BROWSER}/settings").get_json()

    assert told["integrations"]["Segment.io"]["apiHost"] == "segue.example/segue/v1"


def _at(segue: Segue, public_url: str) -> Segue:
    return replace(segue, settings=replace(segue.settings, public_url=public_url))
