"""Measuring segments over time, and judging them by what is stored, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from integration.decide.health import Health, Kind
from integration.flows import health
from integration.store import memberships, proofs, sizes
from mappings.health import Combination, DaySize, Difference, Flapping, Moves, ProofDay
from mappings.model import Cause, Membership, MembershipChange, PortalState
from tests.flows.desk import ANNA, BERT, CLEO, PORTAL, Desk, opened
from tests.house import NOON

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TODAY = NOON.date()


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """A portal with three contacts, counted at noon of its first day."""
    with opened(database_url) as made:
        made.contact(ANNA, BERT, CLEO)
        made.did(ANNA, "purchase", ago=10 * DAY)
        made.count_everybody()
        yield made


def measured(desk: Desk, segment: str = "buyers") -> list[tuple[date, int, int, int]]:
    """Measure, then give a segment's days: size, entered, left."""
    health.measure(desk.tools, desk.portal)
    with desk.store.read() as connection:
        kept = sizes.since(connection, PORTAL, date(2000, 1, 1))
    return [
        (each.day, each.size, each.entered, each.left) for each in kept if each.segment == segment
    ]


def test_the_first_day_counts_nobody_as_entered_who_was_there_already(desk: Desk) -> None:
    assert measured(desk) == [(TODAY, 1, 0, 0)]
    assert measured(desk, "readers") == [(TODAY, 0, 0, 0)]


def test_a_day_is_brought_up_to_date_and_the_next_one_begun(desk: Desk) -> None:
    measured(desk)
    desk.did(BERT, "purchase")
    desk.look()
    assert measured(desk) == [(TODAY, 2, 1, 0)]

    desk.pass_time(20 * DAY)  # Anna's purchase is 30 days old

    days = measured(desk)
    assert days[0] == (TODAY, 2, 1, 0)
    assert days[-1] == (TODAY + 20 * DAY, 1, 0, 1)
    assert len(days) == 21, "the days on which nobody measured are there too"
    assert {each[1:] for each in days[1:-1]} == {(2, 0, 0)}


def test_the_last_hours_of_a_day_are_counted_on_the_next(desk: Desk) -> None:
    desk.time.at += 11 * HOUR
    measured(desk)
    desk.did(BERT, "purchase")
    desk.look()
    desk.time.at += 3 * HOUR

    assert measured(desk) == [(TODAY, 2, 1, 0), (TODAY + DAY, 2, 0, 0)]
    # A worker that lags behind stores a change of yesterday only now.
    late = MembershipChange(CLEO, "buyers", True, NOON + 11 * HOUR, Cause.TIME, "")
    with desk.store.write() as connection:
        memberships.record(connection, PORTAL, [late])
        memberships.save(connection, PORTAL, {CLEO: {"buyers": Membership.between(late.at, None)}})
    assert measured(desk) == [(TODAY, 2, 2, 0), (TODAY + DAY, 3, 0, 0)]


def test_a_portal_that_was_never_measured_is_reckoned_from_its_history(desk: Desk) -> None:
    desk.pass_time(DAY)
    desk.did(BERT, "purchase")
    desk.look()
    desk.pass_time(DAY)

    assert measured(desk) == [
        (TODAY, 1, 0, 0),
        (TODAY + DAY, 2, 1, 0),
        (TODAY + 2 * DAY, 2, 0, 0),
    ]


def test_what_a_deleted_contact_was_in_is_left(desk: Desk) -> None:
    measured(desk)
    desk.pass_time(DAY)
    desk.archive(ANNA)

    assert measured(desk) == [(TODAY, 1, 0, 0), (TODAY + DAY, 0, 0, 1)]


def test_only_portals_that_are_live_are_measured(desk: Desk) -> None:
    assert [each.portal_id for each in health.to_measure(desk.tools)] == [PORTAL]
    desk.state(PortalState.COUNTING)
    assert health.to_measure(desk.tools) == []


def report(desk: Desk) -> Health:
    return health.report(desk.tools, PORTAL)


def test_a_report_has_a_line_a_segment_and_its_findings(desk: Desk) -> None:
    measured(desk)
    desk.pass_time(7 * DAY)
    desk.did(BERT, "purchase")
    desk.look()
    health.measure(desk.tools, desk.portal)

    found = report(desk)

    lines = {line.key: line for line in found.lines}
    assert list(lines) == list(desk.book.segments)
    buyers = lines["buyers"]
    assert (buyers.size, buyers.change_7, buyers.change_30) == (2, 1, None)
    assert (buyers.entered, buyers.left) == (1, 0)
    assert found.contacts == 3
    kinds = {(each.kind, each.segments) for each in found.findings}
    assert (Kind.TOO_SMALL, ("buyers",)) in kinds
    assert (Kind.EMPTY, ("readers",)) in kinds
    readers = next(each for each in found.findings if each.segments == ("readers",))
    assert "Nothing of resource_downloaded was ever heard" in readers.suggestion


def test_a_report_before_anything_was_measured_knows_today_alone(desk: Desk) -> None:
    buyers = report(desk).lines[0]
    assert (buyers.size, buyers.change_7, buyers.entered, buyers.days) == (1, None, 0, ())


