"""What is cut out of deliveries, and what signatures hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from integration.decide.erasure import cut, names, said_of
from integration.decide.reports import is_genuine, signed
from mappings.privacy import Whom

ANNA = Whom((7, 9), ("anna@example.com",))
PORTAL = 62_515_001


def entry(kind: str, object_id: int | None = None, portal: int = PORTAL, **more: Any) -> Any:
    said = {"portalId": portal, "subscriptionType": kind, "occurredAt": 1_782_820_800_000}
    return said | ({} if object_id is None else {"objectId": object_id}) | more


OTHERS = [
    entry("contact.propertyChange", 8, propertyName="firstname", propertyValue="7"),
    entry("contact.propertyChange", 7, portal=PORTAL + 1, propertyName="firstname"),
    entry("order.creation", 7),
    entry("object.associationChange", None, objectTypeId="0-3", fromObjectTypeId="0-3",
          fromObjectId=7, toObjectTypeId="0-1", toObjectId=8),
    entry("contact.merge", 8, primaryObjectId=8, mergedObjectIds=[6], newObjectId=8),
]  # fmt: skip


@pytest.mark.parametrize(
    "hers",
    [
        entry("contact.propertyChange", 7, propertyName="firstname", propertyValue="Anna"),
        entry("contact.privacyDeletion", 9),
        entry("object.propertyChange", 9, objectTypeId="0-1", propertyName="city"),
        entry("contact.merge", 8, primaryObjectId=8, mergedObjectIds=[7], newObjectId=8),
        entry("contact.merge", 9, primaryObjectId=8, mergedObjectIds=[6], newObjectId=9),
        entry("object.associationChange", None, objectTypeId="0-3", fromObjectTypeId="0-3",
              fromObjectId=1, toObjectTypeId="0-1", toObjectId=7),
        {"objectId": 7, "broken": True},
        ["mail of ANNA@example.com"],
    ],
)  # fmt: skip
def test_what_is_said_of_a_person_is_cut_out_and_no_more(hers: Any) -> None:
    """Failure mode 29."""
    before = json.dumps([OTHERS[0], hers, *OTHERS[1:]]).encode()

    after = cut(before, PORTAL, ANNA)

    assert after is not None
    assert json.loads(after) == OTHERS
    assert said_of(before, PORTAL, ANNA) == [hers]


def test_a_delivery_that_says_nothing_of_them_stays_as_it_is() -> None:
    assert cut(json.dumps(OTHERS).encode(), PORTAL, ANNA) is None


def test_of_a_whole_portal_all_goes() -> None:
    after = cut(json.dumps(OTHERS).encode(), PORTAL, None)

    assert after is not None
    assert json.loads(after) == [OTHERS[1]]


@pytest.mark.parametrize(
    ("body", "whom", "left"),
    [
        (b'{"objectId": 7}', ANNA, b""),
        (b'{"objectId": 77}', ANNA, None),
        (b"\xff Anna@Example.com", ANNA, b""),
        (b"not JSON", ANNA, None),
        (b"[" * 100_000, ANNA, None),
        (b"portal 62515001", None, b""),
        (b"portal 162515001", None, None),
    ],
)
def test_what_cant_be_read_goes_whole_where_it_names_them(
    body: bytes, whom: Whom | None, left: bytes | None
) -> None:
    assert cut(body, PORTAL, whom) == left
    assert said_of(body, PORTAL, ANNA) == []


def test_a_number_within_another_names_nobody() -> None:
    assert names("contact 7, refused", PORTAL, ANNA)
    assert not names("contact 17, refused", PORTAL, ANNA)


def test_a_signature_holds_all_words_of_a_report() -> None:
    report = signed({"b": 1, "a": {"c": [2]}}, "key")

    assert is_genuine(report, "key")
    assert is_genuine(dict(reversed(list(report.items()))), "key")
    assert signed(report, "key") == report
    assert not is_genuine(report, "other")
    assert not is_genuine({**report, "b": 2}, "key")
    assert not is_genuine({"b": 1, "a": {"c": [2]}}, "key")
    assert not is_genuine({**report, "signature": 5}, "key")
