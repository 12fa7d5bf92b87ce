"""A replay of a portal's year, shuffled, repeated and with kills, ends as the undisturbed year."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from sandbox.portal import Account
from tests.flows.year import Year, lived
from tests.flows.year_course import Course, by_chance
from tests.flows.year_people import KINDS
from tests.flows.year_process import Death

WEEKS = Course(days=12, seed=58, account=Account())
YEAR = Course(days=365, seed=1)
# With somebody in a workflow, and no answer; with deliveries claimed; at any commit.
THREE = (
    Death("request after", "any", "/enrollments/", 1),
    Death("commit", "act", "", 3),
    Death("commit", "step", "", 120),
)


@dataclass(frozen=True)
class Lived:
    """What a year came to, and how it went."""

    outcome: dict[str, Any]
    worked: int
    deaths: int
    brought: int
    copies: int


def live(url: str, course: Course, kills: tuple[Death, ...]) -> Lived:
    """Live through it; nothing may be stuck at its end."""
    with lived(url, course.with_kills(kills)) as year:
        assert year.stuck() == []
        return _lived(year)


def _lived(year: Year) -> Lived:
    post, deaths = year.post, len(year.process.kills)
    return Lived(year.outcome(), year.worked, deaths, post.brought, post.copies)


@lru_cache(maxsize=2)
def undisturbed(course: Course) -> Lived:
    """Live it in order, once, with nobody killed."""
    with TemporaryDirectory() as folder:
        found = live(f"sqlite:///{folder}/segue.db", course, ())
    assert (found.deaths, found.copies) == (0, 0)
    return found


def assert_same_life(url: str, course: Course, kills: tuple[Death, ...]) -> None:
    """Live it with shuffled and repeated deliveries and so many kills, to the same end."""
    expected, found = undisturbed(course), live(url, course, kills)

    assert found.deaths == len(kills)
    assert found.copies > found.brought / 2
    assert found.outcome.keys() == expected.outcome.keys()
    for part, outcome in expected.outcome.items():
        assert found.outcome[part] == outcome, part


def test_some_weeks_shuffled_repeated_and_killed_end_alike(tmp_path: Path) -> None:
    """(41)"""
    assert_same_life(f"sqlite:///{tmp_path}/segue.db", WEEKS, THREE)


@pytest.mark.slow
def test_a_year_shows_what_it_shall() -> None:
    outcome = undisturbed(YEAR).outcome
    deeds = Counter(kind for _, kind, _ in outcome["deeds"])
    moves = Counter(key for each in outcome["moves"].values() for key in each)
    ends = Counter(outcome["states"].values())

    assert len(outcome["deeds"]) > 600
    assert deeds.keys() == KINDS.keys()
    assert outcome["members"] == outcome["listed"]
    assert all(moves[key] >= 5 for key in outcome["members"].keys() - {"lookers"}), moves
    assert min(ends[state] for state in ("live", "archived", "merged", "erased")) >= 2
    assert Counter(name for name, *_ in outcome["enrolled"]).keys() == {
        "Left a cart",
        "A hello to Sweden",
        "Thank you",
    }
    assert {"customer", "regular"} <= set(outcome["stages"].values())


@pytest.mark.slow
def test_a_year_shuffled_repeated_and_killed_twenty_times_ends_alike(database_url: str) -> None:
    """(41) Timelines, memberships, lists, properties and enrollments are the same."""
    assert_same_life(database_url, YEAR, by_chance(YEAR.seed, 20))
