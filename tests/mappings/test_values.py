"""Property values: what is written to HubSpot reads back as it was."""
# ruff: noqa: DTZ001 -- hypothesis takes the bounds of its instants without a zone

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.values import (
    LARGEST_ID,
    Unreadable,
    Value,
    clean,
    decode,
    encode,
    id_of,
    instant,
    iso,
    milliseconds,
    text_of,
)

ZONES = st.sampled_from(["UTC", "America/New_York", "Europe/Berlin", "Pacific/Kiritimati",
                         "Asia/Kathmandu", "Australia/Lord_Howe"]).map(ZoneInfo)  # fmt: skip
instants = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=ZONES).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
options = st.text(st.characters(exclude_characters=";", exclude_categories=["Cs", "Cc", "Z"]),
                  min_size=1, max_size=20)  # fmt: skip


@given(at=instants)
def test_an_instant_survives_the_way_through_hubspot_in_every_zone(at: datetime) -> None:
    """Failure mode 36: milliseconds, time zones and daylight saving."""
    same = at.astimezone(UTC)  # Python never calls an hour that comes twice equal to another zone's

    assert decode(encode(at, "datetime"), "datetime") == same
    assert instant(iso(at)) == same
    assert instant(milliseconds(at)) == same
    assert instant(str(milliseconds(at))) == same


@given(at=instants)
def test_a_date_is_the_day_of_its_own_zone_at_midnight_utc(at: datetime) -> None:
    """Failure mode 36: a day never slips by the offset of a zone."""
    sent = encode(at, "date")

    assert int(sent) % 86_400_000 == 0
    assert decode(sent, "date") == at.date()
    assert encode(at.date(), "date") == sent


@given(number=st.decimals(allow_nan=False, allow_infinity=False) | st.integers())
def test_a_number_survives_without_exponent_or_separator(number: Decimal | int) -> None:
    sent = encode(number, "number")

    assert decode(sent, "number") == number
    assert set(sent) <= set("-0123456789.")


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_written_as_it_reads(number: float) -> None:
    assert Decimal(encode(number, "number")) == Decimal(repr(number))


@given(chosen=st.lists(options, min_size=1, max_size=6, unique=True))
def test_several_options_survive_in_order(chosen: list[str]) -> None:
    assert decode(encode(chosen, "enumeration"), "enumeration") == tuple(chosen)


@given(word=st.text())
def test_a_text_is_stored_alike_by_every_database_and_stays_what_it_is(word: str) -> None:
    """Failure mode 44: emoji, quotes, NUL and lone surrogates."""
    cleaned = clean(word)

    assert "\x00" not in cleaned
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert clean(cleaned) == cleaned
    if "\x00" not in word:
        assert cleaned == word


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a\x00b", "ab"),
        ("a\ud800b", "a\ufffdb"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("“quotes” & 'apostrophes' \"", "“quotes” & 'apostrophes' \""),
    ],
)
def test_only_what_no_database_takes_is_changed(sent: str, kept: str) -> None:
    """Failure mode 44."""
    assert clean(sent) == kept


@pytest.mark.parametrize(
    ("value", "kind", "sent"),
    [
        (None, "string", ""),
        (None, "datetime", ""),
        ("  Ada ", "string", "Ada"),
        (True, "bool", "true"),
        (False, "bool", "false"),
        (Decimal("1E+3"), "number", "1000"),
        (0.1, "number", "0.1"),
        ("one", "enumeration", "one"),
        (["b", "a", "b"], "enumeration", "b;a"),
        ([], "enumeration", ""),
        (date(2026, 3, 29), "date", "1774742400000"),
        (datetime(2026, 3, 29, 1, tzinfo=UTC), "datetime", "1774746000000"),
        ("+49 30 1", "phone_number", "+49 30 1"),
    ],
)
def test_values_are_written_as_hubspot_wants_them(value: Value, kind: str, sent: str) -> None:
    """Failure mode 36."""
    assert encode(value, kind) == sent


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("1,5", "number"),
        (float("nan"), "number"),
        (Decimal("Infinity"), "number"),
        (True, "number"),
        ("yes", "bool"),
        (1, "bool"),
        ("2026-01-01", "date"),
        (datetime(2026, 1, 1), "datetime"),
        (date(2026, 1, 1), "datetime"),
        ("a;b", "enumeration"),
        (["a", " "], "enumeration"),
        ("x" * 65_537, "string"),
    ],
)
def test_a_value_that_its_type_cannot_hold_is_refused_before_hubspot_sees_it(
    value: Value, kind: str
) -> None:
    """Failure mode 22."""
    with pytest.raises(ValueError, match=r"."):
        encode(value, kind)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (None, "number", None),
        ("", "string", None),
        ("  ", "date", None),
        ("12.50", "number", Decimal("12.50")),
        (" TRUE ", "bool", True),
        ("false", "bool", False),
        ("2026-03-29", "date", date(2026, 3, 29)),
        ("1774742400000", "date", date(2026, 3, 29)),
        (";A;B;", "enumeration", ("A", "B")),
        ("as it is ", "string", "as it is "),
        ("2026-03-29T01:00:00Z", "datetime", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ],
)
def test_texts_are_read_by_their_type(text: str | None, kind: str, value: Value) -> None:
    assert decode(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind"),
    [("1,5", "number"), ("NaN", "number"), ("yes", "bool"), ("soon", "date"), ("?", "datetime")],
)
def test_a_text_that_is_not_of_its_type_is_unreadable(text: str, kind: str) -> None:
    with pytest.raises(Unreadable):
        decode(text, kind)


