"""The answers that the language's own description works out."""

import pytest

from integration.decide.kernel import EventRow
from tests.decide.kernel.asking import answer, event

ON_THE_FIRST = [event("purchase", "2026-06-01T00:00Z")]
JUST_AFTER = [event("purchase", "2026-06-01T00:00:00.001Z")]
THREE = [event("purchase", f"2026-06-{day}") for day in (10, 20, 25)]
OPENED = [event("email_opened", "2026-06-29T20:00Z", email="w1")]
UNANSWERED = (
    "{event: email_opened, within: 7d, without: {event: email_clicked, inside: 6h, same: [email]}}"
)


@pytest.mark.parametrize(
    ("events", "condition", "holds", "changes"),
    [
        (ON_THE_FIRST, "{event: purchase, within: 29d}", False, None),
        (JUST_AFTER, "{event: purchase, within: 29d}", True, "2026-06-30T00:00:00.001Z"),
        (
            THREE,
            "{event: purchase, within: 30d, count: {at_least: 2}}",
            True,
            "2026-07-20T00:00:00.000Z",
        ),
        (
            THREE,
            "{event: purchase, within: 30d, count: {exactly: 2}}",
            False,
            "2026-07-10T00:00:00.000Z",
        ),
        (
            THREE,
            "{all: [{event: purchase}, {not: {event: purchase, within: 30d}}]}",
            False,
            "2026-07-25T00:00:00.000Z",
        ),
        (OPENED, UNANSWERED, False, "2026-06-30T02:00:00.000Z"),
        ([], "{event: purchase, within: 30d, count: {at_most: 0}}", True, None),
    ],
)
def test_a_worked_answer_comes_out_as_it_is_written(
    events: list[EventRow], condition: str, holds: bool, changes: str | None
) -> None:
    assert answer(condition, events) == (holds, changes)
