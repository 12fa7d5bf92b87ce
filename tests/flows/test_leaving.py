"""Accounts that left: all their data is deleted after a stated time, in chunks, and reported."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from integration.decide import reports
from integration.flows import erase, leaving, tokens
from integration.store import erasures, portals, tables
from integration.store.erasing import count_all
from mappings.model import PortalState
from mappings.privacy import Erasure
from tests.flows.entries import Crash, body, connect, deliveries, dying, entry, open_portal, rows
from tests.flows.marked import ADDRESS, MARKER, bury_a_delivery, files_with, live_a_life
from tests.house import CLIENT_ID, HUB_ID, NOON, House

KEEP = timedelta(days=30)
DAY = timedelta(days=1)
KEY = "a secret key that is long enough"


def work(house: House) -> int:
    """Let the job that deletes and erases have its turn."""
    gone = leaving.run(house.segue.tools, KEEP)
    erase.run(house.segue.tools, KEY)
    return gone


def uninstall(house: House) -> None:
    """Let an admin take the app out of the portal; Segue notices when it renews its token."""
    house.sandbox.uninstall(HUB_ID, CLIENT_ID)
    house.clock.advance(timedelta(minutes=29))
    tokens.renew_expiring(house.segue.keeper)
    assert house.state is PortalState.DISCONNECTED


def left(house: House) -> int:
    with house.segue.store.read() as connection:
        return count_all(connection, HUB_ID)


def last(house: House) -> Erasure:
    with house.segue.store.read() as connection:
        return erasures.every(connection, HUB_ID)[0]


def test_a_portals_data_goes_when_its_time_has_come(house: House) -> None:
    marked = live_a_life(house)
    bury_a_delivery(house, marked, "7")
    other = open_portal(house, HUB_ID + 1)
    other.contacts.create({"email": "berta@example.com"})
    house.settle()
    uninstall(house)
    work(house)
    assert (last(house).state, last(house).due_at) == ("waiting", house.clock.now() + KEEP)

    house.clock.advance(KEEP - DAY)
    assert work(house) == 0
    assert left(house) > 100
    house.clock.advance(DAY)
    total = left(house)
    work(house)

    assert left(house) == 0
    done = last(house)
    assert (done.state, done.total) == ("done", total)
    assert sum(done.counts.values()) >= total
    assert done.report is not None
    assert reports.is_genuine(json.loads(done.report), KEY)
    assert files_with(house, MARKER, ADDRESS) == []
    assert {row.portal_id for row in rows(house, tables.contacts)} == {HUB_ID + 1}
    assert [each.state for each in deliveries(house) if each.body] == []


def test_late_webhooks_of_an_account_that_is_gone_change_nothing(house: House) -> None:
    """They go on for a while after an uninstall; they are answered, and nothing of them is kept."""
    marked = live_a_life(house)
    uninstall(house)
    work(house)
    house.clock.advance(KEEP)
    work(house)

    house.post(body(entry("contact.creation", house.clock.now(), marked, note=MARKER)))
    house.step()
    house.clock.advance(DAY)
    work(house)

    assert left(house) == 0
    assert deliveries(house)[-1].state == "done"
    assert {each.body for each in deliveries(house)} == {b""}
    assert rows(house, tables.portals) == []


def test_an_install_in_between_calls_it_off(house: House) -> None:
    """Failure mode 8: what was kept goes on where it was."""
    live_a_life(house)
    uninstall(house)
    work(house)
    before = len(rows(house, tables.events))

    connect(house, HUB_ID)
    work(house)
    assert rows(house, tables.erasures) == []
    house.clock.advance(KEEP)
    work(house)
    house.settle()

    assert rows(house, tables.erasures) == []
    assert house.state is PortalState.LIVE
    assert len(rows(house, tables.events)) >= before


@pytest.mark.parametrize("after", [2, 5, 9, 14])
def test_a_process_that_dies_while_deleting_leaves_the_rest_to_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(leaving, "CHUNK", 10)
    live_a_life(house)
    uninstall(house)
    work(house)
    house.clock.advance(KEEP)
    total = left(house)
    with pytest.raises(Crash), dying(house.segue, after):
        work(house)
    assert 0 < left(house) <= total

    work(house)

    assert left(house) == 0
    assert sum(last(house).counts.values()) == total
    assert last(house).state == "done"


def test_it_is_done_at_once_where_somebody_asks_for_it(house: House) -> None:
    live_a_life(house)
    tools = house.segue.tools

    asked = leaving.ask(tools, HUB_ID)
    leaving.delete(tools, asked)
    erase.finish(tools, KEY, ())

    assert left(house) == 0
    assert (last(house).state, last(house).asked_by) == ("done", "command")
    assert files_with(house, MARKER) == []
    with house.segue.store.read() as connection:
        assert portals.every(connection) == []
    assert house.clock.now() > NOON
