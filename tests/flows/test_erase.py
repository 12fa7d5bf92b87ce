"""Erasing people: every row, what waits in deliveries, the bytes, and nothing brings them back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from integration.decide import reports
from integration.flows import erase, erase_now
from integration.store import contacts, erasing, erasures, inbox, tables
from mappings.model import ContactState
from mappings.privacy import Erasure, Whom
from mappings.writing import IntentKind
from sandbox.marketing.acts import submit_form
from tests.flows.entries import Crash, body, change, contact, deliveries, dying, entry, rows
from tests.flows.marked import ADDRESS, MARKER, SECOND, bury_a_delivery, files_with, live_a_life
from tests.house import HUB_ID, NOON, House

MINUTE = timedelta(minutes=1)
KEY = "a secret key that is long enough"


def work(house: House) -> None:
    """Let the job that erases have its turn."""
    erase.run(house.segue.tools, KEY)


def book(house: House) -> list[Erasure]:
    """Read the book of erasures, newest first."""
    with house.segue.store.read() as connection:
        return erasures.every(connection, HUB_ID)


def rows_of(house: House, *ids: str) -> dict[str, int]:
    """Count what is kept of contacts, by table."""
    with house.segue.store.read() as connection:
        found = erasing.rows_of(connection, HUB_ID, Whom(tuple(map(int, ids))))
    return {name: len(each) for name, each in found.items() if each}


def test_every_table_says_whether_it_holds_people() -> None:
    """A table that comes new has to be in one of them, or erasing would pass it over."""
    of_people = {table.name for table in erasing.of_people()}

    told = [*of_people, *erasing.OTHERWISE, *erasing.NOBODYS]

    assert sorted(told) == sorted(tables.metadata.tables)
    assert set(erasing.of_portals()) == {
        name for name, table in tables.metadata.tables.items() if "portal_id" in table.c
    } - {"erasures"}


def test_after_an_erasure_no_byte_of_the_contact_is_left(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """Failure modes 28 and 29: a marker that stood in every field of a contact, and in one merged
    into it, is found nowhere: not in the file, its log, its free pages, or a dead delivery; and
    what was logged all the while never had it."""
    marked = live_a_life(house)
    other = next(each for each in house.portal.contacts.records if each != marked)
    bury_a_delivery(house, marked, other)
    before = rows_of(house, marked)
    assert {"contacts", "events", "memberships", "history", "outbox", "due"} <= before.keys()
    assert files_with(house, MARKER) != []

    house.portal.forget(marked)
    house.settle()
    work(house)

    assert files_with(house, MARKER, ADDRESS, SECOND) == []
    assert rows_of(house, marked) == {}
    assert contacts_left(house) == 20
    [dead] = [each for each in deliveries(house) if each.state == "dead"]
    assert [said["objectId"] for said in json.loads(dead.body)] == [int(other)]
    assert dead.reason == erase.HIDDEN
    logged = "".join(capsys.readouterr())
    assert "installed" in logged
    assert MARKER not in logged


def contacts_left(house: House) -> int:
    with house.segue.store.read() as connection:
        return contacts.number(connection, HUB_ID)


def test_a_signed_report_says_what_went_and_names_nobody(house: House) -> None:
    marked = live_a_life(house)
    with house.segue.store.read() as connection:
        whom = erase.known_as(connection, HUB_ID, int(marked))
    events = rows_of(house, *map(str, whom.ids))["events"]
    assert events >= len(house.timeline(marked)) > 0
    house.portal.forget(marked)
    house.settle()
    work(house)

    [done] = book(house)
    assert done.report is not None
    report = json.loads(done.report)
    assert reports.is_genuine(report, KEY)
    assert not reports.is_genuine(report, KEY + "!")
    assert not reports.is_genuine({**report, "portal": 1}, KEY)
    assert not reports.is_genuine({**report, "more": "words"}, KEY)
    assert (done.state, done.whom, report["what"], report["asked_by"]) == (
        "done",
        None,
        "contact",
        "hubspot",
    )
    assert report["rows_removed"]["events"] == events
    assert report["rows_removed"]["contacts"] == 2
    assert marked not in done.report
    assert MARKER not in done.report


def test_nothing_late_brings_an_erased_contact_back(house: House) -> None:
    """Failure mode 29: late webhooks, polled records, forms and events by its address."""
    marked = live_a_life(house)
    house.portal.forget(marked)
    house.settle()
    work(house)
    late = house.clock.now() + 5 * MINUTE

    house.post(
        body(
            entry("contact.restore", late, marked),
            change(late, marked, "firstname", MARKER),
            entry("contact.creation", late, marked),
            entry("contact.merge", late, marked, primaryObjectId=int(marked), mergedObjectIds=[7]),
        )
    )
    submit_form(house.portal, "f-1", {"email": ADDRESS}, "https://x.de", house.clock.now())
    house.pass_time(3 * MINUTE)
    work(house)

    known = contact(house, marked)
    assert known is not None
    assert (known.state, known.values) == (ContactState.ERASED, {})
    assert rows_of(house, marked) == {}
    assert rows(house, tables.strays) == []
    assert {each.body for each in deliveries(house)} == {b""}
    assert files_with(house, ADDRESS, SECOND, f"{MARKER} ") == []


def test_a_new_contact_with_the_address_is_somebody_new(house: House) -> None:
    """It gets what is done from then on, and nothing of what was done before the erasure."""
    marked = live_a_life(house)
    before = house.clock.now() - MINUTE
    house.portal.forget(marked)
    house.settle()
    house.clock.advance(MINUTE)

    anew = house.portal.contacts.create({"email": ADDRESS, "country": "DE"}).id
    house.settle()
    submit_form(house.portal, "f-1", {"email": ADDRESS}, "https://x.de/old", before)
    submit_form(house.portal, "f-1", {"email": ADDRESS}, "https://x.de/new", house.clock.now())
    house.pass_time(MINUTE)

    sent = [each for each in house.timeline(anew) if each.kind == "form_submitted"]
    assert [each.properties["url"] for each in sent] == ["https://x.de/new"]


def test_erasing_twice_is_erasing_once(house: House) -> None:
    marked = live_a_life(house)
    house.portal.forget(marked)
    house.settle()
    work(house)

    house.post(body(entry("contact.privacyDeletion", house.clock.now() + MINUTE, marked)))
    house.settle()
    work(house)

    assert len(book(house)) == 1
    with pytest.raises(erase_now.ErasedBefore):
        erase_now.erase_now(house.segue.tools, KEY, HUB_ID, int(marked))


def test_a_delivery_that_has_to_wait_keeps_nothing_of_who_was_erased(house: House) -> None:
    marked = live_a_life(house)
    house.portal.forget(marked)
    house.settle()

    later = house.clock.now() + MINUTE
    house.post(
        body(change(later, marked, "firstname", MARKER), entry("contact.creation", later, 999))
    )
    house.step()

    [waiting] = [each for each in deliveries(house) if each.state == "due"]
    assert [said["objectId"] for said in json.loads(waiting.body)] == [999]


@contextmanager
def crashing(house: House, after: int) -> Iterator[None]:
    with pytest.raises(Crash), dying(house.segue, after):
        yield


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_process_that_dies_while_erasing_leaves_the_rest_to_the_next(
    house: House, after: int
) -> None:
    marked = live_a_life(house)
    other = next(each for each in house.portal.contacts.records if each != marked)
    bury_a_delivery(house, marked, other)
    house.portal.forget(marked)
    house.settle()
    with crashing(house, after):
        work(house)

    work(house)

    [done] = book(house)
    assert done.state == "done"
    assert done.counts["inbox"] == 1
    assert files_with(house, MARKER) == []


def test_a_command_takes_the_contact_out_of_its_lists_first(house: House) -> None:
    marked = live_a_life(house)
    assert int(marked) in house.listed("buyers") & house.listed("swedes")
    tools = house.segue.tools

    assert erase_now.withdraw(tools, HUB_ID, int(marked)) == ""
    done = erase_now.erase_now(tools, KEY, HUB_ID, int(marked))
    house.settle()

    assert done.state == "done"
    assert int(marked) not in house.listed("buyers") | house.listed("swedes")
    assert house.in_hubspot(marked, "segue_segments") == ""
    assert rows_of(house, marked) == {}
    assert house.outbox(marked, IntentKind.LIST) == []
    assert files_with(house, ADDRESS, SECOND) == []


def test_entries_are_forgotten_by_whose_they_are(house: House) -> None:
    marked = live_a_life(house)
    heard = len(rows(house, tables.heard))
    house.portal.forget(marked)
    house.settle()
    work(house)

    [done] = book(house)
    assert done.counts["heard"] >= 5
    assert len(rows(house, tables.heard)) < heard
    with house.segue.store.read() as connection:
        assert inbox.unheard(connection, HUB_ID, [b"x"]) == {b"x"}
        assert erasing.count_all(connection, HUB_ID) > 0
    assert house.clock.now() > NOON
