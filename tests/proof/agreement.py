"""Holds every way of evaluating rules against the plain reading, and says where they part."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.flows.desk import Desk
from tests.proof.cases import Case, some_case
from tests.proof.drivers import Runs, by_files, by_kernel
from tests.proof.expected import Expected, Reading
from tests.proof.palette import DAY
from tests.proof.stored import Kept, Stored, kept_of

PEOPLE = 60


@dataclass
class Pairs:
    """How many (contact, rule) pairs were compared: at once, and in the databases later too."""

    now: int = 0
    later: int = 0


def hold(seeds: Iterable[int], desks: Mapping[str, Desk], folder: Path, run: Runs) -> Pairs:
    """Hold the four ways against the plain reading, for the cases of all these seeds."""
    pairs = Pairs()
    for seed in seeds:
        case = some_case(seed, PEOPLE)
        reading = Reading(case.document, case.people)
        expected = reading.at(case.palette.now)
        pairs.now += expected.pairs
        _compare(case, "the kernel", expected, by_kernel(case))
        _compare(case, "segue evaluate", expected, by_files(case, folder, run))
        pairs.later += _hold_stored(case, desks, reading, expected)
    return pairs


def _hold_stored(
    case: Case, desks: Mapping[str, Desk], reading: Reading, expected: Expected
) -> int:
    """Let the worker look: at once, and for every third case when time alone has moved people.

    Gives how many pairs were compared that second time.
    """
    stored = {name: Stored(desk, case) for name, desk in desks.items()}
    for name, one in stored.items():
        _compare_kept(case, name, expected, one.at(case.palette.now))
    if case.seed % 3:  # the second reading takes as long as the first
        return 0
    later = _later(case, expected)
    afterwards, came = reading.at(later), reading.entered(expected, later)
    for name, one in stored.items():
        _compare_kept(case, f"{name}, later at {later}", afterwards, one.at(later))
        entered = one.entered()
        parted = {each: at for each, at in came.items() if entered[each] != at}
        assert not parted, f"{name}, later at {later}, came in at other instants: {parted}"
    return afterwards.pairs if stored else 0


def _later(case: Case, expected: Expected) -> int:
    """Choose an instant at which somebody moves, or the millisecond before, or any other."""
    answers = [answer for column in expected.segments.values() for answer in column]
    soon = case.palette.now + 1000 * DAY
    changes = sorted({change for _, change in answers if change is not None and change < soon})
    chance = Random(case.seed)
    if not changes:
        return case.palette.now + 1
    return max(case.palette.now + 1, chance.choice(changes) + chance.choice((-1, 0, 0, 1)))


def _compare(case: Case, driver: str, expected: Expected, found: Expected) -> None:
    assert found.segments.keys() == expected.segments.keys(), f"{driver}, seed {case.seed}"
    for key, answers in expected.segments.items():
        if answers != found.segments[key]:
            _part(case, driver, f"segments.{key}", answers, found.segments[key])
    if expected.stages != found.stages:
        _part(case, driver, "lifecycle", expected.stages, found.stages)


def _compare_kept(case: Case, driver: str, expected: Expected, found: list[Kept]) -> None:
    wanted = kept_of(expected)
    if wanted != found:
        _part(case, driver, "what is stored", wanted, found)


def _part(case: Case, driver: str, what: str, wanted: list[Any], found: list[Any]) -> None:
    """Fail, with all it takes to see the disagreement again."""
    person = next(
        place
        for place, answers in enumerate(zip(wanted, found, strict=True))
        if answers[0] != answers[1]
    )
    people = case.people[person]
    raise AssertionError(
        "\n".join(
            [
                f"{driver} parts from the plain reading: {what}, person {person},"
                f" some_case({case.seed}, {PEOPLE}), now {case.palette.now}",
                f"plain reading: {wanted[person]}",
                f"{driver}: {found[person]}",
                f"rules: {json.dumps(case.document, ensure_ascii=False)}",
                f"properties: {people.properties}",
                *(f"event: {event}" for event in people.events),
            ]
        )
    )


Record = Callable[[str, object], None]


def record(record_property: Record, pairs: Pairs) -> None:
    """Let the run say at its end how many pairs were compared."""
    record_property("(contact, rule) pairs, kernel = SQLite = PostgreSQL = evaluate", pairs.now)
    record_property("(contact, rule) pairs, once more in both databases later", pairs.later)
