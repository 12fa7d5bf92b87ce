"""A change of the rules goes through everybody in the background, and nobody acts on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

import pytest

from integration.decide.kernel import EventRow, Timelines
from integration.decide.kernel import evaluate as decide
from integration.flows import evaluate, recount, rules, sight
from integration.flows.rules import OFF, ON, Edit
from integration.store import contacts, memberships, timeline
from integration.store import rules as store
from integration.store.rules import Recount
from mappings.instants import to_ms
from mappings.model import Cause, IntentKind, PortalState
from tests.flows.desk import ANNA, BERT, CLEO, PORTAL, Desk, opened, workflow
from tests.flows.ruling import LONGER, RULES, SHORTER, VIP, WHO, edit
from tests.house import NOON

MS = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

Opening = Callable[[str], AbstractContextManager[Desk]]


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url, RULES) as made:
        made.workflows(workflow("Series"), replace(workflow("Cart"), flow_id="2", legacy_id="159"))
        made.recount()
        yield made


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step of a recount take one contact."""
    monkeypatch.setattr(recount, "CHUNK", 1)


def step(desk: Desk) -> int:
    desk.prepare()
    return recount.run(desk.tools)


def standing(desk: Desk) -> Recount:
    with desk.store.read() as connection:
        found = store.recount(connection, PORTAL)
    assert found is not None
    return found


def lists(desk: Desk, contact_id: int) -> dict[str, str]:
    return {wish.target: wish.wanted for wish in desk.wishes(contact_id, IntentKind.LIST)}


def bought(desk: Desk, contact_id: int, days_ago: int) -> None:
    desk.contact(contact_id)
    desk.did(contact_id, "purchase", DAY * days_ago)
    desk.look()


def test_a_changed_setting_moves_whom_it_concerns_and_enrolls_nobody(desk: Desk) -> None:
    bought(desk, ANNA, 40)
    bought(desk, BERT, 70)

    made = edit(desk, LONGER)
    desk.recount()

    assert (made.version, made.made_by, made.before, made.after) == (2, WHO, None, "60d")
    assert desk.members("buyers") == {ANNA}
    assert desk.moves(ANNA) == [("buyers", True, NOON, Cause.RULE)]
    assert desk.history(ANNA)[0].why == "the rules were changed (version 2)"
    assert desk.due_at(ANNA) == NOON + 20 * DAY
    assert desk.stage(ANNA) == "customer"
    assert lists(desk, ANNA) == {"buyers": "in"}
    assert desk.enrollments(ANNA) == []
    assert desk.history(BERT) == []
    done = standing(desk)
    assert (done.version, done.target, done.total, done.looked_at, done.moved) == (2, None, 2, 2, 1)
    assert done.finished_at == NOON


def test_the_properties_that_workflows_begin_on_dont_tell_of_an_edit(desk: Desk) -> None:
    bought(desk, ANNA, 40)

    edit(desk, LONGER)
    desk.recount()

    (wish,) = desk.wishes(ANNA, IntentKind.PROPERTIES)
    assert '"segue_segments": "buyers"' in wish.wanted
    assert "segue_last_entered" not in wish.wanted


def test_a_trigger_can_say_that_an_edit_enrolls(database_url: str) -> None:
    eager = RULES.replace(
        "enroll: {workflow: Series}", "enroll: {workflow: Series}\n    edits: enroll"
    )
    with opened(database_url, eager) as desk:
        desk.workflows(workflow("Series"))
        desk.recount()
        bought(desk, ANNA, 40)

        edit(desk, LONGER)
        desk.recount()

        assert [name for name, _, _ in desk.enrollments(ANNA)] == ["series"]


@pytest.mark.usefixtures("one_by_one")
def test_old_memberships_stand_until_their_contact_is_reached(desk: Desk) -> None:
    bought(desk, ANNA, 20)
    bought(desk, BERT, 20)
    edit(desk, SHORTER)
    assert step(desk) > 0
    assert desk.members("buyers") == {ANNA, BERT}

    assert step(desk) > 0

    assert desk.members("buyers") == {BERT}
    desk.recount()
    assert desk.members("buyers") == set()


