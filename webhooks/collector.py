"""The customer's door: what their site and app tell, by the Segment tracking API.

Verify the write key, keep the request, answer: what a call says is the worker's to read. Answers
are those that SDKs expect: 200 once it is on the disk; 400 for what is no request, or too large;
401, 403 and 429 with the reason. An SDK tries again after 429, a 5xx or no answer, and gives up
after the others (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/).
"""

import math
from typing import Any, Final

import structlog
from flask import Blueprint, Response, jsonify, request

from integration.store import calls, keys
from integration.store.calls import Arrived
from integration.store.gathering import Gathering
from integration.store.keys import WriteKey
from integration.wiring import Segue
from mappings.calls import BATCH
from mappings.origins import allows
from webhooks.bodies import Refused, read_request
from webhooks.pace import Pace

log = structlog.get_logger(__name__)

PATHS: Final = {
    **{word: word for word in ("track", "page", "screen", "identify", "group", "alias", BATCH)},
    # What SDKs for browsers call them, to send less.
    "t": "track",
    "p": "page",
    "s": "screen",
    "i": "identify",
    "g": "group",
    "a": "alias",
    "b": BATCH,
    "import": BATCH,
}
ANY_PATH: Final = f"<any({','.join(sorted(PATHS))}):word>"
REMEMBERED: Final = "86400"  # seconds for which a browser asks no more whether it may call


def door(segue: Segue) -> Blueprint:
    """Make the collector's door of a Segue: POST /v1/track and the others, and /v1/batch.

    Answers 200 once the request is kept. Keeps nothing and answers 400, 401 (no key, or none that
    may be used), 403 (a page of another site) or 429 (too many calls) with the reason otherwise.
    """
    blueprint = Blueprint("collector", __name__, url_prefix="/v1")
    pace, gathering = Pace(), Gathering(calls.appending(segue.store))

    @blueprint.post(f"/{ANY_PATH}", provide_automatic_options=False)
    def hear(word: str) -> Response:
        try:
            arrived = _verified(segue, pace, PATHS[word])
        except Refused as refused:
            log.warning("call refused", status=refused.status, reason=refused.reason)
            return refused.answer()
        if arrived is not None:
            gathering.keep(arrived)
        return jsonify(success=True)

    @blueprint.route(f"/{ANY_PATH}", methods=["OPTIONS"])
    def ask(**_word: str) -> Response:
        """Let any page's browser ask: whether it may, the key says when it calls."""
        return Response(status=204)

    @blueprint.get("/projects/<key>/settings")
    def settings(key: str) -> Response:
        """Tell analytics.js where to send to, so that a page names this address only once."""
        return _settings(segue, key)

    blueprint.after_request(_open_to_pages)
    return blueprint


def _verified(segue: Segue, pace: Pace, kind: str) -> Arrived | None:
    """Read the request at hand and see that it may come; None where there is no call in it."""
    said, body = read_request(kind)
    key = _key(segue, said)
    origin = request.headers.get("Origin")
    if origin is not None and not allows(key.origins, origin):
        raise Refused(403, "origin", f"this write key isn't for pages of {origin[:200]}")
    number = len(said[BATCH]) if kind == BATCH else 1
    now = segue.tools.now()
    if wait := pace.wait((key.portal_id, key.key_id), key.rate, number, now):
        raise Refused(429, "rate", "too many calls with this write key", math.ceil(wait))
    return Arrived(key.portal_id, key.key_id, kind, body, now) if number else None


def _key(segue: Segue, said: dict[str, Any]) -> WriteKey:
    """Find the write key that a request came with: Basic user, or `writeKey` in the body."""
    basic = request.authorization
    given = basic.username if basic is not None and basic.type == "basic" else None
    given = given or said.get("writeKey")
    if not isinstance(given, str) or not given:
        raise Refused(401, "write_key", "there is no write key: it is the user of Basic")
    with segue.store.read() as connection:
        key = keys.find(connection, given)
    if key is None:
        raise Refused(401, "write_key", "this write key is unknown, or was revoked")
    return key


def _settings(segue: Segue, key: str) -> Response:
    with segue.store.read() as connection:
        if keys.find(connection, key) is None:
            return Refused(404, "write_key", "this write key is unknown, or was revoked").answer()
    scheme, _, address = segue.settings.public_url.partition("://")
    ours = {"apiKey": key, "apiHost": f"{address}/v1", "protocol": scheme}
    return jsonify(integrations={"Segment.io": ours}, plan={}, edgeFunction={})


def _open_to_pages(response: Response) -> Response:
    """Let pages of other sites send, and read the answer, which holds nothing of anybody.

    Cookies mean nothing here, but `sendBeacon` always sends them along, and a browser then wants
    to hear that this is meant.
    """
    if origin := request.headers.get("Origin"):
        asked = request.headers.get("Access-Control-Request-Headers", "")
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = "Retry-After, X-RateLimit-Reset"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Allow-Headers"] = asked
            response.headers["Access-Control-Max-Age"] = REMEMBERED
    response.headers["Vary"] = "Origin"
    return response
