"""When a property says that something was: ms, seconds, ISO, days. Failure mode 36."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mappings.instants import from_ms, to_ms
from mappings.moments import moment, seconds_between, start_of
from mappings.values import EARLIEST, LATEST, Unreadable, encode, iso

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",  # skipped midnight until 2018
    "America/Havana",  # shows midnight twice
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Pacific/Apia",  # skipped 30 December 2011
]
SKIPPED = {("Pacific/Apia", date(2011, 12, 30))}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1782820800000", NOON),
        (1782820800000, NOON),
        ("1782820800", NOON),
        (1782820800, NOON),
        ("1782820800.25", NOON + timedelta(milliseconds=250)),
        (1782820800.5, NOON + timedelta(milliseconds=500)),
        ("2026-06-30T12:00:00Z", NOON),
        ("2026-06-30T14:00:00+02:00", NOON),
        ("2026-06-30T12:00:00", NOON),
        (" 2026-06-30 12:00:00 ", NOON),
        ("631152000", EARLIEST),
        ("4102444799999", LATEST - timedelta(milliseconds=1)),
        ("2026-06-30", datetime(2026, 6, 29, 22, tzinfo=UTC)),
    ],
)
def test_what_a_value_means(value: object, expected: datetime) -> None:
    """(36) Seconds and milliseconds are told apart by their size."""
    assert moment(value, "Europe/Berlin") == expected


@pytest.mark.parametrize(
    "value",
    ["", "soon", "2026-13-01", "2026-06-31", "9" * 17, "NaN", None, True, [], "1e3", float("inf")],
)
def test_what_is_no_instant_is_refused(value: object) -> None:
    with pytest.raises(Unreadable):
        moment(value)


@pytest.mark.parametrize("value", ["0", "-86400", "631151999.9", "4102444800", "1989-12-31"])
@pytest.mark.parametrize("is_date", [False, True])
def test_what_a_wrong_clock_says_is_not_believed(value: str, is_date: bool) -> None:
    """(36) Before 1990 or after 2100, as a number, an instant or a day."""
    with pytest.raises(Unreadable):
        moment(value, is_date=is_date)


@pytest.mark.parametrize("value", ["1782777600000", "2026-06-30", "2026-06-30T00:00:00Z"])
def test_a_date_is_a_day_where_the_portal_is(value: str) -> None:
    """(36) HubSpot writes the day as midnight UTC, in whatever zone the portal is."""
    starts = {zone: iso(moment(value, zone, is_date=True)) for zone in ZONES[:3]}

    assert starts == {
        "UTC": "2026-06-30T00:00:00.000Z",
        "Europe/Berlin": "2026-06-29T22:00:00.000Z",
        "America/New_York": "2026-06-30T04:00:00.000Z",
    }
    assert moment(value, "Middle/Earth", is_date=True) == datetime(2026, 6, 30, tzinfo=UTC)


@given(st.dates(date(1990, 1, 1), date(2037, 12, 31)), st.sampled_from(ZONES))
@example(date(2018, 11, 4), "America/Sao_Paulo")
@example(date(2026, 3, 29), "Europe/Berlin")
@example(date(2026, 10, 25), "Europe/Berlin")
@example(date(2024, 11, 3), "America/Havana")
@example(date(2021, 3, 28), "Asia/Beirut")
@example(date(2011, 12, 31), "Pacific/Apia")
def test_a_day_comes_back_as_the_same_day(day: date, zone: str) -> None:
    """(36) Written for HubSpot and read again, over zones and changes of the clocks: the instant
    is of that day, and the millisecond before it is not."""
    start = moment(encode(day, "date"), zone, is_date=True)

    if (zone, day) not in SKIPPED:
        assert start.astimezone(ZoneInfo(zone)).date() == day
    before = (start - timedelta(milliseconds=1)).astimezone(ZoneInfo(zone)).date()
    assert before < day
    assert start == start_of(day, zone) == moment(day.isoformat(), zone)


@given(
    st.integers(to_ms(EARLIEST), to_ms(LATEST) - 1).map(from_ms),
    st.sampled_from(ZONES),
)
def test_an_instant_comes_back_as_the_same_millisecond(at: datetime, zone: str) -> None:
    """(36) As HubSpot writes and reads it: milliseconds, or ISO 8601 in any zone."""
    assert moment(encode(at, "datetime"), zone) == at
    assert moment(iso(at), zone) == at
    assert moment(at.astimezone(ZoneInfo(zone)).isoformat(), "UTC") == at


def test_seconds_between_never_go_backward() -> None:
    assert seconds_between(NOON, NOON + timedelta(seconds=90, milliseconds=999)) == 90
    assert seconds_between(NOON, NOON - timedelta(seconds=1)) == 0
