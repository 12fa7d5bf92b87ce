"""Many rows in one go: what a row by itself would do, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from integration.store import due, memberships, outbox
from integration.store.due import Next
from integration.store.engine import Store
from integration.store.inbox import Claim
from mappings.instants import to_ms
from mappings.model import Cause, Intent, IntentKind, Membership, MembershipChange

NOON = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PORTAL = 62_515_001
ANNA, BERT, CLEO = 2**63 - 1, 2, 3


def wish(target: str, wanted: str, held_back: str = "") -> Intent:
    return Intent(ANNA, IntentKind.ENROLLMENT, target, "once", wanted, held_back)


def test_memberships_of_any_text_and_instant_come_back_as_they_were(store: Store) -> None:
    held = {
        ANNA: {
            "näher:\n\"';%s?": Membership.between(NOON, None),
            "b": Membership.between(NOON, NOON + HOUR),
        },
        BERT: {"b": Membership.between(NOON - 999_999 * HOUR, None)},
        CLEO: dict.fromkeys(
            ["", "NULL", "{a,b}", 'a\\"', "\\", " x ", "\t"], Membership.between(NOON, None)
        ),
    }
    with store.write() as connection:
        memberships.save(connection, PORTAL, held)
        memberships.save(connection, PORTAL, {BERT: {"b": Membership.between(NOON, NOON)}})
        memberships.end(connection, PORTAL, [(ANNA, "b"), (BERT, "never in it")])
        memberships.end(connection, PORTAL, [])
        found = memberships.of(connection, PORTAL, [ANNA, BERT, CLEO])

    assert found == {
        CLEO: held[CLEO],
        ANNA: {"näher:\n\"';%s?": Membership.between(NOON, None)},
        BERT: {"b": Membership.between(NOON, NOON)},
    }


def test_a_change_that_is_in_the_history_stays_as_it_is(store: Store) -> None:
    change = MembershipChange(ANNA, "s", True, NOON, Cause.TIME, "first")
    with store.write() as connection:
        memberships.record(connection, PORTAL, [change])
        again = MembershipChange(ANNA, "s", True, NOON, Cause.RULE, "second")
        left = MembershipChange(ANNA, "s", False, NOON, Cause.TIME, "left")
        memberships.record(connection, PORTAL, [again, left, left])
        found = memberships.changes_of(connection, PORTAL, ANNA)

    assert sorted(found, key=lambda each: each.why) == [change, left]


def test_wishes_for_one_thing_may_come_together(store: Store) -> None:
    listed = [Intent(ANNA, IntentKind.LIST, "s", "", wanted) for wanted in ("in", "out")]
    enrolled = [wish("a", "1"), wish("a", "2"), wish("b", "1", "held"), wish("b", "2")]
    with store.write() as connection:
        outbox.wish(connection, PORTAL, [*enrolled, *listed], NOON)
        outbox.wish(connection, PORTAL, [wish("a", "3"), wish("b", "3", "late")], NOON)
        found = [
            item
            for kind in (IntentKind.LIST, IntentKind.ENROLLMENT)
            for item in outbox.of(connection, PORTAL, [ANNA], kind)
        ]

    said = [(each.intent.target, each.intent.wanted, each.state, each.reason) for each in found]
    assert said == [("s", "out", "due", ""), ("a", "1", "due", ""), ("b", "2", "due", "")]


def test_who_was_touched_meanwhile_stays_due(store: Store) -> None:
    with store.write() as connection:
        due.touch(connection, PORTAL, [ANNA, BERT, CLEO], NOON, Cause.BEHAVIOUR)
        claimed = due.claim(connection, PORTAL, Claim("mine", NOON, NOON + HOUR), 10)
        due.touch(connection, PORTAL, [CLEO], NOON, Cause.BEHAVIOUR)
        later = {ANNA: NOON + HOUR, BERT: None, CLEO: NOON + HOUR}
        settled = [Next(each.contact_id, each.version, later[each.contact_id]) for each in claimed]
        due.settle(connection, PORTAL, settled)
        found = due.of(connection, PORTAL, [ANNA, BERT, CLEO])

    assert found == {
        ANNA: due.Waiting(NOON + HOUR, NOON + HOUR),
        CLEO: due.Waiting(NOON, NOON + HOUR),
    }


def test_what_goes_wrong_tells_nobodys_values(store: Store) -> None:
    nameless = {ANNA: {None: Membership.between(NOON, None)}}
    with pytest.raises(sa.exc.IntegrityError) as caught, store.write() as connection:
        memberships.save(connection, PORTAL, nameless)  # type: ignore[arg-type] # what breaks it

    assert "hide_parameters" in str(caught.value)
    assert str(to_ms(NOON)) not in str(caught.value).split("[SQL")[1]
