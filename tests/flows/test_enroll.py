"""Enrollments: each once, whatever happens on the way, and with a reason where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from integration.flows import survey
from mappings.writing import IntentKind
from sandbox.faults import Fault, Kind
from sandbox.happening import USER
from sandbox.marketing.acts import set_consent
from sandbox.marketing.model import Consent, Outcome, SubscriptionType, Trigger
from sandbox.objects import types
from sandbox.objects.merge import merge
from sandbox.portal import Account
from tests.flows.acting import (
    DAY,
    HOUR,
    MINUTE,
    asked,
    buy,
    enrollment,
    fill_cart,
    its_list,
    people,
    press_retry,
    take_in,
    work_for,
    write,
    write_for,
)
from tests.house import House, open_house

ENROLLS = "/automation/v2/workflows/*/enrollments/contacts/*"
LOOKS = "/automation/v2/workflows/enrollments/contacts/*"

RULES = """
version: 1
segments:
  buyers: {{name: Buyers, family: purchase, description: B., when: {{event: purchase, within: 1d}}}}
lifecycle:
  stages:
    customer: {{name: Customer, when: {{event: purchase}}, hubspot: customer}}
  otherwise: {{name: Visitor}}
triggers:
  series:
    name: Series
    on: {on}
    enroll: {{workflow: Series}}
{more}
"""


@contextmanager
def opened(database_url: str, on: str = "{enters: buyers}", *more: str) -> Iterator[House]:
    """Open a house with one trigger, a workflow named Series, and the app installed."""
    text = RULES.format(on=on, more="".join(f"    {line}\n" for line in more))
    house = open_house(database_url, text)
    house.add_workflow("Series")
    house.install()
    yield house
    house.close()


def took_effect(house: House, contact_id: str) -> int:
    """Count how often a contact really was enrolled."""
    done = house.portal.marketing.enrollments.enrolled()
    return sum(1 for each in done if each.contact_id == contact_id)


def test_whoever_enters_is_enrolled_once_though_all_is_told_three_times(house: House) -> None:
    """(30, 41)"""
    [anna] = people(house, 1)
    house.add_workflow("Abandoned cart")
    house.install()
    house.sandbox.webhooks.settings.duplicates = 2
    fill_cart(house, anna)
    house.settle()
    house.pass_time(4 * HOUR)
    assert house.enrolled("Abandoned cart") == [anna]
    assert enrollment(house, anna).state == "done"

    # It enters again within the thirty days of `again`, and after them.
    house.pass_time(8 * DAY)
    fill_cart(house, anna)
    house.settle()
    house.pass_time(4 * HOUR)
    assert house.enrolled("Abandoned cart") == [anna]
    house.pass_time(31 * DAY)
    fill_cart(house, anna)
    house.settle()
    house.pass_time(4 * HOUR)
    assert house.enrolled("Abandoned cart") == [anna, anna]


def test_the_first_sync_enrolls_nobody_and_who_is_created_later_is_enrolled(house: House) -> None:
    [anna] = people(house, 1)
    house.add_workflow("Abandoned cart")
    fill_cart(house, anna)
    house.clock.advance(5 * HOUR)
    house.install()
    assert house.members("cart_abandoners") == {int(anna)}
    assert house.enrolled("Abandoned cart") == []

    bert = house.portal.contacts.create({"email": "bert@example.com"}).id
    fill_cart(house, bert)
    house.settle()
    house.pass_time(4 * HOUR)
    assert house.enrolled("Abandoned cart") == [bert]


@pytest.mark.parametrize("re_enroll", [False, True])
@pytest.mark.parametrize("kind", [Kind.RESET, Kind.GATEWAY_TIMEOUT])
def test_an_enrollment_whose_answer_never_came_is_looked_up_first(
    database_url: str, kind: Kind, re_enroll: bool
) -> None:
    """(41) HubSpot enrolled the contact and the answer was lost."""
    with opened(database_url) as house:
        flow = house.add_workflow("Series", re_enroll=re_enroll)
        house.portal.marketing.workflows = {flow.flow_id: flow}
        [anna] = people(house, 1)
        house.pass_time(survey.CHECK_EVERY)
        house.sandbox.faults.add(Fault(kind, "POST", ENROLLS, after=True))
        buy(house, anna)
        house.settle()
        house.pass_time(MINUTE)

        assert house.enrolled("Series") == [anna]
        assert len(asked(house, LOOKS)) == 1
        assert (enrollment(house, anna).state, enrollment(house, anna).sent_at) == ("done", None)


def test_one_that_never_arrived_is_sent_again_where_hubspot_enrolls_once(
    database_url: str,
) -> None:
    """(41) The connection broke before HubSpot did anything, which can't be known here."""
    with opened(database_url) as house:
        [anna] = people(house, 1)
        house.settle()
        house.sandbox.faults.add(Fault(Kind.RESET, "POST", ENROLLS))
        buy(house, anna)
        house.settle()
        house.pass_time(MINUTE)

        assert house.enrolled("Series") == [anna]
        assert len(asked(house, LOOKS)) == 1


