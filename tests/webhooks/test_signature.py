"""HubSpot's signatures, held against the published and recomputed vectors."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.signature import Refused, Request, Trust, Verified, address, verify

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
PUBLIC = "https://www.example.com"
QUOTED = b'{"example_field":"example_value"}'
SINGLE = b"{'example_field':'example_value'}"
DELIVERY = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
    b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,'
    b'"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
)
DECODING_SECRET = "autopilot-test-client-secret-0001"
DECODING_URI = "/api/hubspot/webhooks?src=hs%3Aapp%2Fv3&x=%28a%29"
ANY = Trust(SECRET, PUBLIC, accepts=frozenset({"v1", "v2", "v3"}))


def at(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def v3(signature: str, stamp: str, body: bytes = QUOTED, uri: str = "/webhook_uri") -> Request:
    headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}
    return Request("POST", uri, body, headers)


def signed_v3(secret: str, url: str, body: bytes, stamp: int, method: str = "POST") -> str:
    """Sign as HubSpot's page says, written apart from the code under test."""
    source = method.encode() + url.encode() + body + str(stamp).encode()
    return base64.b64encode(hmac.new(secret.encode(), source, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize(
    ("body", "stamp", "signature"),
    [
        (SINGLE, 1693657560000, "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
        (SINGLE, 1700000300000, "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
        (QUOTED, 1700000300000, "ZEux4lGY4urKtKJ9fqGCQDJ0FasZeSunWHlJMEoU3Bg="),
    ],
)
def test_version_3_fits_the_published_vectors(body: bytes, stamp: int, signature: str) -> None:
    """Failure mode 34."""
    request = v3(signature, str(stamp), body)

    assert verify(request, Trust(SECRET, PUBLIC), at(stamp)) == Verified("v3")


def test_version_1_fits_its_vector() -> None:
    digest = "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"
    headers = {"X-HubSpot-Signature": digest, "X-HubSpot-Signature-Version": "v1"}

    request = Request("POST", "/anything", DELIVERY, headers)

    assert verify(request, Trust(SECRET, PUBLIC), at(0)) == Verified("v1")


@pytest.mark.parametrize(
    ("method", "body", "digest"),
    [
        ("POST", QUOTED, "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"),
        ("GET", b"", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"),
    ],
)
def test_version_2_fits_its_vectors_where_a_door_takes_it(
    method: str, body: bytes, digest: str
) -> None:
    headers = {"X-HubSpot-Signature": digest, "X-HubSpot-Signature-Version": "v2"}
    request = Request(method, "/webhook_uri", body, headers)

    assert verify(request, ANY, at(0)) == Verified("v2")
    assert verify(request, Trust(SECRET, PUBLIC), at(0)) == Refused(
        "signature version 'v2' isn't taken here"
    )


def test_the_address_is_decoded_in_part_before_it_is_hashed() -> None:
    """Failure mode 34: a query with encoded parts."""
    stamp, trust = 1790000004000, Trust(DECODING_SECRET, "https://example.com")
    right = "G8ddQlikFQ0ScZOZn+MHQ0E3WCV7vOJTzKlvrkvbvuk="
    undecoded = "KKwrtu49d26FrUsDQdYcfAcwFssKn+cmyppOAUwOO/Q="

    good = verify(v3(right, str(stamp), b"[]", DECODING_URI), trust, at(stamp))
    bad = verify(v3(undecoded, str(stamp), b"[]", DECODING_URI), trust, at(stamp))

    assert good == Verified("v3")
    assert bad == Refused("its v3 signature doesn't fit")


def test_only_hubspots_twelve_codes_are_decoded() -> None:
    sent = "/p?a=%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B&b=%20%25%26%3D%2B%23%C3%A9%253A"

    assert address(PUBLIC, sent) == (
        "https://www.example.com/p?a=:/?@!$'()*,;&b=%20%25%26%3D%2B%23%C3%A9%253A"
    )


@pytest.mark.parametrize(
    ("public_url", "raw_uri", "whole"),
    [
        ("https://example.com/", "/hook", "https://example.com/hook"),
        ("https://example.com/segue", "/hook?a=1", "https://example.com/segue/hook?a=1"),
        ("https://example.com:8443", "/hook/", "https://example.com:8443/hook/"),
        ("https://example.com", "http://10.0.0.7:5000/hook?b=2&a=1",
         "https://example.com/hook?b=2&a=1"),
        ("https://example.com", "/go?to=http://elsewhere/x",
         "https://example.com/go?to=http://elsewhere/x"),
    ],
)  # fmt: skip
def test_scheme_and_host_come_from_configuration_the_rest_as_it_was_sent(
    public_url: str, raw_uri: str, whole: str
) -> None:
    """Failure mode 34: a proxy changes scheme, host and port, never path or query."""
    assert address(public_url, raw_uri) == whole


def test_headers_of_a_proxy_change_nothing() -> None:
    """Failure mode 34."""
    stamp = 1700000300000
    request = v3("ZEux4lGY4urKtKJ9fqGCQDJ0FasZeSunWHlJMEoU3Bg=", str(stamp))
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", **request.headers}

    answer = verify(Request("POST", "/webhook_uri", QUOTED, forged), ANY, at(stamp))

    assert answer == Verified("v3")


@pytest.mark.parametrize(
    ("skew", "good"),
    [(0, True), (300_000, True), (-300_000, True), (300_001, False), (-300_001, False)],
)
def test_the_timestamp_counts_for_five_minutes_both_ways(skew: int, good: bool) -> None:
    stamp = 1700000300000
    request = v3("ZEux4lGY4urKtKJ9fqGCQDJ0FasZeSunWHlJMEoU3Bg=", str(stamp))

    answer = verify(request, ANY, at(stamp + skew))

    assert isinstance(answer, Verified) is good


@pytest.mark.parametrize(
    "stamp", ["", "now", "1.7e12", "-1700000300000", "١٧٠٠", "9" * 15, "9" * 500]
)
def test_a_timestamp_that_is_none_is_refused(stamp: str) -> None:
    """Failure mode 35."""
    answer = verify(v3("anything", stamp), ANY, at(1700000300000))

    assert isinstance(answer, Refused)
    assert "timestamp" in answer.reason


def test_a_timestamp_under_another_name_is_refused() -> None:
    """Failure mode 35."""
    headers = {"X-HubSpot-Signature-v3": "x", "X-HubSpot-Timestamp": "1700000300000"}

    answer = verify(Request("POST", "/webhook_uri", QUOTED, headers), ANY, at(1700000300000))

    assert answer == Refused("its timestamp is missing or no number")


def test_without_a_secret_nothing_is_ever_verified() -> None:
    """Failure mode 35: even a signature made with the empty secret is refused."""
    stamp = 1700000300000
    made = signed_v3("", PUBLIC + "/webhook_uri", QUOTED, stamp)
    old = {"X-HubSpot-Signature": hashlib.sha256(QUOTED).hexdigest()}

    for request in (v3(made, str(stamp)), Request("POST", "/webhook_uri", QUOTED, old)):
        assert verify(request, Trust("", PUBLIC), at(stamp)) == Refused("no secret is configured")


def test_a_request_without_a_signature_is_refused() -> None:
    assert verify(Request("POST", "/", b"[]", {}), ANY, at(0)) == Refused("it carries no signature")


def test_a_faulty_version_3_never_falls_back_to_an_older_one() -> None:
    good_v1 = hashlib.sha256(SECRET.encode() + QUOTED).hexdigest()
    request = v3("bm90IGl0", "1700000300000")
    both = {**request.headers, "X-HubSpot-Signature": good_v1, "X-HubSpot-Signature-Version": "v1"}

    answer = verify(Request("POST", "/webhook_uri", QUOTED, both), ANY, at(1700000300000))

    assert answer == Refused("its v3 signature doesn't fit")


def test_a_door_that_takes_no_version_3_refuses_it() -> None:
    trust = Trust(SECRET, PUBLIC, accepts=frozenset({"v1"}))

    assert isinstance(verify(v3("x", "1"), trust, at(1)), Refused)


@pytest.mark.parametrize("version", ["v3", "v0", "", "v" * 900])
def test_an_unknown_version_of_the_older_header_is_refused(version: str) -> None:
    headers = {"X-HubSpot-Signature": "x", "X-HubSpot-Signature-Version": version}

    answer = verify(Request("POST", "/", b"[]", headers), ANY, at(0))

    assert isinstance(answer, Refused)
    assert len(answer.reason) < 80


@pytest.mark.parametrize("given_", ["é", "\udcff", "", "=" * 9_000])
def test_a_signature_of_odd_text_is_refused_not_a_failure(given_: str) -> None:
    for headers in (
        {"X-HubSpot-Signature-v3": given_, "X-HubSpot-Request-Timestamp": "0"},
        {"X-HubSpot-Signature": given_},
    ):
        answer = verify(Request("POST", "/\udcff", b"", headers), ANY, at(0))

        assert isinstance(answer, Refused)


@given(
    body=st.binary(max_size=200),
    path=st.text("abcXYZ019/_-.~%=&?+", max_size=40),
    flip=st.integers(min_value=0),
)
def test_any_body_and_query_fit_and_any_changed_byte_does_not(
    body: bytes, path: str, flip: int
) -> None:
    stamp, uri = 1790000004000, "/" + path
    made = signed_v3(SECRET, address(PUBLIC, uri), body, stamp)
    changed = bytearray(body or b"\x00")
    changed[flip % len(changed)] ^= 1

    good = verify(v3(made, str(stamp), body, uri), ANY, at(stamp))
    bad = verify(v3(made, str(stamp), bytes(changed), uri), ANY, at(stamp))

    assert good == Verified("v3")
    assert isinstance(bad, Refused)


@pytest.mark.parametrize("size", [2046, 2047, 2048, 4094, 4095, 31_000])
def test_each_byte_of_a_long_body_counts(size: int) -> None:
    """It is hashed in pieces: none is left out, and none comes twice."""
    body = bytes(place * 7 % 251 for place in range(size))
    made = signed_v3(SECRET, f"{PUBLIC}/w", body, 1790000004000)

    assert verify(v3(made, "1790000004000", body, "/w"), ANY, at(1790000004000)) == Verified("v3")
    for place in {0, 2046, size - 1, size // 2} & set(range(size)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        bad = verify(v3(made, "1790000004000", changed, "/w"), ANY, at(1790000004000))
        assert isinstance(bad, Refused)


def test_names_of_headers_are_read_in_any_case() -> None:
    stamp = 1700000300000
    headers = {
        "x-hubspot-signature-V3": "ZEux4lGY4urKtKJ9fqGCQDJ0FasZeSunWHlJMEoU3Bg=",
        "X-HUBSPOT-REQUEST-TIMESTAMP": str(stamp),
    }

    request = Request("post", "/webhook_uri", QUOTED, headers)

    assert verify(request, ANY, at(stamp)) == Verified("v3")


def test_neither_secret_nor_body_show_in_the_text_of_what_is_held() -> None:
    shown = repr(ANY) + repr(v3("a-signature", "1"))

    assert SECRET not in shown
    assert "a-signature" not in shown
    assert "example_value" not in shown
