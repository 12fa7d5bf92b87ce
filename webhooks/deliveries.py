"""The CRM's door: verify, keep, answer. What a delivery says is the worker's to read.

HubSpot waits five seconds for an answer and repeats what wasn't answered well, so nothing is done
here but one durable insert. An unknown portal or subscription type is answered like any other:
HubSpot would only send it ten times more.
"""

import json
from typing import Final, NoReturn

import msgspec
import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from integration.store import inbox
from integration.store.gathering import Gathering
from integration.store.inbox import Arrived
from integration.wiring import Segue
from webhooks.signature import (
    HEADER,
    TIMESTAMP_HEADER,
    V3_HEADER,
    VERSION_HEADER,
    Refused,
    Request,
    Trust,
    verify,
)
from webhooks.target import raw_target

log = structlog.get_logger(__name__)

MOST_BYTES: Final = 1024 * 1024
SIGNED_WITH: Final = {
    f"HTTP_{name.upper().replace('-', '_')}": name
    for name in (V3_HEADER, TIMESTAMP_HEADER, HEADER, VERSION_HEADER)
}
ANSWERS: Final = {
    400: "This is no delivery: it has to be a JSON array, sent to its end.\n",
    401: "This is not signed as HubSpot signs.\n",
    413: "This is larger than 1 MiB.\n",
}


def door(segue: Segue) -> Blueprint:
    """Make the door of a Segue: POST /webhooks/hubspot.

    Answers 204 once the delivery is kept. Keeps nothing and answers 401 where the signature is
    missing or wrong, 413 over 1 MiB, 400 where the body isn't a JSON array; the log says why.
    """
    blueprint = Blueprint("webhooks", __name__)
    trust = Trust(segue.settings.client_secret, segue.settings.public_url)
    gathering = Gathering(inbox.appending(segue.store))

    @blueprint.post("/webhooks/hubspot")
    def hear() -> Response:
        body = _body()
        if body is None:
            return _refuse(413, "it is larger than 1 MiB")
        if request.content_length not in (None, len(body)):
            return _refuse(400, "it isn't as long as it says", len(body))
        verdict = verify(_received(body), trust, segue.tools.now())
        if isinstance(verdict, Refused):
            return _refuse(401, verdict.reason, len(body))
        if fault := _fault(body):
            return _refuse(400, fault, len(body))
        gathering.keep(Arrived(body, segue.tools.now()))
        return Response(status=204)

    return blueprint


def _body() -> bytes | None:
    """Read the body as it came, never more of it than is taken; None where it is too large."""
    # One byte more than is taken: werkzeug can't tell a stream that ends at its limit from a
    # longer one.
    request.max_content_length = MOST_BYTES + 1
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return None
    return body if len(body) <= MOST_BYTES else None


def _received(body: bytes) -> Request:
    came = request.environ
    headers = {name: came[key] for key, name in SIGNED_WITH.items() if key in came}
    return Request(request.method, raw_target(came), body, headers)


def _fault(body: bytes) -> str:
    """Say why a body is no delivery; empty where it is one."""
    try:
        _ARRAY.decode(body.decode())
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _fault_in_full(body)
    return ""


def _fault_in_full(body: bytes) -> str:
    """Do the same at length: half a character is JSON to HubSpot, and sent again if refused."""
    try:
        value = DECODER.decode(body.decode())
    except (ValueError, RecursionError) as error:
        return f"it is not JSON ({type(error).__name__})"
    return "" if isinstance(value, list) else "it is JSON, but not an array"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


# Sees that the text is well-formed and makes nothing of it, in a tenth of the time.
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])
DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def _refuse(status: int, reason: str, size: int | None = None) -> Response:
    log.warning("delivery refused", status=status, reason=reason, bytes=size)
    return Response(ANSWERS[status], status, mimetype="text/plain")
