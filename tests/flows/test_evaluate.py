"""Looks at contacts: who enters and leaves, when exactly, why, and when to look next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integration.flows import deliver, evaluate
from integration.store import claims, contacts, memberships, portals, timeline
from integration.store.portals import NewTokens
from mappings.model import Account, Cause, PortalState
from mappings.writing import IntentKind
from tests.flows.desk import ANNA, BERT, CLEO, PORTAL, Desk, opened
from tests.house import NOON

MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

RULES = """
version: 1
segments:
  buyers:
    name: Buyers
    family: purchase
    description: Bought within 30 days.
    when: {event: purchase, within: 30d}
  abandoners:
    name: Abandoners
    family: website
    description: Left a cart 4 hours ago and bought nothing since.
    when: {event: cart_updated, within: 7d, without: {event: purchase, inside: 4h}}
  swedes:
    name: Swedes
    family: custom
    description: Lives in Sweden.
    when: {property: country, is: SE}
  ended:
    name: Ended
    family: custom
    description: The contract ended a month ago.
    when: {property: ends, before: 30d}
  lapsed:
    name: Lapsed
    family: purchase
    description: Bought once, but not within 30 days.
    when: {all: [{event: purchase}, {not: {segment: buyers}}]}
  northern_buyers:
    name: Northern buyers
    family: purchase
    description: Swedes who bought, and whoever reads.
    when:
      any:
        - all: [{segment: swedes}, {segment: buyers}]
        - {event: article_read, within: 1d, count: {at_least: 2}}
lifecycle:
  stages:
    lost: {name: Lost, when: {segment: lapsed}}
    customer: {name: Customer, when: {event: purchase}, hubspot: customer}
  otherwise: {name: Visitor}
