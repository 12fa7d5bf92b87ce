"""Calls of the Segment tracking API as nouns: whose, what, when; and what can't be read."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from mappings.call_events import load_collector
from mappings.call_reading import read
from mappings.calls import BATCH, LARGEST_CALL, Call, Reading, Request
from tests.house import NOON

SECOND = timedelta(seconds=1)
TRACK = {"type": "track", "event": "Product Viewed", "userId": "u1", "messageId": "m1"}


def reading(said: Any, kind: str = BATCH, consent: str = "", name: str = "1") -> Reading:
    body = json.dumps(said).encode()
    return read(Request(kind, body, NOON, name), load_collector().terms(consent))


def one(said: dict[str, Any], kind: str = "track") -> Call:
    found = reading(said, kind)
    assert not found.unread, found.unread
    return found.calls[0]


def reasons(*items: Any) -> list[str]:
    return [each.reason for each in reading({"batch": list(items)}).unread]


def test_a_call_says_who_did_what_and_when() -> None:
    call = one(
        {
            "event": " Order Completed ",
            "userId": 42,
            "anonymousId": "a-1",
            "messageId": "m-1",
            "timestamp": "2026-06-30T11:59:00.123Z",
            "properties": {"total": 12.5},
            "context": {"traits": {"email": " Anna@Example.COM "}},
        }
    )

    assert (call.type, call.name, call.id) == ("track", "Order Completed", "m-1")
    assert (call.user_id, call.anonymous_id, call.email) == ("42", "a-1", "anna@example.com")
    assert call.at == NOON - 60 * SECOND + timedelta(milliseconds=123)
    assert call.properties == {"total": 12.5}


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ({}, NOON),
        ({"timestamp": "2026-06-30T11:00:00Z"}, NOON - 3600 * SECOND),
        ({"timestamp": "2026-06-30T13:00:00+02:00"}, NOON - 3600 * SECOND),
        ({"timestamp": 1782817200000}, NOON - 3600 * SECOND),
        ({"originalTimestamp": "2026-06-30T11:00:00Z"}, NOON - 3600 * SECOND),
        # The sender's clock is two hours slow, also when it says when it sent.
        (
            {"timestamp": "2026-06-30T09:59:50Z", "sentAt": "2026-06-30T10:00:00Z"},
            NOON - 10 * SECOND,
        ),
        # It is a day fast.
        (
            {"timestamp": "2026-07-01T11:59:50Z", "sentAt": "2026-07-01T12:00:00.000Z"},
            NOON - 10 * SECOND,
        ),
        ({"timestamp": "2026-06-30T11:00:00Z", "sentAt": "soon"}, NOON - 3600 * SECOND),
        ({"sentAt": "2026-06-30T10:00:00Z"}, NOON),
    ],
)
def test_the_senders_clock_is_put_right(said: dict[str, Any], at: Any) -> None:
    """Timestamps are corrected as Segment does it: by what sentAt is away from our clock (36)."""
    assert one({**TRACK, **said}).at == at


def test_a_batch_has_one_sent_at_and_one_context() -> None:
    found = reading(
        {
            "sentAt": "2026-06-30T10:00:00Z",
            "context": {"traits": {"email": "anna@example.com"}, "page": {"url": "/a"}},
            "batch": [
                {**TRACK, "timestamp": "2026-06-30T09:59:50Z"},
                {**TRACK, "context": {"page": {"url": "/b"}}},
            ],
        }
    )

    assert [call.at for call in found.calls] == [NOON - 10 * SECOND, NOON]
    assert [call.context["page"]["url"] for call in found.calls] == ["/a", "/b"]
    assert {call.email for call in found.calls} == {"anna@example.com"}


@pytest.mark.parametrize(
    ("said", "contact_id"),
    [
        ({"traits": {"hubspot_contact_id": 508369434347}}, 508369434347),
        ({"traits": {"hubspot_id": "508369434347"}}, 508369434347),
        ({"traits": {"hs_object_id": "12x"}}, None),
        ({"traits": {"hubspot_id": 12.5}}, None),
        ({"traits": {"hubspot_id": str(2**63)}}, None),
        ({"context": {"externalIds": [{"type": "hubspot_contact_id", "id": "7"}]}}, 7),
        ({"context": {"externalIds": [{"type": "android.id", "id": "7"}, 5]}}, None),
        ({"context": {"externalIds": "7"}}, None),
    ],
)
def test_a_hubspot_contact_can_be_named_by_id(said: dict[str, Any], contact_id: int | None) -> None:
    """(44) Ids are whole numbers that may be larger than a float holds."""
    assert one({"userId": "u1", **said}, "identify").contact_id == contact_id


@pytest.mark.parametrize("email", ["anna", "a@b", "a b@example.com", "@example.com", 5, None, ""])
def test_what_is_no_address_names_nobody(email: Any) -> None:
    assert one({"userId": "u1", "traits": {"email": email}}, "identify").email == ""


@pytest.mark.parametrize("nobody", ["", " ", "0", "null", "UNDEFINED", "[object Object]", "guest"])
def test_ids_that_broken_code_sends_for_everybody_are_none(nobody: str) -> None:
    call = one({**TRACK, "anonymousId": nobody})

    assert call.anonymous_id == ""
    assert reasons({**TRACK, "userId": nobody, "anonymousId": nobody}) == [
        "it names nobody: neither a userId nor an anonymousId stands in it"
    ]


def test_a_call_sent_again_has_the_same_id_whatever_sent_at_says() -> None:
    timed = {"type": "track", "event": "A", "userId": "u1", "timestamp": "2026-06-30T11:00:00Z"}
    bare = {"type": "track", "event": "A", "userId": "u1"}

    def ids(item: dict[str, Any], **how: str) -> str:
        return reading({"batch": [item]}, **how).calls[0].id

    assert ids(TRACK) == ids({**TRACK, "event": "B"}) == "m1"
    assert ids(timed) == ids({**timed, "sentAt": "2026-06-30T11:00:09Z"}, name="2")
    assert ids(timed) != ids({**timed, "event": "B"})
    # Without any name or instant, two may well be two.
    assert ids(bare) == ids(bare)
    assert ids(bare) != ids(bare, name="2")
    assert len({call.id for call in reading({"batch": [bare, bare]}).calls}) == 2


def test_very_long_ids_are_shortened() -> None:
    call = one({**TRACK, "messageId": "m" * 5000, "userId": "u" * 5000})

    assert len(call.id) == len(call.user_id) == 32


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (5, "not an object"),
        (None, "not an object"),
        ([], "not an object"),
        ({"userId": "u1"}, "its type is none of alias, group, identify, page, screen, track"),
        ({**TRACK, "type": "trick"}, "its type is none of alias, group, identify, page, screen"),
        ({**TRACK, "event": " "}, "a track call without an event name"),
        ({"type": "group", "userId": "u1"}, "a group call without a groupId"),
        (
            {"type": "alias", "userId": "u1", "previousId": "null"},
            "an alias call without a previousId",
        ),
        ({**TRACK, "timestamp": "yesterday"}, "timestamp: not an instant"),
        ({**TRACK, "timestamp": 10**20}, "timestamp: not an instant"),
        ({**TRACK, "properties": {"x": "y" * LARGEST_CALL}}, "it is larger than 32 KB"),
    ],
)
def test_a_call_that_cant_be_read_harms_no_other(item: Any, reason: str) -> None:
    found = reading({"sentAt": "2026-06-30T11:00:00Z", "batch": [TRACK, item, TRACK]})

    assert len(found.calls) == 2
    assert [each.reason[: len(reason)] for each in found.unread] == [reason]


def test_what_cant_be_read_is_kept_as_a_request_of_its_own() -> None:
    """Once its fault is mended it is read as if it had come alone, with the same clock."""
    sent = "2026-06-30T10:00:00Z"
    bad = {**TRACK, "event": "", "timestamp": "2026-06-30T09:59:50Z"}
    unread = reading({"sentAt": sent, "batch": [bad]}).unread[0]

    assert unread.type == "track"
    assert json.loads(unread.body) == {"sentAt": sent, **bad}
    mended = {**json.loads(unread.body), "event": "A"}
    assert one(mended, unread.type).at == NOON - 10 * SECOND


def test_the_reason_says_nothing_of_what_stood_there() -> None:
    said = reasons({**TRACK, "timestamp": "anna@example.com", "type": "track"})

    assert said == ["timestamp: not an instant"]


@pytest.mark.parametrize(
    ("consent", "category", "kept"),
    [
        (None, "", True),
        ({}, "", True),
        ({"categoryPreferences": {}}, "", True),
        ({"categoryPreferences": {"Analytics": True, "Advertising": False}}, "", True),
        ({"categoryPreferences": {"Analytics": False, "Advertising": False}}, "", False),
        (False, "", False),
        (True, "", True),
        (None, "Analytics", False),
        ({"categoryPreferences": {"Analytics": True}}, "Analytics", True),
        ({"categoryPreferences": {"Analytics": "yes"}}, "Analytics", False),
        ({"categoryPreferences": {"Advertising": True}}, "Analytics", False),
        (True, "Analytics", False),
    ],
)
def test_without_consent_nothing_is_kept(consent: Any, category: str, kept: bool) -> None:
    context = {} if consent is None else {"consent": consent}
    found = reading({"batch": [{**TRACK, "context": context}]}, consent=category)

    assert (len(found.calls), found.refused) == ((1, 0) if kept else (0, 1))
    assert found.unread == ()


def test_what_is_refused_isnt_kept_as_unreadable_either() -> None:
    said = {"type": "nonsense", "context": {"consent": False}, "userId": "anna@example.com"}

    assert reading({"batch": [said]}) == Reading((), (), 1)
