"""The continuous proof: whatever stands wrong is found, told, put right, and enrolls nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from integration.flows import proof
from integration.store import proofs, tables
from mappings.model import Cause, PortalState
from mappings.writing import IntentKind
from tests.flows.desk import ANNA, BERT, CLEO, PORTAL, Desk, opened, workflow
from tests.house import NOON, RULES

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

WITH_EVENTS = (
    RULES
    + """
  unpaid:
    name: Unpaid checkout
    on: {event: {event: checkout_started, without: {event: purchase, inside: 2h}}}
    enroll: {workflow: Abandoned cart}
    again: always
  buyer:
    name: Buyer
    on: {enters: buyers}
    enroll: {workflow: Abandoned cart}
    again: always
  lost:
    name: Lost
    on: {leaves: buyers}
    enroll: {workflow: Abandoned cart}
    again: always
  customer:
    name: Customer
    on: {stage: customer}
    enroll: {workflow: Abandoned cart}
    again: always
"""
)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """Anna bought an hour ago, Bert is a Swede, Cleo did nothing; all of it stands."""
    with opened(database_url, WITH_EVENTS) as made:
        made.workflows(workflow("Abandoned cart"))
        made.contact(ANNA, CLEO)
        made.contact(BERT, country="SE")
        made.count_everybody()
        made.did(ANNA, "purchase", ago=HOUR)
        made.look()
        made.deliver()
        made.time.at += MINUTE
        yield made


def prove(desk: Desk) -> int:
    """Let the job have its turn with the portal; give how many stood wrong."""
    return proof.run_portal(desk.tools, desk.portal)


def corrupt(desk: Desk, *statements: sa.Executable) -> None:
    """Change what is stored behind Segue's back."""
    with desk.store.write() as connection:
        for statement in statements:
            connection.execute(statement)


def found(desk: Desk) -> list[tuple[int, str, str, str]]:
    """Give what was kept of differences: contact, target, stored, evaluated."""
    with desk.store.read() as connection:
        kept = proofs.differences(connection, PORTAL, NOON, 100)
    return [(each.contact_id, each.target, each.stored, each.evaluated) for each in kept]


def counted(desk: Desk) -> tuple[int, int]:
    """Give today's counts: checked and differed."""
    with desk.store.read() as connection:
        days = proofs.days(connection, PORTAL, desk.now.date())
    return sum(each.checked for each in days), sum(each.differed for each in days)


def snapshot(desk: Desk) -> dict[str, list[Any]]:
    """Read what stands of memberships, stages and due rows, without their instants of entering."""
    with desk.store.read() as connection:
        return {
            "memberships": _rows(connection, tables.memberships, "contact_id", "segment", "until"),
            "stages": _rows(connection, tables.stages, "contact_id", "stage", "changes_at"),
            "due": _rows(connection, tables.due, "contact_id", "due_at"),
        }


def _rows(connection: sa.Connection, table: sa.Table, *names: str) -> list[Any]:
    query = sa.select(*(table.c[name] for name in names)).order_by(*table.primary_key.columns)
    return [tuple(row) for row in connection.execute(query)]


def test_a_sound_portal_is_counted_and_nothing_differs(desk: Desk) -> None:
    before = snapshot(desk)

    assert prove(desk) == 0
    assert prove(desk) == 0

    assert counted(desk) == (6, 0)
    assert found(desk) == []
    assert snapshot(desk) == before


MEMBERSHIPS, STAGES, DUE = tables.memberships, tables.stages, tables.due
UNTIL = "2026-07-30T11:00:00.000Z"  # Anna's purchase of 11 o'clock and 30 days
LATER = NOON + 40 * DAY

