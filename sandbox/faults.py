"""Faults on demand: what HubSpot and the network do on a bad day."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from flask import Response

from . import errors


class Kind(StrEnum):
    """What goes wrong."""

    RATE_LIMIT = "429"
    SERVER_ERROR = "500"
    EMPTY_SERVER_ERROR = "500-empty"
    BAD_GATEWAY = "502"
    GATEWAY_TIMEOUT = "504"
    LOCKED = "423"
    MIGRATING = "477"
    WRONG_DATA_CENTRE = "488"
    TIMEOUT = "timeout"
    RESET = "reset"
    REVOKED = "revoked"


@dataclass
class Fault:
    """A fault for the next `times` calls that match.

    `path` is a glob over the request's path. With `after` the call takes effect first and only
    its answer is lost or replaced. `retry_after` is in seconds; `policy` is a 429's.
    """

    kind: Kind
    method: str = "*"
    path: str = "*"
    times: int = 1
    after: bool = False
    retry_after: int | None = None
    policy: str = "TEN_SECONDLY_ROLLING"
    hub_id: int | None = None
    seconds: float = 30.0

    def matches(self, method: str, path: str, hub_id: int | None) -> bool:
        """Tell whether this fault hits the call."""
        if self.times <= 0 or (self.hub_id is not None and hub_id != self.hub_id):
            return False
        return fnmatchcase(method, self.method.upper()) and fnmatchcase(path, self.path)

    def answer(self) -> Response:
        """Build the answer of a fault that answers at all."""
        response = _answers(self)
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        return response


@dataclass
class Faults:
    """The faults still to come, the oldest first."""

    waiting: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Order a fault."""
        self.waiting.append(fault)

    def clear(self) -> None:
        """Call all of them off."""
        self.waiting.clear()

    def take(self, method: str, path: str, hub_id: int | None) -> Fault | None:
        """Use up one time of the first fault that hits this call."""
        for fault in self.waiting:
            if fault.matches(method, path, hub_id):
                fault.times -= 1
                self.waiting = [f for f in self.waiting if f.times > 0]
                return fault
        return None


def _answers(fault: Fault) -> Response:
    match fault.kind:
        case Kind.RATE_LIMIT:
            return errors.answer(errors.rate_limited(fault.policy))
        case Kind.EMPTY_SERVER_ERROR:
            return Response(b"", status=500, content_type="application/json;charset=utf-8")
        case Kind.BAD_GATEWAY:
            return errors.html_page(502, "Bad Gateway")
        case Kind.GATEWAY_TIMEOUT:
            return errors.html_page(504, "Gateway Time-out")
        case Kind.LOCKED:
            return errors.answer(errors.ApiError(423, "The record is locked.", "LOCKED"))
        case Kind.MIGRATING:
            return errors.answer(errors.ApiError(477, "Migration in progress.", "MIGRATION"))
        case Kind.WRONG_DATA_CENTRE:
            message = "This account lives in another data centre."
            return errors.answer(errors.ApiError(488, message, "MISDIRECTED"))
        case Kind.REVOKED:
            message = "The OAuth token used to make this call has been revoked."
            return errors.answer(errors.unauthorized(message, "INVALID_AUTHENTICATION"))
        case _:
            return errors.answer(errors.ApiError(500, "internal error", "INTERNAL_ERROR"))
