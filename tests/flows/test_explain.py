"""Whose case is read, and where what is stored lags behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from integration.decide.explaining import Differing
from integration.flows import recount
from integration.flows.explain import Asked, Case, NotThere, explain, read
from mappings.model import ContactState
from tests.flows.desk import ANNA, BERT, PORTAL, Desk, opened
from tests.house import RULES


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url) as made:
        made.contact(ANNA, email="Anna@example.com", country="SE")
        yield made


def case(desk: Desk, contact: object = ANNA) -> Case:
    return read(desk.tools, Asked(str(contact), PORTAL))


@pytest.mark.parametrize("word", [str(ANNA), "anna@example.com", " ANNA@Example.com "])
def test_a_contact_is_found_by_id_and_by_address(desk: Desk, word: str) -> None:
    assert case(desk, word).contact.contact_id == ANNA


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("12", f"portal {PORTAL} has no contact 12"),
        ("eve@example.com", f"no contact of portal {PORTAL} has the address eve@example.com"),
        ("anna", '"anna" is neither the id of a contact nor an e-mail address'),
        ("9" * 30, "is neither the id of a contact"),
    ],
)
def test_an_unknown_contact_is_said_to_be_so(desk: Desk, word: str, said: str) -> None:
    with pytest.raises(NotThere, match=said):
        case(desk, word)


def test_a_merged_contact_leads_to_the_one_that_lives_on(desk: Desk) -> None:
    desk.contact(BERT)
    desk.did(ANNA, "purchase")
    desk.merge(ANNA, BERT)

    found = case(desk)

    assert (found.contact.contact_id, found.merged_from) == (BERT, ANNA)
    assert [event.kind for event in found.events] == ["purchase"]


def test_who_is_gone_is_known_but_not_evaluated(desk: Desk) -> None:
    desk.contact(BERT)
    desk.archive(ANNA)
    desk.erase(BERT)

    assert (case(desk).lives, case(desk).contact.state) == (False, ContactState.ARCHIVED)
    assert case(desk, BERT).contact.state is ContactState.ERASED


def test_what_wasnt_looked_at_yet_is_said(desk: Desk) -> None:
    desk.look()
    desk.did(ANNA, "purchase")

    found = case(desk)

    assert found.overdue
    assert found.differing(found.explainer) == [
        Differing("buyers", "out", "in"),
        Differing("stage", "Visitor", "Customer"),
    ]

    desk.look()
    found = case(desk)
    assert (found.overdue, found.differing(found.explainer)) == (False, [])
    assert [change.segment for change in found.history] == ["buyers", "swedes"]


def test_at_another_instant_nothing_is_compared(desk: Desk) -> None:
    desk.did(ANNA, "purchase", timedelta(days=2))

    found = read(desk.tools, Asked(str(ANNA), PORTAL, at=desk.now - timedelta(days=3)))

    assert (found.overdue, found.differing(found.explainer)) == (False, [])
    assert not explain(found.explainer, "buyers").node.holds
    assert found.changed_since() == ["country", "email"]


def test_a_case_and_a_look_agree_on_until(desk: Desk) -> None:
    desk.did(ANNA, "purchase", timedelta(days=2))
    desk.did(ANNA, "cart_updated", timedelta(days=1))
    desk.look()

    found = case(desk)

    for key, membership in found.held.items():
        node = explain(found.explainer, key).node
        assert (node.holds, node.until) == (True, membership.until)
    assert sorted(found.held) == ["buyers", "cart_abandoners", "swedes"]


def test_a_contact_that_a_change_of_rules_hasnt_reached_is_marked(desk: Desk) -> None:
    desk.look()
    desk.recount()
    desk.release(RULES.replace("country, is: SE", "country, is: NO"))
    desk.prepare()
    recount.run(desk.tools)

    found = case(desk)
    assert (found.ahead, explain(found.explainer, "swedes").node.holds) == (True, False)

    desk.recount()
    assert case(desk).ahead is False


def test_a_segment_or_stage_that_isnt_there_is_named(desk: Desk) -> None:
    explainer = case(desk).explainer

    with pytest.raises(NotThere, match='no segment "buyer"; did you mean "buyers"'):
        explain(explainer, "buyer")
    with pytest.raises(NotThere, match='no stage "custom"; did you mean "customer"'):
        explain(explainer, "stage:custom")
    assert explain(explainer, "stage:customer").name == "Customer"
