"""Whose calls are: devices, users and persons, in whatever order they become known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from integration.decide.visitors import marks_of, named_by, person_of
from mappings.calls import Call
from tests.house import NOON

ANNA, BERT = "anna@example.com", "bert@example.com"
BARE = Call("track", "m", NOON, "", "", "", None, "A", {}, {})


def call(
    anonymous: str = "",
    user: str = "",
    email: str = "",
    contact: int | None = None,
    minute: int = 0,
) -> Call:
    at = NOON + timedelta(minutes=minute)
    return replace(
        BARE, at=at, anonymous_id=anonymous, user_id=user, email=email, contact_id=contact
    )


def person(calls: list[Call], mark: str, known: dict[str, str] | None = None) -> str:
    before = known or {}
    return person_of(mark, before | named_by(calls, before))


@pytest.mark.parametrize(
    ("told", "best"),
    [
        (call("a", "u", ANNA, 7), "contact:7"),
        (call("a", "u", ANNA), f"email:{ANNA}"),
        (call("a", "u"), "user:u"),
        (call("a"), "anonymous:a"),
    ],
)
def test_the_surest_of_a_calls_ids_says_whose_it_is(told: Call, best: str) -> None:
    assert marks_of(told).best == best


def test_a_device_and_a_user_become_a_person() -> None:
    calls = [call("a", "u"), call("", "u", ANNA)]

    assert person(calls, "anonymous:a") == person(calls, "user:u") == f"email:{ANNA}"
    assert person(calls[:1], "anonymous:a") == "user:u"
    assert person(calls[1:], "anonymous:a") == "anonymous:a"


def test_two_devices_are_one_person() -> None:
    calls = [call("phone", "u", ANNA), call("laptop", "", ANNA)]

    assert person(calls, "anonymous:phone") == person(calls, "anonymous:laptop") == f"email:{ANNA}"


def test_a_user_id_that_is_an_address_is_that_person() -> None:
    assert person([call("a", "Anna@Example.com")], "anonymous:a") == f"email:{ANNA}"
    assert person_of(f"user:{ANNA}", {}) == f"email:{ANNA}"


def test_a_better_address_beside_an_address_as_user_id_counts() -> None:
    assert person([call("a", "old@example.com", ANNA)], "user:old@example.com") == f"email:{ANNA}"


def test_who_named_a_device_first_keeps_it() -> None:
    """Another person on the same device has a user id; what came before isn't theirs."""
    calls = [call("a", "u2", BERT, minute=2), call("a", "u1", ANNA, minute=1)]

    assert person(calls, "anonymous:a") == f"email:{ANNA}"
    assert person(calls, "user:u2") == f"email:{BERT}"
    assert person(calls[:1], "anonymous:a", {"anonymous:a": f"email:{ANNA}"}) == f"email:{ANNA}"


def test_a_user_isnt_whoever_used_the_device_before() -> None:
    assert person([call("a", "u2")], "user:u2", {"anonymous:a": f"email:{ANNA}"}) == "user:u2"


def test_a_users_address_may_change_until_it_is_a_contact() -> None:
    now = [call("", "u", ANNA)]

    assert person(now, "user:u", {"user:u": "email:typo@example.com"}) == f"email:{ANNA}"
    assert person(now, "user:u", {"user:u": "contact:7"}) == "contact:7"


def test_an_alias_names_its_former_id() -> None:
    told = replace(BARE, type="alias", name="a-old", user_id="u", anonymous_id="a-new")

    assert named_by([told], {}) == {"anonymous:a-old": "user:u"}


def test_only_what_is_new_is_told() -> None:
    assert (
        named_by([call("a", "u", ANNA)], {"user:u": f"email:{ANNA}", "anonymous:a": "user:u"}) == {}
    )
    assert named_by([call("a")], {}) == {}
