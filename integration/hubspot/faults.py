"""Error replies of HubSpot into typed errors: the status decides, the body only adds words.

Every field of HubSpot's error body is optional, and proxies before it answer in HTML
(https://developers.hubspot.com/docs/api-reference/error-handling).
"""

import json
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from integration.errors import (
    Conflict,
    DailyLimitReached,
    Fault,
    Forbidden,
    HubSpotError,
    Invalid,
    MissingScopes,
    NotFound,
    RateLimited,
    TooLong,
    Unauthorized,
    Unavailable,
    WrongDataCentre,
)

LONGEST_MESSAGE = 500
LOCKED_SECONDS = 2.0  # HubSpot asks for at least two seconds after a 423
# The proxy never reached HubSpot's own servers, or HubSpot refused before it looked at the call.
NEVER_APPLIED = frozenset({423, 477, 521, 523, 525, 526, 530})
EXISTING_ID = re.compile(r"Existing ID:\s*(\d+)")

PLAIN: dict[int, type[HubSpotError]] = {
    400: Invalid,
    401: Unauthorized,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    414: TooLong,
    422: Invalid,
    488: WrongDataCentre,
}


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> HubSpotError:
    """Read an error reply into the error that flows tell apart."""
    fault = fault_of(status, headers, body)
    if status == 429:
        return DailyLimitReached(fault) if fault.policy == "DAILY" else RateLimited(fault)
    if status == 403:
        scopes_lack = fault.missing_scopes or fault.category == "MISSING_SCOPES"
        return MissingScopes(fault) if scopes_lack else Forbidden(fault)
    if status in {408, 423, 477} or status >= 500:
        return Unavailable(fault, outcome_unknown=status not in NEVER_APPLIED)
    return PLAIN.get(status, HubSpotError)(fault)


def fault_of(status: int, headers: Mapping[str, str], body: bytes) -> Fault:
    """Read what an error reply says, whatever shape it has: JSON, HTML or nothing."""
    said = _object(body)
    message = _text(said, "message") or _text(said, "error_description")
    existing = EXISTING_ID.search(message)
    return Fault(
        status=status,
        message=message[:LONGEST_MESSAGE],
        category=_category(said),
        sub_category=_text(said, "subCategory"),
        correlation_id=_text(said, "correlationId") or headers.get("X-HubSpot-Correlation-Id", ""),
        retry_after=_wait(status, headers),
        policy=_policy(said, message) if status == 429 else "",
        missing_scopes=tuple(sorted(set(_scopes(said)))) if status == 403 else (),
        existing_id=int(existing[1]) if existing else None,
        details=tuple(_details(said)),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _category(said: Mapping[str, Any]) -> str:
    """Name the kind of error; the token endpoint says it in `status`, such as BAD_AUTH_CODE."""
    status = _text(said, "status")
    named = _text(said, "category") or _text(said, "errorType")
    return status if status.startswith("BAD_") else named or _text(said, "error")


def _policy(said: Mapping[str, Any], message: str) -> str:
    """Name the limit that was hit; by HubSpot's sentence where `policyName` is missing."""
    named = _text(said, "policyName").upper()
    words = message.lower()
    if named:
        return named
    if "daily" in words:
        return "DAILY"
    if "ten_secondly" in words:
        return "TEN_SECONDLY_ROLLING"
    return "SECONDLY" if "secondly" in words else ""


def _wait(status: int, headers: Mapping[str, str]) -> float | None:
    """Read how long to wait: Retry-After (seconds, or a date against the reply's own Date)."""
    seconds = _seconds(headers.get("Retry-After", ""), headers.get("Date", ""))
    if status == 423:
        return max(LOCKED_SECONDS, seconds or 0.0)
    if status == 429 and seconds is None:
        return _rest_of_window(headers)
    return seconds


def _seconds(value: str, date: str) -> float | None:
    try:
        return max(0.0, float(value)) if float(value) < float("inf") else None
    except ValueError:
        pass
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(date)
        return max(0.0, wait.total_seconds())
    except (TypeError, ValueError):
        return None


def _rest_of_window(headers: Mapping[str, str]) -> float | None:
    """Take the whole window where HubSpot names it: its 429 carries no Retry-After."""
    interval = headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "")
    return int(interval) / 1000 if interval.isdecimal() else None


def _nested(said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    errors = said.get("errors")
    return [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []


def _details(said: Mapping[str, Any]) -> Iterator[str]:
    for one in _nested(said):
        if words := _text(one, "message"):
            yield words[:LONGEST_MESSAGE]


def _scopes(said: Mapping[str, Any]) -> Iterator[str]:
    """Find the scopes in any context: requiredGranularScopes, requiredScopes, missingScopes."""
    for one in [said, *_nested(said)]:
        context = one.get("context")
        for key, values in context.items() if isinstance(context, dict) else ():
            if "scope" in key.lower() and isinstance(values, list):
                yield from (value for value in values if isinstance(value, str))
