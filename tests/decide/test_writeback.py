"""What shall stand in HubSpot after memberships changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.decide.writeback import different, list_intents, property_intents, united
from mappings.model import Cause, MembershipChange
from mappings.writing import Intent, IntentKind

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
NOON_MS = "1782820800000"
ANNA, BERT = 2**53 + 1, 2**53 + 2
TEXTS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["", "x", "y"]))


def change(
    segment: str, entered: bool = True, at: datetime = NOON, cause: Cause = Cause.BEHAVIOUR
) -> MembershipChange:
    return MembershipChange(ANNA, segment, entered, at, cause, "")


def wish(
    *changes: MembershipChange,
    after: set[str],
    stage: str = "",
    before: dict[str, str] | None = None,
) -> dict[str, str] | None:
    """Say what is wished for Anna; None for nothing."""
    known = {ANNA: json.dumps(before)} if before is not None else {}
    intents = property_intents(changes, {ANNA: after}, {ANNA: stage}, known)
    if not intents:
        return None
    [intent] = intents
    assert (intent.contact_id, intent.kind, intent.target) == (ANNA, IntentKind.PROPERTIES, "")
    found: dict[str, str] = json.loads(intent.wanted)
    return found


def test_each_change_is_a_wish_for_its_list() -> None:
    assert list_intents([change("a"), change("b", entered=False)]) == [
        Intent(ANNA, IntentKind.LIST, "a", "", "in"),
        Intent(ANNA, IntentKind.LIST, "b", "", "out"),
    ]


def test_properties_say_what_one_is_in_and_what_one_entered_and_left_last() -> None:
    early = NOON - timedelta(days=1)
    moves = (change("b"), change("a", at=early), change("c", entered=False, at=early))

    assert wish(*moves, after={"b", "a"}, stage="lead") == {
        "segue_segments": "a;b",
        "segue_stage": "lead",
        "segue_last_entered": "b",
        "segue_last_entered_at": NOON_MS,
        "segue_last_left": "c",
        "segue_last_left_at": "1782734400000",
    }


def test_of_two_at_one_instant_the_order_is_always_the_same() -> None:
    one, other = change("a"), change("b")
    assert wish(one, other, after={"a", "b"}) == wish(other, one, after={"a", "b"})


@pytest.mark.parametrize("cause", [Cause.FIRST_SYNC, Cause.REPAIR])
def test_neither_the_first_sync_nor_a_repair_entered_anybody(cause: Cause) -> None:
    found = wish(change("a", cause=cause), after={"a"})
    assert found == {"segue_segments": "a", "segue_stage": ""}


def test_what_was_wished_already_or_says_nothing_is_not_wished() -> None:
    assert wish(after=set()) is None
    assert wish(after={"a"}, before={"segue_segments": "a", "segue_stage": ""}) is None
    # But what stood there is cleared.
    assert wish(after=set(), before={"segue_segments": "a", "segue_stage": ""}) == {
        "segue_segments": "",
        "segue_stage": "",
    }


def test_what_was_last_entered_stays_when_one_leaves() -> None:
    before = {"segue_segments": "a", "segue_stage": "", "segue_last_entered": "a"}
    found = wish(change("a", entered=False), after=set(), before=before)
    assert found is not None
    assert (found["segue_last_entered"], found["segue_last_left"]) == ("a", "a")


def test_everybody_looked_at_is_compared_in_the_order_of_ids() -> None:
    intents = property_intents([], {BERT: ["a"], ANNA: ["a"]}, {}, {})
    assert [each.contact_id for each in intents] == [ANNA, BERT]


@given(wanted=TEXTS, written=TEXTS)
def test_only_what_differs_is_written(wanted: dict[str, str], written: dict[str, str]) -> None:
    texts = different(json.dumps(wanted), json.dumps(written))

    after = {name: value for name, value in (written | texts).items() if value}
    asked = {name: written.get(name, "") for name in wanted} | texts
    assert asked == wanted
    assert all(value != written.get(name, "") for name, value in texts.items())
    assert after.keys() >= {name for name, value in wanted.items() if value}


def test_where_nobody_knows_what_stands_there_all_is_written() -> None:
    assert different('{"a": "", "b": "x"}', None) == {"a": "", "b": "x"}


@given(mine=st.none() | TEXTS, other=st.none() | TEXTS)
def test_a_merged_contact_keeps_its_own_and_clears_what_only_the_other_had(
    mine: dict[str, str] | None, other: dict[str, str] | None
) -> None:
    found = json.loads(
        united(*(each if each is None else json.dumps(each) for each in (mine, other)))
    )

    assert found.keys() == (mine or {}).keys() | (other or {}).keys()
    assert all(found[name] == (mine or {}).get(name, "") for name in found)