CORRUPTIONS: dict[str, tuple[sa.Executable, tuple[int, str, str, str]]] = {
    "a membership is missing": (
        MEMBERSHIPS.delete().where(MEMBERSHIPS.c.contact_id == ANNA),
        (ANNA, "segments.buyers", "no member", f"member until {UNTIL}"),
    ),
    "a membership is there by mistake": (
        MEMBERSHIPS.insert().values(
            portal_id=PORTAL, contact_id=CLEO, segment="buyers", entered_at=NOON, until=LATER
        ),
        (CLEO, "segments.buyers", "member until 2026-08-09T12:00:00.000Z", "no member"),
    ),
    "a membership of a segment that is no more": (
        MEMBERSHIPS.insert().values(
            portal_id=PORTAL, contact_id=CLEO, segment="old", entered_at=NOON
        ),
        (CLEO, "segments.old", "member without end", "no member"),
    ),
    "a membership's end is wrong": (
        MEMBERSHIPS.update().where(MEMBERSHIPS.c.contact_id == ANNA).values(until=LATER),
        (ANNA, "segments.buyers", "member until 2026-08-09T12:00:00.000Z", f"member until {UNTIL}"),
    ),
    "a membership's end is missing": (
        MEMBERSHIPS.update().where(MEMBERSHIPS.c.contact_id == ANNA).values(until=None),
        (ANNA, "segments.buyers", "member without end", f"member until {UNTIL}"),
    ),
    "the stage is wrong": (
        STAGES.update().where(STAGES.c.contact_id == ANNA).values(stage=""),
        (ANNA, "stage", "the one of `otherwise` without end", "customer without end"),
    ),
    "the stage is missing": (
        STAGES.delete().where(STAGES.c.contact_id == ANNA),
        (ANNA, "stage", "none", "customer without end"),
    ),
    "the stage's end is wrong": (
        STAGES.update().where(STAGES.c.contact_id == BERT).values(changes_at=LATER),
        (
            BERT,
            "stage",
            "the one of `otherwise` until 2026-08-09T12:00:00.000Z",
            "the one of `otherwise` without end",
        ),
    ),
    "the due row is missing": (
        DUE.delete().where(DUE.c.contact_id == ANNA),
        (ANNA, "due", "never", UNTIL),
    ),
    "the due row is too late": (
        DUE.update().where(DUE.c.contact_id == ANNA).values(due_at=LATER),
        (ANNA, "due", "2026-08-09T12:00:00.000Z", UNTIL),
    ),
}


@pytest.mark.parametrize("what", CORRUPTIONS)
def test_whatever_stands_wrong_is_found_told_and_put_right(desk: Desk, what: str) -> None:
    statement, difference = CORRUPTIONS[what]
    sound = snapshot(desk)
    enrolled = [desk.enrollments(each) for each in (ANNA, BERT, CLEO)]
    corrupt(desk, statement)
    assert snapshot(desk) != sound

    with capture_logs() as logs:
        assert prove(desk) == 1

    assert found(desk) == [difference]
    assert counted(desk) == (3, 1)
    names = ("contact_id", "rule", "stored", "evaluated")
    told = [tuple(each[name] for name in names) for each in logs if each["log_level"] == "error"]
    assert told == [difference]
    assert snapshot(desk) == sound
    assert [desk.enrollments(each) for each in (ANNA, BERT, CLEO)] == enrolled
    assert prove(desk) == 0


def test_a_repair_is_history_with_its_cause_and_its_list_follows(desk: Desk) -> None:
    corrupt(
        desk,
        CORRUPTIONS["a membership is missing"][0],
        CORRUPTIONS["a membership is there by mistake"][0],
    )
    before = desk.items(ANNA, IntentKind.PROPERTIES)

    assert prove(desk) == 2

    put_right = [desk.history(each)[0] for each in (ANNA, CLEO)]
    assert [(each.segment, each.entered, each.at, each.cause) for each in put_right] == [
        ("buyers", True, desk.now, Cause.REPAIR),
        ("buyers", False, desk.now, Cause.REPAIR),
    ]
    assert {each.why for each in put_right} == {"what was stored was wrong: Segue put it right"}
    assert [(each.target, each.wanted) for each in desk.wishes(CLEO)] == [("buyers", "out")]
    assert desk.wishes(ANNA)[0].wanted == "in"
    assert desk.items(ANNA, IntentKind.PROPERTIES) == before, "nothing was entered by it"


def test_a_wait_that_nobody_looked_at_in_time_enrolls_nobody_either(desk: Desk) -> None:
    """An event trigger would have acted an hour ago; its contact had fallen out of the table."""
    desk.did(CLEO, "checkout_started")
    desk.look()
    assert desk.due_at(CLEO) == desk.now + 2 * HOUR
    corrupt(desk, DUE.delete().where(DUE.c.contact_id == CLEO))
    desk.time.at += MINUTE

    assert prove(desk) == 1

    waits_until = desk.now - MINUTE + 2 * HOUR
    assert [each[1] for each in found(desk)] == ["due"]
    assert desk.due_at(CLEO) == waits_until
    assert desk.enrollments(CLEO) == []
    desk.pass_time(3 * HOUR)
    assert [each[0] for each in desk.enrollments(CLEO)] == ["unpaid"]

    corrupt(desk, CORRUPTIONS["a membership is missing"][0])
    assert prove(desk) == 1
    assert [each[0] for each in desk.enrollments(CLEO)] == ["unpaid"]


@pytest.mark.parametrize("ahead", [timedelta(0), proof.MARGIN])
def test_who_is_due_now_is_left_out(desk: Desk, ahead: timedelta) -> None:
    """Also who is due in a moment: another worker's clock may be there already."""
    corrupt(
        desk,
        CORRUPTIONS["a membership is missing"][0],
        DUE.update().where(DUE.c.contact_id == ANNA).values(due_at=desk.now + ahead),
    )

    assert prove(desk) == 0
    assert counted(desk) == (2, 0)


