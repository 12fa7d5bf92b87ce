"""A change of the rules as HubSpot sees it."""

from __future__ import annotations

from datetime import timedelta

from integration.flows import deliver, evaluate, install, recount, rules
from integration.flows.rules import OFF, Edit
from integration.store import rules as store
from mappings.writing import IntentKind
from tests.flows.acting import asked, its_list, people
from tests.house import HUB_ID, House

NORSE = "segments: {norse: {name: Norse, when: {property: country, is: 'NO'}}}"
PAGES = "/crm/objects/2026-03/contacts"


def change(house: House, edit: Edit) -> None:
    rules.change(house.segue.tools, HUB_ID, edit, "an admin")


def test_nothing_is_written_that_hubspot_has_no_option_for_yet(house: House) -> None:
    """The job that adds options runs when it runs; the change waits for it."""
    [norse] = people(house, 1, country="NO")
    house.install()
    change(house, Edit("file", "own.yml", NORSE))

    for _ in range(5):
        recount.run(house.segue.tools)
        evaluate.run(house.segue.tools)
        deliver.run(house.segue.tools)
        house.clock.advance(timedelta(seconds=1))

    assert [item.state for item in house.outbox(norse, IntentKind.PROPERTIES)] == []
    house.settle()
    assert house.in_hubspot(norse, "segue_segments") == "norse"
    assert house.listed("norse") == house.members("norse") == {int(norse)}
    assert its_list(house, "norse").name == "Segue: Norse"


def test_a_property_that_was_never_read_is_read_before_anybody_is_looked_at(house: House) -> None:
    ids = people(house, 3, jobtitle="Chief")
    house.add_workflow("Chiefs")
    house.install()
    before = len(asked(house, PAGES))
    own = (
        "segments: {chiefs: {when: {property: jobtitle, is: chief}}}\n"
        "triggers: {chiefs: {on: {enters: chiefs}, enroll: {workflow: Chiefs}}}\n"
    )

    change(house, Edit("file", "own.yml", own))
    for _ in range(4):
        recount.run(house.segue.tools)
        install.prepare_waiting(house.segue.tools)
    with house.segue.store.read() as connection:
        waiting = store.recount(connection, HUB_ID)
    assert waiting is not None
    assert (waiting.target, waiting.looked_at) == (2, 0)
    house.settle()

    assert len(asked(house, PAGES)) > before
    assert house.listed("chiefs") == {int(each) for each in ids}
    for each in ids:
        assert [change.cause.value for change in house.history(each)] == ["rule"]
    assert house.enrolled("Chiefs") == []


def test_the_list_of_a_segment_that_is_switched_off_is_emptied_and_stays(house: House) -> None:
    [swede] = people(house, 1, country="SE")
    house.install()
    assert house.listed("swedes") == {int(swede)}
    kept = its_list(house, "swedes")

    change(house, Edit("switch", "segments.swedes", OFF))
    house.settle()

    assert house.members("swedes") == house.listed("swedes") == set()
    assert its_list(house, "swedes") is kept
    assert house.in_hubspot(swede, "segue_segments") in (None, "")
