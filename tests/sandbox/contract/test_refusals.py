"""How HubSpot says no, as both clients hear it."""

from __future__ import annotations

import json
from typing import Any

import hubspot_sdk
import pytest
from hubspot.crm import contacts as models
from hubspot.crm.contacts.exceptions import ApiException
from hubspot.crm.lists import ListCreateRequest
from hubspot.crm.lists.exceptions import ApiException as ListApiException

from sandbox.faults import Fault, Kind

from .conftest import CLIENT_ID, Contract


def _body(raised: pytest.ExceptionInfo[Any]) -> dict[str, Any]:
    """Read the answer of either client's exception."""
    error = raised.value
    if isinstance(error, hubspot_sdk.APIStatusError):
        assert isinstance(error.body, dict)
        return error.body
    body: dict[str, Any] = json.loads(error.body)
    return body


def _known_email(contract: Contract) -> tuple[str, str]:
    record = next(r for r in contract.portal.contacts.records.values() if r.properties.get("email"))
    return record.id, record.properties["email"]


def test_a_second_contact_with_an_address_is_a_conflict_that_names_the_first(
    contract: Contract,
) -> None:
    """Failure mode 20."""
    contact_id, email = _known_email(contract)
    body = models.SimplePublicObjectInputForCreate(properties={"email": email}, associations=[])

    with pytest.raises(ApiException) as v3:
        contract.v3.crm.contacts.basic_api.create(body)
    with pytest.raises(hubspot_sdk.ConflictError) as dated:
        contract.dated.crm.objects.contacts.create(properties={"email": email}, associations=[])

    assert v3.value.status == dated.value.status_code == 409
    for refused in (v3, dated):
        assert _body(refused)["category"] == "CONFLICT"
        assert _body(refused)["message"].endswith(f"Existing ID: {contact_id}")


def test_an_option_that_is_not_one_and_an_unknown_property_fail_the_whole_batch(
    contract: Contract,
) -> None:
    """Failure modes 22 and 25."""
    first, second = list(contract.portal.contacts.records)[:2]

    with pytest.raises(hubspot_sdk.BadRequestError) as refused:
        contract.dated.crm.objects.contacts.batch.update(
            inputs=[
                {"id": first, "properties": {"city": "Åre"}},
                {"id": second, "properties": {"lifecyclestage": "king", "nose": "long"}},
            ]
        )

    body = _body(refused)
    assert body["category"] == "VALIDATION_ERROR"
    assert {e["code"] for e in body["errors"]} == {"INVALID_OPTION", "PROPERTY_DOESNT_EXIST"}
    assert contract.portal.contacts.get(first).properties.get("city") is None


def test_a_list_name_can_be_used_once(contract: Contract) -> None:
    """Failure mode 40."""
    request = ListCreateRequest(object_type_id="0-1", processing_type="MANUAL", name="Twice")
    contract.v3.crm.lists.lists_api.create(request)

    with pytest.raises(ListApiException) as refused:
        contract.v3.crm.lists.lists_api.create(request)

    assert refused.value.status == 400


def test_what_is_not_there_is_404(contract: Contract) -> None:
    with pytest.raises(ApiException) as v3:
        contract.v3.crm.contacts.basic_api.get_by_id("404")
    with pytest.raises(hubspot_sdk.NotFoundError) as dated:
        contract.dated.crm.lists.get("404")

    assert v3.value.status == 404
    for refused in (v3, dated):
        assert _body(refused)["status"] == "error"
        assert _body(refused)["correlationId"]


def test_a_token_that_is_revoked_or_unknown_is_401(contract: Contract) -> None:
    """Failure mode 5."""
    contract.sandbox.tokens.kill(contract.portal.hub_id, CLIENT_ID)

    with pytest.raises(hubspot_sdk.AuthenticationError) as refused:
        contract.dated.crm.objects.contacts.list()

    assert _body(refused)["category"] == "INVALID_AUTHENTICATION"


def test_a_missing_scope_is_403_and_named(contract: Contract) -> None:
    """Failure mode 11."""
    tokens = contract.sandbox.install(contract.portal.hub_id, CLIENT_ID, ("oauth",))
    client = contract.dated.with_options(max_retries=0).copy(access_token=tokens.access.value)

    with pytest.raises(hubspot_sdk.PermissionDeniedError) as refused:
        client.crm.objects.contacts.list()

    body = _body(refused)
    assert body["category"] == "MISSING_SCOPES"
    assert "crm.objects.contacts.read" in str(body["errors"])


def test_the_hundred_and_eleventh_request_within_ten_seconds_is_429(contract: Contract) -> None:
    """Failure mode 1."""
    api = contract.v3.crm.contacts.basic_api
    contact_id = next(iter(contract.portal.contacts.records))

    _, status, headers = api.get_by_id_with_http_info(contact_id)
    for _ in range(109):
        api.get_by_id(contact_id)
    with pytest.raises(ApiException) as refused:
        api.get_by_id(contact_id)

    assert (status, headers["X-HubSpot-RateLimit-Max"]) == (200, "110")
    assert headers["X-HubSpot-RateLimit-Remaining"] == "109"
    assert refused.value.status == 429
    body = _body(refused)
    assert (body["errorType"], body["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.RATE_LIMIT, hubspot_sdk.RateLimitError),
        (Kind.SERVER_ERROR, hubspot_sdk.InternalServerError),
        (Kind.BAD_GATEWAY, hubspot_sdk.InternalServerError),
        (Kind.LOCKED, hubspot_sdk.APIStatusError),
        (Kind.RESET, hubspot_sdk.APIConnectionError),
    ],
)
def test_a_bad_day_reaches_the_client_as_what_it_is(
    contract: Contract, kind: Kind, expected: type[Exception]
) -> None:
    """Failure modes 13, 14 and 15."""
    contract.sandbox.faults.add(Fault(kind, hub_id=contract.portal.hub_id))

    with pytest.raises(expected):
        contract.dated.crm.objects.contacts.list(limit=1, properties=["country"])

    assert contract.dated.crm.objects.contacts.list(limit=1, properties=["country"]).results
