"""Instants and numbers as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from console.times import clock, machine, moment, number, plural, sentence, zone_of

LATE = datetime(2026, 6, 30, 22, 30, 5, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def test_an_instant_is_shown_in_the_zone_it_is_asked_for() -> None:
    assert moment(LATE, UTC) == "30 Jun 2026, 22:30"
    assert moment(LATE, BERLIN) == "1 Jul 2026, 00:30"
    assert machine(LATE) == "2026-06-30T22:30:05.000Z"


def test_today_is_the_zones_today() -> None:
    now = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)

    assert clock(LATE, BERLIN, now) == "00:30:05"
    assert clock(LATE, UTC, now) == "30 Jun 2026, 22:30"


@pytest.mark.parametrize("name", ["", "Nowhere/At all", "../etc", "\x00"])
def test_an_unknown_zone_is_utc(name: str) -> None:
    assert zone_of(name) is UTC


def test_numbers_have_their_thousands_apart() -> None:
    assert number(1234567) == "1,234,567"
    assert (plural(1, "list", "lists"), plural(1000, "list", "lists")) == ("1 list", "1,000 lists")


@pytest.mark.parametrize(
    ("words", "whole"), [("its list", "Its list."), ("Why?", "Why?"), ("", ""), ("ä.", "Ä.")]
)
def test_a_reason_becomes_a_sentence(words: str, whole: str) -> None:
    assert sentence(words) == whole
