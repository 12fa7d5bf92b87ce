"""The collector's requests as bodies: unpacked, not too large, JSON; or refused with a reason."""

import zlib
from typing import Any, Final

from flask import Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from mappings.calls import BATCH, LARGEST_BATCH, LARGEST_CALL, read_json

GZIP: Final = 31  # zlib's word for a window of 32 KB in gzip's wrapping


class Refused(Exception):
    """A request that isn't kept: its answer's status, a code, and the reason in plain words."""

    def __init__(self, status: int, code: str, reason: str, wait: int = 0) -> None:
        super().__init__(reason)
        self.status, self.code, self.reason, self.wait = status, code, reason, wait

    def answer(self) -> Response:
        """Make the answer; `wait` is in seconds."""
        answer = jsonify(success=False, code=self.code, message=self.reason)
        answer.status_code = self.status
        if self.wait:
            answer.headers["Retry-After"] = answer.headers["X-RateLimit-Reset"] = str(self.wait)
        return answer


def read_request(kind: str) -> tuple[dict[str, Any], bytes]:
    """Read the request at hand, a call or a batch: what it says, and its JSON, unpacked.

    The content type is of no account: pages send JSON as text, so that browsers needn't ask first.
    Raises Refused.
    """
    most = LARGEST_BATCH if kind == BATCH else LARGEST_CALL
    body = _unpacked(_received(most), most)
    try:
        said = read_json(body)
    except (ValueError, RecursionError):
        raise Refused(400, "json", "this is no JSON") from None
    if not isinstance(said, dict):
        raise Refused(400, "json", "this is JSON, but no object")
    if kind == BATCH and not isinstance(said.get(BATCH), list):
        raise Refused(400, "json", "a batch is a list of calls")
    return said, body


def _received(most: int) -> bytes:
    """Read the body as it came; one byte more than is taken, to see that it is too large."""
    request.max_content_length = most + 1
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise _too_large(most) from None
    if request.content_length not in (None, len(body)):
        raise Refused(400, "length", "the body isn't as long as it says")
    if len(body) > most:
        raise _too_large(most)
    return body


def _unpacked(body: bytes, most: int) -> bytes:
    packing = request.headers.get("Content-Encoding", "").strip().lower()
    if packing in ("", "identity"):
        return body
    if packing != "gzip":
        raise Refused(400, "encoding", "a body is sent as it is, or packed by gzip")
    unpacker = zlib.decompressobj(GZIP)
    try:
        unpacked = unpacker.decompress(body, most + 1)
    except zlib.error:
        raise Refused(400, "encoding", "the body isn't gzip") from None
    if len(unpacked) > most:
        raise _too_large(most)
    if not unpacker.eof:
        raise Refused(400, "encoding", "the body's gzip ends too early")
    return unpacked


def _too_large(most: int) -> Refused:
    return Refused(400, "size", f"this is larger than {most // 1024} KB")
