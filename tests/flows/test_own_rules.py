"""Edits of a portal's rules: held against the whole, kept with what was before, taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration.flows import rules
from integration.flows.rules import OFF, ON, Edit
from integration.store import rules as store
from mappings.rules import RuleFaults
from tests.flows.desk import PORTAL, Desk, opened
from tests.flows.ruling import LONGER, RULES, SHORTER, WHO, edit


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url, RULES) as made:
        made.recount()
        yield made


def test_what_doesnt_go_with_the_rest_is_refused_and_changes_nothing(desk: Desk) -> None:
    for faulty in (
        Edit("setting", "recent", "soon"),
        Edit("setting", "recnt", "10d"),
        Edit("file", "own.yml", "segments: {x: {when: {event: purchse}}}"),
        Edit("switch", "segments.buyers", OFF),  # the lifecycle refers to it
        Edit("switch", "segments.byers", OFF),
    ):
        with pytest.raises(RuleFaults):
            edit(desk, faulty)

    with desk.store.read() as connection:
        assert [each.version for each in store.versions(connection, PORTAL)] == [1]


def test_an_edit_says_what_was_before_and_can_be_undone(desk: Desk) -> None:
    edit(desk, LONGER)
    edit(desk, SHORTER)

    undone = rules.undo(desk.tools, PORTAL, 2, "bert@example.com")

    assert undone.own.settings == {"recent": "60d"}
    with desk.store.read() as connection:
        told = [
            (each.version, each.what, each.target, each.before, each.after, each.made_by)
            for each in store.versions(connection, PORTAL)
        ]
    assert told == [
        (4, "undo", "2", None, None, "bert@example.com"),
        (3, "setting", "recent", "60d", "10d", WHO),
        (2, "setting", "recent", None, "60d", WHO),
        (1, "shipped", "", None, None, "Segue"),
    ]


def test_what_is_so_already_or_never_was_is_said(desk: Desk) -> None:
    edit(desk, LONGER)
    with pytest.raises(rules.NothingToChange):
        edit(desk, LONGER)
    with pytest.raises(rules.NothingToChange):
        edit(desk, Edit("switch", "segments.buyers", ON))
    with pytest.raises(rules.NothingToChange):
        edit(desk, Edit("file", "none.yml", None))
    with pytest.raises(rules.NoSuchVersion):
        rules.undo(desk.tools, PORTAL, 9, WHO)
    with pytest.raises(rules.NoSuchPortal):
        rules.change(desk.tools, 404, LONGER, WHO)
