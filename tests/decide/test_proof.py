"""What is stored of a contact against its evaluation: what differs, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integration.decide.kernel import EventRow, Timelines
from integration.decide.occasions import Scenery
from integration.decide.proof import StageUntil, Standing, differences, standings
from mappings.instants import to_ms
from tests.house import RULES, book_of

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ANNA = 2**53 + 1


def evaluated(rules: str, *events: tuple[str, timedelta], **properties: str) -> Standing:
    """Evaluate Anna, who did these so long ago."""
    book = book_of(rules)
    lines = [
        (ANNA, f"{kind}:{number}", kind, to_ms(NOW - ago), "{}", to_ms(NOW - ago))
        for number, (kind, ago) in enumerate(events)
    ]
    timelines = Timelines.of([ANNA], (EventRow(*line[:5]) for line in lines), {ANNA: properties})
    return standings(book, Scenery(timelines, book.catalogue), NOW)[ANNA]


def test_a_standing_has_segments_with_their_ends_the_stage_and_the_next_change() -> None:
    found = evaluated(RULES, ("purchase", DAY), ("cart_updated", HOUR), country="SE")

    assert found == Standing(
        {"buyers": NOW + 29 * DAY, "swedes": None},
        StageUntil("customer", None),
        NOW + 3 * HOUR,
    )


def test_one_who_did_nothing_stands_in_the_last_stage_for_good() -> None:
    assert evaluated(RULES) == Standing({}, StageUntil("", None), None)


def test_without_a_lifecycle_there_is_no_stage() -> None:
    rules = RULES[: RULES.index("lifecycle:")]
    found = evaluated(rules, ("purchase", DAY))
    assert found == Standing({"buyers": NOW + 29 * DAY}, None, NOW + 29 * DAY)
    kept = Standing(found.segments, StageUntil("customer", None), found.due_at)
    assert list(differences(ANNA, kept, found, NOW)) == []


def test_what_an_event_trigger_waits_for_counts_as_the_next_change() -> None:
    rules = (
        RULES
        + """
  unpaid:
    name: Unpaid
    on: {event: {event: checkout_started, without: {event: purchase, inside: 2h}}}
    enroll: {workflow: W}
"""
    )
    assert evaluated(rules, ("checkout_started", HOUR)).due_at == NOW + HOUR


SOUND = Standing({"s": NOW + DAY, "t": None}, StageUntil("lead", NOW + DAY), NOW + DAY)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (SOUND, []),
        (Standing(SOUND.segments, SOUND.stage, NOW), []),  # looked at sooner than need be
        (
            Standing({"s": NOW + DAY, "u": NOW}, SOUND.stage, SOUND.due_at),
            [
                ("segments.t", "no member", "member without end"),
                ("segments.u", "member until 2026-06-30T12:00:00.000Z", "no member"),
            ],
        ),
        (
            Standing({"s": None, "t": None}, SOUND.stage, SOUND.due_at),
            [("segments.s", "member without end", "member until 2026-07-01T12:00:00.000Z")],
        ),
        (
            Standing(SOUND.segments, StageUntil("", None), SOUND.due_at),
            [
                (
                    "stage",
                    "the one of `otherwise` without end",
                    "lead until 2026-07-01T12:00:00.000Z",
                )
            ],
        ),
        (
            Standing(SOUND.segments, None, None),
            [
                ("stage", "none", "lead until 2026-07-01T12:00:00.000Z"),
                ("due", "never", "2026-07-01T12:00:00.000Z"),
            ],
        ),
        (
            Standing(SOUND.segments, SOUND.stage, NOW + 2 * DAY),
            [("due", "2026-07-02T12:00:00.000Z", "2026-07-01T12:00:00.000Z")],
        ),
    ],
)
def test_each_thing_that_is_stored_otherwise_is_told(
    stored: Standing, expected: list[tuple[str, str, str]]
) -> None:
    found = list(differences(ANNA, stored, SOUND, NOW))

    assert [(each.target, each.stored, each.evaluated) for each in found] == expected
    assert {(each.contact_id, each.found_at) for each in found} <= {(ANNA, NOW)}


def test_a_look_that_nothing_asks_for_is_no_difference() -> None:
    never = Standing({}, StageUntil("", None), None)
    early = Standing({}, StageUntil("", None), NOW)
    assert list(differences(ANNA, early, never, NOW)) == []
