"""Making our contact properties exist in the stand-in, whatever an admin did to them."""

from collections.abc import Callable

import pytest

from integration import errors
from integration.hubspot.client import HubSpot
from mappings.writing import Choice, PropertyDefinition, PropertyOutcome
from tests.hubspot.standin import StandIn
from tests.hubspot.wires import PORTAL, Scripted, Way, said

Start = Callable[..., tuple[Scripted, Way]]
GROUP = "segue"
CHOICES = (Choice("vip", "VIP"), Choice("new", "New"))
SEGMENTS = PropertyDefinition(
    "segue_segments", "Segments", "enumeration", "checkbox", GROUP, CHOICES, "Where it is"
)
ENTERED = PropertyDefinition("segue_entered_at", "Entered", "datetime", "date", GROUP)
OURS = [SEGMENTS, ENTERED]


@pytest.fixture
def ready(standin: StandIn) -> StandIn:
    """Give a portal that has our group."""
    standin.hubspot.properties.ensure_group(GROUP, "Segue")
    return standin


def test_the_group_is_made_once(standin: StandIn) -> None:
    properties = standin.hubspot.properties

    assert properties.ensure_group(GROUP, "Segue")
    assert not properties.ensure_group(GROUP, "Segue")


def test_a_group_that_another_worker_made_meanwhile_is_there(scripted: Start) -> None:
    """Failure mode 20."""
    _, way = scripted(said(404, {}), said(409, {}))

    assert not HubSpot(way.transport, PORTAL).properties.ensure_group(GROUP, "Segue")


def test_properties_are_created_then_present(ready: StandIn) -> None:
    """Failure mode 26: ensure-exists is safe to run twice."""
    properties = ready.hubspot.properties

    first, second = properties.ensure(OURS), properties.ensure(OURS)

    assert set(first.values()) == {PropertyOutcome.CREATED}
    assert set(second.values()) == {PropertyOutcome.PRESENT}
    assert properties.definition("segue_segments") == SEGMENTS


def test_a_property_that_an_admin_archived_is_told_and_never_restored(ready: StandIn) -> None:
    """Failure mode 26."""
    properties = ready.hubspot.properties
    properties.ensure(OURS)
    ready.portal.properties["0-1"].archive("segue_entered_at", ready.sandbox.clock.now())

    outcomes = properties.ensure(OURS)

    assert outcomes == {
        "segue_segments": PropertyOutcome.PRESENT,
        "segue_entered_at": PropertyOutcome.ARCHIVED_BY_ADMIN,
    }
    assert properties.definition("segue_entered_at") is None


@pytest.mark.parametrize(
    ("there", "outcome"),
    [
        (SEGMENTS, PropertyOutcome.PRESENT),
        (PropertyDefinition("segue_segments", "Renamed", "enumeration", "checkbox", GROUP,
                            (*SEGMENTS.options, Choice("old", "Old"))), PropertyOutcome.PRESENT),
        (PropertyDefinition("segue_segments", "Segments", "enumeration", "checkbox", GROUP,
                            SEGMENTS.options[:1]), PropertyOutcome.DIFFERS),
        (PropertyDefinition("segue_segments", "Segments", "enumeration", "select", GROUP,
                            SEGMENTS.options), PropertyOutcome.DIFFERS),
        (PropertyDefinition("segue_segments", "Segments", "string", "text", GROUP),
         PropertyOutcome.DIFFERS),
    ],
)  # fmt: skip
def test_a_property_that_is_there_is_compared_with_what_is_wanted(
    ready: StandIn, there: PropertyDefinition, outcome: PropertyOutcome
) -> None:
    """Failure modes 25 and 26."""
    ready.hubspot.properties.ensure([there])

    assert ready.hubspot.properties.ensure([SEGMENTS]) == {"segue_segments": outcome}


def test_options_are_replaced_when_asked(ready: StandIn) -> None:
    """Failure mode 25."""
    ready.hubspot.properties.ensure([SEGMENTS])
    wanted = (*SEGMENTS.options, Choice("lost", "Lost", hidden=True))

    ready.hubspot.properties.set_options("segue_segments", wanted)

    definition = ready.hubspot.properties.definition("segue_segments")
    assert definition is not None
    assert definition.options == wanted


def test_a_definition_of_hubspots_own_is_read(standin: StandIn) -> None:
    stage = standin.hubspot.properties.definition("lifecyclestage")

    assert stage is not None
    assert {"subscriber", "customer"} <= {one.value for one in stage.options}
    assert standin.hubspot.properties.definition("no_such_property") is None


def test_a_missing_group_fails_with_hubspots_reason(standin: StandIn) -> None:
    """Failure mode 26."""
    with pytest.raises(errors.Invalid):
        standin.hubspot.properties.ensure([ENTERED])


def test_ensuring_nothing_calls_nobody(standin: StandIn) -> None:
    assert standin.hubspot.properties.ensure([]) == {}
    assert standin.calls() == []


THERE = {"name": "segue_entered_at", "type": "datetime", "fieldType": "date"}
NONE = said(200, {"results": []})


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([said(409, {}), said(409, {}), said(200, THERE)], PropertyOutcome.PRESENT),
        ([said(207, {"results": [], "errors": [{}]}), said(409, {}), said(404, {})],
         PropertyOutcome.DIFFERS),
        ([said(207, {"results": [], "errors": [{}]}), said(201, THERE)], PropertyOutcome.CREATED),
    ],
)  # fmt: skip
def test_a_race_with_another_worker_ends_in_what_is_there(
    scripted: Start, answers: list[object], outcome: PropertyOutcome
) -> None:
    """Failure modes 20 and 21."""
    _, way = scripted(NONE, NONE, *answers)

    outcomes = HubSpot(way.transport, PORTAL).properties.ensure([ENTERED])

    assert outcomes == {"segue_entered_at": outcome}