def test_one_that_might_enroll_twice_is_left_to_a_person(database_url: str) -> None:
    """(41) The workflow lets contacts in again, and the contact isn't in it (any more)."""
    with opened(database_url) as house:
        flow = house.add_workflow("Series", re_enroll=True)
        house.portal.marketing.workflows = {flow.flow_id: flow}
        [anna] = people(house, 1)
        house.pass_time(survey.CHECK_EVERY)
        house.sandbox.faults.add(Fault(Kind.RESET, "POST", ENROLLS))
        buy(house, anna)
        house.settle()
        house.pass_time(MINUTE)
        assert house.enrolled("Series") == []
        assert enrollment(house, anna).state == "dead"
        assert "look at the workflow's history" in enrollment(house, anna).reason

        # The person looked: not there.
        assert press_retry(house) == 1
        assert house.enrolled("Series") == [anna]
        assert enrollment(house, anna).state == "done"


def test_what_was_given_up_without_an_answer_is_looked_up_when_it_is_retried(
    database_url: str,
) -> None:
    """(41) HubSpot enrolled the contact, said nothing, and answered nothing for hours."""
    with opened(database_url) as house:
        [anna] = people(house, 1)
        house.settle()
        house.sandbox.faults.add(Fault(Kind.GATEWAY_TIMEOUT, "POST", ENROLLS, after=True))
        house.sandbox.faults.add(Fault(Kind.SERVER_ERROR, "GET", LOOKS, times=1_000))
        buy(house, anna)
        write_for(house, 8 * HOUR, 10 * MINUTE)
        assert enrollment(house, anna).state == "dead"
        assert enrollment(house, anna).sent_at is not None

        house.sandbox.faults.clear()
        press_retry(house)
        assert enrollment(house, anna).reason == "HubSpot shows the contact in the workflow"
        assert house.enrolled("Series") == [anna]


def test_an_attempt_that_got_a_clear_no_is_simply_made_again(database_url: str) -> None:
    """(1, 15) A limit and a lock leave nothing unknown."""
    with opened(database_url) as house:
        [anna] = people(house, 1)
        house.settle()
        for kind in (Kind.RATE_LIMIT, Kind.LOCKED):
            house.sandbox.faults.add(Fault(kind, "POST", ENROLLS))
        buy(house, anna)
        house.settle()
        house.pass_time(MINUTE)

        assert house.enrolled("Series") == [anna]
        assert asked(house, LOOKS) == []


def test_a_slow_worker_does_not_enroll_whom_another_took_over(database_url: str) -> None:
    """(41) The first worker was asleep between looking up consent and sending."""
    with opened(database_url, "{enters: buyers}", "consent: Marketing Information") as house:
        [anna] = people(house, 1)
        consent_to(house, "p0@example.com", "SUBSCRIBED")
        house.settle()
        buy(house, anna)
        take_in(house)
        state = house.portal.marketing
        asking, sleeping = state.consent, [True]

        def consent(email: str, subscription_id: int) -> Consent | None:
            if sleeping:
                sleeping.clear()
                house.sandbox.lock.release()
                house.clock.advance(10 * MINUTE)
                write(house)
                house.sandbox.lock.acquire()
            return asking(email, subscription_id)

        state.consent = consent  # type: ignore[method-assign]
        write(house)

        assert house.enrolled("Series") == [anna]
        assert enrollment(house, anna).state == "done"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("UNSUBSCRIBED", "no consent: “Marketing Information” is unsubscribed for this address"),
        (None, "no consent: “Marketing Information” is not specified for this address"),
        ("SUBSCRIBED", ""),
    ],
)
def test_nobody_is_enrolled_without_consent(
    database_url: str, status: str | None, reason: str
) -> None:
    with opened(database_url, "{enters: buyers}", "consent: marketing information") as house:
        [anna] = people(house, 1)
        consent_to(house, "p0@example.com", status)
        house.settle()
        buy(house, anna)
        house.settle()

        assert house.enrolled("Series") == ([] if reason else [anna])
        skipped = enrollment(house, anna)
        assert skipped.state == ("skipped" if reason else "done")
        assert skipped.reason.lower() == reason.lower()


