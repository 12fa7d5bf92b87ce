"""Single records: create, read, change, archive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from .hub import HUB_ID, NOW, Hub

CONTACTS = "/crm/objects/2026-03/contacts"
OLD = "/crm/v3/objects/contacts"


def _create(hub: Hub, **properties: object) -> Any:
    return hub.post(CONTACTS, {"properties": properties})


def test_a_new_contact_has_a_realistic_id_as_a_string(hub: Hub) -> None:
    """Failure mode 44."""
    answer = _create(hub, email="Ada@Example.COM", firstname='Ada 🎷 "O\'Neil"')

    assert answer.status_code == 201
    assert answer.json["id"] == "508369434347"
    assert answer.json["properties"] == {
        "createdate": "2026-03-01T09:30:00.000Z",
        "email": "ada@example.com",
        "firstname": 'Ada 🎷 "O\'Neil"',
        "hs_object_id": "508369434347",
        "lastmodifieddate": "2026-03-01T09:30:00.000Z",
    }
    assert answer.json["createdAt"] == "2026-03-01T09:30:00.000Z"
    assert answer.json["archived"] is False


def test_only_the_dated_path_gives_a_url(hub: Hub) -> None:
    contact_id = hub.contact(email="a@example.com")

    dated, old = hub.get(f"{CONTACTS}/{contact_id}").json, hub.get(f"{OLD}/{contact_id}").json

    assert dated is not None
    assert old is not None
    url = f"https://app.hubspot.com/contacts/{HUB_ID}/record/0-1/{contact_id}"
    assert dated.pop("url") == url
    assert dated == old


def test_a_type_may_be_named_by_its_id(hub: Hub) -> None:
    contact_id = hub.contact(email="a@example.com")

    assert hub.get(f"/crm/objects/2026-03/0-1/{contact_id}").status_code == 200
    assert hub.get("/crm/objects/2026-03/unicorns/1").status_code == 400


def test_asked_for_properties_without_a_value_are_null_and_unknown_ones_absent(
    hub: Hub,
) -> None:
    contact_id = hub.contact(email="a@example.com")

    answer = hub.get(f"{CONTACTS}/{contact_id}?properties=email,city&properties=nonsense").json

    assert answer is not None
    assert answer["properties"]["city"] is None
    assert answer["properties"]["email"] == "a@example.com"
    assert "nonsense" not in answer["properties"]
    assert "firstname" not in answer["properties"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [(7, "7"), (7.5, "7.5"), ("", None), (None, None)],
)
def test_all_values_are_strings(hub: Hub, given: object, kept: str | None) -> None:
    contact_id = hub.contact(annualrevenue="1")

    hub.patch(f"{CONTACTS}/{contact_id}", {"properties": {"annualrevenue": given}})

    answer = hub.get(f"{CONTACTS}/{contact_id}?properties=annualrevenue").json
    assert answer is not None
    assert answer["properties"]["annualrevenue"] == kept


def test_an_address_can_be_taken_once(hub: Hub) -> None:
    """Failure mode 20."""
    first = _create(hub, email="ada@example.com").json

    again = _create(hub, email="ADA@example.com ")

    assert again.status_code == 409
    assert again.json["category"] == "CONFLICT"
    assert again.json["message"] == f"Contact already exists. Existing ID: {first['id']}"


def test_a_change_can_not_take_anothers_address(hub: Hub) -> None:
    hub.contact(email="ada@example.com")
    other = hub.contact(email="bo@example.com")

    answer = hub.patch(f"{CONTACTS}/{other}", {"properties": {"email": "ada@example.com"}})

    assert answer.status_code == 409


def test_a_given_up_address_is_free_again(hub: Hub) -> None:
    first = hub.contact(email="ada@example.com")

    hub.patch(f"{CONTACTS}/{first}", {"properties": {"email": "bo@example.com"}})

    assert _create(hub, email="ada@example.com").status_code == 201


def test_many_contacts_may_have_no_address(hub: Hub) -> None:
    """Failure mode 43."""
    statuses = {_create(hub, firstname="Nobody").status_code for _ in range(3)}

    assert statuses == {201}


def test_a_contact_can_be_read_by_its_address(hub: Hub) -> None:
    contact_id = hub.contact(email="ada@example.com")

    answer = hub.get(f"{CONTACTS}/Ada@example.com?idProperty=email").json

    assert answer is not None
    assert answer["id"] == contact_id


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"nonsense": "1"}, "PROPERTY_DOESNT_EXIST"),
        ({"lifecyclestage": "Customer"}, "INVALID_OPTION"),
        ({"email": "not an address"}, "INVALID_EMAIL"),
        ({"hs_object_id": "1"}, "READ_ONLY_VALUE"),
        ({"hs_email_open": "1"}, "READ_ONLY_VALUE"),
        ({"firstname": "x" * 65_537}, "PROPERTY_VALUE_TOO_LONG"),
        ({"firstname": ["a"]}, "INVALID_STRING"),
    ],
)
def test_a_bad_value_is_refused_with_its_code(
    hub: Hub, properties: dict[str, Any], code: str
) -> None:
    """Failure modes 22 and 25."""
    answer = hub.post(CONTACTS, {"properties": properties})

    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["category"] == "VALIDATION_ERROR"
    assert [e["code"] for e in answer.json["errors"]] == [code]
    assert answer.json["errors"][0]["context"]["propertyName"] == list(properties)
    assert code in answer.json["message"]


def test_all_faults_of_a_write_are_named_at_once(hub: Hub) -> None:
    answer = _create(hub, nonsense="1", email="bad", firstname="good")

    codes = [e["code"] for e in answer.json["errors"]]
    assert codes == ["PROPERTY_DOESNT_EXIST", "INVALID_EMAIL"]


def test_history_is_newest_first_and_says_who(hub: Hub) -> None:
    contact_id = hub.contact(city="Oslo")
    hub.advance(minutes=1)
    hub.patch(f"{CONTACTS}/{contact_id}", {"properties": {"city": "Bergen"}})

    answer = hub.get(f"{CONTACTS}/{contact_id}?propertiesWithHistory=city").json

    assert answer is not None
    assert answer["propertiesWithHistory"]["city"] == [
        {
            "value": "Bergen",
            "timestamp": "2026-03-01T09:31:00.000Z",
            "sourceType": "INTEGRATION",
            "sourceId": "777",
        },
        {
            "value": "Oslo",
            "timestamp": "2026-03-01T09:30:00.000Z",
            "sourceType": "CRM_UI",
            "sourceId": "userId:9586504",
            "updatedByUserId": 9_586_504,
        },
    ]


def test_history_is_bounded(hub: Hub) -> None:
    contact_id = hub.contact(city="0")
    for number in range(60):
        hub.portal.contacts.update(contact_id, {"city": str(number)})

    answer = hub.get(f"{CONTACTS}/{contact_id}?propertiesWithHistory=city").json

    assert answer is not None
    values = [version["value"] for version in answer["propertiesWithHistory"]["city"]]
    assert values == [str(number) for number in range(59, 14, -1)]


def test_writing_the_same_value_again_changes_nothing(hub: Hub) -> None:
    contact_id = hub.contact(city="Oslo")
    hub.advance(minutes=1)

    hub.patch(f"{CONTACTS}/{contact_id}", {"properties": {"city": "Oslo"}})

    record = hub.portal.contacts.records[contact_id]
    assert record.updated_at == NOW
    assert len(record.history["city"]) == 1


def test_the_lifecycle_stage_goes_forward_only(hub: Hub) -> None:
    """Failure mode 27: a backward write is ignored without an error."""
    contact_id = hub.contact(lifecyclestage="customer")
    path = f"{CONTACTS}/{contact_id}"

    answer = hub.patch(path, {"properties": {"lifecyclestage": "lead"}})
    ignored = hub.portal.contacts.records[contact_id].properties["lifecyclestage"]
    hub.patch(path, {"properties": {"lifecyclestage": ""}})
    hub.patch(path, {"properties": {"lifecyclestage": "lead"}})
    cleared = hub.portal.contacts.records[contact_id].properties["lifecyclestage"]

    assert answer.status_code == 200
    assert ignored == "customer"
    assert cleared == "lead"


def test_a_custom_stage_has_a_number_and_takes_its_place_in_the_order(hub: Hub) -> None:
    path = "/crm/properties/2026-03/contacts/lifecyclestage"
    options = (hub.get(path).json or {})["options"]
    custom = {"value": "1234567", "label": "Regular", "displayOrder": 5, "hidden": False}
    for option in options[5:]:
        option["displayOrder"] += 1
    hub.patch(path, {"options": [*options[:5], custom, *options[5:]]})
    contact_id = hub.contact(lifecyclestage="opportunity")

    for stage in ("1234567", "opportunity", "customer", "1234567"):
        hub.patch(f"{CONTACTS}/{contact_id}", {"properties": {"lifecyclestage": stage}})

    history = hub.portal.contacts.records[contact_id].history["lifecyclestage"]
    assert [v.value for v in history] == ["customer", "1234567", "opportunity"]


def test_a_leading_semicolon_appends_options(hub: Hub) -> None:
    body = {
        "name": "tastes",
        "label": "Tastes",
        "type": "enumeration",
        "fieldType": "checkbox",
        "groupName": "contactinformation",
        "options": [{"value": v, "label": v, "hidden": False} for v in "ABC"],
    }
    hub.post("/crm/properties/2026-03/contacts", body)
    contact_id = hub.contact(tastes="A;B")
    path = f"{CONTACTS}/{contact_id}"

    hub.patch(path, {"properties": {"tastes": ";B;C"}})
    appended = hub.portal.contacts.records[contact_id].properties["tastes"]
    hub.patch(path, {"properties": {"tastes": "C"}})
    replaced = hub.portal.contacts.records[contact_id].properties["tastes"]
    refused = hub.patch(path, {"properties": {"tastes": ";a"}})

    assert appended == "A;B;C"
    assert replaced == "C"
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-02-03T04:05:06.789Z", "2026-02-03T04:05:06.789Z"),
        ("2026-02-03T04:05:06+02:00", "2026-02-03T02:05:06.000Z"),
        ("1770091506789", "2026-02-03T04:05:06.789Z"),
        ("2026-02-03", "2026-02-03T00:00:00.000Z"),
    ],
)
def test_instants_are_taken_in_several_forms(hub: Hub, given: str, kept: str) -> None:
    """Failure mode 36."""
    deal = hub.portal.deals.create({"closedate": given})

    assert deal.properties["closedate"] == kept


def test_a_date_must_be_midnight_in_utc(hub: Hub) -> None:
    """Failure mode 36."""
    body = {
        "name": "birthday",
        "label": "Birthday",
        "type": "date",
        "fieldType": "date",
        "groupName": "contactinformation",
    }
    hub.post("/crm/properties/2026-03/contacts", body)

    taken = [
        _create(hub, birthday=value).json["properties"]["birthday"]
        for value in ("2026-02-03", "1770076800000")
    ]
    refused = [_create(hub, birthday=v).status_code for v in ("1770091506789", "3 Feb")]

    assert taken == ["2026-02-03", "2026-02-03"]
    assert refused == [400, 400]


@pytest.mark.parametrize("value", ["1,000", "twelve", "1e"])
def test_a_number_has_no_thousands_separator(hub: Hub, value: str) -> None:
    answer = hub.post("/crm/objects/2026-03/deals", {"properties": {"amount": value}})

    assert answer.status_code == 400


def test_deleting_archives_and_the_archive_can_be_listed(hub: Hub) -> None:
    """Failure mode 29."""
    contact_id = hub.contact(email="a@example.com")
    kept = hub.contact(email="b@example.com")

    statuses = [hub.delete(f"{CONTACTS}/{contact_id}").status_code for _ in range(2)]

    archived, live = hub.get(f"{CONTACTS}?archived=true").json, hub.get(CONTACTS).json
    assert archived is not None
    assert live is not None
    assert statuses == [204, 204]
    assert hub.get(f"{CONTACTS}/{contact_id}").status_code == 404
    assert hub.get(f"{CONTACTS}/{contact_id}?archived=true").status_code == 200
    assert [r["id"] for r in archived["results"]] == [contact_id]
    assert archived["results"][0]["archivedAt"] == "2026-03-01T09:30:00.000Z"
    assert [r["id"] for r in live["results"]] == [kept]


def test_a_deleted_contacts_address_is_free_until_it_is_restored(hub: Hub) -> None:
    contact_id = hub.contact(email="a@example.com")
    hub.delete(f"{CONTACTS}/{contact_id}")
    other = hub.contact(email="a@example.com")
    path = f"/portals/{HUB_ID}/contacts/{contact_id}/restore"

    taken = hub.control("POST", path)
    hub.delete(f"{CONTACTS}/{other}")
    free = hub.control("POST", path)

    assert taken.status_code == 409
    assert free.status_code == 200
    assert hub.get(f"{CONTACTS}/{contact_id}").status_code == 200


def test_listing_goes_through_all_records_in_pages(hub: Hub) -> None:
    ids = [hub.contact(email=f"{n}@example.com") for n in range(25)]

    seen: list[str] = []
    after: str | None = "0"
    while after is not None:
        page: Any = hub.get(f"{CONTACTS}?limit=10&after={after}").json
        seen += [r["id"] for r in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after")

    assert seen == ids


@pytest.mark.parametrize(
    "query", ["limit=101", "limit=0", "limit=51&propertiesWithHistory=email", "after=x"]
)
def test_a_page_has_its_limits(hub: Hub, query: str) -> None:
    assert hub.get(f"{CONTACTS}?{query}").status_code == 400


def test_a_deal_knows_from_its_stage_whether_it_is_closed_and_won(hub: Hub) -> None:
    deal = hub.portal.deals.create({"dealname": "Hotel", "dealstage": "contractsent"})
    before = dict(deal.properties)

    hub.portal.deals.update(deal.id, {"dealstage": "closedwon"})

    assert before["pipeline"] == "default"
    assert (before["hs_is_closed"], before["hs_is_closed_won"]) == ("false", "false")
    assert deal.properties["hs_is_closed"] == "true"
    assert deal.properties["hs_is_closed_won"] == "true"


def test_an_unknown_stage_is_refused(hub: Hub) -> None:
    answer = hub.post("/crm/objects/2026-03/deals", {"properties": {"dealstage": "won"}})

    assert answer.status_code == 400


def test_an_order_without_a_stage_begins_in_the_first_one(hub: Hub) -> None:
    order = hub.portal.orders.create({"hs_order_name": "One"})

    pipelines: Any = hub.get("/crm/pipelines/2026-03/orders").json
    first = pipelines["results"][0]
    assert order.properties["hs_pipeline"] == first["id"]
    assert order.properties["hs_pipeline_stage"] == first["stages"][0]["id"]


def test_pipelines_say_which_stages_are_closed(hub: Hub) -> None:
    answer: Any = hub.get("/crm/pipelines/2026-03/deals").json

    stages = {s["id"]: s["metadata"] for s in answer["results"][0]["stages"]}
    assert stages["closedwon"] == {"isClosed": "true", "probability": "1.0"}
    assert stages["closedlost"] == {"isClosed": "true", "probability": "0.0"}
    assert stages["qualifiedtobuy"]["isClosed"] == "false"
    one: Any = hub.get("/crm/v3/pipelines/deals/default/stages/closedwon").json
    assert one["label"] == "Closed Won"
    assert hub.get("/crm/v3/pipelines/deals/other").status_code == 404


def test_stages_stand_in_the_order_that_the_portal_gave_them(hub: Hub) -> None:
    path = "/crm/properties/2026-03/contacts/lifecyclestage"
    options = (hub.get(path).json or {})["options"]
    hub.patch(path, {"options": options[::-1]})
    contact_id = hub.contact(lifecyclestage="lead")

    for stage in ("customer", "subscriber"):
        hub.patch(f"{CONTACTS}/{contact_id}", {"properties": {"lifecyclestage": stage}})

    assert hub.portal.contacts.records[contact_id].properties["lifecyclestage"] == "customer"


def test_what_is_loaded_from_the_past_takes_its_place_in_the_history(hub: Hub) -> None:
    contact_id = hub.contact(city="Oslo")

    for city, days in (("Rome", 2), ("Bonn", 9)):
        hub.portal.contacts.update(contact_id, {"city": city}, at=NOW - timedelta(days=days))

    history = hub.portal.contacts.records[contact_id].history["city"]
    assert [version.value for version in history] == ["Oslo", "Rome", "Bonn"]
