"""How HubSpot signs its requests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

# HubSpot signs the URI with these decoded and nothing else.
_DECODED = re.compile(r"%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


def version_1(secret: str, body: bytes) -> str:
    """Sign as `X-HubSpot-Signature`, version v1: hex sha256 of the secret and the body."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def version_3(secret: str, method: str, uri: str, body: bytes, timestamp: int) -> str:
    """Sign as `X-HubSpot-Signature-v3`; `timestamp` is in milliseconds.

    Source: HubSpot's guide to validating requests. Base64 of the HMAC-SHA256 over method, URI
    (a few characters decoded), raw body and timestamp.
    """
    decoded = _DECODED.sub(lambda found: chr(int(found[1], 16)), uri)
    signed = f"{method}{decoded}".encode() + body + str(timestamp).encode()
    return base64.b64encode(hmac.digest(secret.encode(), signed, "sha256")).decode()


def headers(secret: str, uri: str, body: bytes, timestamp: int) -> dict[str, str]:
    """Build both signatures of a webhook delivery: v1 as ever, v3 beside it."""
    return {
        "X-HubSpot-Signature": version_1(secret, body),
        "X-HubSpot-Signature-Version": "v1",
        "X-HubSpot-Signature-v3": version_3(secret, "POST", uri, body, timestamp),
        "X-HubSpot-Request-Timestamp": str(timestamp),
    }