def test_who_consents_later_is_enrolled_at_the_next_occasion(database_url: str) -> None:
    with opened(database_url, "{enters: buyers}", "consent: Marketing Information") as house:
        [anna] = people(house, 1)
        consent_to(house, "p0@example.com", "UNSUBSCRIBED")
        house.settle()
        buy(house, anna)
        house.settle()
        assert house.enrolled("Series") == []

        consent_to(house, "p0@example.com", "SUBSCRIBED")
        house.pass_time(2 * DAY)
        assert house.enrolled("Series") == []
        buy(house, anna)
        house.settle()
        house.pass_time(2 * DAY)
        buy(house, anna)
        house.settle()
        assert house.enrolled("Series") == [anna]


def test_a_contact_without_an_address_is_skipped_and_told(database_url: str) -> None:
    """(43) No call is made that HubSpot could only refuse."""
    with opened(database_url) as house:
        nobody = house.portal.contacts.create({"firstname": "Nobody"}).id
        house.settle()
        buy(house, nobody)
        house.settle()

        assert asked(house, ENROLLS) == []
        assert enrollment(house, nobody).state == "skipped"
        assert "no e-mail address" in enrollment(house, nobody).reason


def test_the_control_group_is_sticky_and_of_the_right_size(database_url: str) -> None:
    with opened(database_url, "{enters: buyers}", "again: always", "split: {control: 30}") as house:
        crowd = people(house, 30)
        house.settle()
        for each in crowd:
            buy(house, each)
        house.settle()
        first = set(house.enrolled("Series"))
        held = {each for each in crowd if enrollment(house, each).state == "skipped"}
        assert first | held == set(crowd)
        assert not first & held
        assert 3 <= len(held) <= 16
        assert "control group" in enrollment(house, min(held)).reason

        house.pass_time(2 * DAY)
        for each in crowd:
            buy(house, each)
        house.settle()
        assert set(house.enrolled("Series")) == first


def test_a_workflow_that_enrolls_by_the_list_is_left_to_the_list(house: House) -> None:
    """(41) The preferred way: no enrollment is sent, and none is double."""
    anna, bert = people(house, 2)
    house.install()
    buy(house, bert)
    fill_cart(house, bert)
    house.pass_time(8 * DAY)
    fill_cart(house, bert)
    house.settle()
    house.pass_time(4 * HOUR)
    list_id = its_list(house, "cart_abandoners").id
    house.add_workflow("Abandoned cart", trigger=Trigger.LIST, list_ids=(list_id,))
    house.pass_time(survey.CHECK_EVERY)
    house.pass_time(40 * DAY)

    fill_cart(house, anna)
    house.settle()
    house.pass_time(4 * HOUR)

    assert house.enrolled("Abandoned cart") == [anna]
    assert asked(house, ENROLLS) == []
    assert enrollment(house, anna).state == "done"
    assert enrollment(house, anna).reason == "enrolled by its list"


def test_by_list_waits_for_the_list_and_says_so_when_that_fails(house: House) -> None:
    """(40, 41)"""
    anna, bert = people(house, 2)
    house.install()
    fill_cart(house, bert)
    house.settle()
    house.pass_time(4 * HOUR)
    list_id = its_list(house, "cart_abandoners").id
    house.add_workflow("Abandoned cart", trigger=Trigger.LIST, list_ids=(list_id,))
    house.pass_time(survey.CHECK_EVERY)

    house.sandbox.faults.add(Fault(Kind.LOCKED, path="*/memberships/*", retry_after=20))
    fill_cart(house, anna)
    house.settle()
    house.clock.advance(4 * HOUR)
    house.step()
    assert enrollment(house, anna).reason.startswith("waits for the contact to stand in the")
    house.settle()
    assert house.enrolled("Abandoned cart") == [anna]

    cleo = house.portal.contacts.create({"email": "cleo@example.com"}).id
    house.portal.lists.delete(list_id)
    fill_cart(house, cleo)
    house.settle()
    house.pass_time(4 * HOUR)
    assert enrollment(house, cleo).state == "skipped"
    assert "deleted in HubSpot" in enrollment(house, cleo).reason


@pytest.mark.parametrize(
    ("on", "enrolled_at"),
    [
        ("{leaves: buyers}", DAY),
        ("{stage: customer}", timedelta(0)),
        ("{event: {event: purchase}}", timedelta(0)),
    ],
)
def test_leaving_a_stage_and_an_event_enroll_too(
    database_url: str, on: str, enrolled_at: timedelta
) -> None:
    with opened(database_url, on) as house:
        [anna] = people(house, 1)
        house.settle()
        bought_at = house.clock.now()
        buy(house, anna)
        house.settle()
        assert (house.enrolled("Series") == []) is bool(enrolled_at)
        house.clock.set(bought_at + enrolled_at)
        house.settle()
        assert house.enrolled("Series") == [anna]

        house.pass_time(2 * DAY)
        buy(house, anna)
        house.settle()
        house.pass_time(2 * DAY)
        assert house.enrolled("Series") == [anna], "`again` left out means once"


