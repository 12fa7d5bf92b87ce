"""The official client speaks through our transport, models and all."""

from typing import Any

import pytest
from hubspot.crm.contacts import SimplePublicObjectInput, SimplePublicObjectInputForCreate

from integration import errors
from integration.hubspot.door import Door
from mappings.model import Bucket, Lane
from tests.hubspot.standin import StandIn
from tests.hubspot.wires import PORTAL


@pytest.fixture
def official(standin: StandIn) -> Any:
    """Give the official client of the stand-in's portal."""
    return Door(standin.way.transport, PORTAL, Lane.BULK).official


def test_its_models_read_our_answers(standin: StandIn, official: Any) -> None:
    made = standin.contact("ada@example.com")

    page = official.crm.contacts.basic_api.get_page(limit=10, properties=["email"])

    assert [(one.id, one.properties["email"]) for one in page.results] == [
        (str(made), "ada@example.com")
    ]


def test_every_method_goes_the_dated_way(standin: StandIn, official: Any) -> None:
    api = official.crm.contacts.basic_api

    made = api.create(SimplePublicObjectInputForCreate(properties={"email": "ben@example.com"}))
    api.update(made.id, SimplePublicObjectInput(properties={"firstname": "Ben"}))
    api.archive(made.id)

    root = "/crm/objects/2026-03/contacts"
    assert standin.calls() == [
        ("POST", root, 201),
        ("PATCH", f"{root}/{made.id}", 200),
        ("DELETE", f"{root}/{made.id}", 204),
    ]
    assert {lane for _, _, lane in standin.way.gate.taken} == {Lane.BULK}


def test_its_searches_count_as_searches(standin: StandIn, official: Any) -> None:
    """Failure mode 4."""
    official.crm.contacts.search_api.do_search({"limit": 1, "filterGroups": []})

    assert [bucket for _, bucket, _ in standin.way.gate.taken] == [Bucket.SEARCH]


def test_its_faults_are_our_typed_errors(official: Any) -> None:
    with pytest.raises(errors.NotFound):
        official.crm.contacts.basic_api.get_by_id("999")


def test_status_and_headers_of_an_answer_are_there(official: Any) -> None:
    page, status, headers = official.crm.contacts.basic_api.get_page_with_http_info()

    assert (page.results, status) == ([], 200)
    assert headers["Content-Type"].startswith("application/json")