def test_contacts_that_enter_again_and_again_are_found(desk: Desk) -> None:
    for _ in range(health.LIMITS.flaps):
        desk.contact(CLEO, country="SE")
        desk.look()
        desk.time.at += HOUR
        desk.contact(CLEO, country="NO")
        desk.look()
        desk.time.at += HOUR

    [finding] = [each for each in report(desk).findings if each.kind is Kind.FLAPPING]

    assert (finding.segments, finding.contacts) == (("swedes",), (CLEO,))
    desk.time.at += health.LIMITS.flap_days * DAY
    assert Kind.FLAPPING not in {each.kind for each in report(desk).findings}


def change(contact_id: int, hours: int, cause: Cause, segment: str = "buyers") -> MembershipChange:
    return MembershipChange(contact_id, segment, True, NOON + HOUR * hours, cause, "")


def test_neither_edits_nor_repairs_count_as_coming_and_going(desk: Desk) -> None:
    changes = [change(ANNA, hour, Cause.BEHAVIOUR) for hour in (1, 2)]
    changes += [change(ANNA, hour, Cause.RULE) for hour in (3, 4)]
    changes += [change(ANNA, hour, Cause.REPAIR) for hour in (5, 6)]
    changes += [change(BERT, hour, Cause.TIME) for hour in (1, 2, 3)]
    changes += [change(each, 1, Cause.TIME, "readers") for each in range(9)]
    changes += [change(each, 2, Cause.TIME, "readers") for each in range(9)]
    with desk.store.write() as connection:
        memberships.record(connection, PORTAL, changes)

    with desk.store.read() as connection:
        found = sizes.flapping(connection, PORTAL, NOON, 2)
        none = sizes.flapping(connection, PORTAL, NOON + 3 * HOUR, 2)

    assert found == [
        Flapping("buyers", 2, ((BERT, 3), (ANNA, 2))),
        Flapping("readers", 9, tuple((each, 2) for each in range(5))),
    ]
    assert none == []


def test_who_is_in_exactly_what_is_counted(desk: Desk) -> None:
    place = Membership.between(NOON, None)
    held = {
        ANNA: {"buyers": place, "swedes": place},
        BERT: {"swedes": place, "buyers": place, "readers": place},
        CLEO: {"buyers": place, "swedes": place},
    }
    with desk.store.write() as connection:
        memberships.save(connection, PORTAL, held)
        memberships.save(connection, PORTAL + 1, held)

    with desk.store.read() as connection:
        found = sizes.combinations(connection, PORTAL)
        crowded = sizes.crowded(connection, PORTAL, 2, 2)

    assert {Combination(tuple(sorted(each.segments)), each.contacts) for each in found} == {
        Combination(("buyers", "swedes"), 2),
        Combination(("buyers", "readers", "swedes"), 1),
    }
    assert crowded == [(BERT, 3), (ANNA, 2)]


def test_moves_are_counted_by_the_day_in_utc(desk: Desk) -> None:
    midnight = 12
    changes = [
        change(ANNA, midnight - 1, Cause.TIME),
        change(ANNA, midnight, Cause.TIME),
        change(BERT, midnight, Cause.FIRST_SYNC),
    ]
    with desk.store.write() as connection:
        memberships.record(connection, PORTAL, changes)

    with desk.store.read() as connection:
        assert sorted(sizes.moves(connection, PORTAL, TODAY), key=lambda each: each.day) == [
            Moves("buyers", TODAY, 1, 0),
            Moves("buyers", TODAY + DAY, 1, 0),
        ]
        assert [each.day for each in sizes.moves(connection, PORTAL, TODAY + DAY)] == [TODAY + DAY]


def test_sizes_and_proofs_are_kept_by_portal_and_day(desk: Desk) -> None:
    size = DaySize("buyers", TODAY, 3, 2, 1)
    wrong = Difference(ANNA, NOON, "due", "never", "then")
    with desk.store.write() as connection:
        assert sizes.last_day(connection, PORTAL) is None
        sizes.save(connection, PORTAL, [size])
        sizes.save(connection, PORTAL + 1, [size])
        for _ in range(2):
            proofs.count(connection, PORTAL, ProofDay(TODAY, 50, 1))
            proofs.keep(connection, PORTAL, [wrong])

    with desk.store.write() as connection:
        assert sizes.last_day(connection, PORTAL) == TODAY
        assert sizes.since(connection, PORTAL, TODAY) == [size]
        assert sizes.since(connection, PORTAL, TODAY + DAY) == []
        assert proofs.days(connection, PORTAL, TODAY) == [ProofDay(TODAY, 100, 2)]
        assert proofs.days(connection, PORTAL, TODAY + DAY) == []
        assert proofs.differences(connection, PORTAL, NOON, 9) == [wrong]
        assert proofs.differences(connection, PORTAL + 1, NOON, 9) == []
        proofs.prune(connection, NOON)
        assert proofs.differences(connection, PORTAL, NOON, 9) == [wrong]
        proofs.prune(connection, NOON + HOUR)
        assert proofs.differences(connection, PORTAL, NOON, 9) == []
