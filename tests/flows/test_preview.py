"""Previews and simulations over a portal, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from integration.decide.simulation import Days
from integration.flows import crowd, rules
from integration.flows.preview import Previewed, preview
from integration.flows.rules import Edit, NoSuchPortal
from integration.flows.simulate import simulate, who
from integration.flows.unsaved import unsaved
from integration.store.tables import metadata
from mappings.instants import to_ms
from mappings.rules import RuleFaults, portion
from mappings.rules.values import DAY as DAY_MS
from tests.flows.desk import ANNA, BERT, CLEO, PORTAL, Desk, opened

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
FILE = """
segments:
  swedish_buyers:
    name: Swedish buyers
    when: {all: [{segment: buyers}, {property: country, is: SE}]}
"""


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url) as desk:
        yield desk


def silent(_done: int, _total: int) -> None:
    """Let nobody hear of the progress."""


def previewed(desk: Desk, text: str = FILE, sample: int = 5) -> Previewed:
    found = unsaved(desk.tools, PORTAL, {"new.yml": text})
    return preview(desk.tools, PORTAL, (found.book, found.segments), sample, silent)


def test_an_unsaved_rule_is_counted_over_all_live_contacts_and_its_members_shown(
    desk: Desk,
) -> None:
    desk.contact(ANNA, country="SE", firstname="Anna", lastname="Ek", email="anna@ek.example")
    desk.contact(BERT, country="NO")
    desk.contact(CLEO, country="SE")
    for each in (ANNA, BERT, CLEO):
        desk.did(each, "purchase", ago=3 * DAY)
    desk.archive(CLEO)

    seen = previewed(desk)

    found = seen.found.segments["swedish_buyers"]
    assert (seen.at, seen.found.contacts, found.size) == (desk.now, 2, 1)
    assert [(part.holds, part.passed) for part in found.rule.parts] == [(2, 2), (1, 1)]
    (shown,) = seen.shown["swedish_buyers"]
    person = shown.person
    assert (person.contact_id, person.name, person.email) == (ANNA, "Anna Ek", "anna@ek.example")
    assert (shown.since, shown.until) == (desk.now - 3 * DAY, desk.now + 27 * DAY)


def test_who_has_always_been_and_stays_a_member_has_neither_since_nor_until(desk: Desk) -> None:
    desk.contact(ANNA, country="SE")

    seen = previewed(desk, "segments: {s: {when: {property: country, is: SE}}}")

    (shown,) = seen.shown["s"]
    assert (shown.person.name, shown.person.email) == ("", "")
    assert (shown.since, shown.until) == (None, None)


def test_a_portal_of_many_chunks_is_counted_like_one_of_a_single_chunk(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = range(ANNA, ANNA + 23)
    desk.contact(*many, country="SE")
    for each in many[::2]:
        desk.did(each, "purchase", ago=DAY)
    whole = previewed(desk, sample=3)
    told: list[tuple[int, int]] = []
    found = unsaved(desk.tools, PORTAL, {"new.yml": FILE})

    monkeypatch.setattr(crowd, "CHUNK", 10)
    monkeypatch.setattr(crowd, "FIRST", 10, raising=False)  # of a crowd that begins with less
    asked = (found.book, found.segments)
    seen = preview(desk.tools, PORTAL, asked, 3, lambda *each: told.append(each))

    assert seen == whole
    assert seen.found.segments["swedish_buyers"].size == 12
    assert told == [(10, 23), (20, 23), (23, 23)]


def test_a_preview_is_what_saving_the_file_then_brings(desk: Desk) -> None:
    desk.contact(ANNA, country="SE")
    desk.contact(BERT, country="NO")
    for each in (ANNA, BERT):
        desk.did(each, "purchase", ago=3 * DAY)
    desk.look()
    before = everything(desk)

    seen = previewed(desk)

    assert everything(desk) == before
    saved = rules.change(desk.tools, PORTAL, Edit("file", "new.yml", FILE), "a marketer")
    book = desk.tools.books.compiled(desk.tools.books.files, saved.own)
    assert unsaved(desk.tools, PORTAL, {"new.yml": FILE}).book == book
    assert unsaved(desk.tools, PORTAL, {}).book == book
    assert seen.found.segments["swedish_buyers"].size == 1


def everything(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    """Give all that is stored."""
    with desk.store.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(table.select())]
            for table in metadata.sorted_tables
        }


def test_an_unsaved_file_takes_the_place_of_what_ships_under_its_keys(desk: Desk) -> None:
    found = unsaved(desk.tools, PORTAL, {"new.yml": "segments: {buyers: {when: {event: refund}}}"})
    assert found.segments == ("buyers",)
    assert (found.triggers, found.has_lifecycle) == ((), False)
    assert {"buyers", "cart_abandoners", "swedes", "readers"} == set(found.book.segments)

    everybody = unsaved(desk.tools, PORTAL, {})
    assert everybody.segments == tuple(everybody.book.segments)
    assert (everybody.triggers, everybody.has_lifecycle) == (("abandoned_cart",), True)


def test_what_saving_would_refuse_a_preview_refuses(desk: Desk) -> None:
    with pytest.raises(RuleFaults, match='unknown segment "byers"'):
        unsaved(desk.tools, PORTAL, {"new.yml": "segments: {a: {when: {segment: byers}}}"})
    with pytest.raises(NoSuchPortal):
        unsaved(desk.tools, 1, {})


def test_recorded_days_are_simulated_over_a_portal(desk: Desk) -> None:
    desk.contact(ANNA, firstname="Anna")
    desk.contact(BERT)
    desk.did(ANNA, "cart_updated", ago=4 * DAY)
    desk.did(BERT, "cart_updated", ago=4 * DAY)
    desk.did(BERT, "purchase", ago=4 * DAY - HOUR)
    days = Days(to_ms(desk.now) // DAY_MS - 5, 6)

    found = simulate(desk.tools, PORTAL, desk.tools.rules(PORTAL).book, days, silent)

    assert found.contacts == 2
    assert found.segments["cart_abandoners"].members.tolist() == [0, 1, 1, 1, 1, 1]
    assert found.segments["buyers"].entered.tolist() == [0, 1, 0, 0, 0, 0]
    assert found.stages["customer"].members.tolist() == [0, 1, 1, 1, 1, 1]
    (enrolled,) = found.triggers["abandoned_cart"]
    at = to_ms(desk.now - 4 * DAY + 4 * HOUR)
    assert (enrolled.contact, enrolled.at, enrolled.held_out) == (ANNA, at, False)
    assert who(desk.tools, PORTAL, [ANNA])[ANNA].name == "Anna"


def test_what_a_worker_did_over_days_is_what_the_simulation_of_them_says(desk: Desk) -> None:
    """The worker lived through them; the simulation only has what was recorded."""
    first = to_ms(desk.now) // DAY_MS
    desk.contact(ANNA, BERT)
    desk.look()
    for number in range(40):
        contact = (ANNA, BERT)[number % 3 % 2]
        kind = ("cart_updated", "purchase", "resource_downloaded")[number * number % 7 % 3]
        desk.did(contact, kind)
        desk.pass_time(timedelta(0))
        for _ in range(9):
            desk.pass_time(timedelta(hours=3))
    days = Days(first, to_ms(desk.now) // DAY_MS - first)

    book = portion(desk.tools.rules(PORTAL).book, ("cart_abandoners", "readers", "buyers"))
    found = simulate(desk.tools, PORTAL, book, days, silent)

    lived = [
        move
        for contact in (ANNA, BERT)
        for move in desk.moves(contact)
        if to_ms(move[2]) <= days.stretch.end
    ]
    for key, one in found.segments.items():
        for entered, counts in ((True, one.entered), (False, one.left)):
            instants = [at for segment, came, at, _ in lived if (segment, came) == (key, entered)]
            tally = [0] * days.count
            for at in instants:
                tally[to_ms(at) // DAY_MS - first] += 1
            assert counts.tolist() == tally, (key, entered)
    assert sum(one.entered.sum() for one in found.segments.values()) > 10


def test_who_enters_at_this_very_instant_is_a_member_since_now(desk: Desk) -> None:
    desk.contact(ANNA, country="SE")
    desk.did(ANNA, "purchase")

    (shown,) = previewed(desk).shown["swedish_buyers"]

    assert (shown.since, shown.until) == (desk.now, desk.now + 30 * DAY)


def test_another_version_of_an_own_file_is_read_in_its_place(desk: Desk) -> None:
    rules.change(desk.tools, PORTAL, Edit("file", "new.yml", FILE), "a marketer")

    found = unsaved(desk.tools, PORTAL, {"new.yml": FILE.replace("SE", "NO")})

    saved = unsaved(desk.tools, PORTAL, {})
    assert found.segments == ("swedish_buyers",)
    assert found.book.segments["swedish_buyers"] != saved.book.segments["swedish_buyers"]
