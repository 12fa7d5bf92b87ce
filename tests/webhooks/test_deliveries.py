"""The door: verify, keep, answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from console.app import create_app
from integration.wiring import Segue
from sandbox.webhooks import signatures
from tests.house import CLIENT_SECRET, PUBLIC_URL
from tests.webhooks.knocking import BODY, PATH, Door, delivery, v3_alone
from webhooks.deliveries import MOST_BYTES

MINUTES = 60_000
EXAMPLE = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
    b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,'
    b'"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
)


def test_a_signed_delivery_is_kept_byte_for_byte(door: Door) -> None:
    """Failure mode 33: nothing else happens in the request than one durable insert."""
    body = '[ {"propertyValue":"\\ud83d Zoë \\u0000","n":508369434347} ]\r\n'.encode()

    answer = door.client.post(PATH, data=body, headers=door.signed(body))

    assert (answer.status_code, answer.data) == (204, b"")
    assert door.kept() == [body]


@pytest.mark.parametrize("versions", ["v1", "v3", "both"])
def test_each_signature_that_hubspot_sends_opens(door: Door, versions: str) -> None:
    headers = door.signed(BODY)
    if versions == "v3":
        headers = v3_alone(headers)
    if versions == "v1":
        headers = {name: value for name, value in headers.items() if name not in v3_alone(headers)}

    assert door.knock(BODY, headers=headers) == 204


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'[{"portalId": 1, "subscriptionType": "unheard.of"}]',
        b"[1, null]",
        # Half of an emoji, as where a text was cut: refused, it would be sent ten times and lost.
        b'[{"propertyValue": "\\ud83d"}]',
    ],
)
def test_an_unknown_portal_or_type_is_answered_well(door: Door, body: bytes) -> None:
    assert door.knock(body) == 204
    assert door.kept() == [body]


def test_a_delivery_without_a_signature_is_refused(door: Door) -> None:
    with capture_logs() as logs:
        assert door.knock(BODY, headers={}) == 401

    assert door.kept() == []
    assert [(line["status"], line["reason"]) for line in logs] == [(401, "it carries no signature")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-HubSpot-Signature-v3", "AAAA"),
        ("X-HubSpot-Signature-v3", ""),
        ("X-HubSpot-Signature-v3", "\xe9"),
        ("X-HubSpot-Request-Timestamp", ""),
        ("X-HubSpot-Request-Timestamp", "now"),
        ("X-HubSpot-Request-Timestamp", "9" * 40),
    ],
)
def test_a_spoilt_signature_is_refused(door: Door, name: str, value: str) -> None:
    """Failure mode 35: a good v1 beside a bad v3 doesn't help either."""
    headers = {**door.signed(BODY), name: value}

    assert door.knock(BODY, headers=headers) == 401
    assert door.kept() == []


def test_a_changed_body_is_refused(door: Door) -> None:
    assert door.knock(BODY + b" ", headers=door.signed(BODY)) == 401
    assert door.kept() == []


@pytest.mark.parametrize(
    ("skew", "status"),
    [
        (-5 * MINUTES, 204),
        (-5 * MINUTES - 1, 401),
        (5 * MINUTES, 204),
        (5 * MINUTES + 1, 401),
    ],
)
def test_clocks_may_be_five_minutes_apart(door: Door, skew: int, status: int) -> None:
    headers = v3_alone(door.signed(BODY, skew_ms=skew))

    assert door.knock(BODY, headers=headers) == status


def test_the_published_vector_opens_the_door(door: Door) -> None:
    """The body and signature of HubSpot's own example of version 1, whole."""
    digest = "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"

    assert door.knock(EXAMPLE, headers={"X-HubSpot-Signature": digest}) == 204
    assert door.knock(EXAMPLE + b"\n", headers={"X-HubSpot-Signature": digest}) == 401


@pytest.mark.parametrize(
    ("signature", "status"),
    [
        ("+DdP9eDddyDuJzX0+U/5XRrU/lEt/rdbagqvlnJ7g40=", 204),  # over ?src=hs:app/v3&x=(a)&y=%20
        ("+DdP9eDddyDuJzX0+U/5XRrU/lEt/rdbagqvlnJ7g41=", 401),
    ],
)
def test_a_signature_made_elsewhere_fits(door: Door, signature: str, status: int) -> None:
    """Failure mode 34: made with `openssl dgst`, over the partly decoded address."""
    headers = {
        "X-HubSpot-Signature-v3": signature,
        "X-HubSpot-Request-Timestamp": "1782820800000",
    }
    target = f"{PATH}?src=hs%3Aapp%2Fv3&x=%28a%29&y=%20"

    assert door.knock(b"[]", headers=headers, target=target) == status


def test_the_query_counts_as_it_was_sent(door: Door) -> None:
    """Failure mode 34: HubSpot decodes a few characters before signing, and nothing else."""
    target = f"{PATH}?src=hs%3Aapp%2Fv3&x=%28a%29&y=%20%e9&q=a+b"

    assert door.knock(BODY, headers=v3_alone(door.signed(BODY, target)), target=target) == 204


