"""Properties, groups and pipelines through both clients."""

from __future__ import annotations

from hubspot.crm import pipelines as pipeline_models
from hubspot.crm import properties as models

from .conftest import Contract


def _options(*values: str) -> list[models.OptionInput]:
    return [
        models.OptionInput(label=v, value=v, display_order=n, hidden=False)
        for n, v in enumerate(values)
    ]


def test_v3_a_group_and_its_properties(contract: Contract) -> None:
    api = contract.v3.crm.properties
    api.groups_api.create("contacts", models.PropertyGroupCreate(name="segue", label="Segue"))

    made = api.core_api.create(
        "contacts",
        models.PropertyCreate(
            name="segue_segments",
            label="Segments",
            type="enumeration",
            field_type="checkbox",
            group_name="segue",
            options=_options("a", "b"),
        ),
    )
    changed = api.core_api.update(
        "contacts", "segue_segments", models.PropertyUpdate(options=_options("a", "b", "c"))
    )
    every = {p.name for p in api.core_api.get_all("contacts").results}
    found = api.core_api.get_by_name("0-1", "segue_segments")
    api.core_api.archive("contacts", "segue_segments")

    assert (made.group_name, made.has_unique_value) == ("segue", False)
    assert [o.value for o in changed.options] == [o.value for o in found.options] == list("abc")
    assert every >= {"email", "lifecyclestage", "segue_segments"}
    assert api.groups_api.get_by_name("contacts", "segue").label == "Segue"
    assert "segue" in {g.name for g in api.groups_api.get_all("contacts").results}
    archived = api.core_api.get_all("contacts", archived=True).results
    assert [p.name for p in archived] == ["segue_segments"]


def test_v3_batches_of_properties(contract: Contract) -> None:
    api = contract.v3.crm.properties.batch_api
    made = api.create(
        "contacts",
        models.BatchInputPropertyCreate(
            inputs=[
                models.PropertyCreate(
                    name=f"segue_{n}",
                    label=f"Segue {n}",
                    type="string",
                    field_type="text",
                    group_name="contactinformation",
                )
                for n in range(2)
            ]
        ),
    )
    names = [models.PropertyName(name=p.name) for p in made.results]

    read = api.read("contacts", models.BatchReadInputPropertyName(archived=False, inputs=names))
    api.archive("contacts", models.BatchInputPropertyName(inputs=names))

    assert [p.name for p in read.results] == ["segue_0", "segue_1"]
    assert made.status == read.status == "COMPLETE"
    book = contract.portal.properties["0-1"]
    assert book.live("segue_0") is book.live("segue_1") is None


def test_v3_lifecycle_stages_come_in_their_order(contract: Contract) -> None:
    stage = contract.v3.crm.properties.core_api.get_by_name("contacts", "lifecyclestage")

    assert [o.value for o in sorted(stage.options, key=lambda o: o.display_order)] == [
        "subscriber",
        "lead",
        "marketingqualifiedlead",
        "salesqualifiedlead",
        "opportunity",
        "customer",
        "evangelist",
        "other",
    ]


def test_dated_groups_and_properties(contract: Contract) -> None:
    api = contract.dated.crm.properties
    api.groups.create("0-1", name="segue", label="Segue", display_order=1)
    made = api.create(
        "contacts",
        name="segue_entered_at",
        label="Entered",
        type="datetime",
        field_type="date",
        group_name="segue",
    )

    found = api.get("segue_entered_at", object_type="contacts")
    changed = api.update("segue_entered_at", object_type="contacts", label="Entered at")
    names = {p.name for p in api.list("contacts").results}
    groups = {g.name for g in api.groups.list("contacts").results}
    read = api.batch.get(
        "contacts",
        archived=False,
        data_sensitivity="non_sensitive",
        inputs=[{"name": "segue_entered_at"}],
    )
    api.delete("segue_entered_at", object_type="contacts")

    assert made.type == found.type == "datetime"
    assert changed.label == "Entered at"
    assert "segue_entered_at" in names
    assert "segue" in groups
    assert api.groups.get("segue", object_type="contacts").label == "Segue"
    assert [p.name for p in read.results] == ["segue_entered_at"]


def test_dated_batches_of_properties(contract: Contract) -> None:
    api = contract.dated.crm.properties.batch

    made = api.create(
        "contacts",
        inputs=[
            {
                "name": "segue_flag",
                "label": "Flag",
                "type": "bool",
                "field_type": "booleancheckbox",
                "group_name": "contactinformation",
                "options": [
                    {"label": v, "value": v, "display_order": n, "hidden": False}
                    for n, v in enumerate(("true", "false"))
                ],
            }
        ],
    )
    api.delete("contacts", inputs=[{"name": "segue_flag"}])

    assert [p.name for p in made.results] == ["segue_flag"]
    assert contract.portal.properties["0-1"].live("segue_flag") is None


def test_v3_pipelines_tell_which_stages_are_closed(contract: Contract) -> None:
    deals = contract.v3.crm.pipelines.pipelines_api.get_all("deals").results[0]
    again = contract.v3.crm.pipelines.pipelines_api.get_by_id("deals", deals.id)
    stages = contract.v3.crm.pipelines.pipeline_stages_api

    closed = {s.id for s in deals.stages if s.metadata["isClosed"] == "true"}

    assert isinstance(again, pipeline_models.Pipeline)
    assert closed == {"closedwon", "closedlost"}
    assert len(stages.get_all("deals", deals.id).results) == len(again.stages)
    won = stages.get_by_id("deals", deals.id, "closedwon")
    assert float(won.metadata["probability"]) == 1.0


def test_dated_pipelines_of_deals_and_orders(contract: Contract) -> None:
    api = contract.dated.crm.pipelines

    for kind in ("deals", "0-123"):
        (pipeline,) = api.list(kind).results
        again = api.get(pipeline.id, object_type=kind)
        stages = api.list_stages(pipeline.id, object_type=kind).results
        stage = api.get_stage(stages[0].id, object_type=kind, pipeline_id=pipeline.id)

        assert again.id == pipeline.id
        assert [s.id for s in stages] == [s.id for s in again.stages]
        assert stage.label == stages[0].label
