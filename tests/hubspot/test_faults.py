"""Error replies: the status decides, whatever the body is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from integration import errors
from integration.hubspot.faults import error_of

HTML = b"<html><head><title>502 Bad Gateway</title></head></html>"


def read(status: int, body: Any = None, **headers: str) -> errors.HubSpotError:
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return error_of(status, CaseInsensitiveDict(named), raw)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Invalid),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (405, errors.HubSpotError),
        (409, errors.Conflict),
        (413, errors.Invalid),
        (414, errors.TooLong),
        (422, errors.Invalid),
        (423, errors.Unavailable),
        (429, errors.RateLimited),
        (477, errors.Unavailable),
        (488, errors.WrongDataCentre),
        (500, errors.Unavailable),
        (502, errors.Unavailable),
        (503, errors.Unavailable),
        (504, errors.Unavailable),
        (520, errors.Unavailable),
        (521, errors.Unavailable),
        (523, errors.Unavailable),
        (524, errors.Unavailable),
        (526, errors.Unavailable),
        (530, errors.Unavailable),
    ],
)
@pytest.mark.parametrize("body", [b"", HTML, b"\xff\xfe", b"[]", b"null", b"{}", b'{"message":7}'])
def test_the_status_decides_whatever_the_body_is(
    status: int, kind: type[errors.HubSpotError], body: bytes
) -> None:
    """Failure modes 12, 13 and 14."""
    error = read(status, body)

    assert type(error) is kind
    assert error.status == status
    assert error.message
    assert "<html>" not in str(error)


@pytest.mark.parametrize(
    ("status", "unknown"),
    [
        (500, True),
        (502, True),
        (503, True),
        (504, True),
        (520, True),
        (524, True),
        (423, False),
        (477, False),
        (521, False),
        (523, False),
        (525, False),
        (526, False),
        (530, False),
    ],
)
def test_a_failure_says_whether_the_request_may_have_been_applied(
    status: int, unknown: bool
) -> None:
    """Failure mode 41."""
    error = read(status)

    assert isinstance(error, errors.Unavailable)
    assert error.outcome_unknown is unknown


def test_hubspots_words_and_correlation_id_go_up() -> None:
    error = read(400, {"status": "error", "message": "Property values were not valid",
                       "category": "VALIDATION_ERROR", "subCategory": "x", "correlationId": "c-1",
                       "errors": [{"message": "INVALID_OPTION"}, "odd", {}]})  # fmt: skip

    assert (error.message, error.category) == ("Property values were not valid", "VALIDATION_ERROR")
    assert (error.correlation_id, error.fault.sub_category) == ("c-1", "x")
    assert error.fault.details == ("INVALID_OPTION",)
    assert str(error) == (
        "Property values were not valid (HTTP 400, VALIDATION_ERROR, correlation c-1)"
    )


def test_the_correlation_id_may_come_as_a_header() -> None:
    assert read(502, HTML, X_HubSpot_Correlation_Id="c-2").correlation_id == "c-2"


def test_a_long_message_is_cut() -> None:
    assert len(read(400, {"message": "x" * 9_000}).message) == 500


@pytest.mark.parametrize(
    "body",
    [
        {"category": "MISSING_SCOPES",
         "errors": [{"context":
                     {"requiredGranularScopes": ["crm.lists.write", "crm.lists.read"]}}]},
        {"category": "MISSING_SCOPES",
         "context": {"missingScopes": ["crm.lists.read", "crm.lists.write"]}},
        {"errors": [{"context": {"requiredScopes": ["crm.lists.write"]}},
                    {"context": {"requiredScopes": ["crm.lists.read", 7], "other": ["no"]}}]},
    ],
)  # fmt: skip
def test_missing_scopes_are_named(body: dict[str, Any]) -> None:
    """Failure mode 11."""
    error = read(403, body)

    assert isinstance(error, errors.MissingScopes)
    assert error.missing_scopes == ("crm.lists.read", "crm.lists.write")
    assert not error.retryable


@pytest.mark.parametrize(
    "body",
    [
        {"category": "MISSING_SCOPES"},
        {"category": "MISSING_SCOPES",
         "errors": [{"context": None}, {"context": {"scopes": "x"}}]},
    ],
)  # fmt: skip
def test_missing_scopes_that_nobody_names_are_still_missing(body: dict[str, Any]) -> None:
    error = read(403, body)

    assert isinstance(error, errors.MissingScopes)
    assert error.missing_scopes == ()


def test_a_plain_403_is_not_about_scopes() -> None:
    assert type(read(403, {"category": "BANNED"})) is errors.Forbidden


def test_a_conflict_names_the_record_that_is_there() -> None:
    """Failure mode 20: success by adoption."""
    error = read(409, {"category": "CONFLICT",
                       "message": "Contact already exists. Existing ID: 508369434347"})  # fmt: skip

    assert isinstance(error, errors.Conflict)
    assert error.existing_id == 508369434347
    assert isinstance(other := read(409, {}), errors.Conflict)
    assert other.existing_id is None


@pytest.mark.parametrize(
    ("body", "policy"),
    [
        ({"policyName": "DAILY"}, "DAILY"),
        ({"policyName": "ten_secondly_rolling"}, "TEN_SECONDLY_ROLLING"),
        ({"message": "You have reached your daily limit."}, "DAILY"),
        ({"message": "You have reached your ten_secondly_rolling limit."}, "TEN_SECONDLY_ROLLING"),
        ({"message": "You have reached your secondly limit."}, "SECONDLY"),
        ({}, ""),
    ],
)
def test_a_rate_limit_names_its_policy(body: dict[str, str], policy: str) -> None:
    """Failure modes 1, 3 and 4."""
    error = read(429, body)

    assert isinstance(error, errors.RateLimited)
    assert error.policy == policy
    assert isinstance(error, errors.DailyLimitReached) is (policy == "DAILY")


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry_After": "7"}, 7.0),
        (429, {"Retry_After": "0.5"}, 0.5),
        (429, {"Retry_After": "-3"}, 0.0),
        (429, {"Retry_After": "soon"}, None),
        (429, {"Retry_After": "inf"}, None),
        (429, {"Retry_After": "nan"}, None),
        (429, {"Retry_After": "Wed, 21 Oct 2026 07:28:10 GMT",
               "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 10.0),
        (429, {"Retry_After": "Wed, 21 Oct 2026 07:27:00 GMT",
               "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0.0),
        (429, {"Retry_After": "Wed, 21 Oct 2026 07:28:10 GMT"}, None),
        (429, {"X_HubSpot_RateLimit_Interval_Milliseconds": "10000"}, 10.0),
        (429, {"X_HubSpot_RateLimit_Interval_Milliseconds": "x"}, None),
        (429, {}, None),
        (423, {}, 2.0),
        (423, {"Retry_After": "1"}, 2.0),
        (423, {"Retry_After": "9"}, 9.0),
        (477, {"Retry_After": "86400"}, 86400.0),
        (503, {}, None),
    ],
)  # fmt: skip
def test_how_long_to_wait_is_read(
    status: int, headers: dict[str, str], seconds: float | None
) -> None:
    """Failure modes 2 and 15."""
    assert read(status, {}, **headers).retry_after == seconds


@given(status=st.integers(300, 599), body=st.binary(max_size=80))
def test_no_reply_whatever_breaks_the_reading(status: int, body: bytes) -> None:
    """Failure mode 13."""
    assert isinstance(read(status, body), errors.HubSpotError)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
KEYS = ["message", "category", "errors", "context", "correlationId", "policyName", "status"]


@given(
    status=st.sampled_from([400, 403, 409, 429, 500]),
    body=st.dictionaries(st.sampled_from(KEYS), json_values),
)
def test_no_shape_of_the_body_breaks_the_reading(status: int, body: dict[str, Any]) -> None:
    """Failure mode 13: every field of the error body is optional, and any may be odd."""
    assert read(status, body).status == status


@pytest.mark.parametrize(
    ("category", "revoked", "misconfigured"),
    [
        ("BAD_REFRESH_TOKEN", True, False),
        ("BAD_HUB", True, False),
        ("BAD_CLIENT_SECRET", False, True),
        ("BAD_AUTH_CODE", False, False),
    ],
)
def test_a_refused_grant_says_who_can_help(
    category: str, revoked: bool, misconfigured: bool
) -> None:
    """Failure mode 7."""
    error = errors.GrantRefused(errors.Fault(category=category))

    assert (error.revoked, error.misconfigured) == (revoked, misconfigured)


def test_every_error_has_words_of_its_own() -> None:
    for kind in (
        errors.SegueError,
        errors.HubSpotError,
        errors.NotFound,
        errors.PortalDisconnected,
    ):
        assert str(kind()).endswith(".")
