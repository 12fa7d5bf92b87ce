"""When things happened, however HubSpot writes it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mappings.values import Unreadable, happened, ids_in

HALF_PAST_TWO = datetime(2026, 6, 30, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        1782829800000,
        1782829800,
        "1782829800000",
        "1782829800",
        1782829800.0,
        "2026-06-30T14:30:00Z",
        "2026-06-30T16:30:00+02:00",
        "2026-06-30T14:30:00",
    ],
)
def test_an_instant_is_the_same_however_it_is_written(said: object) -> None:
    """Failure mode 36: milliseconds, seconds or ISO 8601."""
    assert happened(said) == HALF_PAST_TWO


@pytest.mark.parametrize(
    "said", [0, -1, 1, "1969-07-20", 4102444800, "4102444800000", "2100-01-01"]
)
def test_an_instant_of_a_clock_that_is_wrong_is_not_believed(said: object) -> None:
    """Failure mode 36: zero, before there was a web, or after 2100."""
    with pytest.raises(Unreadable, match="before 1990 or after 2100"):
        happened(said)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", ()),
        (None, ()),
        ("7", (7,)),
        ("508369434347; 8;8;;x;-1", (508369434347, 8)),
    ],
)
def test_ids_are_read_and_what_is_none_is_left_out(text: str | None, ids: object) -> None:
    """Failure mode 28: the ids that a contact took in."""
    assert ids_in(text) == ids
