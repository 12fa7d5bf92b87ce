"""Timelines from the store's texts say what timelines from rows say."""

from __future__ import annotations

import json

import numpy as np
import pytest

from integration.decide.kernel import EventRow, Joined, Timelines
from integration.decide.kernel.columns import cut
from integration.decide.kernel.lines import Lines

DAY = 86_400_000


def _text(**properties: object) -> str:
    return json.dumps(properties, ensure_ascii=False, separators=(",", ":"))


def test_joined_events_make_the_same_timelines_as_rows() -> None:
    rows = [
        EventRow(1, "a", "page_viewed", 5 * DAY, _text(url="/x", title="X")),
        EventRow(1, "b", "purchase", 2 * DAY, _text(amount="1.50")),
        EventRow(1, "c", "page_viewed", 1 * DAY, _text(url="/y")),
        EventRow(3, "d", "page_viewed", -DAY, _text(title="none")),
        EventRow(9, "e", "page_viewed", 1, _text(url="/nobody's")),
    ]
    joined = [
        Joined(
            contact,
            "\n".join(str(row.at) for row in rows if row.contact == contact),
            "\n".join(row.kind for row in rows if row.contact == contact),
            "\n".join(str(row.properties) for row in rows if row.contact == contact),
            "\n".join(row.id for row in rows if row.contact == contact),
            "\n".join(str(row.at + 1) for row in rows if row.contact == contact),
        )
        for contact in (1, 3, 9)
    ]

    one = Timelines.of((1, 2, 3), rows, {})
    other = Timelines.of_joined((1, 2, 3), joined, {})

    assert other.known.tolist() == [row.at + 1 for row in rows]
    assert one.kinds.keys() == other.kinds.keys()
    for kind in one.kinds:
        assert one.kind(kind).contact.tolist() == other.kind(kind).contact.tolist()
        assert one.kind(kind).at.tolist() == other.kind(kind).at.tolist()
        names = [[each.ids[row] for row in each.kind(kind).row.tolist()] for each in (one, other)]
        assert names[0] == names[1]
    for name in ("url", "title"):
        left, right = (each.column("page_viewed", name, "text") for each in (one, other))
        assert left.words == right.words
        assert left.codes.tolist() == right.codes.tolist()


@pytest.mark.parametrize("count", [1, 2])
def test_instants_that_no_single_number_holds_are_ordered_all_the_same(count: int) -> None:
    far = 2**62
    rows = [
        EventRow(contact, f"{at}", "purchase", at, "{}")
        for contact in range(count)
        for at in (far, 0, -far)
    ]

    events = Timelines.of(range(count), rows, {}).kind("purchase")

    assert events.contact.tolist() == [contact for contact in range(count) for _ in range(3)]
    assert events.at.tolist() == [-far, 0, far] * count


def test_a_property_is_cut_out_of_flat_texts() -> None:
    texts = [_text(url="/ä", n="1"), _text(n="2"), _text(n="3", url=""), "{}"]

    assert cut(texts, "url") == ["/ä", None, "", None]


@pytest.mark.parametrize(
    "text",
    [
        _text(url='say "hello"'),
        _text(url="back\\slash"),
        _text(url=["/x"]),
        _text(url={"inner": "/x"}),
        _text(url=3),
        _text(url=None),
        _text(title="url", url="/x"),
        '{"url": "/x"}',
        '{"url":"/x","url":"/y"}',
        "no JSON at all",
    ],
)
def test_whatever_is_not_flat_is_not_cut(text: str) -> None:
    found = cut([_text(url="/x"), text], "url")

    assert found is None


def test_recent_columns_leave_out_what_is_older() -> None:
    rows = [
        EventRow(1, "a", "page_viewed", 10, _text(url="/old")),
        EventRow(1, "b", "page_viewed", 11, _text(url="/new")),
        EventRow(2, "c", "page_viewed", 5, _text(url="/older")),
    ]
    timelines = Timelines.of((1, 2), rows, {})

    late = timelines.recent("page_viewed", {"url": "url"}, 10)["url"]
    every = timelines.recent("page_viewed", {"url": "url"}, None)["url"]

    assert [(late.words[code] if code >= 0 else None) for code in late.codes] == [
        None,
        "/new",
        None,
    ]
    assert [every.words[code] for code in every.codes] == ["/old", "/new", "/older"]


def test_lines_are_cut_by_characters_not_by_bytes() -> None:
    lines = Lines(["ä\n日本\n", "é", "last\n😀"])

    assert len(lines) == 6
    assert [lines[place] for place in range(6)] == ["ä", "日本", "", "é", "last", "😀"]
    assert lines.several(np.array([5, 1, 2])) == ["😀", "日本", ""]


def test_events_of_nobody_listed_make_no_timelines() -> None:
    rows = [EventRow(9, "a", "page_viewed", 1, "{}")]

    timelines = Timelines.of((1,), rows, {})

    assert timelines.size == 0
    assert timelines.kind("page_viewed").at.tolist() == []