@pytest.mark.usefixtures("one_by_one")
def test_what_a_contact_does_meanwhile_moves_it_by_the_rules_it_stands_on(desk: Desk) -> None:
    for each in (ANNA, BERT):
        desk.contact(each)
    desk.look()
    edit(desk, Edit("setting", "wait", "8h"))
    assert step(desk)
    assert step(desk)
    assert standing(desk).cursor == ANNA

    for each in (ANNA, BERT):
        desk.did(each, "cart_updated", 5 * HOUR)
    desk.look()

    assert desk.members("abandoners") == {BERT}
    assert [name for name, _, _ in desk.enrollments(BERT)] == ["cart"]
    desk.time.at += MINUTE
    desk.recount()
    assert desk.members("abandoners") == set()
    assert [(entered, cause) for _, entered, _, cause in desk.moves(BERT)] == [
        (True, Cause.BEHAVIOUR),
        (False, Cause.RULE),
    ]
    desk.pass_time(3 * HOUR)
    assert desk.members("abandoners") == {ANNA, BERT}
    assert [name for name, _, _ in desk.enrollments(BERT)] == ["cart", "cart"]


def test_a_contact_that_is_due_is_looked_at_by_the_old_rules_first(desk: Desk) -> None:
    desk.contact(ANNA)
    desk.look()
    desk.did(ANNA, "purchase", 5 * DAY)
    edit(desk, Edit("setting", "recent", "3d"))
    assert step(desk)

    assert step(desk) == 0
    desk.look()
    desk.time.at += MINUTE
    desk.recount()

    assert [(entered, cause) for _, entered, _, cause in desk.moves(ANNA)] == [
        (True, Cause.BEHAVIOUR),
        (False, Cause.RULE),
    ]
    assert [name for name, _, _ in desk.enrollments(ANNA)] == ["series"]


def test_nobody_behind_a_contact_that_is_due_is_reached_before_it(desk: Desk) -> None:
    for each in (ANNA, BERT, CLEO):
        bought(desk, each, 40)
    edit(desk, LONGER)
    assert step(desk)
    desk.did(BERT, "article_read")

    assert step(desk) == 1

    assert standing(desk).cursor == ANNA
    assert desk.members("buyers") == {ANNA}
    desk.recount()
    assert desk.members("buyers") == {ANNA, BERT, CLEO}


def test_an_instant_that_passes_during_the_change_is_times_doing(desk: Desk) -> None:
    bought(desk, ANNA, 20)
    edit(desk, LONGER)
    assert step(desk)
    desk.time.at += 11 * DAY

    desk.recount()
    desk.look()
    desk.recount()

    assert desk.moves(ANNA)[1:] == [
        ("buyers", False, NOON + 10 * DAY, Cause.TIME),
        ("buyers", True, NOON + 11 * DAY, Cause.RULE),
    ]


def test_an_instant_that_passes_during_the_look_itself_is_times_doing_too(desk: Desk) -> None:
    """The edit is judged as of the claim: what falls due a moment later is left to its own look."""
    desk.contact(ANNA)
    desk.did(ANNA, "purchase", 30 * DAY - MS)
    desk.look()
    edit(desk, Edit("setting", "wait", "9h"))
    assert step(desk)
    asked = count()

    def now() -> datetime:
        return NOON if next(asked) == 0 else NOON + 5 * MS

    desk.prepare()
    assert recount.run(replace(desk.tools, now=now)) == 1

    desk.time.at = NOON + 5 * MS
    desk.look()
    assert desk.moves(ANNA)[1:] == [("buyers", False, NOON + MS, Cause.TIME)]


