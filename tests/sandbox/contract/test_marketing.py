"""Forms, event occurrences and communication preferences through both clients."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import hubspot_sdk
import pytest
from hubspot import communication_preferences as consent_models

from sandbox.marketing import acts
from sandbox.populate import PRODUCT_NEWS, form_id

from .conftest import Contract

EMAIL = "eva@example.com"


def _reader(contract: Contract) -> str:
    """Make a contact that saw three pages, a minute after each other."""
    contact = contract.portal.contacts.create({"email": EMAIL})
    now = contract.sandbox.clock.now()
    for n in range(3):
        page = (f"https://x.example/{n}", f"Page {n}")
        acts.visit_page(contract.portal, contact.id, page, now - timedelta(minutes=3 - n))
    return contact.id


def test_v3_forms(contract: Contract) -> None:
    api = contract.v3.marketing.forms.forms_api

    page = api.get_page(limit=2, form_types=["hubspot"])
    rest = api.get_page(limit=2, after=page.paging.next.after)
    one = api.get_by_id(form_id("Newsletter"))

    assert len(page.results + rest.results) == 3
    assert (one.name, one.form_type, one.archived) == ("Newsletter", "hubspot", False)
    fields = [f.name for group in one.field_groups for f in group.fields]
    assert fields == ["email", "firstname"]


def test_v3_event_occurrences(contract: Contract) -> None:
    api, contact_id = contract.v3.events.events_api, _reader(contract)

    page = api.get_page(object_type="contact", object_id=int(contact_id), limit=2)
    rest = api.get_page(
        object_type="contact", object_id=int(contact_id), limit=2, after=page.paging.next.after
    )

    urls = [e.properties["hs_url"] for e in page.results + rest.results]
    assert urls == [f"https://x.example/{n}" for n in (2, 1, 0)]
    assert page.results[0].event_type == "e_visited_page"
    assert "e_visited_page" in api.get_types().event_types


def test_dated_event_occurrences(contract: Contract) -> None:
    api, contact_id = contract.dated.events.occurrences, _reader(contract)
    now = contract.sandbox.clock.now()

    every = list(
        api.list(object_type="contact", object_id=int(contact_id), limit=1, sort=["occurredAt"])
    )
    late = list(
        api.list(
            object_type="contact",
            object_id=int(contact_id),
            occurred_after=now - timedelta(seconds=90),
        )
    )

    assert [e.properties["hs_title"] for e in every] == ["Page 0", "Page 1", "Page 2"]
    assert {(e.object_id, e.object_type) for e in every} == {(contact_id, "CONTACT")}
    assert [e.properties["hs_title"] for e in late] == ["Page 2"]
    assert "e_visited_page" in api.list_event_types().event_types


def test_event_occurrences_are_refused_below_enterprise(make_contract: Any) -> None:
    contract: Contract = make_contract("professional")

    with pytest.raises(hubspot_sdk.PermissionDeniedError):
        contract.dated.events.occurrences.list_event_types()


def test_v3_communication_preferences(contract: Contract) -> None:
    api = contract.v3.communication_preferences
    request = consent_models.PublicUpdateSubscriptionStatusRequest(
        email_address=EMAIL, subscription_id=str(PRODUCT_NEWS)
    )

    subscribed = api.status_api.subscribe(request)
    unsubscribed = api.status_api.unsubscribe(request)
    read = api.status_api.get_email_status(EMAIL)
    definitions = api.definition_api.get_page().subscription_definitions

    assert (subscribed.status, unsubscribed.status) == ("SUBSCRIBED", "NOT_SUBSCRIBED")
    assert read.recipient == EMAIL
    assert {s.id for s in read.subscription_statuses} == {d.id for d in definitions}


def test_dated_communication_preferences(contract: Contract) -> None:
    api = contract.dated.communication_preferences

    definitions = api.definitions.list().results
    written = api.update_status(
        EMAIL,
        channel="EMAIL",
        status_state="SUBSCRIBED",
        subscription_id=PRODUCT_NEWS,
        legal_basis="CONSENT_WITH_NOTICE",
        legal_basis_explanation="Asked",
    ).results[0]
    read = api.get_statuses(EMAIL, channel="EMAIL").results
    wide = api.get_unsubscribe_all_status(EMAIL, channel="EMAIL").results[0]
    out = api.unsubscribe_all(EMAIL, channel="EMAIL").results
    links = api.generate_links(
        channel="EMAIL", subscriber_id_string=EMAIL, subscription_id=PRODUCT_NEWS
    )

    assert [int(d.id) for d in definitions] == [s.subscription_id for s in read]
    assert written.set_status_success_reason == "REQUESTED_CHANGE_OCCURRED"
    assert [s.status for s in read] == ["NOT_SPECIFIED", "SUBSCRIBED"]
    assert (wide.status, wide.wide_status_type) == ("NOT_SPECIFIED", "PORTAL_WIDE")
    assert {s.status for s in out} == {"UNSUBSCRIBED"}
    assert links.unsubscribe_single_url is not None


def test_dated_batches_of_communication_preferences(contract: Contract) -> None:
    api = contract.dated.communication_preferences.statuses.batch

    written = api.update_statuses(
        inputs=[
            {
                "channel": "EMAIL",
                "subscriber_id_string": EMAIL,
                "subscription_id": PRODUCT_NEWS,
                "status_state": "SUBSCRIBED",
            }
        ]
    )
    read = api.read(channel="EMAIL", inputs=[EMAIL]).results[0]
    out = api.unsubscribe_all(channel="EMAIL", inputs=[EMAIL]).results[0]
    wide = api.get_unsubscribe_all_statuses(channel="EMAIL", inputs=[EMAIL]).results[0]

    assert [s.status for s in written.results] == ["SUBSCRIBED"]
    assert [s.status for s in read.statuses] == ["NOT_SPECIFIED", "SUBSCRIBED"]
    assert out.subscriber_id_string == wide.subscriber_id_string == EMAIL
    assert [w.status for w in wide.wide_statuses] == ["UNSUBSCRIBED"]
