"""The version table, held against the official SDK of 2026-03."""

import re
from pathlib import Path

import hubspot_sdk
import pytest

from integration.hubspot import versions


@pytest.mark.parametrize(
    ("numbered", "dated"),
    [
        ("/crm/v3/objects/contacts/batch/read", "/crm/objects/2026-03/contacts/batch/read"),
        ("/crm/v3/objects/0-123", "/crm/objects/2026-03/0-123"),
        ("/crm/v3/properties/0-1/groups", "/crm/properties/2026-03/0-1/groups"),
        ("/crm/v3/lists/", "/crm/lists/2026-03"),
        ("/crm/v3/lists/9/memberships", "/crm/lists/2026-03/9/memberships"),
        ("/crm/v4/associations/0-1/0-3/batch/read",
         "/crm/associations/2026-03/0-1/0-3/batch/read"),
        ("/crm/v3/pipelines/0-3", "/crm/pipelines/2026-03/0-3"),
        ("/crm/v3/owners", "/crm/owners/2026-03"),
        ("/events/v3/events", "/events/event-occurrences/2026-03"),
        ("/automation/v4/flows", "/automation/v4/flows"),
        ("/marketing/v3/forms", "/marketing/v3/forms"),
        ("/crm/v3/objectsX", "/crm/v3/objectsX"),
        ("/somewhere/v9/else", "/somewhere/v9/else"),
    ],
)  # fmt: skip
def test_numbered_paths_become_dated_ones(numbered: str, dated: str) -> None:
    assert versions.dated(numbered) == dated
    assert versions.dated(dated) == dated


def test_every_dated_root_is_one_of_the_official_sdk() -> None:
    resources = Path(next(iter(hubspot_sdk.__path__))) / "resources"
    source = "".join(one.read_text() for one in resources.rglob("*.py"))
    called = set(re.findall(r'"(/[a-z][^"\s]*2026-03[^"\s]*)"', source))

    for api in versions.APIS.values():
        if api.dated:
            assert any(one == api.root or one.startswith(api.root + "/") for one in called), api


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/crm/objects/2026-03/contacts/batch/read", "/crm/objects/2026-03/contacts/batch/read"),
        ("/crm/objects/2026-03/0-123/55", "/crm/objects/2026-03/0-123/{}"),
        ("/crm/lists/2026-03/9/memberships", "/crm/lists/2026-03/{}/memberships"),
        ("/crm/lists/2026-03/object-type-id/0-1/name/VIP",
         "/crm/lists/2026-03/object-type-id/0-1/name/{}"),
        ("/communication-preferences/2026-03/statuses/ada%40example.com",
         "/communication-preferences/2026-03/statuses/{}"),
        ("/form-integrations/v1/submissions/forms/3b1c9d0e-8f2a-4d8c-9a70-6f0d2b1c9d0e",
         "/form-integrations/v1/submissions/forms/{}"),
    ],
)  # fmt: skip
def test_a_path_loses_its_ids_addresses_and_names(path: str, template: str) -> None:
    assert versions.template(path) == template


def test_a_part_of_a_path_is_encoded_whole() -> None:
    assert versions.segment("a/b+c@d.e?f") == "a%2Fb%2Bc%40d.e%3Ff"
