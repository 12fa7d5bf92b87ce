"""Contacts of the stand-in, and answers that only a scripted server gives."""

from collections.abc import Callable

import pytest

from integration import errors
from integration.hubspot.client import HubSpot
from mappings.model import Bucket, Lane
from mappings.writing import ItemFault
from sandbox.faults import Fault, Kind
from tests.hubspot.standin import StandIn
from tests.hubspot.wires import PORTAL, Script, Scripted, Way, said

Start = Callable[..., tuple[Scripted, Way]]
AT = "2026-01-02T03:04:05Z"
UNANSWERED = "HubSpot neither confirmed nor refused this contact."


def test_pages_give_every_contact_once_in_order(standin: StandIn) -> None:
    made = [standin.contact(f"a{number}@example.com") for number in range(7)]

    first, after = standin.hubspot.contacts.page(None, ["email"], limit=4)
    second, end = standin.hubspot.contacts.page(after, ["email"], limit=4)

    assert [one.contact_id for one in [*first, *second]] == made
    assert end is None
    assert first[0].properties["email"] == "a0@example.com"
    assert first[0].created_at <= first[0].updated_at


def test_calls_go_to_the_dated_paths_in_the_lane_asked_for(standin: StandIn) -> None:
    standin.bulk().contacts.page(None, ["email"])

    assert standin.calls() == [("GET", "/crm/objects/2026-03/contacts", 200)]
    assert standin.way.gate.taken == [(PORTAL, Bucket.GENERAL, Lane.BULK)]


def test_more_properties_than_an_address_carries_are_read_in_a_batch(standin: StandIn) -> None:
    """Failure mode 37."""
    made = standin.contact("ada@example.com", firstname="Ada")
    many = ["email", "firstname", *(f"made_up_property_{number:04}" for number in range(400))]

    page, after = standin.hubspot.contacts.page(None, many)

    assert [one.contact_id for one in page] == [made]
    assert page[0].properties["firstname"] == "Ada"
    assert after is None
    assert [path.rpartition("/")[2] for _, path, _ in standin.calls()] == ["contacts", "read"]


def test_reading_by_id_leaves_out_who_is_not_there(standin: StandIn) -> None:
    here, gone = standin.contact("a@example.com"), standin.contact("b@example.com")
    standin.portal.contacts.archive(str(gone))

    found = standin.hubspot.contacts.read([here, gone, 999, here], ["email"])

    assert [one.contact_id for one in found] == [here]


def test_reading_goes_by_hundreds(standin: StandIn) -> None:
    made = [standin.contact(firstname=str(number)) for number in range(101)]

    found = standin.hubspot.contacts.read(made, ["firstname"])

    assert {one.contact_id for one in found} == set(made)
    assert len(standin.calls()) == 2


def test_reading_nobody_calls_nobody(standin: StandIn) -> None:
    assert standin.hubspot.contacts.read([], ["email"]) == []
    assert standin.calls() == []


def test_a_batch_that_fails_in_part_for_another_reason_is_no_answer(scripted: Start) -> None:
    """Failure mode 24: a contact that HubSpot failed to read isn't a deleted one."""
    fault = {"category": "INTERNAL_ERROR", "message": "try later", "context": {"ids": ["2"]}}
    _, way = scripted(said(207, {"results": [{"id": "1", "createdAt": AT}], "errors": [fault]}))

    with pytest.raises(errors.Unavailable, match="try later"):
        HubSpot(way.transport, PORTAL).contacts.read([1, 2], [])


def test_deleted_contacts_are_listed_apart(standin: StandIn) -> None:
    """Failure mode 29."""
    standin.contact("a@example.com")
    gone = standin.contact("b@example.com")
    standin.portal.contacts.archive(str(gone))

    page, after = standin.hubspot.contacts.archived_page(None)

    assert [(one.contact_id, one.archived) for one in page] == [(gone, True)]
    assert after is None


def test_an_update_accounts_for_every_contact(standin: StandIn) -> None:
    """Failure mode 24."""
    here, gone = standin.contact("a@example.com"), standin.contact("b@example.com")
    standin.portal.contacts.archive(str(gone))

    answer = standin.hubspot.contacts.update(
        [(here, {"firstname": "Ada"}), (gone, {"firstname": "B"}), (77, {"firstname": "C"})]
    )

    assert answer.written == {here}
    assert [one.object_id for one in answer.faults] == [gone, 77]
    assert {one.category for one in answer.faults} == {"OBJECT_NOT_FOUND"}
    assert standin.portal.contacts.records[str(here)].properties["firstname"] == "Ada"


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"results": [{"id": "1"}]}, [ItemFault(2, "", UNANSWERED)]),
        ({"results": [{"id": "1"}], "errors": []},
         [ItemFault(2, "", UNANSWERED)]),
        ({"results": [{"id": "1"}, {"id": "9"}],
          "errors": [{"category": "X", "message": "somebody failed", "context": {}}]},
         [ItemFault(2, "X", "somebody failed")]),
        ({"results": [{"id": "1"}],
          "errors": [{"category": "X", "message": "two failed", "context": {"ids": ["2"]}},
                     {"category": "Y", "message": "one failed", "context": {"ids": ["1"]}}]},
         [ItemFault(2, "X", "two failed")]),
        ({"results": []}, [ItemFault(1, "", UNANSWERED),
                           ItemFault(2, "", UNANSWERED)]),
    ],
)  # fmt: skip
def test_what_an_answer_leaves_out_is_a_fault_not_a_success(
    scripted: Start, body: dict[str, object], faults: list[ItemFault]
) -> None:
    """Failure mode 24."""
    _, way = scripted(said(200, body))

    answer = HubSpot(way.transport, PORTAL).contacts.update([(1, {}), (2, {})])

    assert answer.faults == tuple(faults)
    assert answer.written == {1, 2} - {one.object_id for one in faults}


