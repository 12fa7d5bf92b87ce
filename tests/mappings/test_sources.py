"""Which HubSpot record becomes which event, from JSON as HubSpot writes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mappings.catalogue import load_catalogue
from mappings.hubspot import object_record
from mappings.instants import to_ms
from mappings.marketing import email_event as read_email
from mappings.marketing import submission as read_submission
from mappings.model import Event, Form, ObjectRecord, ObjectType
from mappings.sources import (
    email_events,
    load_sources,
    object_events,
    property_event,
    submission_events,
)

SOURCES = load_sources()
ANNA, BERT = 508369434347, 508369434348


def order(**values: str | None) -> dict[str, Any]:
    """Write an order as a page of HubSpot's does, with two contacts and two line items."""
    return {
        "id": "43213000001",
        "properties": {
            "hs_createdate": "2026-06-28T08:00:01.500Z",
            "hs_currency_code": "EUR",
            "hs_external_created_date": "2026-06-27T23:59:59.999Z",
            "hs_external_order_status": None,
            "hs_fulfillment_status": "pending",
            "hs_lastmodifieddate": "2026-06-28T09:00:00.000Z",
            "hs_object_id": "43213000001",
            "hs_order_name": "#1001",
            "hs_total_price": "149.90",
            **values,
        },
        "createdAt": "2026-06-28T08:00:01.500Z",
        "updatedAt": "2026-06-28T09:00:00.000Z",
        "archived": False,
        "url": "https://app.hubspot.com/contacts/1/record/0-123/43213000001",
        "associations": {
            "contacts": {
                "results": [
                    {"id": str(ANNA), "type": "order_to_contact"},
                    {"id": str(ANNA), "type": "order_to_contact_unlabeled"},
                    {"id": str(BERT), "type": "order_to_contact"},
                ]
            },
            "line items": {
                "results": [
                    {"id": "43214000001", "type": "order_to_line_item"},
                    {"id": "43214000002", "type": "order_to_line_item"},
                ]
            },
        },
    }


LINES = [
    {
        "id": "43214000001",
        "properties": {
            "amount": "99.90",
            "category": "shoes",
            "hs_product_id": "7001",
            "hs_sku": "S-1",
            "name": "Shoe",
            "price": "99.90",
            "quantity": "1",
        },
        "createdAt": "2026-06-28T08:00:01.600Z",
        "updatedAt": "2026-06-28T08:00:01.600Z",
        "archived": False,
    },
    {
        "id": "43214000002",
        "properties": {"amount": "50", "hs_product_id": None, "quantity": "2", "name": "Sock"},
        "createdAt": "2026-06-28T08:00:01.700Z",
        "updatedAt": "2026-06-28T08:00:01.700Z",
        "archived": False,
    },
]


def events_of(
    kind: ObjectType, said: dict[str, Any], changes: tuple[datetime, ...] = ()
) -> list[Event]:
    items = [object_record(ObjectType.LINE_ITEM, line) for line in LINES]
    return object_events(SOURCES, object_record(kind, said), items, changes)


def of(contact_id: int, events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if (event.contact_id, event.kind) == (contact_id, kind)]


def test_an_order_is_a_purchase_of_each_of_its_contacts() -> None:
    """The instant is the shop's own, where the shop gave one; a label more is no contact more."""
    events = events_of(ObjectType.ORDER, order())

    assert of(ANNA, events, "purchase") == [
        Event(
            contact_id=ANNA,
            id="order:43213000001",
            kind="purchase",
            at=datetime(2026, 6, 27, 23, 59, 59, 999000, tzinfo=UTC),
            source="order",
            properties={
                "order_id": "43213000001",
                "amount": "149.90",
                "currency": "EUR",
                "products": "2",
            },
        )
    ]
    assert of(BERT, events, "purchase")[0].properties == of(ANNA, events, "purchase")[0].properties
    assert of(ANNA, events, "refund") == []


