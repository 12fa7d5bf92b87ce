"""The request target, as each server hands it over."""

from __future__ import annotations

import pytest

from webhooks.target import raw_target

DECODED = {"PATH_INFO": "/webhooks/hubspot", "QUERY_STRING": "a=%3A&b"}


@pytest.mark.parametrize(
    ("environ", "target"),
    [
        ({**DECODED, "RAW_URI": "/webhooks/%68ubspot?a=%3A"}, "/webhooks/%68ubspot?a=%3A"),
        ({**DECODED, "REQUEST_URI": "/webhooks/hubspot?"}, "/webhooks/hubspot?"),
        ({**DECODED, "RAW_URI": "/x", "REQUEST_URI": "/y"}, "/x"),
        ({**DECODED, "RAW_URI": "/s/x", "SCRIPT_NAME": "/s"}, "/x"),
        ({**DECODED, "RAW_URI": "/x", "SCRIPT_NAME": "/s"}, "/x"),
        ({**DECODED, "RAW_URI": "/sx", "SCRIPT_NAME": "/s"}, "/sx"),
        (DECODED, "/webhooks/hubspot?a=%3A&b"),
        ({"PATH_INFO": "/\xc3\xa9 b/(c):d", "QUERY_STRING": ""}, "/%C3%A9%20b/(c):d"),
    ],
)
def test_the_target_is_taken_as_it_was_sent(environ: dict[str, str], target: str) -> None:
    """Failure mode 34."""
    assert raw_target(environ) == target
