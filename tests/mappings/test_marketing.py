"""HubSpot's JSON of marketing's behaviour and the nouns that stand for it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from mappings import marketing as read
from mappings.model import ConsentState, Form
from mappings.values import Unreadable
from mappings.writing import Subscription

AT = datetime(2019, 7, 26, 4, tzinfo=UTC)
MS = 1564113600000


def test_an_email_event_is_keyed_by_its_address_in_lower_case() -> None:
    event = read.email_event(
        {"id": "e1", "type": "open", "recipient": " Ada@Example.COM ", "created": MS,
         "emailCampaignId": 77, "appId": 113, "filteredEvent": True, "deviceType": "MOBILE"}
    )  # fmt: skip

    assert (event.id, event.type, event.recipient) == ("e1", "OPEN", "ada@example.com")
    assert (event.campaign_id, event.app_id, event.campaign_name) == ("77", "113", "")
    assert (event.created_at, event.filtered, event.url) == (AT, True, "")


@pytest.mark.parametrize(
    ("details", "kind"),
    [
        ({"subscriptions": [{"id": 1, "status": "UNSUBSCRIBED"}]}, "STATUSCHANGE"),
        ({"subscriptions": [{"id": 1, "status": "SUBSCRIBED"}]}, "SUBSCRIBED"),
        ({"portalSubscriptionStatus": "UNSUBSCRIBED", "subscriptions": []}, "STATUSCHANGE"),
        ({"portalSubscriptionStatus": "subscribed"}, "SUBSCRIBED"),
        ({"subscriptions": "odd"}, "STATUSCHANGE"),
        ({}, "STATUSCHANGE"),
    ],
)
def test_a_new_subscription_is_no_unsubscription(details: dict[str, Any], kind: str) -> None:
    said = {"id": "e1", "type": "STATUSCHANGE", "recipient": "a@b.c", "created": MS}

    assert read.email_event({**said, **details}).type == kind


WHOLE: list[tuple[Callable[[Any], object], dict[str, Any]]] = [
    (read.email_event, {"id": "e1", "type": "OPEN", "recipient": "a@b.c", "created": MS}),
    (lambda said: read.submission(Form("f", ""), said), {"submittedAt": MS}),
    (read.occurrence, {"id": "o", "eventType": "e", "objectId": 1, "occurredAt": MS}),
    (read.subscription, {"id": "1"}),
    (read.workflow, {"id": "1"}),
]


@pytest.mark.parametrize(("reader", "said"), WHOLE)
def test_what_identifies_a_thing_must_be_there_and_nothing_else(
    reader: Callable[[Any], object], said: dict[str, Any]
) -> None:
    reader(said)

    for name in said:
        with pytest.raises(Unreadable, match=name):
            reader({key: value for key, value in said.items() if key != name})


def test_an_event_is_a_persons_unless_hubspot_marks_it_as_a_bots() -> None:
    said = {"id": "e1", "type": "OPEN", "recipient": "a@b.c", "created": MS}

    assert not read.email_event(said).filtered


@pytest.mark.parametrize("key", ["id", "guid"])
def test_a_form_is_read_by_either_name_of_its_id(key: str) -> None:
    assert read.form({key: "f-1", "name": "Sign up"}) == Form("f-1", "Sign up")


def test_a_form_without_an_id_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read.form({"name": "Sign up"})


def test_a_submission_joins_what_was_ticked_and_finds_the_address() -> None:
    said = {
        "conversionId": "c-1",
        "submittedAt": MS,
        "values": [
            {"name": "email", "value": "Ada@Example.com", "objectTypeId": "0-1"},
            {"name": "topics", "value": "a"},
            {"name": "topics", "value": "b"},
            {"name": "note", "value": None},
        ],
        "pageUrl": "https://example.com/sign-up",
    }

    submission = read.submission(Form("f-1", "Sign up"), said)

    assert submission.values == {
        "email": "Ada@Example.com", "topics": "a;b", "note": ""
    }  # fmt: skip
    assert submission.email == "ada@example.com"
    assert (submission.conversion_id, submission.submitted_at) == ("c-1", AT)


def test_a_submission_without_an_address_or_an_id_is_still_one() -> None:
    submission = read.submission(Form("f-1", ""), {"submittedAt": MS})

    assert (submission.conversion_id, submission.email, submission.page_url) == (None, None, "")


def test_an_occurrence_drops_properties_without_a_value() -> None:
    occurrence = read.occurrence(
        {"id": "o1", "eventType": "e_visited_page", "objectId": "42", "objectType": "contact",
         "occurredAt": "2019-07-26T04:00:00Z", "properties": {"hs_url": "x", "hs_title": None}}
    )  # fmt: skip

    assert (occurrence.contact_id, occurrence.occurred_at) == (42, AT)
    assert occurrence.properties == {"hs_url": "x"}


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"subscriptionName": "News", "subscriptionId": 1, "status": "SUBSCRIBED"},
         ("News", ConsentState.SUBSCRIBED)),
        ({"subscriptionId": 1, "status": "unsubscribed"}, ("1", ConsentState.UNSUBSCRIBED)),
        ({"subscriptionName": "", "subscriptionId": 1, "status": "NOT_SPECIFIED"},
         ("1", ConsentState.NOT_SPECIFIED)),
    ],
)  # fmt: skip
def test_consent_is_named_by_the_subscription(said: Any, state: tuple[str, ConsentState]) -> None:
    assert read.consent(said) == state


@pytest.mark.parametrize("said", [None, {"subscriptionId": 1, "status": "MAYBE"},
                                  {"status": "SUBSCRIBED"}])  # fmt: skip
def test_consent_that_says_neither_is_unreadable(said: Any) -> None:
    with pytest.raises(Unreadable):
        read.consent(said)


def test_a_subscription_is_read() -> None:
    assert read.subscription({"id": "1", "name": "News", "isActive": False}) == Subscription(
        "1", "News", active=False
    )


def in_list(list_id: Any, operator: str = "IN_LIST") -> dict[str, Any]:
    return {"filterType": "IN_LIST", "operator": operator, "listId": list_id}


def branch(kind: str, filters: list[Any], *branches: Any) -> dict[str, Any]:
    return {"filterBranchType": kind, "filters": filters, "filterBranches": list(branches)}


PROPERTY = {"filterType": "PROPERTY", "property": "email"}


@pytest.mark.parametrize(
    ("root", "lists"),
    [
        (branch("OR", [], branch("AND", [in_list("5")])), {"5"}),
        (branch("OR", [], branch("AND", [in_list(5)]), branch("AND", [in_list("6")])), {"5", "6"}),
        (branch("OR", [in_list("5")]), {"5"}),
        (branch("OR", [], branch("AND", [], branch("OR", [in_list("5")]))), {"5"}),
        (branch("OR", [], branch("AND", [in_list("5"), PROPERTY])), set()),
        (branch("OR", [], branch("AND", [in_list("5")], branch("AND", [PROPERTY]))), set()),
        (branch("OR", [], branch("AND", [in_list("5", "NOT_IN_LIST")])), set()),
        (branch("OR", [], branch("AND", [PROPERTY])), set()),
        (branch("NOT_ALL", [in_list("5")]), set()),
        (branch("OR", [], branch("AND", ["odd"])), set()),
        (None, set()),
    ],
)
def test_only_a_list_whose_membership_alone_enrolls_counts(root: Any, lists: set[str]) -> None:
    criteria = {"type": "LIST_BASED", "shouldReEnroll": True, "listFilterBranch": root}

    flow = read.workflow({"id": 3, "name": "Win back", "isEnabled": True,
                          "enrollmentCriteria": criteria}, "77")  # fmt: skip

    assert flow.enrolls_by_lists == lists
    assert (flow.flow_id, flow.enabled, flow.re_enrolls, flow.legacy_id) == ("3", True, True, "77")


REFINED = branch("OR", [], branch("AND", [PROPERTY]))
BY_EVENT = {"type": "EVENT_BASED", "listFilterBranch": branch("OR", [in_list("5")])}


@pytest.mark.parametrize(
    ("said", "lists"),
    [
        ({"listMembershipFilterBranches": [branch("AND", [in_list(5)])]}, {"5"}),
        ({"listMembershipFilterBranches": [branch("AND", [in_list("5")]),
                                           branch("AND", [in_list("6")])]}, {"5", "6"}),
        ({"listMembershipFilterBranches": [branch("AND", [in_list("5", "NOT_IN_LIST")])]}, set()),
        ({"listMembershipFilterBranches": [branch("AND", [in_list(5)])],
          "refinementCriteria": branch("OR", [])}, {"5"}),
        ({"listMembershipFilterBranches": [branch("AND", [in_list(5)])],
          "refinementCriteria": REFINED}, set()),
        ({"listMembershipFilterBranches": None}, set()),
    ],
)  # fmt: skip
def test_an_event_based_workflow_may_listen_to_being_added_to_a_list(
    said: dict[str, Any], lists: set[str]
) -> None:
    flow = read.workflow({"id": "3", "enrollmentCriteria": {"type": "EVENT_BASED", **said}})

    assert flow.enrolls_by_lists == lists


@pytest.mark.parametrize("criteria", [None, {"type": "MANUAL"}, BY_EVENT])
def test_a_workflow_that_enrolls_otherwise_enrolls_by_no_list(criteria: Any) -> None:
    flow = read.workflow({"id": "3", "enrollmentCriteria": criteria})

    assert (flow.enrolls_by_lists, flow.re_enrolls, flow.legacy_id) == (frozenset(), False, None)
    assert (flow.name, flow.enabled) == ("", False)


@pytest.mark.parametrize(
    ("said", "contacts"),
    [({"objectTypeId": "0-1"}, True), ({}, True), ({"objectTypeId": "0-3"}, False), (None, False)],
)
def test_flows_of_other_objects_are_told_apart(said: Any, contacts: bool) -> None:
    assert read.enrolls_contacts(said) is contacts
