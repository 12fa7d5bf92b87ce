"""Whom triggers would have enrolled in a stretch of history."""

from integration.decide.kernel import EventRow, Stretch, Timelines, replay
from integration.decide.rehearsal import Enrollment, rehearse
from integration.decide.triggers import held_out
from tests.decide.kernel.asking import book, event, ms, written

JUNE = Stretch(ms("2026-06-01") - 1, ms("2026-07-01") - 1)
RULES = """
segments:
  left: {{when: {{event: cart_updated, within: 7d, without: {{event: purchase, inside: 4h}}}}}}
lifecycle:
  stages:
    customer: {{when: {{event: purchase}}}}
triggers:
  t: {{on: {on}, enroll: {{workflow: Series}}, {more}}}
"""


def enrolled(on: str, *events: EventRow, more: str = "again: always") -> list[Enrollment]:
    rules = book(RULES.format(on=on, more=more))
    timelines = Timelines.of(["w", "x"], events, {})
    played = replay(rules, timelines, JUNE)
    return rehearse(rules.triggers["t"], rules, timelines, played, JUNE)


def instants(found: list[Enrollment]) -> list[str]:
    assert {each.contact for each in found} <= {"x"}
    return [written(each.at)[:16] for each in found]


def cart(at: str) -> EventRow:
    return event("cart_updated", at)


def purchase(at: str) -> EventRow:
    return event("purchase", at)


def test_who_enters_and_who_leaves_is_enrolled_at_the_very_instant() -> None:
    assert instants(enrolled("{enters: left}", cart("2026-06-10"))) == ["2026-06-10T04:00"]
    assert instants(enrolled("{leaves: left}", cart("2026-06-10"))) == ["2026-06-17T00:00"]


def test_who_was_in_it_at_the_start_or_comes_after_the_end_isnt_enrolled() -> None:
    assert enrolled("{enters: left}", cart("2026-05-31"), cart("2026-06-30T23:00Z")) == []


def test_who_comes_into_a_stage_is_enrolled() -> None:
    bought = [purchase("2026-06-10"), purchase("2026-06-20")]
    assert instants(enrolled("{stage: customer}", *bought)) == ["2026-06-10T00:00"]


def test_each_event_that_comes_to_qualify_is_an_occasion_also_one_that_ceases_to() -> None:
    on = "{event: {event: cart_updated, without: {event: purchase}}}"
    found = enrolled(on, cart("2026-06-02"), purchase("2026-06-03"), cart("2026-06-05"))
    assert instants(found) == ["2026-06-02T00:00", "2026-06-05T00:00"]


def test_again_is_kept_as_the_worker_keeps_it() -> None:
    carts = [cart(f"2026-06-{day:02}") for day in (2, 12, 22)]

    assert len(enrolled("{enters: left}", *carts)) == 3
    assert instants(enrolled("{enters: left}", *carts, more="again: never")) == ["2026-06-02T04:00"]
    assert instants(enrolled("{enters: left}", *carts, more="again: after 20d")) == [
        "2026-06-02T04:00",
        "2026-06-22T04:00",
    ]


def test_the_control_group_is_marked_and_is_the_one_that_the_worker_holds_out() -> None:
    (none,) = enrolled("{enters: left}", cart("2026-06-10"), more="split: {control: 0}")
    (all_,) = enrolled("{enters: left}", cart("2026-06-10"), more="split: {control: 100}")
    (half,) = enrolled("{enters: left}", cart("2026-06-10"), more="split: {control: 50}")
    halved = book(RULES.format(on="{enters: left}", more="split: {control: 50}")).triggers["t"]

    assert (none.held_out, all_.held_out) == (False, True)
    assert half.held_out is held_out(halved, "x")


def goal_of(*events: EventRow, goal: str = "{event: purchase, within: 14d}") -> str | None:
    (found,) = enrolled("{enters: left}", cart("2026-06-10"), *events, more=f"goal: {goal}")
    return None if found.goal_at is None else written(found.goal_at)


def test_a_goal_is_reached_by_the_first_that_comes_after_the_enrollment_in_time() -> None:
    at = "2026-06-10T04:00:00.000Z"
    just_after, latest = "2026-06-10T04:00:00.001Z", "2026-06-24T04:00:00.000Z"

    assert goal_of(purchase(just_after), purchase("2026-06-12")) == just_after
    assert goal_of(purchase("2026-05-01"), purchase(latest)) == latest
    assert goal_of(purchase("2026-06-24T04:00:00.001Z")) is None
    assert goal_of(goal="{event: page_viewed}") is None
    # What comes at the very instant of the enrollment didn't come of it.
    page = event("page_viewed", at)
    assert goal_of(page, goal="{event: page_viewed}") is None


def test_a_goal_without_a_time_is_open_until_the_stretch_ends() -> None:
    views = [event("page_viewed", at, url=url) for at, url in [("2026-06-29", "/a")]]
    named = "{event: page_viewed, where: {url: /a}}"

    assert goal_of(*views, goal=named) == "2026-06-29T00:00:00.000Z"
    assert goal_of(event("page_viewed", "2026-06-29", url="/b"), goal=named) is None
    assert goal_of(event("page_viewed", "2026-07-01", url="/a"), goal=named) is None


def test_another_contacts_goal_is_no_ones_but_its_own() -> None:
    theirs = purchase("2026-06-12")._replace(contact="w")
    assert goal_of(theirs) is None


def test_what_comes_in_time_but_after_the_stretch_isnt_told() -> None:
    (found,) = enrolled(
        "{enters: left}",
        cart("2026-06-28"),
        purchase("2026-07-01"),
        more="goal: {event: purchase, within: 14d}",
    )
    assert found.goal_at is None