"""


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url, RULES) as made:
        yield made


def test_a_contact_enters_by_what_it_does_and_leaves_by_time_to_the_millisecond(
    desk: Desk,
) -> None:
    desk.contact(ANNA)
    desk.did(ANNA, "purchase", ago=HOUR)

    desk.look()
    assert desk.members("buyers") == {ANNA}
    assert desk.due_at(ANNA) == NOON - HOUR + 30 * DAY

    desk.pass_time(30 * DAY - HOUR - MS)
    assert desk.members("buyers") == {ANNA}
    assert desk.members("lapsed") == set()

    desk.pass_time(MS)
    ended = NOON - HOUR + 30 * DAY
    assert desk.members("buyers") == set()
    assert desk.members("lapsed") == {ANNA}
    assert desk.due_at(ANNA) is None
    assert sorted(desk.moves(ANNA)) == sorted(
        [
            ("buyers", True, NOON, Cause.BEHAVIOUR),
            ("buyers", False, ended, Cause.TIME),
            ("lapsed", True, ended, Cause.TIME),
        ]
    )


def test_a_contact_enters_by_time_alone_and_the_history_says_why(desk: Desk) -> None:
    desk.contact(ANNA)
    cart = desk.did(ANNA, "cart_updated")
    desk.look()
    assert desk.members("abandoners") == set()
    assert desk.due_at(ANNA) == NOON + 4 * HOUR

    desk.pass_time(4 * HOUR - MS)
    assert desk.members("abandoners") == set()
    # The worker comes a little late; the membership began when it began.
    desk.pass_time(MS + timedelta(seconds=3))

    assert desk.members("abandoners") == {ANNA}
    entered = desk.history(ANNA)[0]
    assert (entered.at, entered.cause) == (NOON + 4 * HOUR, Cause.TIME)
    assert entered.why == f"time passed since cart_updated {cart} at 2026-06-30T12:00:00.000Z"
    assert desk.due_at(ANNA) == NOON + 7 * DAY

    desk.pass_time(HOUR)
    bought = desk.did(ANNA, "purchase")
    desk.look()
    reasons = {each.segment: each.why for each in desk.history(ANNA)}
    assert desk.members("abandoners") == {ANNA}, "the wait was over before"
    assert reasons["buyers"].startswith(f"purchase {bought} at ")


def test_a_property_moves_a_contact_and_so_do_the_segments_a_rule_refers_to(desk: Desk) -> None:
    desk.contact(ANNA, country="SE")
    desk.contact(BERT, country="DE")
    for each in (ANNA, BERT):
        desk.did(each, "purchase")
    desk.look()
    assert desk.members("northern_buyers") == {ANNA}
    assert desk.history(ANNA)[0].cause is Cause.BEHAVIOUR

    desk.time.at += DAY
    desk.contact(ANNA, country="NO")
    desk.contact(BERT, country="SE")
    desk.look()
    assert desk.members("swedes") == desk.members("northern_buyers") == {BERT}
    left = next(each for each in desk.history(ANNA) if not each.entered)
    assert left.why == "a property changed"

    desk.did(ANNA, "article_read", ago=23 * HOUR)
    desk.did(ANNA, "article_read")
    desk.look()
    assert desk.members("northern_buyers") == {ANNA, BERT}
    assert desk.due_at(ANNA) == NOON + DAY + HOUR


def test_a_stage_changes_with_its_segment_and_is_wished_for_in_hubspot(desk: Desk) -> None:
    desk.contact(ANNA)
    desk.look()
    assert desk.stage(ANNA) == ""

    desk.did(ANNA, "purchase")
    desk.look()
    assert desk.stage(ANNA) == "customer"

    desk.pass_time(30 * DAY)
    assert desk.stage(ANNA) == "lost"
    [wish] = desk.wishes(ANNA, IntentKind.PROPERTIES)
    assert '"segue_stage": "lost"' in wish.wanted
    assert '"segue_segments": "lapsed"' in wish.wanted
    assert '"segue_last_left": "buyers"' in wish.wanted
    assert '"segue_last_left_at": "1785412800000"' in wish.wanted


def test_one_that_is_touched_while_it_is_looked_at_stays_due(desk: Desk) -> None:
    desk.contact(ANNA)

    desk.look_while(lambda: desk.did(ANNA, "purchase"))

    assert desk.due_at(ANNA) == NOON
    assert desk.look() == 1
    assert desk.members("buyers") == {ANNA}


def test_a_look_sees_one_state_of_a_contact_though_it_reads_piece_by_piece(desk: Desk) -> None:
    """A purchase and a move come in at once: nobody sees the one without the other."""
    desk.contact(ANNA, country="DE")
    with desk.store.read() as connection:
        before = contacts.properties(connection, PORTAL, [ANNA])
        desk.contact(ANNA, country="SE")
        desk.did(ANNA, "purchase")
        assert contacts.properties(connection, PORTAL, [ANNA]) == before
        assert list(timeline.lines(connection, PORTAL, [ANNA], timeline.Wanted())) == []


@pytest.mark.parametrize("what", ["archive", "erase", "merge"])
def test_one_that_is_no_more_while_it_is_looked_at_gets_no_membership(
    desk: Desk, what: str
) -> None:
    """(28, 29) The look was begun before HubSpot told."""
    desk.contact(ANNA, BERT)
    desk.look()
    desk.did(ANNA, "purchase")
    deeds = {
        "archive": lambda: desk.archive(ANNA),
        "erase": lambda: desk.erase(ANNA),
        "merge": lambda: desk.merge(ANNA, BERT),
    }

    desk.look_while(deeds[what])
    desk.look()

    assert desk.members("buyers") == ({BERT} if what == "merge" else set())
    assert desk.due_at(ANNA) is None
    assert desk.wishes(ANNA) == []


def test_a_look_that_took_too_long_leaves_the_contact_to_who_took_it_over(desk: Desk) -> None:
    desk.contact(ANNA)
    desk.did(ANNA, "purchase")

    def somebody_else_looks() -> None:
        desk.time.at += timedelta(seconds=61)
        evaluate.run(desk.tools)

    desk.look_while(somebody_else_looks)

    assert [move[:2] for move in desk.moves(ANNA)] == [("buyers", True)]
    assert desk.due_at(ANNA) == NOON + 30 * DAY
    [wish] = desk.items(ANNA, IntentKind.LIST)
    assert wish.version == 1


def test_thousands_due_at_one_instant_are_each_looked_at_once(desk: Desk) -> None:
    people = range(ANNA, ANNA + 2_500)
    desk.contact(*people)
    for each in (people[0], people[-1]):
        desk.did(each, "purchase")

    assert desk.look() == 2_500
    assert desk.look() == 0
    assert desk.members("buyers") == {people[0], people[-1]}

    desk.contact(*people, country="SE")
    assert desk.look() == 2_500
    assert desk.members("swedes") == set(people)
    assert len(desk.history(people[7])) == 1


@pytest.mark.parametrize("far", ["9999-12-31", "9" * 15])
def test_a_date_at_the_end_of_all_calendars_keeps_nobody_from_being_looked_at(
    desk: Desk, far: str
) -> None:
    """ "For ever" is often such a date; what changes after it never does."""
    desk.contact(ANNA, ends=far)
    desk.contact(BERT, ends="2026-06-01")

    assert desk.look() == 2

    assert desk.members("ended") == set()
    assert desk.due_at(ANNA) is None
    assert desk.due_at(BERT) == datetime(2026, 7, 1, tzinfo=UTC)


def test_one_due_by_time_and_touched_as_well_loses_neither(desk: Desk) -> None:
    """A contact's membership ended at four; at five it did something else; the look is at six."""
    desk.contact(ANNA, country="SE")
    desk.did(ANNA, "purchase", ago=30 * DAY - 4 * HOUR)
    desk.did(ANNA, "cart_updated")
    desk.look()

    desk.time.at += 5 * HOUR
    desk.did(ANNA, "article_read")
    desk.time.at += HOUR
    desk.look()

    assert desk.members("buyers") == set()
    assert desk.members("abandoners") == desk.members("lapsed") == {ANNA}
    left = next(
        each for each in desk.history(ANNA) if not each.entered and each.segment == "buyers"
    )
    assert (left.at, left.cause) == (NOON + 4 * HOUR, Cause.TIME)
    assert desk.due_at(ANNA) == NOON + 7 * DAY


