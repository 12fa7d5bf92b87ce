"""Triggers on events: whom they enroll, when, and that each event does so once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Protocol

import pytest

from integration.decide.occasions import LATE
from integration.store import outbox
from mappings.model import PortalState
from mappings.writing import IntentKind
from tests.flows.desk import ANNA, BERT, PORTAL, Desk, opened, workflow
from tests.house import NOON

MS = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

TRIGGER = """
  {key}:
    name: A trigger
    on: {{event: {condition}}}
    enroll: {{workflow: Series}}
"""


def rules(condition: str, *more: str) -> str:
    lines = "".join(f"    {line}\n" for line in more)
    return "version: 1\ntriggers:\n" + TRIGGER.format(key="series", condition=condition) + lines


class Opening(Protocol):
    """Opens a desk with a trigger on an event."""

    def __call__(self, condition: str, *more: str) -> AbstractContextManager[Desk]: ...


@pytest.fixture
def desk_with(database_url: str) -> Opening:
    """Open a desk with one trigger on an event, and Anna and Bert looked at already."""

    @contextmanager
    def with_trigger(condition: str, *more: str) -> Iterator[Desk]:
        with opened(database_url, rules(condition, *more)) as desk:
            desk.workflows(workflow("Series"))
            desk.contact(ANNA, BERT)
            desk.look()
            desk.time.at += MINUTE
            yield desk

    return with_trigger


def test_an_id_may_hold_line_breaks(desk_with: Opening) -> None:
    with desk_with("{event: purchase, where: {amount: {at_least: 100}}}") as desk:
        desk.did(ANNA, "purchase", id_="shop:1\n2", amount="100")
        desk.did(ANNA, "purchase", id_="\n", amount="1")
        desk.did(BERT, "purchase", id_="3", amount="100")
        desk.look()

        assert desk.enrollments(ANNA) == [("series", "shop:1\n2", "due")]
        assert desk.enrollments(BERT) == [("series", "3", "due")]


def test_an_event_enrolls_its_contact_once_however_often_it_is_looked_at(
    desk_with: Opening,
) -> None:
    """(41)"""
    with desk_with("{event: purchase, where: {amount: {at_least: 100}}}", "again: always") as desk:
        small = desk.did(ANNA, "purchase", amount="99.99")
        big = desk.did(ANNA, "purchase", amount="100")
        desk.look()
        assert desk.enrollments(ANNA) == [("series", big, "due")]

        desk.did(ANNA, "purchase", id_=big, amount="100")
        desk.contact(ANNA)
        desk.look()
        desk.deliver()
        desk.time.at += DAY
        desk.contact(ANNA)
        desk.look()

        assert desk.enrollments(ANNA) == [("series", big, "done")]
        assert desk.enrollments(BERT) == []
        assert small != big


def test_an_event_that_is_told_anew_counts_once_it_qualifies(desk_with: Opening) -> None:
    """An order is there at once, and its sum a minute later."""
    with desk_with("{event: purchase, where: {amount: {at_least: 100}}}", "again: always") as desk:
        order = desk.did(ANNA, "purchase", amount="0")
        desk.look()
        desk.time.at += MINUTE
        desk.did(ANNA, "purchase", ago=MINUTE, id_=order, amount="120")
        desk.look()
        assert desk.enrollments(ANNA) == [("series", order, "due")]

        desk.time.at += MINUTE
        desk.did(ANNA, "purchase", ago=2 * MINUTE, id_=order, amount="130")
        desk.look()
        assert desk.enrollments(ANNA) == [("series", order, "due")]


def test_a_late_event_counts_when_it_arrives_and_the_past_read_in_does_not(
    desk_with: Opening,
) -> None:
    """(32)"""
    with desk_with("{event: purchase}", "again: always") as desk:
        desk.time.at += 30 * DAY
        first = desk.did(ANNA, "purchase")
        desk.look()
        late = desk.did(ANNA, "purchase", ago=LATE)
        desk.did(ANNA, "purchase", ago=LATE + MS)
        desk.look()

        assert desk.enrollments(ANNA) == sorted([("series", first, "due"), ("series", late, "due")])


def test_a_wait_that_ends_enrolls_at_that_instant(desk_with: Opening) -> None:
    condition = "{event: cart_updated, without: {event: purchase, inside: 4h, same: [amount]}}"
    with desk_with(condition, "again: always") as desk:
        cart = desk.did(ANNA, "cart_updated", amount="10")
        desk.did(BERT, "cart_updated", amount="20")
        desk.look()
        assert desk.due_at(ANNA) == desk.due_at(BERT) == desk.now + 4 * HOUR

        desk.time.at += HOUR
        desk.did(ANNA, "purchase", amount="11")
        desk.did(BERT, "purchase", amount="20")
        desk.look()
        assert desk.due_at(BERT) is None
        desk.pass_time(3 * HOUR - MS)
        assert desk.enrollments(ANNA) == []

        desk.pass_time(MS)
        assert desk.enrollments(ANNA) == [("series", cart, "due")]
        assert desk.enrollments(BERT) == []
        assert desk.due_at(ANNA) is None


def test_one_event_enrolls_while_another_still_waits(desk_with: Opening) -> None:
    condition = "{event: cart_updated, without: {event: purchase, inside: 4h}}"
    with desk_with(condition, "again: always") as desk:
        first = desk.did(ANNA, "cart_updated")
        desk.look()
        desk.time.at += HOUR
        second = desk.did(ANNA, "cart_updated")
        desk.look()

        desk.pass_time(3 * HOUR)
        assert desk.enrollments(ANNA) == [("series", first, "due")]
        assert desk.due_at(ANNA) == desk.now + HOUR
        # The worker was away when the second wait ended.
        desk.pass_time(2 * HOUR)
        assert [each[1] for each in desk.enrollments(ANNA)] == sorted([first, second])


def test_what_follows_may_come_late_too(desk_with: Opening) -> None:
    condition = "{event: webinar_registered, then: {event: webinar_attended, inside: 2d}}"
    with desk_with(condition, "again: always") as desk:
        registered = desk.did(ANNA, "webinar_registered")
        desk.did(BERT, "webinar_registered")
        desk.pass_time(DAY)
        desk.did(ANNA, "page_viewed")
        desk.look()
        assert desk.enrollments(ANNA) == []

        # It was attended before the page was viewed, and is heard of after.
        desk.time.at += HOUR
        desk.did(ANNA, "webinar_attended", ago=2 * HOUR)
        desk.look()
        desk.did(ANNA, "webinar_attended")
        desk.look()

        assert desk.enrollments(ANNA) == [("series", registered, "due")]
        assert desk.enrollments(BERT) == []


def test_an_event_of_tomorrow_enrolls_tomorrow(desk_with: Opening) -> None:
    with desk_with("{event: meeting_held}") as desk:
        meeting = desk.did(ANNA, "meeting_held", ago=-DAY)
        desk.look()
        assert desk.enrollments(ANNA) == []
        assert desk.due_at(ANNA) == desk.now + DAY

        desk.pass_time(DAY)
        assert desk.enrollments(ANNA) == [("series", meeting, "due")]


@pytest.mark.parametrize(
    ("again", "enrolled"),
    [(None, [0]), ("again: always", [0, 1, 2, 3]), ("again: after 2d", [0, 2])],
)
def test_again_says_how_often(desk_with: Opening, again: str | None, enrolled: list[int]) -> None:
    with desk_with("{event: purchase}", *([again] if again else [])) as desk:
        bought = []
        for _ in range(4):
            bought.append(desk.did(ANNA, "purchase"))
            desk.look()
            desk.time.at += DAY
        expected = sorted(("series", bought[place], "due") for place in enrolled)
        assert desk.enrollments(ANNA) == expected

        # Two at once: the earlier one counts, the later is judged by it.
        for ago in (HOUR, 2 * HOUR):
            desk.did(BERT, "purchase", ago=ago, id_=f"purchase:{ago}")
        desk.look()
        earlier = ("series", f"purchase:{2 * HOUR}", "due")
        assert earlier in desk.enrollments(BERT)
        assert len(desk.enrollments(BERT)) == (2 if again == "again: always" else 1)


def test_the_first_sync_enrolls_nobody_and_what_happens_after_it_does(desk_with: Opening) -> None:
    with desk_with("{event: purchase}", "again: always") as desk:
        desk.state(PortalState.SYNCING)
        desk.did(ANNA, "purchase", ago=HOUR, id_="before")
        desk.count_everybody()
        skipped = [("series", "before", "skipped")]
        assert desk.enrollments(ANNA) in ([], skipped)

        # At the same millisecond, which no real clock would show.
        desk.did(ANNA, "purchase", id_="after")
        desk.look()
        assert [each for each in desk.enrollments(ANNA) if each[2] != "skipped"] == [
            ("series", "after", "due")
        ]

        desk.time.at += 2 * DAY
        desk.did(ANNA, "page_viewed")
        desk.look()
        assert [each[1] for each in desk.enrollments(ANNA) if each[2] == "due"] == ["after"]


def test_what_happened_while_the_workflow_was_off_enrolls_nobody_later(desk_with: Opening) -> None:
    with desk_with("{event: purchase}", "again: always") as desk:
        desk.workflows(workflow("Series", enabled=False))
        desk.did(ANNA, "purchase")
        desk.look()
        desk.workflows(workflow("Series"))
        desk.time.at += MINUTE
        then = desk.did(ANNA, "purchase")
        desk.look()

        assert desk.enrollments(ANNA) == [("series", then, "due")]


def test_a_trigger_that_is_new_enrolls_nobody_for_the_past(desk_with: Opening) -> None:
    with desk_with("{event: purchase}", "again: always") as desk:
        desk.did(ANNA, "refund")
        desk.look()
        desk.time.at += HOUR
        desk.release(rules("{event: refund}", "again: always"))
        desk.contact(ANNA)
        desk.look()

        assert desk.enrollments(ANNA) == []


def test_one_in_the_control_group_is_held_out_by_the_same_rules(desk_with: Opening) -> None:
    with desk_with("{event: purchase}", "split: {control: 99.99999}") as desk:
        first = desk.did(ANNA, "purchase")
        desk.look()
        desk.time.at += DAY
        desk.did(ANNA, "purchase")
        desk.look()

        assert desk.enrollments(ANNA) == [("series", first, "skipped")]


def test_a_contact_that_was_merged_brings_its_enrollments_and_repeats_none(
    desk_with: Opening,
) -> None:
    """(28, 41)"""
    with desk_with("{event: purchase}", "again: always") as desk:
        anna, bert = desk.did(ANNA, "purchase"), desk.did(BERT, "purchase")
        desk.look()
        desk.deliver()
        desk.time.at += HOUR

        desk.merge(ANNA, BERT)
        desk.look()

        assert desk.enrollments(BERT) == sorted(
            [("series", anna, "done"), ("series", bert, "done")]
        )


def test_a_segment_trigger_counts_an_enrollment_that_was_skipped_as_none(
    database_url: str,
) -> None:
    """`again` left out means once; whoever was skipped (no consent, no address) wasn't enrolled."""
    text = """
version: 1
segments:
  readers: {name: R, family: engagement, description: R., when: {event: article_read, within: 1d}}
triggers:
  series: {name: S, on: {enters: readers}, enroll: {workflow: Series}}
"""
    with opened(database_url, text) as desk:
        desk.workflows(workflow("Series"))
        desk.contact(ANNA)
        desk.did(ANNA, "article_read")
        desk.look()
        assert desk.enrollments(ANNA) == [("series", "once", "due")]
        with desk.store.write() as connection:
            outbox.withdraw(connection, PORTAL, [ANNA], "no consent")

        desk.pass_time(2 * DAY)
        desk.did(ANNA, "article_read")
        desk.look()
        assert desk.enrollments(ANNA) == [("series", "once", "due")]
        desk.deliver()

        desk.pass_time(2 * DAY)
        desk.did(ANNA, "article_read")
        desk.look()
        assert desk.enrollments(ANNA) == [("series", "once", "done")]
        assert desk.now == NOON + 4 * DAY
        assert len(desk.items(ANNA, IntentKind.ENROLLMENT)) == 1