def test_a_proxys_headers_decide_nothing(door: Door) -> None:
    """Failure mode 34: scheme, host and port come from PUBLIC_URL alone."""
    good = {
        **v3_alone(door.signed(BODY)),
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        "Host": "10.0.0.7:8000",
    }
    evil = v3_alone(
        signatures.headers(CLIENT_SECRET, f"http://evil.example{PATH}", BODY, _stamp(door))
    )

    assert door.knock(BODY, headers=good) == 204
    assert door.knock(BODY, headers={**evil, "Host": "evil.example"}) == 401


def _stamp(door: Door) -> int:
    return int(door.signed(BODY)["X-HubSpot-Request-Timestamp"])


def test_without_a_secret_nothing_is_let_in(door: Door) -> None:
    """Failure mode 35: a missing secret never turns verification off."""
    segue = door.segue
    bare: Segue = replace(segue, settings=replace(segue.settings, client_secret=""))
    client = create_app(bare).test_client()
    headers = signatures.headers("", PUBLIC_URL + PATH, BODY, _stamp(door))

    statuses = [client.post(PATH, data=BODY, headers=given).status_code for given in (headers, {})]

    assert statuses == [401, 401]
    assert door.kept() == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is not JSON (JSONDecodeError)"),
        (b"[{]", "it is not JSON (JSONDecodeError)"),
        (b"[\xff]", "it is not JSON (UnicodeDecodeError)"),
        (b"[NaN]", "it is not JSON (ValueError)"),
        (b"[" * 100_000, "it is not JSON (RecursionError)"),
        (b'["\xff"]', "it is not JSON (UnicodeDecodeError)"),
        (b'{"eventId": 1}', "it is JSON, but not an array"),
        (b"null", "it is JSON, but not an array"),
    ],
)
def test_what_is_no_array_is_refused_with_the_reason_in_the_log(
    door: Door, body: bytes, reason: str
) -> None:
    with capture_logs() as logs:
        assert door.knock(body) == 400

    assert door.kept() == []
    assert [line["reason"] for line in logs] == [reason]


@pytest.mark.parametrize(("size", "status"), [(MOST_BYTES, 204), (MOST_BYTES + 1, 413)])
def test_a_mebibyte_is_the_most(door: Door, size: int, status: int) -> None:
    body = b"[" + b" " * (size - 2) + b"]"

    assert door.knock(body) == status
    assert len(door.kept()) == (1 if status == 204 else 0)


def test_a_body_that_was_cut_off_is_refused(door: Door) -> None:
    """As gunicorn hands it over, which doesn't count what it reads."""
    environ = {"CONTENT_LENGTH": str(len(BODY) + 1), "wsgi.input_terminated": True}

    assert door.knock(BODY, environ_overrides=environ) == 400
    assert door.kept() == []


def test_a_form_is_no_way_around_reading_the_bytes(door: Door) -> None:
    """A body that the framework would parse is still taken as it came."""
    status = door.knock(BODY, content_type="application/x-www-form-urlencoded")

    assert (status, door.kept()) == (204, [BODY])


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_the_door_is_for_posts(door: Door, method: str) -> None:
    assert getattr(door.client, method)(PATH).status_code == 405


def test_refusals_tell_the_log_neither_bodies_nor_secrets(door: Door) -> None:
    body = b'{"email": "anna@example.com"}'
    with capture_logs() as logs:
        door.knock(body)
        door.knock(BODY, headers={})

    written = repr(logs)
    assert "anna" not in written
    assert CLIENT_SECRET not in written


def test_what_twenty_send_at_once_is_all_kept(door: Door) -> None:
    """Failure mode 33: a burst is taken in whole."""
    every = [delivery(sender, number) for sender in range(20) for number in range(10)]

    def send(body: bytes) -> int:
        client = door.app.test_client()
        return client.post(PATH, data=body, headers=door.signed(body)).status_code

    with ThreadPoolExecutor(20) as senders:
        statuses = list(senders.map(send, every))

    assert set(statuses) == {204}
    assert sorted(door.kept()) == sorted(every)


def test_a_path_in_the_public_address_is_part_of_what_is_signed(door: Door) -> None:
    """Failure mode 34: whether the proxy takes the path off or passes it on."""
    segue = door.segue
    public_url = f"{PUBLIC_URL}/segue"
    below = replace(segue, settings=replace(segue.settings, public_url=public_url))
    client = create_app(below).test_client()
    target = f"{PATH}?a=%3A"
    headers = signatures.headers(CLIENT_SECRET, public_url + target, BODY, _stamp(door))

    statuses = [
        client.post(sent, data=BODY, headers=v3_alone(headers)).status_code
        for sent in (target, f"/segue{target}")
    ]

    assert statuses == [204, 204]
