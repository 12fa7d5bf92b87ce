"""Is a request really HubSpot's? Versions 1, 2 and 3 of its signature.

Version 3 signs METHOD + address + raw body + timestamp with the app's secret. The address is the
one HubSpot called, so its scheme and host come from configuration, never from what a proxy says,
and its path and query are taken as they were sent
(https://developers.hubspot.com/docs/guides/apps/authentication/validating-requests).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=5)
V3_HEADER: Final = "x-hubspot-signature-v3"
TIMESTAMP_HEADER: Final = "x-hubspot-request-timestamp"
HEADER: Final = "x-hubspot-signature"
VERSION_HEADER: Final = "x-hubspot-signature-version"

# HubSpot decodes these and only these before it signs: a full unquoting gives another address.
DECODED: Final = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}
ENCODED: Final = re.compile("|".join(DECODED), re.IGNORECASE)
ORIGIN: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*")
CRM_WEBHOOKS: Final = frozenset({"v1", "v3"})


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived, untouched: `raw_uri` is the request target as sent (path and query)."""

    method: str
    raw_uri: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """The request is HubSpot's, by this version of the signature."""

    version: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The request may be anyone's, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Trust:
    """What a signature is held against.

    `public_url` is where HubSpot reaches this service (scheme, host, port, and the path below
    which it is mounted, if any). `accepts` are the versions that this door takes; version 3 is
    always preferred, and a faulty one never makes an older one good.
    """

    secret: str = field(repr=False)
    public_url: str
    accepts: Collection[str] = CRM_WEBHOOKS


def verify(request: Request, trust: Trust, now: datetime) -> Verified | Refused:
    """Hold a request against its signature; without a secret nothing is ever verified."""
    if not trust.secret:
        return Refused("no secret is configured")
    headers = {name.lower(): value for name, value in request.headers.items()}
    if V3_HEADER in headers:
        return _verify_v3(request, headers, trust, now)
    if HEADER not in headers:
        return Refused("it carries no signature")
    version = headers.get(VERSION_HEADER, "v1").strip().lower()
    if version not in trust.accepts or version not in {"v1", "v2"}:
        return Refused(f"signature version {version[:20]!r} isn't taken here")
    signed = _older(version, request, trust)
    return _compared(headers[HEADER], signed, version)


def _verify_v3(
    request: Request, headers: Mapping[str, str], trust: Trust, now: datetime
) -> Verified | Refused:
    if "v3" not in trust.accepts:
        return Refused("signature version 'v3' isn't taken here")
    stamp = headers.get(TIMESTAMP_HEADER, "").strip()
    sent_at = _instant(stamp)
    if sent_at is None:
        return Refused("its timestamp is missing or no number")
    if abs(now - sent_at) > WINDOW:
        return Refused("its timestamp is more than five minutes from now")
    made = hmac.new(trust.secret.encode(), b"".join(_called(request, trust)), hashlib.sha256)
    for piece in _pieces(request.body):
        made.update(piece)
    made.update(stamp.encode())
    return _compared(headers[V3_HEADER], base64.b64encode(made.digest()).decode(), "v3")


def _pieces(body: bytes) -> Iterator[bytes]:
    """Cut a body so that hashing a piece doesn't let another thread go on.

    From 2,048 bytes on it would, for microseconds; getting its turn again takes longer than that.
    """
    return (body[start : start + 2047] for start in range(0, len(body), 2047))


def _instant(stamp: str) -> datetime | None:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 16):
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(stamp))
    except OverflowError:
        return None


def _older(version: str, request: Request, trust: Trust) -> str:
    """Make a version 1 or 2 signature; neither carries a time, so both can be replayed."""
    called = _called(request, trust) if version == "v2" else ()
    source = b"".join((trust.secret.encode(), *called, request.body))
    return hashlib.sha256(source).hexdigest()


def _called(request: Request, trust: Trust) -> tuple[bytes, bytes]:
    called = address(trust.public_url, request.raw_uri)
    return request.method.upper().encode("utf-8", "replace"), called.encode("utf-8", "replace")


def address(public_url: str, raw_uri: str) -> str:
    """Rebuild the address as HubSpot signed it."""
    target = ORIGIN.sub("", raw_uri, count=1) if ORIGIN.match(raw_uri) else raw_uri
    whole = public_url.rstrip("/") + target
    return ENCODED.sub(lambda found: DECODED[found[0].upper()], whole)


def _compared(given: str, made: str, version: str) -> Verified | Refused:
    """Compare in constant time, as bytes: text that isn't ASCII can't be compared."""
    if hmac.compare_digest(given.strip().encode("utf-8", "replace"), made.encode()):
        return Verified(version)
    return Refused(f"its {version} signature doesn't fit")