def test_a_workflow_that_is_off_or_missing_enrolls_nobody(database_url: str) -> None:
    with opened(database_url) as house:
        anna, bert, cleo = people(house, 3)
        house.settle()
        # It is switched off after the wish was made, and before it is sent.
        buy(house, anna)
        take_in(house)
        [flow_id] = house.portal.marketing.workflows
        house.portal.marketing.workflows.clear()
        survey.look(house.segue.tools, house.portal.hub_id)
        write(house)
        assert enrollment(house, anna).state == "dead"
        assert "switched off or was deleted" in enrollment(house, anna).reason

        buy(house, bert)
        house.settle()
        assert house.outbox(bert, IntentKind.ENROLLMENT) == []
        assert flow_id

        # With a new one of its name who waits stays dead: it was another workflow.
        house.add_workflow("Series")
        house.pass_time(survey.CHECK_EVERY)
        buy(house, cleo)
        house.settle()
        assert house.enrolled("Series") == [cleo]


def test_a_portal_without_workflows_goes_on_with_lists(database_url: str) -> None:
    """(11) The permission for workflows is missing: that costs enrollments, nothing else."""
    house = open_house(
        database_url,
        RULES.format(on="{enters: buyers}", more=""),
        Account(withheld_scopes=frozenset({"automation"})),
    )
    [anna] = people(house, 1)
    house.install()
    buy(house, anna)
    house.settle()
    house.pass_time(survey.CHECK_EVERY)

    assert house.listed("buyers") == {int(anna)}
    assert house.outbox(anna, IntentKind.ENROLLMENT) == []
    house.close()


def test_a_portal_that_lost_its_workflows_is_asked_for_no_enrollment(database_url: str) -> None:
    """(11) Its subscription was downgraded."""
    with opened(database_url) as house:
        [anna] = people(house, 1)
        house.settle()
        house.portal.account = Account(tier="starter")
        house.pass_time(survey.CHECK_EVERY)
        buy(house, anna)
        house.settle()

        assert house.outbox(anna, IntentKind.ENROLLMENT) == []
        assert asked(house, ENROLLS) == []
        assert house.listed("buyers") == {int(anna)}


def test_a_missing_permission_is_named_and_tried_once_not_for_everybody(
    database_url: str,
) -> None:
    """(11) Consent can't be read: nobody is enrolled, and an admin is told what is missing."""
    scopes = frozenset({"communication_preferences.read", "communication_preferences.read_write"})
    house = open_house(
        database_url,
        RULES.format(on="{enters: buyers}", more="    consent: Marketing Information\n"),
        Account(withheld_scopes=scopes),
    )
    house.add_workflow("Series")
    crowd = people(house, 5)
    house.install()
    for each in crowd:
        buy(house, each)
    house.settle()

    assert {enrollment(house, each).state for each in crowd} == {"dead"}
    assert "communication_preferences" in enrollment(house, crowd[4]).reason
    assert asked(house, "/communication-preferences/*") == [403]
    assert house.listed("buyers") == {int(each) for each in crowd}
    house.close()


def test_who_was_merged_away_is_enrolled_as_who_lives_on(database_url: str) -> None:
    """(28) The enrollment waited when the merge came."""
    with opened(database_url) as house:
        anna, bert = people(house, 2)
        house.settle()
        house.sandbox.faults.add(Fault(Kind.LOCKED, "POST", ENROLLS, retry_after=120))
        buy(house, anna)
        take_in(house)
        write(house)
        assert "busy with this record" in enrollment(house, anna).reason
        house.clock.advance(MINUTE)
        merge(house.portal, types.CONTACT, (bert, anna), USER)
        work_for(house, 5 * MINUTE)

        assert house.enrolled("Series") == [bert]
        assert house.listed("buyers") == house.members("buyers") == {int(bert)}
        outcomes = [each.outcome for each in house.portal.marketing.enrollments.attempts]
        assert outcomes == [Outcome.ENROLLED]


def consent_to(house: House, email: str, status: str | None) -> None:
    """Let an address say something about marketing information."""
    state, now = house.portal.marketing, house.clock.now()
    kind = SubscriptionType(7, "Marketing Information", "News", "Marketing", now)
    state.subscriptions[7] = kind
    if status is not None:
        set_consent(house.portal, email, 7, Consent(status, now, "Form"))
