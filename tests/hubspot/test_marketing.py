"""What the stand-in's marketing holds: e-mail events, forms, occurrences, consent, workflows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from integration import errors
from integration.hubspot.client import HubSpot
from mappings.model import ConsentState
from sandbox.faults import Fault, Kind
from sandbox.marketing import model
from sandbox.portal import Account
from tests.hubspot.standin import StandIn
from tests.hubspot.wires import PORTAL, Scripted, Way, said

Start = Callable[..., tuple[Scripted, Way]]
AT = datetime(2026, 6, 30, 12, tzinfo=UTC)
MS = int(AT.timestamp() * 1000)
WELCOME = model.Workflow(501, 901, "Welcome", AT, model.Trigger.LIST, ("7",))
MANUAL = model.Workflow(502, 902, "By hand", AT, enabled=False, re_enroll=True)


def events(standin: StandIn, many: int) -> None:
    """Let one address open one e-mail, second by second."""
    marketing = standin.portal.marketing
    marketing.campaigns[77] = model.EmailCampaign(77, 113, 1, 2, "Spring sale", "Come in")
    for number in range(many):
        marketing.add_email_event(
            model.EmailEvent(MS + number * 1000, f"e{number}", "OPEN", "ada@example.com", 77)
        )


def test_email_events_are_paged_newest_first_within_two_instants(standin: StandIn) -> None:
    events(standin, 6)
    start, end = AT + timedelta(seconds=1), AT + timedelta(seconds=5)

    first, offset, more = standin.hubspot.emails.page(start, end, limit=3)
    second, _, end_reached = standin.hubspot.emails.page(start, end, offset, limit=3)

    assert [one.id for one in [*first, *second]] == ["e5", "e4", "e3", "e2", "e1"]
    assert (more, end_reached) == (True, False)
    assert (first[0].campaign_id, first[0].app_id, first[0].campaign_name) == ("77", "113", "")


def test_bots_events_come_along_marked(standin: StandIn) -> None:
    event = model.EmailEvent(MS, "e", "CLICK", "ada@example.com", 77, filtered=True)
    standin.portal.marketing.add_email_event(event)

    page, _, _ = standin.hubspot.emails.page(AT, AT)

    assert [one.filtered for one in page] == [True]


def test_a_campaigns_name_is_looked_up(standin: StandIn) -> None:
    events(standin, 1)

    assert standin.hubspot.emails.campaign_name("77", "113") == "Spring sale"
    assert standin.hubspot.emails.campaign_name("78", "113") == ""


@pytest.mark.parametrize(
    ("body", "name"), [({"subject": "Come in"}, "Come in"), ({}, ""), ([], ""), (None, "")]
)
def test_a_campaign_without_a_name_goes_by_its_subject(
    scripted: Start, body: object, name: str
) -> None:
    _, way = scripted(said(200, body))

    assert HubSpot(way.transport, PORTAL).emails.campaign_name("7", "") == name


def test_a_page_of_events_that_hands_out_the_same_offset_is_the_last(scripted: Start) -> None:
    """Failure mode 16."""
    _, way = scripted(said(200, {"hasMore": True, "offset": "x", "events": []}))

    _, _, more = HubSpot(way.transport, PORTAL).emails.page(AT, AT, "x")

    assert not more


def test_forms_and_their_submissions_are_paged(standin: StandIn) -> None:
    marketing = standin.portal.marketing
    for number in range(53):
        name = f"f-{number:02}"
        marketing.forms[name] = model.Form(name, f"Form {number}", ("email",), AT)
    for number in range(3):
        marketing.add_submission(
            model.Submission(MS + number, f"c{number}", "f-07", "https://example.com/x",
                             (("email", "Ada@example.com"),))
        )  # fmt: skip

    forms = standin.hubspot.forms.forms()
    seventh = next(one for one in forms if one.form_id == "f-07")
    first, after = standin.hubspot.forms.submissions(seventh, limit=2)
    rest, end = standin.hubspot.forms.submissions(seventh, after, limit=2)

    assert len(forms) == 53
    assert [one.conversion_id for one in [*first, *rest]] == ["c2", "c1", "c0"]
    assert (first[0].email, first[0].form.name) == ("ada@example.com", "Form 7")
    assert end is None


def test_occurrences_are_read_contact_by_contact_since_an_instant(standin: StandIn) -> None:
    ada = standin.contact("ada@example.com")
    for number in range(3):
        at = AT + timedelta(minutes=number)
        standin.portal.marketing.add_occurrence(
            model.Occurrence(at, f"o{number}", "e_visited_page", str(ada), {"hs_url": "/x"})
        )

    page, after = standin.hubspot.occurrences.page(
        ada, "e_visited_page", None, AT + timedelta(seconds=1)
    )

    assert {one.id for one in page} == {"o1", "o2"}
    assert (page[0].contact_id, page[0].properties) == (ada, {"hs_url": "/x"})
    assert after is None


def test_a_portal_without_enterprise_has_no_occurrences(standin: StandIn) -> None:
    """Failure mode 11: only this feature is off."""
    standin.portal.account = Account(tier="professional")

    with pytest.raises(errors.Forbidden):
        standin.hubspot.occurrences.page(1, "e_visited_page", None, None)


def test_consent_is_read_by_address(standin: StandIn) -> None:
    marketing = standin.portal.marketing
    marketing.subscriptions = {
        1: model.SubscriptionType(1, "News", "", "", AT),
        2: model.SubscriptionType(2, "Offers", "", "", AT),
    }
    marketing.consents["ada+x@example.com", 1] = model.Consent("UNSUBSCRIBED", AT, "x")

    status = standin.hubspot.consent.status("ada+x@example.com")

    assert status == {"News": ConsentState.UNSUBSCRIBED, "Offers": ConsentState.NOT_SPECIFIED}
    assert [one.name for one in standin.hubspot.consent.definitions()] == ["News", "Offers"]


def workflows(standin: StandIn) -> None:
    """Give the portal two workflows."""
    standin.portal.marketing.workflows = {501: WELCOME, 502: MANUAL}


def test_workflows_say_how_they_enroll_and_carry_their_legacy_ids(standin: StandIn) -> None:
    workflows(standin)

    welcome, manual = standin.hubspot.workflows.flows()

    assert (welcome.flow_id, welcome.name, welcome.legacy_id) == ("501", "Welcome", "901")
    assert (welcome.enabled, welcome.re_enrolls, manual.enabled) == (True, False, False)
    assert manual.re_enrolls
    assert welcome.enrolls_by_lists == {"7"}
    assert manual.enrolls_by_lists == set()


def test_a_portal_without_workflows_has_none(standin: StandIn) -> None:
    assert standin.hubspot.workflows.flows() == []


def test_flows_of_other_objects_and_unmapped_ones_are_told_apart(scripted: Start) -> None:
    flows = [{"id": "1", "objectTypeId": "0-1"}, {"id": "2", "objectTypeId": "0-3"}]
    server, way = scripted(
        said(200, {"results": flows}),
        said(207, {"results": [{"flowId": 1, "workflowId": None}], "errors": []}),
        said(200, {"results": flows[:1]}),
    )

    found = HubSpot(way.transport, PORTAL).workflows.flows()

    assert [(one.flow_id, one.legacy_id) for one in found] == [("1", None)]
    assert server.heard[2].body == b'{"inputs": [{"type": "FLOW_ID", "flowId": "1"}]}'


def test_a_contact_is_enrolled_by_address_and_seen_to_be_so(standin: StandIn) -> None:
    """Failure mode 41."""
    workflows(standin)
    ada = standin.contact("ada+1@example.com")

    standin.hubspot.workflows.enroll("901", "ada+1@example.com")

    assert standin.hubspot.workflows.current_enrollments(ada) == {"901"}


def test_an_enrollment_whose_answer_was_lost_is_seen_before_it_is_done_again(
    standin: StandIn,
) -> None:
    """Failure mode 41: 204 or nothing, look first."""
    workflows(standin)
    ada = standin.contact("ada@example.com")
    standin.sandbox.faults.add(Fault(Kind.RESET, method="POST", after=True))

    with pytest.raises(errors.Unavailable) as caught:
        standin.hubspot.workflows.enroll("901", "ada@example.com")

    assert caught.value.outcome_unknown
    assert standin.hubspot.workflows.current_enrollments(ada) == {"901"}


def test_an_enrollment_that_did_nothing_is_seen_too(standin: StandIn) -> None:
    """Failure mode 41."""
    workflows(standin)
    ada = standin.contact("ada@example.com")

    standin.hubspot.workflows.enroll("902", "ada@example.com")

    assert standin.hubspot.workflows.current_enrollments(ada) == set()


def test_the_flow_id_is_not_what_the_enrollment_takes(standin: StandIn) -> None:
    workflows(standin)
    standin.contact("ada@example.com")

    with pytest.raises(errors.NotFound):
        standin.hubspot.workflows.enroll("501", "ada@example.com")


@pytest.mark.parametrize(
    ("body", "ids"), [({"id": 406048}, {"406048"}), ([{"id": 1}, {"id": 2}, 7, {}], {"1", "2"}),
                      ([], set()), (None, set())]
)  # fmt: skip
def test_current_enrollments_come_alone_or_in_an_array(
    scripted: Start, body: object, ids: set[str]
) -> None:
    _, way = scripted(said(200, body))

    assert HubSpot(way.transport, PORTAL).workflows.current_enrollments(1) == ids
