"""A change is time's alone where all that had happened by then was known before."""

from __future__ import annotations

import numpy as np
import pytest

from integration.decide.kernel import NEVER, StageVerdict, Timelines, Verdict, Verdicts
from integration.decide.knowledge import by_time_alone
from integration.decide.why import Basis, Grounds

ANNA, BERT = 2**53 + 1, 2**53 + 2
SINCE, CHANGED = 1_000, 2_000
OF_EVENTS = Basis(frozenset({"purchase", "refund"}))
GROUNDS = Grounds({"s": OF_EVENTS, "p": Basis(frozenset({"purchase"}), True)}, OF_EVENTS)


def left_of(
    *seen: tuple[str, int, int],
    key: str = "s",
    learnt: int | None = None,
    grounds: Grounds = GROUNDS,
    changed: int = CHANGED,
) -> list[int]:
    """Give what is left of a change of Anna's and one of Bert's, after events of Anna's.

    Each event is its kind, its instant and when it was learnt. The stage tells the same.
    """
    lines = [
        (ANNA, f"e{place}", kind, at, "{}", known)
        for place, (kind, at, known) in zip(range(len(seen)), seen, strict=True)
    ]
    timelines = Timelines.of([ANNA, BERT], lines, {}, stored=True)
    changes = np.array([changed, CHANGED], dtype=np.int64)
    one = Verdict(np.array([True, True]), changes, changes)
    stages = StageVerdict(("lead",), np.array([0, 0]), changes, changes)
    verdicts = Verdicts((ANNA, BERT), {key: one}, stages)
    known = {} if learnt is None else {ANNA: learnt}
    found = by_time_alone(verdicts, timelines, grounds, known, SINCE)
    assert found.stages is not None
    if key == "s":
        assert found.stages.changed_at.tolist() == found.segments[key].changed_at.tolist()
    assert changes.tolist() == [changed, CHANGED], "what was given stays as it is"
    return [int(each) for each in found.segments[key].changed_at]


@pytest.mark.parametrize(
    "seen",
    [
        ("purchase", 10, CHANGED - 1),  # known before, if only just
        ("purchase", CHANGED, CHANGED - 1),  # dated ahead, and known
        ("purchase", CHANGED + 1, CHANGED + 1),  # came afterwards
        ("purchase", CHANGED + 1, CHANGED),
        ("page_viewed", 10, CHANGED + 1),  # nothing the rule looks at
    ],
)
def test_what_was_known_or_came_later_leaves_it_to_time(seen: tuple[str, int, int]) -> None:
    assert left_of(seen) == [CHANGED, CHANGED]


@pytest.mark.parametrize(
    "seen",
    [
        ("purchase", CHANGED, CHANGED),
        ("refund", 10, CHANGED),
        ("purchase", CHANGED, CHANGED + 5),
        ("purchase", CHANGED - 1, CHANGED + 500),
    ],
)
def test_what_was_learnt_only_then_makes_it_behaviour(seen: tuple[str, int, int]) -> None:
    known = "purchase", 10, 10
    assert left_of(known, seen, known) == [NEVER, CHANGED], "another's change is another's"


@pytest.mark.parametrize(
    ("learnt", "expected"),
    [(None, CHANGED), (CHANGED - 1, CHANGED), (CHANGED, NEVER), (CHANGED + 9, NEVER)],
)
def test_a_property_that_was_news_then_or_later_makes_it_behaviour(
    learnt: int | None, expected: int
) -> None:
    assert left_of(key="p", learnt=learnt) == [expected, CHANGED]
    assert left_of(key="s", learnt=learnt) == [CHANGED, CHANGED], "the rule looks at none"


def test_where_nothing_changed_nothing_is_to_be_told() -> None:
    seen = "purchase", 10, CHANGED + 1
    assert left_of(seen, changed=NEVER) == [NEVER, CHANGED]
    assert left_of(seen, key="gone") == [CHANGED, CHANGED]


def test_what_was_learnt_before_the_look_began_is_no_news() -> None:
    """It is left out of the search: a change lies after `since`."""
    assert left_of(("purchase", 10, SINCE), changed=SINCE + 1) == [SINCE + 1, CHANGED]
    assert left_of(("purchase", 10, SINCE + 1), changed=SINCE + 1) == [NEVER, CHANGED]
