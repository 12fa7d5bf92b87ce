"""Killed between any two steps, a worker loses nothing and does nothing twice."""

from __future__ import annotations

import random
import re
import uuid
from collections import Counter
from collections.abc import Callable
from functools import lru_cache, partial
from itertools import pairwise
from operator import eq
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest

from tests.flows.life import lived
from tests.house import RULES, book_of

SEEDS = range(3)


@lru_cache(maxsize=1)
def undisturbed() -> tuple[dict[str, object], list[str]]:
    """Live the life without dying: what it comes to, and the boundaries it passes."""
    with (
        TemporaryDirectory() as folder,
        lived(f"sqlite:///{folder}/segue.db", lambda _: False) as life,
    ):
        assert life.stuck() == []
        return life.outcome(), life.reaper.places


def assert_same_life(url: str, chooses: Callable[[int], bool]) -> int:
    """Live it dying where chosen, to the same end; give how often it died."""
    expected, _ = undisturbed()
    with lived(url, chooses) as life:
        assert life.outcome() == expected
        assert life.stuck() == []
        return life.reaper.kills


def telling(places: list[str]) -> list[int]:
    """Number the boundaries to die at: those between any two steps, the first time and the second.

    Whatever comes again and again, as a look at what is due, is no other step each time.
    """
    alike = [re.sub(r"\d{3,}|\?.*", "", place) for place in places]
    seen: Counter[tuple[str, str]] = Counter()
    chosen = []
    for number, between in enumerate(pairwise(["", *alike])):
        seen[between] += 1
        if seen[between] <= 2:
            chosen.append(number)
    return chosen


def at_random(seed: int, one_in: int) -> Callable[[int], bool]:
    """Choose one in so many boundaries, the same ones in every run."""
    chance = random.Random(seed)
    return lambda _: chance.random() < 1 / one_in


def test_the_life_that_is_lived_shows_what_it_shall() -> None:
    outcome, boundaries = undisturbed()
    members, moves = cast(Any, outcome["members"]), cast(Any, outcome["moves"])

    assert members == outcome["listed"]
    assert outcome["enrolled"] == ["anna", "dora"]
    shipped = [f"Segue: {one.name}" for one in book_of(RULES).segments.values()]
    assert outcome["lists"] == sorted([*shipped, "Segue: Chiefs"])
    assert members["chiefs"] == ["cleo"]
    assert ("buyers", False, "rule") in moves["bert"]
    assert len(boundaries) > 500


@pytest.mark.parametrize("seed", SEEDS)
def test_dying_every_now_and_then_changes_nothing(tmp_path: Path, seed: int) -> None:
    """(41) Between the effect and its answer too: no enrollment is lost or double."""
    kills = assert_same_life(f"sqlite:///{tmp_path}/segue.db", at_random(seed, 100))
    assert kills > 5


def test_dying_changes_nothing_on_the_other_engine(database_url: str) -> None:
    assert assert_same_life(database_url, at_random(77, 120)) > 3


@pytest.mark.slow
@pytest.mark.parametrize("part", range(16))
def test_dying_at_any_one_boundary_changes_nothing(tmp_path: Path, part: int) -> None:
    _, boundaries = undisturbed()
    places = telling(boundaries)[part::16]
    died = 0
    for place in places:
        url = f"sqlite:///{tmp_path}/{uuid.uuid4().hex}.db"
        died += assert_same_life(url, partial(eq, place))
    # Pauses are of chance, so one life may pass some boundaries less than another.
    assert len(places) * 0.9 < died <= len(places)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 110))
def test_dying_all_the_time_changes_nothing(database_url: str, seed: int) -> None:
    # Each death costs a lease; with more of them hours go by, and things have other causes.
    assert assert_same_life(database_url, at_random(seed, 60 + seed % 60)) > 5