def test_time_alone_is_told_to_the_millisecond_however_late_the_look(desk: Desk) -> None:
    """Nobody looked for days: each change has its own instant, not the first one's."""
    desk.contact(ANNA)
    cart = desk.did(ANNA, "cart_updated")
    desk.did(ANNA, "purchase", ago=30 * DAY - 6 * HOUR)
    desk.look()

    desk.pass_time(3 * DAY)

    assert sorted(desk.moves(ANNA)[1:]) == sorted(
        [
            ("abandoners", True, NOON + 4 * HOUR, Cause.TIME),
            ("buyers", False, NOON + 6 * HOUR, Cause.TIME),
            ("lapsed", True, NOON + 6 * HOUR, Cause.TIME),
        ]
    )
    with desk.store.read() as connection:
        [held] = memberships.of(connection, PORTAL, [ANNA]).values()
        [stage] = memberships.stages_of(connection, PORTAL, [ANNA]).values()
    assert held["abandoners"].entered_at == NOON + 4 * HOUR
    assert held["lapsed"].entered_at == NOON + 6 * HOUR
    assert (stage.key, stage.since) == ("lost", NOON + 6 * HOUR)
    entered = next(each for each in desk.history(ANNA) if each.segment == "abandoners")
    assert cart in entered.why


@pytest.mark.parametrize("before", [True, False])
def test_what_was_done_before_the_look_doesnt_take_from_time_what_is_times(
    desk: Desk, *, before: bool
) -> None:
    """Whether it came before the instant or after, and made the contact due."""
    desk.contact(ANNA)
    cart = desk.did(ANNA, "cart_updated")
    if before:
        desk.look()

    desk.time.at += 5 * HOUR
    if before:
        desk.did(ANNA, "article_read")
        desk.did(ANNA, "cart_updated")  # of the rule's own kind, and after it held
        desk.contact(ANNA, country="SE")
    desk.time.at += HOUR
    desk.look()

    entered = next(each for each in desk.history(ANNA) if each.segment == "abandoners")
    assert (entered.at, entered.cause) == (NOON + 4 * HOUR, Cause.TIME)
    assert entered.why == f"time passed since cart_updated {cart} at 2026-06-30T12:00:00.000Z"


def test_what_was_learnt_late_is_behaviours_and_dated_when_it_was_seen(desk: Desk) -> None:
    desk.contact(ANNA)
    desk.look()
    desk.time.at += 6 * HOUR
    desk.did(ANNA, "cart_updated", ago=6 * HOUR)
    desk.time.at += HOUR
    desk.look()

    [entered] = desk.moves(ANNA)
    assert entered == ("abandoners", True, NOON + 7 * HOUR, Cause.BEHAVIOUR)


