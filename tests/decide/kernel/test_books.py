"""Segments that refer to one another, the lifecycle, and whose events count."""

from integration.decide.kernel import (
    NEVER,
    NO_STAGE,
    EventRow,
    Timelines,
    awaited,
    evaluate,
    happenings,
)
from mappings.rules import Happens
from mappings.rules.values import DAY
from tests.decide.kernel.asking import CATALOGUE, NOW, book, event, ms

LIFECYCLE = """
segments:
  slipping: {when: {stage: risk}}
  bought: {when: {event: purchase}}
lifecycle:
  stages:
    risk: {when: {all: [{segment: bought}, {not: {event: purchase, within: 30d}}]}}
    loyal: {when: {event: purchase, within: 60d, count: {at_least: 2}}}
    customer: {when: {segment: bought}}
"""


def stages_of(*days_ago: int) -> tuple[str | None, int | None]:
    events = [EventRow("x", str(ago), "purchase", ms(NOW) - ago * DAY, "{}") for ago in days_ago]
    verdicts = evaluate(book(LIFECYCLE), Timelines.of(["x"], events, {}), ms(NOW))
    assert verdicts.stages is not None
    place, changes = int(verdicts.stages.stage[0]), int(verdicts.stages.changes_at[0])
    slipping = verdicts.segments["slipping"]
    assert bool(slipping.member[0]) == (place == 0)
    stage = None if place == NO_STAGE else verdicts.stages.keys[place]
    return stage, None if changes == NEVER else (changes - ms(NOW)) // DAY


def test_the_first_stage_that_holds_is_the_contacts() -> None:
    assert stages_of() == (None, None)
    assert stages_of(10) == ("customer", 20)
    assert stages_of(10, 20) == ("loyal", 20)
    assert stages_of(10, 55) == ("loyal", 5)
    assert stages_of(30, 55) == ("risk", None)
    assert stages_of(-3) == (None, 3)


def test_a_lower_stage_that_comes_or_goes_unseen_changes_nothing() -> None:
    stage, changes = stages_of(-3, 40, 41)

    assert (stage, changes) == ("risk", 3)


def test_a_lifecycle_without_stages_puts_everybody_outside() -> None:
    verdicts = evaluate(book("lifecycle: {stages: {}}"), Timelines.of([1, 2], [], {}), ms(NOW))

    assert verdicts.stages is not None
    assert verdicts.stages.stage.tolist() == [NO_STAGE, NO_STAGE]
    assert verdicts.stages.changes_at.tolist() == [NEVER, NEVER]


def test_sixty_stages_are_told_apart() -> None:
    stages = "\n".join(
        f"    s{place}: {{when: {{event: purchase, count: {{exactly: {place}}}}}}}"
        for place in range(60)
    )
    events = [
        EventRow(contact, str(number), "purchase", ms("2026-06-01"), "{}")
        for contact in range(61)
        for number in range(contact)
    ]

    verdicts = evaluate(
        book(f"lifecycle:\n  stages:\n{stages}"), Timelines.of(range(61), events, {}), ms(NOW)
    )

    assert verdicts.stages is not None
    assert verdicts.stages.stage.tolist() == [*range(60), NO_STAGE]


def test_rows_may_come_in_any_order_and_of_unlisted_contacts() -> None:
    events = [
        EventRow("b", "1", "purchase", ms("2026-06-20"), "{}"),
        EventRow("nobody", "2", "purchase", ms("2026-06-20"), "{}"),
        EventRow("nobody", "3", "purchase", ms("2026-06-20"), "{}"),
        EventRow("a", "1", "purchase", ms("2026-06-25"), "{}"),
        EventRow("a", "2", "purchase", ms("2026-06-10"), "{}"),
    ]
    rules = book("segments: {s: {when: {event: purchase, within: 30d, count: {at_least: 2}}}}")

    verdict = evaluate(rules, Timelines.of(["b", "a", "c"], events, {}), ms(NOW)).segments["s"]

    assert verdict.member.tolist() == [False, True, False]
    assert verdict.changes_at.tolist() == [NEVER, ms("2026-07-10"), NEVER]


def test_nobody_at_all_is_evaluated_to_nobody() -> None:
    verdicts = evaluate(book(LIFECYCLE), Timelines.of([], [], {}), ms(NOW))

    assert verdicts.segments["bought"].member.tolist() == []


def test_a_contact_without_events_is_evaluated_too() -> None:
    rules = book("segments: {s: {when: {not: {event: purchase}}}}")

    verdict = evaluate(rules, Timelines.of([7], [], {}), ms(NOW)).segments["s"]

    assert verdict.member.tolist() == [True]


def test_what_came_to_qualify_is_told_with_its_instant() -> None:
    events = [
        event("cart_updated", "2026-06-29T18:00Z"),
        event("cart_updated", "2026-06-29T19:00Z"),
        event("cart_updated", "2026-06-29T21:00Z"),
        event("purchase", "2026-06-29T21:00Z"),
    ]
    rules = book(
        "triggers: {t: {on: {event: {event: cart_updated, without: {event: purchase, inside: 2h}}},"
        " enroll: {workflow: W}}, u: {on: {event: {event: purchase}}, enroll: {workflow: W}}}"
    )
    late, plain = rules.triggers["t"].on, rules.triggers["u"].on
    assert isinstance(late, Happens)
    assert isinstance(plain, Happens)
    timelines = Timelines.of(["x"], events, {})

    def found(on: Happens, since: str, now: str) -> list[int]:
        happened = happenings(on.condition, timelines, CATALOGUE, ms(since), ms(now))
        return [happening.at for happening in happened]

    assert found(plain, "2026-06-29T20:00Z", NOW) == [ms("2026-06-29T21:00Z")]
    assert found(plain, "2026-06-29T21:00Z", NOW) == []
    assert found(late, "2026-06-29T19:00Z", "2026-06-29T22:00Z") == [ms("2026-06-29T20:00Z")]
    assert found(late, "2026-06-29T20:00Z", "2026-06-29T22:59:59.999Z") == []
    assert found(late, "2026-06-29T20:00Z", "2026-06-29T23:00Z") == [ms("2026-06-29T23:00Z")]


def test_what_is_awaited_is_the_next_instant_at_which_an_event_comes_to_qualify() -> None:
    events = [
        EventRow(1, "a", "cart_updated", ms("2026-06-29T23:00Z"), {"amount": 5}),
        EventRow(1, "b", "cart_updated", ms("2026-06-29T23:30Z"), {"amount": 5}),
        EventRow(2, "c", "cart_updated", ms("2026-06-29T23:00Z"), {"amount": 1}),
        EventRow(3, "d", "cart_updated", ms("2026-07-02"), {"amount": 9}),
    ]
    rules = book(
        "triggers: {t: {enroll: {workflow: W}, on: {event: {event: cart_updated,"
        " where: {amount: {at_least: 5}}, without: {event: purchase, inside: 2h}}}}}"
    )
    on = rules.triggers["t"].on
    assert isinstance(on, Happens)

    found = awaited(on.condition, Timelines.of([1, 2, 3], events, {}), CATALOGUE, ms(NOW))

    assert found.tolist() == [ms("2026-06-30T01:00Z"), NEVER, ms("2026-07-02T02:00Z")]
