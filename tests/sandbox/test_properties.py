"""Property definitions and groups."""

from __future__ import annotations

from typing import Any

import pytest

from .hub import HUB_ID, Hub

PATH = "/crm/properties/2026-03/contacts"


def _body(**changes: Any) -> dict[str, Any]:
    return {
        "name": "segue_segments",
        "label": "Segments",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
    } | changes


def test_a_property_can_be_defined_written_and_read(hub: Hub) -> None:
    made = hub.post(PATH, _body())
    contact_id = hub.contact(segue_segments="a")

    read: Any = hub.get(f"{PATH}/segue_segments").json
    record: Any = hub.get(f"/crm/v3/objects/contacts/{contact_id}?properties=segue_segments").json
    assert made.status_code == 201
    assert read["label"] == "Segments"
    assert read["hubspotDefined"] is False
    assert record["properties"]["segue_segments"] == "a"


def test_a_taken_name_is_a_conflict(hub: Hub) -> None:
    """Failure mode 26."""
    hub.post(PATH, _body())

    again = hub.post(PATH, _body())

    answer: Any = again.json
    assert again.status_code == 409
    assert answer["category"] == "OBJECT_ALREADY_EXISTS"
    assert answer["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"


def test_defining_an_archived_name_brings_it_back(hub: Hub) -> None:
    """Failure mode 26."""
    hub.post(PATH, _body())
    contact_id = hub.contact(segue_segments="a")
    hub.delete(f"{PATH}/segue_segments")
    gone = hub.get(f"{PATH}/segue_segments").status_code
    archived = hub.get(f"{PATH}/segue_segments?archived=true").status_code
    refused = hub.patch(
        f"/crm/v3/objects/contacts/{contact_id}", {"properties": {"segue_segments": "b"}}
    )

    back = hub.post(PATH, _body(label="Again"))

    read: Any = hub.get(f"{PATH}/segue_segments").json
    refusal: Any = refused.json
    assert (gone, archived, back.status_code) == (404, 200, 201)
    assert refusal["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
    assert read["label"] == "Again"
    assert hub.portal.contacts.records[contact_id].properties["segue_segments"] == "a"


def test_an_admin_can_archive_a_property(hub: Hub) -> None:
    hub.post(PATH, _body())

    hub.control("DELETE", f"/portals/{HUB_ID}/properties/contacts/segue_segments")

    assert hub.get(f"{PATH}/segue_segments").status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Capital"},
        {"name": "1st"},
        {"name": ""},
        {"label": ""},
        {"type": "text"},
        {"type": "number", "fieldType": "text"},
        {"type": "string", "fieldType": "select"},
        {"groupName": "nowhere"},
        {"type": "bool", "fieldType": "booleancheckbox"},
        {"options": [{"label": "A", "value": "a"}]},
        {
            "type": "enumeration",
            "fieldType": "select",
            "options": [{"label": "A", "value": "a"}, {"label": "B", "value": "a"}],
        },
        {"type": "enumeration", "fieldType": "select", "options": [{"label": "A"}]},
    ],
)
def test_a_faulty_definition_is_refused(hub: Hub, changes: dict[str, Any]) -> None:
    assert hub.post(PATH, _body(**changes)).status_code == 400


def test_a_bool_has_exactly_true_and_false(hub: Hub) -> None:
    options = [{"label": v.title(), "value": v, "hidden": False} for v in ("true", "false")]
    hub.post(PATH, _body(type="bool", fieldType="booleancheckbox", options=options))
    path = "/crm/v3/objects/contacts"

    statuses = [
        hub.post(path, {"properties": {"segue_segments": value}}).status_code
        for value in ("true", True, "yes", "TRUE")
    ]

    assert statuses == [201, 201, 400, 400]