def test_a_contact_that_does_something_while_it_is_looked_at_is_not_reached(desk: Desk) -> None:
    bought(desk, ANNA, 40)
    bought(desk, BERT, 40)
    edit(desk, LONGER)
    assert step(desk)
    reading = sight.read

    def read_late(*given: object) -> object:
        found = reading(*given)  # type: ignore[arg-type] # whatever it is given
        monkey.undo()
        desk.did(BERT, "purchase", HOUR)
        return found

    monkey = pytest.MonkeyPatch()
    monkey.setattr("integration.flows.recount.read", read_late)

    assert step(desk) == 1

    assert standing(desk).cursor == ANNA
    desk.recount()
    desk.look()
    desk.recount()
    assert [(entered, cause) for _, entered, _, cause in desk.moves(BERT)] == [
        (True, Cause.BEHAVIOUR)
    ]
    assert desk.members("buyers") == {ANNA, BERT}


def test_a_worker_that_dies_half_way_leaves_its_contacts_to_the_next(desk: Desk) -> None:
    bought(desk, ANNA, 40)
    edit(desk, LONGER)
    assert step(desk)

    class Killed(BaseException):
        """The worker is no more."""

    def die(*_: object) -> None:
        raise Killed

    monkey = pytest.MonkeyPatch()
    monkey.setattr(evaluate, "write", die)
    with pytest.raises(Killed):
        step(desk)
    monkey.undo()

    assert desk.members("buyers") == set()
    assert step(desk) == 0
    desk.time.at += timedelta(minutes=2)
    desk.look()
    desk.recount()
    assert desk.members("buyers") == {ANNA}
    assert desk.moves(ANNA)[0][3] is Cause.RULE
    assert desk.enrollments(ANNA) == []


@pytest.mark.usefixtures("one_by_one")
def test_of_two_workers_at_the_same_step_one_counts(desk: Desk) -> None:
    bought(desk, ANNA, 40)
    bought(desk, BERT, 40)
    edit(desk, LONGER)
    assert step(desk)
    reading = sight.read

    def overtaken(*given: object) -> object:
        found = reading(*given)  # type: ignore[arg-type] # whatever it is given
        monkey.undo()
        desk.time.at += timedelta(minutes=2)  # the first worker's lease is over
        desk.look()
        assert step(desk) == 1
        return found

    monkey = pytest.MonkeyPatch()
    monkey.setattr("integration.flows.recount.read", overtaken)
    step(desk)

    assert (standing(desk).cursor, standing(desk).looked_at) == (ANNA, 1)
    desk.recount()
    assert [len(desk.moves(each)) for each in (ANNA, BERT)] == [1, 1]
    assert standing(desk).looked_at == 2


@pytest.mark.usefixtures("one_by_one")
def test_a_contact_that_comes_at_the_end_is_not_left_out(desk: Desk) -> None:
    bought(desk, ANNA, 40)
    edit(desk, LONGER)
    assert step(desk)
    assert step(desk)
    bought(desk, CLEO, 40)
    assert desk.members("buyers") == {ANNA}

    desk.recount()

    assert desk.members("buyers") == {ANNA, CLEO}
    assert desk.moves(CLEO)[0][3] is Cause.RULE


def test_a_contact_that_comes_while_the_change_ends_is_not_left_out(desk: Desk) -> None:
    bought(desk, ANNA, 40)
    edit(desk, LONGER)
    assert step(desk)
    assert step(desk) == 1
    asked = count()

    def now() -> datetime:
        if next(asked) == 1:  # the claim asks for the time, then the end does
            bought(desk, CLEO, 40)
        return desk.now

    assert recount.run(replace(desk.tools, now=now)) == 1

    assert standing(desk).target == 2
    desk.recount()
    assert desk.members("buyers") == {ANNA, CLEO}


