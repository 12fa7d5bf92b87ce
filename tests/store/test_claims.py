"""A look holds its contacts in one row: nobody else gets them, until it ends or its time does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from integration.store import claims, due
from integration.store.engine import Store
from integration.store.inbox import Claim
from mappings.model import Cause

NOON = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PORTAL, OTHER = 62_515_001, 62_515_002
ANNA, BERT, CLEO, DORA = 1, 2, 3, 4
EVERYBODY = [ANNA, BERT, CLEO, DORA]
MINE = Claim("mine", NOON, NOON + HOUR)
YOURS = Claim("yours", NOON, NOON + HOUR)


@pytest.fixture
def waiting(store: Store) -> Store:
    """A store in which four contacts are due, one after the other."""
    with store.write() as connection:
        for place, each in enumerate(EVERYBODY):
            at = NOON - (9 - place) * HOUR
            due.touch(connection, PORTAL, [each], at, Cause.BEHAVIOUR)
    return store


def claim(store: Store, of: Claim, limit: int = 10, portal_id: int = PORTAL) -> list[int]:
    with store.write() as connection:
        return [each.contact_id for each in due.claim(connection, portal_id, of, limit)]


def held(store: Store, of: Claim) -> set[int]:
    with store.read() as connection:
        return set(claims.mine(connection, PORTAL, of.lease))


def test_nobody_gets_whom_somebody_holds(waiting: Store) -> None:
    assert claim(waiting, MINE, limit=2) == [ANNA, BERT], "the longest due"
    assert claim(waiting, YOURS, limit=1) == [CLEO], "the next, not fewer for those held"
    assert claim(waiting, Claim("third", NOON, NOON + HOUR)) == [DORA]
    assert claim(waiting, Claim("fourth", NOON, NOON + HOUR)) == []
    assert (held(waiting, MINE), held(waiting, YOURS)) == ({ANNA, BERT}, {CLEO})


def test_a_claim_of_one_portal_says_nothing_of_another(waiting: Store) -> None:
    with waiting.write() as connection:
        due.touch(connection, OTHER, [ANNA], NOON, Cause.BEHAVIOUR)
    assert claim(waiting, MINE) == EVERYBODY

    assert claim(waiting, MINE, portal_id=OTHER) == [ANNA]


@pytest.mark.parametrize(
    ("later", "got"), [(HOUR - timedelta(milliseconds=1), []), (HOUR, EVERYBODY)]
)
def test_whose_time_ran_out_holds_nothing_once_another_claims(
    waiting: Store, later: timedelta, got: list[int]
) -> None:
    assert claim(waiting, MINE) == EVERYBODY
    now = NOON + later

    assert claim(waiting, Claim("yours", now, now + HOUR)) == got
    assert held(waiting, MINE) == set(EVERYBODY) - set(got)


def test_who_is_let_go_is_free_and_the_others_are_not(waiting: Store) -> None:
    assert claim(waiting, MINE) == EVERYBODY
    with waiting.write() as connection:
        claims.let_go(connection, PORTAL, [BERT, 99], "yours")
        claims.let_go(connection, PORTAL, [BERT, 99], "mine")

    assert held(waiting, MINE) == {ANNA, CLEO, DORA}
    assert claim(waiting, YOURS) == [BERT]
    with waiting.write() as connection:
        claims.let_go(connection, PORTAL, EVERYBODY, "mine")
        assert [each.lease for each in claims.held(connection, PORTAL)] == ["yours"]


def test_who_is_forgotten_is_in_nobodys_hands(waiting: Store) -> None:
    """A merged contact may come back while a stale look is still on its way to be stored."""
    assert claim(waiting, MINE) == EVERYBODY
    with waiting.write() as connection:
        due.forget(connection, PORTAL, [CLEO])
        due.touch(connection, PORTAL, [CLEO], NOON, Cause.BEHAVIOUR)

    assert held(waiting, MINE) == {ANNA, BERT, DORA}
    assert claim(waiting, YOURS) == [CLEO]


def test_the_rules_hold_only_who_is_free_and_not_due(waiting: Store) -> None:
    with waiting.write() as connection:
        due.claim_these(connection, PORTAL, [BERT], YOURS)
        due.settle(connection, PORTAL, [due.Next(DORA, 1, NOON + HOUR)])
        found = due.hold(connection, PORTAL, [*EVERYBODY, 5], MINE)

    assert found == {
        DORA: due.Due(DORA, NOON, Cause.RULE, 1),
        5: due.Due(5, NOON, Cause.RULE, 1),
    }
    assert held(waiting, MINE) == {DORA, 5}


def test_what_happens_to_somebody_meanwhile_shows(waiting: Store) -> None:
    with waiting.write() as connection:
        claimed = due.claim(connection, PORTAL, MINE, 10)
        due.touch(connection, PORTAL, [BERT], NOON, Cause.BEHAVIOUR)
        due.forget(connection, PORTAL, [CLEO])

        assert due.unchanged(connection, PORTAL, claimed, "mine") == {ANNA, DORA}
        assert due.unchanged(connection, PORTAL, claimed, "yours") == set()


def test_whoever_is_being_taken_out_is_claimed_by_nobody(waiting: Store) -> None:
    """(28) A merge isn't through yet: a look that began now would still see two contacts."""
    with ThreadPoolExecutor(1) as pool:
        with waiting.write() as connection:
            due.forget(connection, PORTAL, [CLEO])
            looks = pool.submit(claim, waiting, MINE)
            with pytest.raises(TimeoutError):
                looks.result(0.2)
        assert looks.result(20) == [ANNA, BERT, DORA]