@pytest.mark.parametrize(
    ("said", "at"),
    [
        (1564113600000, datetime(2019, 7, 26, 4, tzinfo=UTC)),
        (1564113600000.0, datetime(2019, 7, 26, 4, tzinfo=UTC)),
        ("1564113600000", datetime(2019, 7, 26, 4, tzinfo=UTC)),
        ("-1", datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        ("2019-07-26T04:00:00Z", datetime(2019, 7, 26, 4, tzinfo=UTC)),
        ("2019-07-26T06:00:00.000+02:00", datetime(2019, 7, 26, 4, tzinfo=UTC)),
        ("2019-07-26T04:00:00.1Z", datetime(2019, 7, 26, 4, 0, 0, 100000, tzinfo=UTC)),
        ("2019-07-26", datetime(2019, 7, 26, tzinfo=UTC)),
        ("2019-07-26 04:00:00", datetime(2019, 7, 26, 4, tzinfo=UTC)),
    ],
)
def test_instants_are_read_in_every_shape_that_hubspot_writes(said: object, at: datetime) -> None:
    """Failure mode 36."""
    assert instant(said) == at
    assert instant(said).tzinfo is UTC


@pytest.mark.parametrize(
    "said", [None, True, [], {}, "", "soon", 1.5, float("inf"), 10**30, "9" * 40, "²",
             "0001-01-01T00:00:00+14:00"]
)  # fmt: skip
def test_what_is_no_instant_is_unreadable(said: object) -> None:
    with pytest.raises(Unreadable):
        instant(said)


@given(at=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))
def test_instants_are_rounded_down_to_the_millisecond(at: datetime) -> None:
    lost = at - instant(milliseconds(at))

    assert timedelta(0) <= lost < timedelta(milliseconds=1)
    assert instant(iso(at)) == instant(milliseconds(at))


def test_an_instant_of_another_offset_is_written_in_utc() -> None:
    at = datetime(2026, 6, 30, 2, tzinfo=timezone(timedelta(hours=2)))

    assert iso(at) == "2026-06-30T00:00:00.000Z"


def test_the_largest_id_is_what_a_database_can_hold() -> None:
    assert LARGEST_ID == 9_223_372_036_854_775_807


@given(number=st.integers(0, LARGEST_ID))
def test_an_id_of_any_size_reads_exactly_as_number_and_as_text(number: int) -> None:
    """Failure mode 44: ids beyond 2**53 stay what they are."""
    assert id_of(number) == number
    assert id_of(str(number)) == number


@pytest.mark.parametrize(
    "said", [None, True, 1.0, -1, LARGEST_ID + 1, "", "-1", "1.0", "1e3", "x", "٣", "9" * 19, [],
             "9" * 5000]
)  # fmt: skip
def test_what_is_no_id_is_unreadable(said: object) -> None:
    """Failure mode 44: never a float."""
    with pytest.raises(Unreadable):
        id_of(said)


@pytest.mark.parametrize(
    ("said", "text"),
    [(None, None), ("x", "x"), (7, "7"), (True, "true"), (1.5, "1.5"), (["é"], '["é"]')],
)
def test_any_json_value_has_a_text(said: object, text: str | None) -> None:
    assert text_of(said) == text
