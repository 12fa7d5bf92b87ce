"""The journal's events as webhooks' entries, field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mappings.hubspot import messages
from mappings.journal import (
    Lifecycle,
    Listed,
    Pointer,
    Wanted,
    app_token,
    pointer,
    subscription,
    subscription_body,
    told,
    wanted_of,
)
from mappings.model import Message, ObjectType
from mappings.values import Unreadable

PORTAL, ANNA, BERT = 62_515_001, 508_369_434_347, 508_369_434_348
AT = datetime(2026, 9, 3, 8, 15, 30, 250_000, tzinfo=UTC)
SAID = "2026-09-03T08:15:30.250Z"
# As live accounts were seen to answer (values made up).
FILE: dict[str, Any] = {
    "offset": "0b7f3c1e-8f2a-4d8c-9a70-6f0d2b1c9d0e",
    "publishedAt": "2026-09-03T08:15:32.000Z",
    "journalEvents": [],
}


def event(action: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "portalId": PORTAL,
        "occurredAt": SAID,
        "objectTypeId": "0-1",
        "objectId": ANNA,
        "action": action,
        **more,
    }


def read(*events: Any) -> list[Message]:
    """Read a file's events and what they become as webhooks' entries."""
    entries = told({**FILE, "journalEvents": list(events)}).entries
    understood, refused = messages([one for each in entries.values() for one in each])
    assert refused == []
    return understood


@pytest.mark.parametrize(
    ("said", "action"),
    [("CREATE", "creation"), ("DELETE", "deletion"), ("RESTORE", "restore")],
)
def test_what_happened_to_a_record(said: str, action: str) -> None:
    [message] = read(event(said))

    assert (message.action, message.type) == (action, f"object.{action}")
    assert (message.portal_id, message.object_id) == (PORTAL, ANNA)
    assert (message.object_type, message.occurred_at) == (ObjectType.CONTACT, AT)
    assert message.event_id == ""


def test_each_property_that_changed_is_an_entry() -> None:
    changes = {"country": "SE", "city": None}

    found = read(event("UPDATE", propertyChanges=changes))

    assert [(one.action, one.property_name, one.property_value) for one in found] == [
        ("propertyChange", "country", "SE"),
        ("propertyChange", "city", None),
    ]


def test_a_creation_may_bring_values_along() -> None:
    found = read(event("CREATE", propertyChanges={"country": "SE"}))

    assert [one.action for one in found] == ["creation", "propertyChange"]


@pytest.mark.parametrize(
    ("more", "survivor", "merged"),
    [
        ({"mergedObjectIds": [BERT]}, ANNA, (BERT,)),
        ({"primaryObjectId": ANNA, "mergedObjectIds": [BERT]}, ANNA, (BERT,)),
        ({"primaryObjectId": ANNA, "mergedObjectIds": [BERT], "newObjectId": 7}, 7, (ANNA, BERT)),
    ],
)
def test_a_merge(more: dict[str, Any], survivor: int, merged: tuple[int, ...]) -> None:
    """(28) Whichever fields HubSpot gives it."""
    [message] = read(event("MERGE", **more))

    assert (message.action, message.survivor_id) == ("merge", survivor)
    assert message.merged_ids == merged


def test_a_privacy_deletion() -> None:
    [message] = read(event("GDPR_DELETE", type="gdpr_privacy_deletion"))

    assert (message.type, message.object_id) == ("contact.privacyDeletion", ANNA)


def test_a_link_has_both_ends() -> None:
    more = {"associatedObjectTypeId": "0-1", "associatedObjectId": ANNA}

    [message] = read(event("ASSOCIATION_ADDED", objectTypeId="0-123", objectId=43, **more))

    assert message.action == "associationChange"
    assert message.ends == ((ObjectType.ORDER, 43), (ObjectType.CONTACT, ANNA))


def test_lists_and_installs_go_their_own_way() -> None:
    file = {
        **FILE,
        "journalEvents": [
            event("ADDED_TO_LIST", listId=17),
            event("REMOVED_FROM_LIST", listId=17),
            {"portalId": PORTAL, "occurredAt": SAID, "action": "APP_UNINSTALL"},
            {"portalId": PORTAL, "occurredAt": SAID, "action": "APP_INSTALL"},
        ],
    }

    found = told(file)

    assert found.listed == (
        Listed(PORTAL, "17", ANNA, True, AT),
        Listed(PORTAL, "17", ANNA, False, AT),
    )
    assert found.lifecycles == (Lifecycle(PORTAL, False, AT), Lifecycle(PORTAL, True, AT))
    assert (found.entries, found.events) == ({}, 4)


@pytest.mark.parametrize("odd", [None, 7, {}, {"portalId": PORTAL}, {"action": "CREATE"}])
def test_what_cant_be_read_is_passed_on_for_counting(odd: Any) -> None:
    """(25) One bad event fails no file."""
    found = told({**FILE, "journalEvents": [odd, event("DELETE")]})

    assert found.entries[0] == [{"unreadable": odd}]
    assert len(found.entries[PORTAL]) == 1


def test_an_action_nobody_knows_stays_an_entry() -> None:
    [message] = read(event("SNAPSHOT"))

    assert message.type == "object.snapshot"


@pytest.mark.parametrize("body", [None, [], {}, {"journalEvents": None}])
def test_a_file_without_events_is_none(body: Any) -> None:
    with pytest.raises(Unreadable):
        told(body)


def test_a_pointer_names_the_file_and_its_offset() -> None:
    said = {"currentOffset": "0b7f", "url": "https://s3.example/f", "expiresAt": SAID}

    assert pointer(said) == Pointer("0b7f", "https://s3.example/f")
    with pytest.raises(Unreadable):
        pointer({"currentOffset": "0b7f"})
    assert app_token({"access_token": "t", "expires_in": 1800}) == ("t", 1800)


def test_a_subscription_is_written_and_read_alike() -> None:
    every = wanted_of(
        PORTAL,
        {ObjectType.CONTACT: ["email", "country", "email"], ObjectType.ORDER: ["hs_total_price"]},
        ["9", "17"],
    )

    for number, wanted in enumerate(every):
        body = subscription_body(wanted)
        assert subscription({"id": number, "appId": 1, **body}) == (number, wanted)
    assert [each.kind for each in every] == [
        "GDPR_PRIVACY_DELETION",
        "OBJECT",
        "OBJECT",
        "ASSOCIATION",
        "LIST_MEMBERSHIP",
    ]
    assert every[1].properties == ("country", "email")


def test_the_apps_own_lifecycle_belongs_to_no_portal() -> None:
    wanted = Wanted(0, "APP_LIFECYCLE_EVENT", event_type_id="4-1916193")

    assert subscription_body(wanted) == {
        "subscriptionType": "APP_LIFECYCLE_EVENT",
        "eventTypeId": "4-1916193",
        "properties": [],
    }


def test_without_lists_there_is_nothing_to_hear_of_them() -> None:
    assert [each.kind for each in wanted_of(PORTAL, {}, [])] == ["GDPR_PRIVACY_DELETION"]