def test_each_line_item_is_a_product_that_was_bought() -> None:
    """What a line item lacks its event lacks too."""
    bought = of(ANNA, events_of(ObjectType.ORDER, order()), "product_purchased")

    purchased_at = datetime(2026, 6, 27, 23, 59, 59, 999000, tzinfo=UTC)
    assert bought == [
        Event(
            ANNA,
            "order:43213000001:item:43214000001",
            "product_purchased",
            purchased_at,
            "line_item",
            {
                "order_id": "43213000001",
                "product_id": "7001",
                "category": "shoes",
                "quantity": "1",
                "amount": "99.90",
            },
        ),
        Event(
            ANNA,
            "order:43213000001:item:43214000002",
            "product_purchased",
            purchased_at,
            "line_item",
            {"order_id": "43213000001", "quantity": "2", "amount": "50"},
        ),
    ]


@pytest.mark.parametrize(
    ("external", "created", "expected"),
    [
        ("1782604799999", "2026-06-28T08:00:00Z", datetime(2026, 6, 27, 23, 59, 59, 999000, UTC)),
        ("2026-06-27", "2026-06-28T08:00:00Z", datetime(2026, 6, 27, tzinfo=UTC)),
        (None, "2026-06-28T08:00:00Z", datetime(2026, 6, 28, 8, tzinfo=UTC)),
        ("yesterday", "2026-06-28T08:00:00Z", datetime(2026, 6, 28, 8, tzinfo=UTC)),
        ("", None, datetime(2026, 6, 28, 8, 0, 1, 500000, UTC)),
    ],
)
def test_an_order_without_the_shops_instant_takes_the_next_best(
    external: str | None, created: str | None, expected: datetime
) -> None:
    said = order(hs_external_created_date=external, hs_createdate=created)

    assert {event.at for event in events_of(ObjectType.ORDER, said)} == {expected}


@pytest.mark.parametrize("status", ["cancelled", "Canceled", " REFUNDED ", "voided"])
def test_an_order_taken_back_is_a_refund_beside_the_purchase(status: str) -> None:
    events = of(ANNA, events_of(ObjectType.ORDER, order(hs_external_order_status=status)), "refund")

    assert events == [
        Event(
            ANNA,
            "order:43213000001:refund",
            "refund",
            datetime(2026, 6, 28, 9, tzinfo=UTC),
            "order",
            {"order_id": "43213000001", "amount": "149.90"},
        )
    ]


def test_a_record_without_any_instant_asked_for_is_no_event() -> None:
    """What happened nobody knows when is nothing that a window could hold."""
    source = SOURCES.objects[ObjectType.ORDER]
    strict = replace(source, rules=(replace(source.rules[0], at=("hs_external_created_date",)),))
    sources = replace(SOURCES, objects={**SOURCES.objects, ObjectType.ORDER: strict})
    undated = object_record(ObjectType.ORDER, order(hs_external_created_date=None))

    assert object_events(sources, undated) == []
    assert len(object_events(sources, object_record(ObjectType.ORDER, order()))) == 2


def test_an_order_of_nobody_is_no_event() -> None:
    """Its contact may come later: the association tells of it."""
    said = order() | {"associations": None}

    assert events_of(ObjectType.ORDER, said) == []


def deal(**values: str | None) -> dict[str, Any]:
    """Write a deal as HubSpot does."""
    return {
        "id": "43211000001",
        "properties": {
            "amount": "1200",
            "closedate": "2026-06-20T10:00:00Z",
            "createdate": "2026-06-01T10:00:00Z",
            "deal_currency_code": "USD",
            "dealname": "Big one",
            "dealstage": "12345678",
            "hs_is_closed_won": "true",
            "pipeline": "default",
            **values,
        },
        "createdAt": "2026-06-01T10:00:00Z",
        "updatedAt": "2026-06-21T10:00:00Z",
        "archived": False,
        "associations": {"contacts": {"results": [{"id": str(ANNA), "type": "deal_to_contact"}]}},
    }


def test_a_deal_that_is_won_is_a_purchase_when_it_was_closed() -> None:
    """Stage ids are the portal's own, so HubSpot's own word for a won deal decides."""
    assert of(ANNA, events_of(ObjectType.DEAL, deal()), "purchase") == [
        Event(
            ANNA,
            "deal:43211000001",
            "purchase",
            datetime(2026, 6, 20, 10, tzinfo=UTC),
            "deal",
            {"order_id": "43211000001", "amount": "1200", "currency": "USD"},
        )
    ]
    assert events_of(ObjectType.DEAL, deal(hs_is_closed_won="false")) == []
    assert events_of(ObjectType.DEAL, deal(hs_is_closed_won=None)) == []
    undated = events_of(ObjectType.DEAL, deal(closedate=None))
    assert {event.at for event in undated} == {datetime(2026, 6, 21, 10, tzinfo=UTC)}