def test_a_property_that_was_news_after_the_instant_is_not_taken_for_time(desk: Desk) -> None:
    """Bought and then moved to Sweden: she came in by moving, though the window did its part."""
    desk.release(
        RULES.replace(
            "  ended:",
            """  settled:
    name: Settled
    family: custom
    description: Swedes who bought 10 days ago.
    when: {all: [{segment: swedes}, {not: {event: purchase, within: 10d}}, {event: purchase}]}
  ended:""",
        )
    )
    for each in (ANNA, BERT):
        desk.contact(each, country="SE" if each == BERT else "DE")
        desk.did(each, "purchase")
    desk.look()

    desk.time.at += 10 * DAY + HOUR
    desk.contact(ANNA, country="SE")
    desk.did(BERT, "article_read")
    desk.time.at += HOUR
    desk.look()

    [anna] = [each for each in desk.moves(ANNA) if each[0] == "settled"]
    [bert] = [each for each in desk.moves(BERT) if each[0] == "settled"]
    assert anna == ("settled", True, NOON + 10 * DAY + 2 * HOUR, Cause.BEHAVIOUR)
    assert bert == ("settled", True, NOON + 10 * DAY, Cause.TIME)


def test_the_first_look_at_everybody_says_so_and_then_the_portal_is_live(desk: Desk) -> None:
    desk.state(PortalState.SYNCING)
    desk.contact(ANNA, BERT)
    desk.did(ANNA, "purchase", ago=DAY)
    assert desk.look() == 0, "nobody is looked at before the first sync is through"

    desk.count_everybody()

    assert desk.members("buyers") == {ANNA}
    assert [move[3] for move in desk.moves(ANNA)] == [Cause.FIRST_SYNC]
    assert desk.history(ANNA)[0].why.startswith("so it was when Segue first looked: purchase")
    [wish] = desk.wishes(ANNA, IntentKind.PROPERTIES)
    assert "segue_last_entered" not in wish.wanted
    assert desk.portal.state is PortalState.LIVE


def test_a_portal_is_not_live_while_anybody_is_still_looked_at(desk: Desk) -> None:
    """Another worker, with nobody left to claim, must not call it live."""
    desk.contact(ANNA)
    desk.did(ANNA, "purchase")
    desk.state(PortalState.COUNTING)

    desk.look_while(lambda: evaluate.run_portal(desk.tools, desk.portal))

    states = [desk.portal.state]
    assert [move[3] for move in desk.moves(ANNA)] == [Cause.FIRST_SYNC]
    desk.look()
    states.append(desk.portal.state)
    assert states == [PortalState.COUNTING, PortalState.LIVE]


def test_a_portal_that_left_during_the_first_look_is_not_called_live(desk: Desk) -> None:
    """(8) The connection is refused while everybody is counted."""
    desk.contact(ANNA)
    desk.state(PortalState.COUNTING)
    stale = desk.portal
    desk.state(PortalState.DISCONNECTED)

    assert evaluate.run_portal(desk.tools, stale) == 0

    assert desk.portal.state is PortalState.DISCONNECTED


def test_a_segment_that_is_no_more_is_left_when_its_contact_is_next_looked_at(desk: Desk) -> None:
    desk.contact(ANNA, country="SE")
    desk.look()
    rest = RULES.replace("swedes:", "scandinavians:").replace("segment: swedes", "segment: buyers")
    desk.release(rest)

    desk.did(ANNA, "article_read")
    desk.look()

    assert desk.members("swedes") == set()
    gone = next(each for each in desk.history(ANNA) if not each.entered)
    assert (gone.cause, gone.why) == (Cause.RULE, "the segment is no more")
    wanted = {wish.target: wish.wanted for wish in desk.wishes(ANNA)}
    assert wanted == {"swedes": "out", "scandinavians": "in"}


@pytest.mark.parametrize("late", [timedelta(0), 40 * DAY])
def test_what_left_its_window_is_still_known_as_the_reason(desk: Desk, late: timedelta) -> None:
    """Nothing older than the longest window is read, counted from when somebody fell due."""
    desk.contact(ANNA)
    read = desk.did(ANNA, "article_read", ago=DAY - HOUR)
    desk.look()
    desk.pass_time(HOUR - MS)
    desk.did(ANNA, "article_read")
    desk.look()
    assert desk.members("northern_buyers") == {ANNA}, "the first counts until it is a day old"
    assert desk.due_at(ANNA) == NOON + HOUR

    desk.pass_time(MS + late)
    assert desk.members("northern_buyers") == set()
    left = desk.history(ANNA)[0]
    assert (left.at, left.cause) == (NOON + HOUR, Cause.TIME)
    assert "time passed since article_read" in left.why
    assert read not in left.why, "the newest is named"


