"""The kernel, SQLite, PostgreSQL and `segue evaluate` give what the plain reading gives.

The plain reading is written from the contract of the language alone. Members and stages are held
against it, and to the millisecond when each of them changes by itself. `make slow` compares more
than a million (contact, rule) pairs; SEGUE_PROOF_SEED chooses others than usual.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.databases import fresh_database
from tests.flows.desk import Desk, opened
from tests.proof.agreement import Pairs, Record, hold, record
from tests.proof.drivers import as_command, in_process

SEED = int(os.environ.get("SEGUE_PROOF_SEED", "0"))
PARTS = 80
PART = 12_600  # pairs: eighty times as many are more than a million


@pytest.fixture(scope="module")
def desks(
    tmp_path_factory: pytest.TempPathFactory, postgresql_server: str
) -> Iterator[dict[str, Desk]]:
    """A database of either engine, for all cases of the module one after the other."""
    name = f"proof_{os.getpid()}"
    urls = {
        "SQLite": f"sqlite:///{tmp_path_factory.mktemp('proof')}/segue.db",
        "PostgreSQL": fresh_database(postgresql_server, name),
    }
    with ExitStack() as stack:
        yield {name: stack.enter_context(opened(url)) for name, url in urls.items()}


@pytest.mark.parametrize("part", range(3))
def test_four_ways_to_evaluate_random_rules_agree_with_the_plain_reading(
    part: int, desks: dict[str, Desk], tmp_path: Path, record_property: Record
) -> None:
    first = SEED + 1_000_000 + 3 * part

    pairs = hold(range(first, first + 3), desks, tmp_path, in_process)

    assert pairs.now > 1000
    record(record_property, pairs)


def test_the_command_itself_agrees_with_the_plain_reading(
    tmp_path: Path, record_property: Record
) -> None:
    pairs = hold([SEED + 2_000_000], {}, tmp_path, as_command)

    record(record_property, pairs)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_four_ways_agree_with_the_plain_reading_over_a_million_pairs(
    part: int, desks: dict[str, Desk], tmp_path: Path, record_property: Record
) -> None:
    seed, whole = SEED + 10_000 * part, Pairs()

    while whole.now < PART:
        run = as_command if seed % 100 == 0 else in_process
        pairs = hold([seed], desks, tmp_path, run)
        whole = Pairs(whole.now + pairs.now, whole.later + pairs.later)
        seed += 1

    record(record_property, whole)