def test_nobody_stays_in_a_segment_that_was_switched_off(desk: Desk) -> None:
    desk.contact(BERT)
    desk.did(BERT, "cart_updated", DAY)
    desk.look()
    assert desk.members("abandoners") == {BERT}

    edit(desk, Edit("switch", "segments.abandoners", OFF))
    desk.recount()

    assert desk.members("abandoners") == set()
    assert lists(desk, BERT) == {"abandoners": "out"}
    assert ("abandoners", False, NOON, Cause.RULE) in desk.moves(BERT)

    edit(desk, Edit("switch", "segments.abandoners", ON))
    desk.recount()

    assert desk.members("abandoners") == {BERT}
    assert len(desk.enrollments(BERT)) == 1


def test_a_ghost_that_no_look_found_is_taken_out_at_the_end(desk: Desk) -> None:
    bought(desk, ANNA, 5)
    edit(desk, Edit("file", "vip.yml", VIP))
    desk.recount()
    with desk.store.write() as connection:
        ghost = {"vips": memberships.of(connection, PORTAL, [ANNA])[ANNA]["buyers"]}
        memberships.save(connection, PORTAL, {BERT: ghost})

    edit(desk, Edit("file", "vip.yml", None))
    desk.recount()

    assert desk.members("vips") == set()
    assert lists(desk, BERT) == {"vips": "out"}


def test_a_segment_of_the_portals_own_is_filled(desk: Desk) -> None:
    desk.contact(ANNA)
    desk.did(ANNA, "purchase", 400 * DAY, amount="60.10")
    desk.did(ANNA, "purchase", 300 * DAY, amount="39.90")
    desk.look()

    edit(desk, Edit("file", "vip.yml", VIP))
    desk.recount()

    assert desk.members("vips") == {ANNA}
    assert desk.tools.rules(PORTAL).book.segments["vips"].name == "The very best"


def test_a_file_of_the_portals_own_may_take_a_shipped_segments_place(desk: Desk) -> None:
    bought(desk, ANNA, 40)
    own = "version: 1\nsegments: {buyers: {when: {event: purchase}}}"

    edit(desk, Edit("file", "buyers.yml", own))
    desk.recount()

    assert desk.members("buyers") == {ANNA}
    assert desk.due_at(ANNA) is None


@pytest.mark.usefixtures("one_by_one")
def test_a_second_edit_waits_for_the_first_to_end(desk: Desk) -> None:
    bought(desk, ANNA, 40)
    bought(desk, BERT, 40)
    edit(desk, LONGER)
    assert step(desk)
    assert step(desk)

    edit(desk, SHORTER)
    while standing(desk).version < 2:
        step(desk)
    desk.time.at += MINUTE
    desk.recount()

    assert standing(desk).version == 3
    assert desk.members("buyers") == set()
    for each in (ANNA, BERT):
        assert [(entered, cause) for _, entered, _, cause in desk.moves(each)] == [
            (True, Cause.RULE),
            (False, Cause.RULE),
        ]


def test_an_edit_that_moves_nobody_stands_at_once(desk: Desk) -> None:
    bought(desk, ANNA, 40)

    edit(desk, Edit("switch", "triggers.cart", OFF))
    assert step(desk) == 1

    done = standing(desk)
    assert (done.version, done.target, done.looked_at) == (2, None, 0)
    assert set(desk.tools.rules(PORTAL).book.triggers) == {"series"}


def test_an_edit_before_the_first_look_is_part_of_it(desk: Desk) -> None:
    desk.state(PortalState.SYNCING)
    desk.contact(ANNA)
    desk.did(ANNA, "purchase", 40 * DAY)
    edit(desk, LONGER)
    assert step(desk) == 1
    assert standing(desk).version == 2

    desk.count_everybody()

    assert desk.members("buyers") == {ANNA}
    assert desk.moves(ANNA)[0][3] is Cause.FIRST_SYNC


def test_an_edit_during_the_first_look_comes_after_it(desk: Desk) -> None:
    desk.state(PortalState.COUNTING)
    edit(desk, LONGER)

    assert step(desk) == 0

    desk.state(PortalState.LIVE)
    desk.recount()
    assert standing(desk).version == 2


