"""Webhook deliveries: every shape HubSpot sends, and one bad entry never fails its batch."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.hubspot import messages
from mappings.model import Message, ObjectType, Refused

AT = 1564113600000
BASE = {"portalId": 62515, "occurredAt": AT}


def one(**said: Any) -> Message:
    read, refused = messages([{**BASE, **said}])
    assert not refused
    return read[0]


def test_a_classic_creation_is_read_whole() -> None:
    message = one(eventId=1, subscriptionId=12345, subscriptionType="contact.creation",
                  attemptNumber=0, objectId=123, changeSource="CRM", changeFlag="NEW",
                  sourceId="userId:7", appId=54321)  # fmt: skip

    assert message == Message(
        portal_id=62515,
        type="contact.creation",
        action="creation",
        object_type=ObjectType.CONTACT,
        object_id=123,
        occurred_at=datetime(2019, 7, 26, 4, tzinfo=UTC),
        event_id="1",
        change_source="CRM",
        source_id="userId:7",
        app_id=54321,
    )


def test_three_fields_are_enough() -> None:
    message = one(subscriptionType="contact.privacyDeletion")

    assert (message.action, message.object_id, message.event_id) == ("privacyDeletion", None, "")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"subscriptionType": "contact.deletion"}, ObjectType.CONTACT),
        ({"subscriptionType": "deal.deletion"}, ObjectType.DEAL),
        ({"subscriptionType": "line_item.creation"}, ObjectType.LINE_ITEM),
        ({"subscriptionType": "product.restore"}, ObjectType.PRODUCT),
        ({"subscriptionType": "object.creation", "objectTypeId": "0-1"}, ObjectType.CONTACT),
        ({"subscriptionType": "object.creation", "objectTypeId": "0-3"}, ObjectType.DEAL),
        ({"subscriptionType": "object.creation", "objectTypeId": "0-7"}, ObjectType.PRODUCT),
        ({"subscriptionType": "object.creation", "objectTypeId": "0-8"}, ObjectType.LINE_ITEM),
        ({"subscriptionType": "object.creation", "objectTypeId": "0-123"}, ObjectType.ORDER),
        ({"subscriptionType": "object.creation", "objectTypeId": "0-142"}, ObjectType.CART),
        ({"subscriptionType": "object.creation", "objectTypeId": "2-88"}, ObjectType.OTHER),
        ({"subscriptionType": "object.creation"}, ObjectType.OTHER),
        ({"subscriptionType": "conversation.newMessage"}, ObjectType.OTHER),
        ({"subscriptionType": "event.completed"}, ObjectType.OTHER),
        ({"subscriptionType": "somethingNew"}, ObjectType.OTHER),
    ],
)
def test_classic_names_and_type_ids_name_the_same_objects(
    said: dict[str, str], kind: ObjectType
) -> None:
    message = one(**said)

    assert message.object_type is kind
    assert message.action == said["subscriptionType"].split(".")[-1]


def test_the_type_may_come_under_the_name_that_hubspots_table_gives_it() -> None:
    assert one(eventType="contact.creation").type == "contact.creation"
    assert one(eventType="x", subscriptionType="contact.merge", objectId=1).action == "merge"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("lead", "lead"),
        ("", ""),
        (None, None),
        (7, "7"),
        (False, "false"),
        ("a\x00\ud800", "a\ufffd"),
    ],
)
def test_a_changed_value_is_text_that_can_be_stored(sent: object, kept: str | None) -> None:
    """Failure mode 44."""
    message = one(
        subscriptionType="contact.propertyChange",
        objectId="508369434347",
        propertyName="lifecyclestage",
        propertyValue=sent,
    )

    assert (message.property_name, message.property_value) == ("lifecyclestage", kept)
    assert message.object_id == 508369434347


@pytest.mark.parametrize(
    ("said", "survivor", "gone"),
    [
        ({"primaryObjectId": 1, "mergedObjectIds": [2], "newObjectId": 3}, 3, (1, 2)),
        ({"primaryObjectId": 1, "mergedObjectIds": [2, 4], "newObjectId": 1}, 1, (2, 4)),
        ({"primaryObjectId": "1", "mergedObjectIds": ["2"]}, 1, (2,)),
        ({"primaryObjectId": 1, "mergedObjectIds": 2}, 1, (2,)),
        ({"primaryObjectId": 1, "mergedObjectIds": None}, 1, ()),
        ({"objectId": 1, "mergedObjectIds": [2, 2, 1]}, 1, (2,)),
        ({"objectId": 9, "primaryObjectId": 1, "newObjectId": 3}, 3, (1,)),
    ],
)
def test_a_merge_names_who_lives_on_and_who_is_no_more(
    said: dict[str, Any], survivor: int, gone: tuple[int, ...]
) -> None:
    """Failure mode 28: the id that lives on may be a third one."""
    message = one(subscriptionType="contact.merge", **said)

    assert (message.survivor_id, message.object_id) == (survivor, survivor)
    assert message.merged_ids == gone


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ({"subscriptionType": "contact.associationChange", "associationType": "CONTACT_TO_DEAL",
          "fromObjectId": 1, "toObjectId": 2},
         ((ObjectType.CONTACT, 1), (ObjectType.DEAL, 2))),
        ({"subscriptionType": "line_item.associationChange",
          "associationType": "LINE_ITEM_TO_DEAL", "fromObjectId": 1, "toObjectId": 2},
         ((ObjectType.LINE_ITEM, 1), (ObjectType.DEAL, 2))),
        ({"subscriptionType": "object.associationChange", "fromObjectTypeId": "0-123",
          "toObjectTypeId": "0-1", "fromObjectId": 1, "toObjectId": 2},
         ((ObjectType.ORDER, 1), (ObjectType.CONTACT, 2))),
        ({"subscriptionType": "contact.associationChange", "fromObjectId": 1, "toObjectId": 2},
         ((ObjectType.CONTACT, 1), (ObjectType.OTHER, 2))),
        ({"subscriptionType": "contact.associationChange", "fromObjectTypeId": "2-5",
          "fromObjectId": 1},
         ((ObjectType.OTHER, 1),)),
        ({"subscriptionType": "contact.associationChange", "associationType": "CONTACT_TO_DEAL",
          "toObjectId": 2},
         ((ObjectType.DEAL, 2),)),
        ({"subscriptionType": "contact.associationChange"}, ()),
    ],
)  # fmt: skip
def test_an_association_change_names_its_ends(
    said: dict[str, Any], ends: tuple[tuple[ObjectType, int], ...]
) -> None:
    message = one(**said)

    assert message.ends == ends
    assert message.merged_ids == ()


def test_one_bad_entry_never_fails_its_batch() -> None:
    good = {**BASE, "subscriptionType": "contact.creation", "objectId": 1}
    faulty: list[tuple[object, str]] = [
        ("text", "not an object"),
        (None, "not an object"),
        ([], "not an object"),
        ({**good, "portalId": None}, "portalId"),
        ({**good, "portalId": 1.5}, "portalId"),
        ({**good, "occurredAt": "soon"}, "occurredAt"),
        ({**BASE}, "subscriptionType"),
        ({**good, "objectId": -4}, "objectId"),
        ({**good, "subscriptionType": "contact.merge", "objectId": None}, "the id that lives on"),
    ]

    read, refused = messages([good, *(entry for entry, _ in faulty), good])

    assert len(read) == 2
    assert [one.index for one in refused] == list(range(1, len(faulty) + 1))
    for fault, (_, words) in zip(refused, faulty, strict=True):
        assert words in fault.reason


def test_a_reason_never_quotes_the_value() -> None:
    _, refused = messages([{"portalId": "ada@example.com"}])

    assert "ada@example.com" not in refused[0].reason


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS = ["portalId", "subscriptionType", "occurredAt", "objectId", "eventId", "objectTypeId",
          "propertyName", "propertyValue", "mergedObjectIds", "newObjectId", "primaryObjectId",
          "fromObjectId", "toObjectId", "associationType", "eventType", "appId"]  # fmt: skip


@given(body=st.lists(json | st.dictionaries(st.sampled_from(FIELDS), json), max_size=5))
def test_whatever_arrives_each_entry_is_read_or_refused(body: list[Any]) -> None:
    read, refused = messages(body)

    assert len(read) + len(refused) == len(body)
    assert all(isinstance(one, Refused) for one in refused)


@given(
    portal=st.integers(0, 2**63 - 1),
    object_id=st.integers(0, 2**63 - 1),
    at=st.integers(631_152_000_000, 4_102_444_799_999),
    event=st.integers(),
)
def test_ids_of_any_size_come_through_exactly(
    portal: int, object_id: int, at: int, event: int
) -> None:
    """Failure mode 44."""
    message = one(portalId=portal, objectId=object_id, occurredAt=at, eventId=event,
                  subscriptionType="contact.creation")  # fmt: skip

    assert (message.portal_id, message.object_id) == (portal, object_id)
    assert message.event_id == str(event)