@pytest.mark.parametrize("body", [b"{}", b"", b"[]", b'{"results": [{}]}', b'{"results": null}'])
def test_an_update_answered_with_nonsense_may_have_been_applied(
    scripted: Start, body: bytes
) -> None:
    _, way = scripted(Script(200, body))

    with pytest.raises(errors.Unavailable) as caught:
        HubSpot(way.transport, PORTAL).contacts.update([(1, {"a": "b"})])

    assert caught.value.outcome_unknown


def test_one_invalid_value_fails_the_whole_call_with_hubspots_reason(standin: StandIn) -> None:
    """Failure modes 22 and 25."""
    one, other = standin.contact("a@example.com"), standin.contact("b@example.com")

    with pytest.raises(errors.Invalid) as caught:
        standin.hubspot.contacts.update(
            [(one, {"firstname": "A"}), (other, {"lifecyclestage": "nonsense"})]
        )

    assert caught.value.correlation_id
    assert "firstname" not in standin.portal.contacts.records[str(one)].properties


def test_a_hundred_contacts_are_written_in_one_call(standin: StandIn) -> None:
    made = [standin.contact(firstname="a") for _ in range(100)]

    answer = standin.hubspot.contacts.update([(one, {"firstname": "b"}) for one in made])

    assert answer.written == frozenset(made)
    assert len(standin.calls()) == 1


def test_too_many_or_doubled_contacts_are_a_mistake_of_ours(standin: StandIn) -> None:
    values = {"firstname": "Ada"}
    for ids in (range(101), [1, 1]):
        changes = [(one, values) for one in ids]
        with pytest.raises(ValueError, match="100 different"):
            standin.hubspot.contacts.update(changes)


def test_updating_nobody_calls_nobody(standin: StandIn) -> None:
    assert standin.hubspot.contacts.update([]).written == frozenset()
    assert standin.calls() == []


def test_an_unreadable_contact_never_stops_the_page(
    scripted: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    _, way = scripted(said(200, {"results": [{"id": "x", "email": "a@example.com"},
                                             {"id": "2", "createdAt": AT}]}))  # fmt: skip

    page, _ = HubSpot(way.transport, PORTAL).contacts.page(None, [])

    assert [one.contact_id for one in page] == [2]
    assert "a@example.com" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "expected", "unknown"),
    [
        (Kind.SERVER_ERROR, errors.Unavailable, True),
        (Kind.EMPTY_SERVER_ERROR, errors.Unavailable, True),
        (Kind.BAD_GATEWAY, errors.Unavailable, True),
        (Kind.GATEWAY_TIMEOUT, errors.Unavailable, True),
        (Kind.RESET, errors.Unavailable, True),
        (Kind.LOCKED, errors.Unavailable, False),
        (Kind.MIGRATING, errors.Unavailable, False),
        (Kind.RATE_LIMIT, errors.RateLimited, None),
        (Kind.WRONG_DATA_CENTRE, errors.WrongDataCentre, None),
    ],
)
def test_a_bad_day_of_hubspot_comes_up_as_a_typed_error(
    standin: StandIn, kind: Kind, expected: type[errors.HubSpotError], unknown: bool | None
) -> None:
    """Failure modes 1, 12, 13, 14 and 15."""
    standin.sandbox.faults.add(Fault(kind))

    with pytest.raises(expected) as caught:
        standin.hubspot.contacts.page(None, [])

    assert getattr(caught.value, "outcome_unknown", None) is unknown


def test_a_write_whose_answer_was_lost_may_have_been_applied(standin: StandIn) -> None:
    """Failure mode 41."""
    made = standin.contact("a@example.com")
    standin.sandbox.faults.add(Fault(Kind.RESET, method="POST", after=True))

    with pytest.raises(errors.Unavailable) as caught:
        standin.hubspot.contacts.update([(made, {"firstname": "Ada"})])

    assert caught.value.outcome_unknown
    assert standin.portal.contacts.records[str(made)].properties["firstname"] == "Ada"


def test_a_missing_scope_is_named(standin: StandIn) -> None:
    """Failure mode 11."""
    standin.way.wallet.tokens[PORTAL] = standin.sandbox.install(
        PORTAL, "segue-client", ("oauth",)
    ).access.value

    with pytest.raises(errors.MissingScopes) as caught:
        standin.hubspot.contacts.page(None, [])

    assert "crm.objects.contacts.read" in caught.value.missing_scopes


def test_an_expired_token_is_renewed_in_the_middle_of_a_run(standin: StandIn) -> None:
    """Failure mode 5."""
    standin.contact("a@example.com")
    standin.sandbox.tokens.expire(PORTAL, standin.sandbox.clock.now())
    fresh = standin.oauth.refresh(standin.tokens.refresh.value)

    standin.way.wallet.renew = lambda *_: fresh.access_token  # type: ignore[method-assign] # the store's part
    page, _ = standin.hubspot.contacts.page(None, [])

    assert len(page) == 1
    assert [status for _, path, status in standin.calls() if "contacts" in path] == [401, 200]