def test_rules_that_ship_anew_go_through_everybody_once(desk: Desk) -> None:
    bought(desk, ANNA, 40)

    desk.release(RULES.replace("default: 30d", "default: 50d"))
    desk.recount()

    assert desk.members("buyers") == {ANNA}
    assert desk.moves(ANNA)[0][3] is Cause.RULE
    with desk.store.read() as connection:
        newest = store.versions(connection, PORTAL)[0]
    assert (newest.version, newest.what, newest.made_by) == (2, "shipped", "Segue")


def test_an_older_segue_beside_a_newer_one_doesnt_take_its_rules_back(desk: Desk) -> None:
    older = desk.tools
    bought(desk, ANNA, 40)
    desk.release(RULES.replace("default: 30d", "default: 50d"))
    desk.recount()

    assert recount.run(older) == 0
    assert rules.keep_up(older, PORTAL).version == 2
    desk.did(ANNA, "article_read")
    evaluate.run(older)

    assert desk.members("buyers") == {ANNA}


def test_rules_that_ship_anew_but_dont_fit_leave_the_portal_as_it_is(desk: Desk) -> None:
    bought(desk, ANNA, 40)
    edit(desk, LONGER)
    desk.recount()

    desk.release(RULES.replace("recent", "lately"))
    assert step(desk) == 0

    assert desk.members("buyers") == {ANNA}
    assert "don't go with this account's own" in desk.portal.reason
    assert "settings.recent" in desk.portal.reason
    edit(desk, Edit("setting", "recent", None))
    desk.recount()
    assert desk.members("buyers") == set()
    assert desk.portal.reason == ""


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_in_between_everybody_ends_where_the_newest_rules_say(
    desk: Desk, seed: int
) -> None:
    chance = Random(seed)
    people = [ANNA, BERT, CLEO]
    desk.contact(*people)
    edits = [
        LONGER,
        SHORTER,
        Edit("setting", "wait", "9h"),
        Edit("file", "vip.yml", VIP),
        Edit("file", "vip.yml", None),
        Edit("switch", "segments.swedes", OFF),
        Edit("switch", "segments.swedes", ON),
    ]

    def try_edit() -> None:
        with suppress(rules.NothingToChange):
            edit(desk, chance.choice(edits))

    deeds: list[Callable[[], object]] = [
        lambda: desk.did(
            chance.choice(people), "purchase", HOUR * chance.randint(0, 900), amount="50"
        ),
        lambda: desk.did(chance.choice(people), "cart_updated", HOUR * chance.randint(0, 30)),
        lambda: desk.contact(chance.choice(people), country=chance.choice(["SE", "FI"])),
        lambda: desk.pass_time(HOUR * chance.randint(1, 200)),
        try_edit,
        lambda: step(desk),
        lambda: step(desk),
        desk.look,
    ]
    for _ in range(60):
        chance.choice(deeds)()
    desk.look()
    desk.recount()
    desk.look()

    with desk.store.read() as connection:
        book = desk.tools.books.of(connection, PORTAL).book
        lines = timeline.lines(connection, PORTAL, people, timeline.Wanted())
        known = contacts.properties(connection, PORTAL, people)
        held = memberships.of(connection, PORTAL, people)
        rows = [EventRow(*line[:5]) for line in lines]
    verdicts = decide(book, Timelines.of(people, rows, known), to_ms(desk.now))
    for place, contact_id in enumerate(people):
        member = {key for key, verdict in verdicts.segments.items() if verdict.member[place]}
        assert set(held[contact_id]) == member
        wanted = {key for key, how in lists(desk, contact_id).items() if how == "in"}
        assert wanted == member
        enrolled = [trigger for trigger, _, _ in desk.enrollments(contact_id)]
        assert enrolled.count("series") <= 1
    assert standing(desk).target is None