def test_a_contact_that_is_restored_is_looked_at_anew(desk: Desk) -> None:
    """(29)"""
    desk.contact(ANNA)
    desk.did(ANNA, "purchase")
    desk.look()
    desk.archive(ANNA)
    assert desk.members("buyers") == set()
    reasons = [each.why for each in desk.history(ANNA) if not each.entered]
    assert reasons == ["the contact was deleted in HubSpot"]

    desk.time.at += DAY
    desk.restore(ANNA)
    desk.look()

    assert desk.members("buyers") == {ANNA}
    assert desk.due_at(ANNA) == NOON + 30 * DAY


@pytest.mark.parametrize("days", [2, 7, 8])
def test_what_was_learnt_while_a_contact_was_deleted_is_news_once_it_is_restored(
    desk: Desk, days: int
) -> None:
    """(29) And what nobody had looked at before. What is older than a week is history."""
    desk.contact(ANNA)
    desk.look()
    desk.did(ANNA, "article_read")
    desk.time.at += HOUR
    desk.archive(ANNA)
    desk.time.at += HOUR
    desk.archive(ANNA)  # told again
    desk.time.at = NOON + days * DAY
    desk.restore(ANNA)

    assert desk.due_at(ANNA) == max(NOON, desk.now - 7 * DAY)

    desk.look()
    desk.archive(ANNA)
    desk.restore(ANNA)
    assert desk.due_at(ANNA) == desk.now, "what was looked at is no news"


def test_who_is_restored_and_merged_into_at_once_is_due_for_all_that_nobody_looked_at(
    desk: Desk,
) -> None:
    desk.contact(ANNA, BERT)
    desk.look()
    desk.did(BERT, "article_read")
    desk.time.at += HOUR
    desk.archive(ANNA)
    desk.time.at += HOUR

    desk.restored_as_heir(ANNA, BERT)

    assert desk.due_at(ANNA) == NOON


def test_portals_take_turns(desk: Desk) -> None:
    """A portal with very many contacts due doesn't keep another's from being looked at."""
    other = PORTAL + 1
    with desk.store.write() as connection:
        account = Account(other, "UTC", "EUR", "app.hubspot.com")
        portals.install(connection, account, NewTokens("a", "r", NOON), (), NOON)
        portals.set_state(connection, other, PortalState.LIVE)
        every = portals.every(connection)
    desk.contact(*range(ANNA, ANNA + evaluate.CHUNK + 1))

    looked_at = [evaluate.run_portal(desk.tools, portal) for portal in every]

    assert looked_at == [evaluate.CHUNK, 0]
    assert desk.look() == 1


def test_only_portals_with_something_to_do_are_gone_through(desk: Desk) -> None:
    """Ten thousand quiet portals cost a worker one question, not four each."""
    assert evaluate.waiting(desk.tools) == []
    assert deliver.waiting(desk.tools) == []
    desk.contact(ANNA, country="SE")
    assert [each.portal_id for each in evaluate.waiting(desk.tools)] == [PORTAL]

    desk.look()
    assert evaluate.waiting(desk.tools) == []
    assert [each.portal_id for each in deliver.waiting(desk.tools)] == [PORTAL]
    desk.state(PortalState.COUNTING)
    assert [each.portal_id for each in evaluate.waiting(desk.tools)] == [PORTAL]
    assert deliver.waiting(desk.tools) == []


def test_a_worker_that_stops_begins_no_other_look(desk: Desk) -> None:
    desk.contact(ANNA, BERT, CLEO)

    assert evaluate.run(replace(desk.tools, stopping=lambda: True)) == 0
    assert desk.look() == 3


def test_a_look_stores_nothing_of_whom_another_took_over_meanwhile(desk: Desk) -> None:
    """(28) Nor of anybody merged or deleted, who is taken out of the claim likewise."""
    for each in (ANNA, BERT):
        desk.contact(each)
        desk.did(each, "purchase")

    def take_bert() -> None:
        with desk.store.write() as connection:
            claims.forget(connection, PORTAL, [BERT])

    desk.look_while(take_bert)

    assert desk.members("buyers") == {ANNA}