CREATED = datetime(2026, 6, 30, 8, tzinfo=UTC)
CHANGED = datetime(2026, 6, 30, 9, tzinfo=UTC)


def cart() -> dict[str, Any]:
    """Write a cart as HubSpot does, created at eight and changed at nine."""
    return {
        "id": "43215000001",
        "properties": {
            "hs_cart_name": "Basket",
            "hs_external_cart_id": "c-1",
            "hs_external_status": "pending",
            "hs_total_price": "49.90",
            "hs_currency_code": "EUR",
        },
        "createdAt": "2026-06-30T08:00:00Z",
        "updatedAt": "2026-06-30T09:00:00Z",
        "archived": False,
        "associations": {"contacts": {"results": [{"id": str(ANNA), "type": "cart_to_contact"}]}},
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ((), ["cart:43215000001", f"cart:43215000001:{to_ms(CHANGED)}"]),
        ((CREATED,), ["cart:43215000001"]),
        ((CREATED, CHANGED), ["cart:43215000001", f"cart:43215000001:{to_ms(CHANGED)}"]),
        ((CHANGED, CHANGED), ["cart:43215000001", f"cart:43215000001:{to_ms(CHANGED)}"]),
    ],
)
def test_a_cart_is_an_event_when_made_and_one_for_each_change(
    changes: tuple[datetime, ...], expected: list[str]
) -> None:
    """A change told at the creation's own instant is part of it."""
    events = events_of(ObjectType.CART, cart(), changes)

    assert [event.id for event in events] == expected
    assert events[0].at == CREATED
    assert events[-1].at == (CHANGED if len(events) > 1 else CREATED)
    assert events[0].properties == {"cart_id": "43215000001", "amount": "49.90"}


def test_a_product_or_a_contact_is_no_event() -> None:
    record = ObjectRecord(ObjectType.PRODUCT, 1, {}, CREATED, CREATED)

    assert object_events(SOURCES, record) == []
    assert object_events(SOURCES, replace(record, associated={ObjectType.CONTACT: (ANNA,)})) == []


def email(kind: str, **more: object) -> dict[str, Any]:
    """Write a marketing e-mail event as the v1 API does."""
    return {
        "id": "c5bd1a8b-0ae4-3ef5-bf26-4a9a2ba4b5f5",
        "created": 1782817200000,
        "type": kind,
        "recipient": "Anna@Example.com",
        "portalId": 62515,
        "appId": 113,
        "appName": "Batch",
        "emailCampaignId": 1004,
        "emailCampaignGroupId": 2004,
        **more,
    }


@pytest.mark.parametrize(
    ("said", "kind", "more"),
    [
        (email("DELIVERED"), "email_delivered", {}),
        (email("OPEN", filteredEvent=False), "email_opened", {"machine": "no"}),
        (
            email("OPEN", filteredEvent=True),
            "email_opened",
            {"machine": "yes", "machine_reason": "HubSpot filtered it"},
        ),
        (
            email("CLICK", filteredEvent=False, url="https://example.com/a?b=c"),
            "email_clicked",
            {"machine": "no", "url": "https://example.com/a?b=c"},
        ),
        (email("BOUNCE"), "email_bounced", {}),
        (email("FORWARD"), "email_forwarded", {}),
        (email("SPAMREPORT"), "email_complained", {}),
    ],
)
def test_an_email_event_keeps_its_kind_and_its_campaign(
    said: dict[str, Any], kind: str, more: dict[str, str]
) -> None:
    """A scanner's open is told from a person's; created and id together name the event."""
    named = replace(read_email(said), campaign_name="Summer sale")

    [event] = email_events(SOURCES, named)

    assert event == Event(
        0,
        "email:1782817200000:c5bd1a8b-0ae4-3ef5-bf26-4a9a2ba4b5f5",
        kind,
        datetime(2026, 6, 30, 11, tzinfo=UTC),
        "email",
        {"email": "Summer sale", "campaign": "1004", **more},
    )


