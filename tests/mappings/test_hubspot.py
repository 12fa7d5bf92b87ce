"""HubSpot's JSON of the CRM and the nouns that stand for it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings import hubspot as read
from mappings.model import Account, Grant, ObjectType
from mappings.values import Unreadable
from mappings.words import MODIFIED_AT, PLURALS, TYPE_IDS, object_type
from mappings.writing import Choice, HubSpotList, ItemFault, ListAnswer, PropertyDefinition

CREATED, UPDATED = "2026-01-02T03:04:05.678Z", "2026-02-03T04:05:06Z"
CONTACT: dict[str, Any] = {
    "id": "508369434347",
    "properties": {"email": "ada@example.com", "lastname": None, "age": 36},
    "createdAt": CREATED,
    "updatedAt": UPDATED,
    "archived": False,
    "url": "https://app.hubspot.com/contacts/1/record/0-1/508369434347",
    "objectWriteTraceId": None,
}


def test_a_contact_is_read_and_what_is_new_in_hubspot_ignored() -> None:
    record = read.contact_record(CONTACT)

    assert record.contact_id == 508369434347
    assert record.properties == {"email": "ada@example.com", "lastname": None, "age": "36"}
    assert record.created_at == datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    assert record.updated_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert not record.archived


@pytest.mark.parametrize(
    ("said", "created_at", "updated_at"),
    [
        ({"createdAt": CREATED}, CREATED, CREATED),
        ({"updatedAt": UPDATED}, UPDATED, UPDATED),
        ({"properties": {"createdate": CREATED, "lastmodifieddate": UPDATED}}, CREATED, UPDATED),
        ({"createdAt": None, "properties": {"createdate": "1767323045678"}}, CREATED, CREATED),
    ],
)
def test_a_contacts_instants_stand_in_for_each_other(
    said: dict[str, Any], created_at: str, updated_at: str
) -> None:
    record = read.contact_record({"id": 1, **said})

    assert record.created_at == datetime.fromisoformat(created_at)
    assert record.updated_at == datetime.fromisoformat(updated_at)


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {"id": "x", "createdAt": CREATED},
        {"id": 1},
        {"id": 1, "createdAt": "soon"},
        {"id": 1, "createdAt": CREATED, "properties": []},
        {"id": 1, "properties": {"createdate": "soon"}},
    ],
)
def test_what_is_no_contact_is_unreadable(said: Any) -> None:
    with pytest.raises(Unreadable):
        read.contact_record(said)


def test_an_object_comes_with_each_linked_id_once_by_type() -> None:
    said = {
        "id": 7,
        "createdAt": CREATED,
        "properties": {"hs_lastmodifieddate": UPDATED},
        "archived": True,
        "associations": {
            "contacts": {"results": [{"id": "1", "type": "deal_to_contact"},
                                     {"id": "1", "type": "primary"}, {"id": "2"}]},
            "line items": {"results": [{"id": "9"}], "paging": {"next": {"after": "9"}}},
            "p1_cars": {"results": []},
        },
    }  # fmt: skip

    record = read.object_record(ObjectType.DEAL, said)

    assert (record.type, record.object_id, record.archived) == (ObjectType.DEAL, 7, True)
    assert record.updated_at == datetime.fromisoformat(UPDATED)
    assert record.associated[ObjectType.CONTACT] == (1, 2)
    assert record.associated[ObjectType.LINE_ITEM] == (9,)
    assert read.truncated(said) == (ObjectType.LINE_ITEM,)


def test_an_object_without_links_is_not_truncated() -> None:
    assert read.truncated({"id": 1}) == ()
    assert read.object_record(ObjectType.CART, {"id": 1, "createdAt": CREATED}).associated == {}


@pytest.mark.parametrize("kind", list(TYPE_IDS))
def test_every_word_of_hubspot_for_an_object_type_is_known(kind: ObjectType) -> None:
    for word in (TYPE_IDS[kind], PLURALS[kind], kind.value, kind.value.upper(),
                 PLURALS[kind].replace("_", " ")):  # fmt: skip
        assert object_type(word) is kind


def test_contacts_alone_call_their_last_change_otherwise() -> None:
    assert MODIFIED_AT[ObjectType.CONTACT] == "lastmodifieddate"
    assert {MODIFIED_AT[one] for one in ObjectType if one is not ObjectType.CONTACT} == {
        "hs_lastmodifieddate"
    }


def test_a_grant_says_whether_it_names_its_portal_and_scopes() -> None:
    said = {"access_token": "a", "refresh_token": "r", "expires_in": 1800, "token_type": "bearer"}

    whole = read.grant({**said, "hub_id": 62515, "scopes": ["oauth", "forms"]})

    assert whole == (Grant(62515, "a", "r", 1800, ("oauth", "forms")), True)
    assert read.grant(said) == (Grant(0, "a", "r", 1800, ()), False)


def test_tokens_never_show_in_the_text_of_a_grant() -> None:
    assert "top-secret" not in repr(Grant(1, "top-secret", "top-secret", 1800, ()))


@pytest.mark.parametrize("lacks", ["access_token", "refresh_token", "expires_in"])
def test_half_a_grant_is_unreadable_and_its_reason_quotes_no_token(lacks: str) -> None:
    said = {"access_token": "secret", "refresh_token": "secret", "expires_in": 1800}
    del said[lacks]

    with pytest.raises(Unreadable, match=lacks) as caught:
        read.grant(said)

    assert "secret" not in str(caught.value)


def test_the_owner_of_a_token_is_read() -> None:
    owner = read.token_owner({"hub_id": 1, "scopes": ["oauth"], "active": False, "user": None})

    assert (owner.portal_id, owner.scopes, owner.active, owner.user) == (1, ("oauth",), False, "")
    assert owner.hub_domain == ""
    assert read.token_owner({"hub_id": 1}).active


def test_a_dead_token_belongs_to_nobody_and_a_live_one_to_somebody() -> None:
    assert not read.token_owner({"active": False}).active
    with pytest.raises(Unreadable, match="hub_id"):
        read.token_owner({"active": True, "scopes": []})


def test_an_account_has_its_own_pages_domain() -> None:
    said = {"portalId": 1, "timeZone": "Europe/Berlin", "companyCurrency": "EUR",
            "uiDomain": "app-eu1.hubspot.com"}  # fmt: skip

    assert read.account(said) == Account(1, "Europe/Berlin", "EUR", "app-eu1.hubspot.com")
    assert read.account({"portalId": 1, "timeZone": "UTC"}).ui_domain == "app.hubspot.com"


names = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
definitions = st.builds(
    PropertyDefinition,
    name=names,
    label=words,
    type=st.sampled_from(["string", "number", "enumeration", "datetime"]),
    field_type=st.sampled_from(["text", "number", "checkbox", "date"]),
    group=names,
    options=st.lists(st.builds(Choice, words, words, st.booleans()), max_size=4).map(tuple),
    description=words,
)


@given(definition=definitions)
def test_a_property_definition_survives_the_way_through_hubspot(
    definition: PropertyDefinition,
) -> None:
    assert read.property_definition(read.property_body(definition)) == definition


def test_options_keep_their_order_by_number() -> None:
    bodies = read.option_bodies([Choice("b", "B"), Choice("a", "A", hidden=True)])

    assert [one["displayOrder"] for one in bodies] == [0, 1]
    assert bodies[1] == {"value": "a", "label": "A", "hidden": True, "displayOrder": 1}


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (read.property_definition, {"name": "x", "type": "string"}),
        (read.hubspot_list, {"listId": "1", "processingType": "MANUAL"}),
        (read.account, {"portalId": 1, "timeZone": "UTC"}),
    ],
)
def test_what_identifies_a_thing_must_be_there_and_nothing_else(
    reader: Callable[[Any], object], said: dict[str, Any]
) -> None:
    reader(said)

    for name in said:
        with pytest.raises(Unreadable, match=name):
            reader({key: value for key, value in said.items() if key != name})


def test_a_bare_property_definition_is_read() -> None:
    definition = read.property_definition({"name": "x", "type": "string", "options": None})

    assert (definition.label, definition.options, definition.group) == ("x", (), "")


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ({"size": 12}, 12),
        ({"additionalProperties": {"hs_list_size": "7"}}, 7),
        ({"additionalProperties": {"hs_list_size": ""}}, None),
        ({"additionalProperties": {}}, None),
        ({}, None),
    ],
)
def test_a_list_is_read_with_its_size_where_hubspot_gives_one(
    said: dict[str, Any], size: int | None
) -> None:
    found = read.hubspot_list(
        {"listId": 9, "name": "VIP", "processingType": "MANUAL", "createdAt": CREATED, **said}
    )

    assert found == HubSpotList("9", "VIP", "MANUAL", datetime.fromisoformat(CREATED), size)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"recordsIdsAdded": ["1", "2"], "recordIdsRemoved": ["3"], "recordIdsMissing": ["4"]},
         ListAnswer(frozenset({1, 2}), frozenset({3}), frozenset({4}))),
        ({"recordIdsAdded": [1], "recordsIdsRemoved": [], "recordsIdsMissing": None},
         ListAnswer(frozenset({1}), frozenset(), frozenset())),
        ({}, ListAnswer(frozenset(), frozenset(), frozenset())),
    ],
)  # fmt: skip
def test_a_list_answer_is_read_in_either_spelling(said: Any, answer: ListAnswer) -> None:
    """Failure mode 39."""
    assert read.list_answer(said) == answer


def test_a_list_answer_that_is_none_is_not_taken_for_an_empty_one() -> None:
    with pytest.raises(Unreadable):
        read.list_answer(None)


def test_a_batchs_errors_become_one_fault_an_id() -> None:
    """Failure mode 24."""
    said = {
        "errors": [
            {"category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": ["1", "2"]}},
            {"category": "VALIDATION_ERROR", "message": "bad", "context": {}},
            {"message": "odd", "context": None},
            "nonsense",
        ]
    }

    assert read.item_faults(said) == [
        ItemFault(1, "OBJECT_NOT_FOUND", "gone"),
        ItemFault(2, "OBJECT_NOT_FOUND", "gone"),
        ItemFault(None, "VALIDATION_ERROR", "bad"),
        ItemFault(None, "", "odd"),
    ]


@pytest.mark.parametrize("said", [None, {}, {"errors": None}, [], {"errors": {}}])
def test_an_answer_without_errors_has_no_faults(said: Any) -> None:
    assert read.item_faults(said) == []