def test_options_are_replaced_as_a_whole(hub: Hub) -> None:
    """Failure mode 25: an admin removes an option, a write with it fails from then on."""
    options = [{"label": v, "value": v, "hidden": False} for v in ("gold", "silver")]
    hub.post(PATH, _body(type="enumeration", fieldType="select", options=options))
    hub.contact(segue_segments="gold")

    hub.patch(f"{PATH}/segue_segments", {"options": options[1:]})

    again = hub.post("/crm/v3/objects/contacts", {"properties": {"segue_segments": "gold"}})
    answer: Any = again.json
    assert answer["errors"][0]["code"] == "INVALID_OPTION"
    assert answer["errors"][0]["context"]["allowedOptions"] == ["silver"]


def test_a_batch_defines_what_it_can(hub: Hub) -> None:
    first = hub.post(f"{PATH}/batch/create", {"inputs": [_body(), _body(name="other")]})
    second = hub.post(f"{PATH}/batch/create", {"inputs": [_body(), _body(name="third")]})
    third = hub.post(f"{PATH}/batch/create", {"inputs": [_body(), _body(name="third")]})

    partly: Any = second.json
    assert [first.status_code, second.status_code, third.status_code] == [201, 207, 409]
    assert [r["name"] for r in partly["results"]] == ["third"]
    assert partly["errors"][0]["category"] == "OBJECT_ALREADY_EXISTS"
    assert partly["errors"][0]["context"] == {"name": ["segue_segments"]}


def test_a_batch_reads_and_archives(hub: Hub) -> None:
    hub.post(PATH, _body())
    names = {"inputs": [{"name": "segue_segments"}, {"name": "nonsense"}]}

    read = hub.post(f"{PATH}/batch/read", names)
    archived = hub.post(f"{PATH}/batch/archive", names)

    answer: Any = read.json
    assert read.status_code == 207
    assert [r["name"] for r in answer["results"]] == ["segue_segments"]
    assert archived.status_code == 204
    assert hub.get(f"{PATH}/segue_segments").status_code == 404


def test_hubspots_own_properties_can_not_be_archived(hub: Hub) -> None:
    assert hub.delete(f"{PATH}/lifecyclestage").status_code == 400


def test_groups_can_be_added_once(hub: Hub) -> None:
    body = {"name": "segue", "label": "Segue"}

    made, again = hub.post(f"{PATH}/groups", body), hub.post(f"{PATH}/groups", body)

    read: Any = hub.get(f"{PATH}/groups/segue").json
    listed: Any = hub.get(f"{PATH}/groups").json
    assert (made.status_code, again.status_code) == (201, 409)
    assert read == {"name": "segue", "label": "Segue", "displayOrder": -1, "archived": False}
    assert [g["name"] for g in listed["results"]] == ["contactinformation", "segue"]
    assert hub.post(PATH, _body(groupName="segue")).status_code == 201
    assert hub.get(f"{PATH}/groups/other").status_code == 404


def test_lifecycle_stages_come_in_order(hub: Hub) -> None:
    answer: Any = hub.get(f"{PATH}/lifecyclestage").json

    assert [o["value"] for o in answer["options"]] == [
        "subscriber",
        "lead",
        "marketingqualifiedlead",
        "salesqualifiedlead",
        "opportunity",
        "customer",
        "evangelist",
        "other",
    ]


def test_a_listing_shows_live_or_archived_definitions(hub: Hub) -> None:
    hub.post(PATH, _body())
    hub.delete(f"{PATH}/segue_segments")

    live: Any = hub.get(PATH).json
    archived: Any = hub.get(f"{PATH}?archived=true").json

    assert "segue_segments" not in [d["name"] for d in live["results"]]
    assert [d["name"] for d in archived["results"]] == ["segue_segments"]


def test_a_portal_has_a_thousand_properties_of_its_own_at_most(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.facts.PROPERTIES_MAX", 1)

    statuses = [hub.post(PATH, _body(name=n)).status_code for n in ("one", "two")]

    assert statuses == [201, 400]