def test_an_email_event_without_a_campaigns_name_goes_by_its_id() -> None:
    [event] = email_events(SOURCES, read_email(email("DELIVERED")))

    assert event.properties == {"email": "1004", "campaign": "1004"}


@pytest.mark.parametrize("kind", ["SENT", "PROCESSED", "DROPPED", "DEFERRED", "PRINT"])
def test_what_nobody_did_is_no_email_event(kind: str) -> None:
    assert email_events(SOURCES, read_email(email(kind))) == []


SUBMISSION = {
    "conversionId": "0b1c",
    "submittedAt": 1782817200000,
    "values": [{"name": "email", "value": " Anna@Example.COM ", "objectTypeId": "0-1"}],
    "pageUrl": "https://example.com/guide",
}


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("Contact us", ["form_submitted"]),
        ("Free E-BOOK: knots", ["form_submitted", "resource_downloaded"]),
        ("Newsletter", ["form_submitted", "subscribed"]),
        ("Subscribe and download", ["form_submitted", "resource_downloaded", "subscribed"]),
    ],
)
def test_a_submission_is_what_its_form_is_for(name: str, kinds: list[str]) -> None:
    made = read_submission(Form("f-1", name), SUBMISSION)

    events = submission_events(SOURCES, made)

    assert [event.kind for event in events] == kinds
    assert made.email == "anna@example.com"
    assert events[0] == Event(
        0,
        "form:0b1c",
        "form_submitted",
        datetime(2026, 6, 30, 11, tzinfo=UTC),
        "form",
        {"form_id": "f-1", "form_name": name, "url": "https://example.com/guide"},
    )
    assert len({event.id for event in events}) == len(events)


def test_a_submission_without_an_id_is_named_by_form_instant_and_address() -> None:
    """Failure mode 30: it is read again with each poll, and stays one."""
    bare = {name: value for name, value in SUBMISSION.items() if name != "conversionId"}
    later = bare | {"submittedAt": 1782817200001}
    form, other = Form("f-1", "Contact us"), Form("f-2", "Contact us")

    ids = [
        submission_events(SOURCES, read_submission(of, said))[0].id
        for of, said in [(form, bare), (form, bare), (form, later), (other, bare)]
    ]

    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_a_lifecycle_move_is_an_event() -> None:
    change = property_event(SOURCES, ANNA, ("lifecyclestage", "customer"), CHANGED)

    assert change == Event(
        ANNA,
        f"property:lifecyclestage:{to_ms(CHANGED)}:customer",
        "stage_changed",
        CHANGED,
        "property",
        {"to": "customer"},
    )
    assert property_event(SOURCES, ANNA, ("lifecyclestage", None), CHANGED) is None
    assert property_event(SOURCES, ANNA, ("country", "SE"), CHANGED) is None


def test_a_value_of_any_length_makes_a_short_name() -> None:
    """PostgreSQL's indexes take nothing long; two long values are still two events."""
    made = [
        property_event(SOURCES, ANNA, ("lifecyclestage", "x" * 60_000 + end), CHANGED)
        for end in "ab"
    ]

    ids = {event.id for event in made if event is not None}
    assert len(ids) == 2
    assert max(map(len, ids)) < 300


def test_sources_speak_of_kinds_and_properties_that_the_catalogue_has() -> None:
    """What a rule could never name would be lost without a word."""
    catalogue = load_catalogue()
    used = [
        (rule.event, name)
        for source in SOURCES.objects.values()
        for rule in source.rules
        for name in rule.properties
    ]
    used += [(rule.event, name) for rule in SOURCES.forms for name in rule.properties]
    used += list(SOURCES.contact_properties.values())
    used += [(rule.event, name) for rule in SOURCES.occurrences for name in rule.properties]
    used += [(rule.event, name) for rule in SOURCES.pages for name in rule.properties]
    used += [("page_viewed", "category"), ("email_unsubscribed", "subscription")]
    used += [(kind, "machine_reason") for kind in ("email_opened", "email_clicked")]
    used += [(kind, "campaign") for kind in SOURCES.emails.values() if kind != "subscribed"]

    unknown = [pair for pair in used if pair[1] not in catalogue.kinds[pair[0]].properties]

    assert unknown == []
    restating = {"order", "deal", "line_item", "meeting", "call", "ticket", "webinar", "occurrence"}
    assert SOURCES.restating == restating