def test_who_is_being_looked_at_is_left_out_until_the_lease_runs_out(desk: Desk) -> None:
    until = desk.now + MINUTE
    corrupt(
        desk,
        CORRUPTIONS["a membership is missing"][0],
        tables.claims.insert().values(
            portal_id=PORTAL, lease="somebody", leased_until=until, contact_ids=f"[{ANNA}]"
        ),
    )
    assert prove(desk) == 0
    assert counted(desk) == (2, 0)

    desk.time.at += MINUTE
    assert prove(desk) == 1


def test_who_moved_just_now_is_left_out(desk: Desk) -> None:
    """By a worker whose clock is a little ahead it may have moved before its time came here."""
    desk.did(CLEO, "purchase")
    desk.look()
    corrupt(desk, MEMBERSHIPS.delete().where(MEMBERSHIPS.c.contact_id == CLEO))

    desk.time.at += proof.MARGIN
    assert prove(desk) == 0
    desk.time.at += timedelta(milliseconds=1)
    assert prove(desk) == 1


def test_who_the_recount_of_edited_rules_has_not_reached_is_left_out(desk: Desk) -> None:
    corrupt(
        desk,
        *(CORRUPTIONS[f"a membership is {what}"][0] for what in ("missing", "there by mistake")),
        tables.recounts.insert().values(portal_id=PORTAL, version=1, target=2, cursor=ANNA),
    )
    assert prove(desk) == 1
    assert {each[0] for each in found(desk)} == {ANNA}

    corrupt(desk, tables.recounts.update().values(version=2, target=None))
    assert prove(desk) == 1
    assert {each[0] for each in found(desk)} == {ANNA, CLEO}


def prove_while(desk: Desk, deed: Callable[[], object], call: int) -> int:
    """Let something happen in the middle of a proof, when it asks for the time so often."""
    asked = 0

    def now() -> Any:
        nonlocal asked
        asked += 1
        if asked == call:
            deed()
        return desk.now

    return proof.run_portal(replace(desk.tools, now=now), desk.portal)


def test_behaviour_that_comes_in_while_it_is_compared_is_no_difference(desk: Desk) -> None:
    """It is read as of one state: neither the event nor what the event made."""

    def deed() -> None:
        desk.did(CLEO, "purchase")
        desk.look()
        desk.contact(BERT, country="DE")

    assert prove_while(desk, deed, call=1) == 0
    assert found(desk) == []
    assert desk.members("buyers") == {ANNA, CLEO}


@pytest.mark.parametrize("what", ["touched", "looked at", "deleted", "put right by another"])
def test_a_contact_that_is_touched_between_is_not_reported(desk: Desk, what: str) -> None:
    """It differed at first; before it could be repaired, somebody else was at it."""
    corrupt(desk, CORRUPTIONS["a membership is missing"][0])

    def deed() -> None:
        desk.did(ANNA, "purchase", ago=MINUTE)
        if what == "looked at":
            desk.look()
        if what == "deleted":
            desk.archive(ANNA)
        if what == "put right by another":
            desk.look()
            desk.time.at += MINUTE

    assert prove_while(desk, deed, call=1) == 0

    assert found(desk) == []
    assert counted(desk) == (3, 0)
    causes = {each.cause for each in desk.history(ANNA)}
    assert Cause.REPAIR not in causes


def test_a_portal_that_is_no_longer_live_is_not_repaired(desk: Desk) -> None:
    corrupt(desk, CORRUPTIONS["a membership is missing"][0])

    assert prove_while(desk, lambda: desk.state(PortalState.DISCONNECTED), call=1) == 0
    assert desk.members("buyers") == set()
    assert proof.to_prove(desk.tools) == []


def test_a_portal_without_contacts_has_nothing_to_prove(database_url: str) -> None:
    with opened(database_url) as empty:
        assert prove(empty) == 0
        assert counted(empty) == (0, 0)


@pytest.mark.parametrize("total", [1, 50, 51, 300])
def test_a_sample_is_a_few_runs_of_neighbours_and_reaches_everybody(
    database_url: str, total: int
) -> None:
    every = [ANNA + 7 * place for place in range(total)]
    seen: set[int] = set()
    with opened(database_url) as desk:
        desk.contact(*every)
        with desk.store.read() as connection:
            for part in range(400):
                chance = (part + 0.5) / 400
                tools = replace(desk.tools, jitter=partial(float, chance))
                chosen = proof.sample(connection, tools, PORTAL)
                assert 0 < len(chosen) <= proof.SAMPLE
                seen.update(chosen)
    assert seen == set(every)
