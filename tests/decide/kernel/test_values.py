"""Comparisons on the properties of events and contacts."""

from typing import Any

import pytest

from integration.decide.kernel import EventRow
from tests.decide.kernel.asking import answer, event


def one_holds(where: str, kind: str, **properties: Any) -> bool:
    return answer(f"{{event: {kind}, where: {where}}}", [event(kind, "2026-06-29", **properties)])[
        0
    ]


@pytest.mark.parametrize(
    ("where", "value", "holds"),
    [
        ("{category: ÅRE}", "åre", True),
        ("{category: strasse}", "Straße", True),
        ("{category: {is_not: a}}", "A", False),
        ("{category: {is_not: a}}", None, True),
        ("{category: {is_not: a}}", "", True),
        ("{category: {not_in: [a, b]}}", "c", True),
        ("{category: {in: [a, B]}}", "b", True),
        ("{category: {contains: OE}}", "shoes", True),
        ("{category: {starts_with: sho, contains: x}}", "shoes", False),
        ("{category: {starts_with: hoe}}", "shoes", False),
        ("{category: {known: true}}", "", False),
        ("{category: {known: false}}", None, True),
        ("{category: 5}", 5, True),
        ("{category: 010}", "010", True),
        ("{category: no}", "NO", True),
        ("{category: true}", True, True),
        ("{category: {known: true}}", ["a"], False),
        ("{seconds: 30}", "30.0", True),
        ("{seconds: {is_not: 30}}", "30.0", False),
        ("{seconds: {is_not: 30}}", "long", False),
        ("{seconds: {known: true}}", "long", True),
        ("{seconds: {in: [10, 30]}}", 30, True),
        ("{seconds: {at_least: 30, at_most: 30}}", "30", True),
        ("{seconds: {more_than: 30}}", 30, False),
        ("{seconds: {less_than: 30.5}}", "30.49", True),
        ("{seconds: {at_least: 0}}", True, False),
        ("{seconds: {at_least: 0}}", 10**61, False),
        ("{seconds: {is_not: 30}}", 10**61, False),
        ("{seconds: {known: true}}", 10**61, True),
        ("{url: {matches: /pricing*}}", "https://shop.se/Pricing/plans?x=1", True),
        ("{url: {matches: /pricing}}", "https://shop.se/pricing?x=/other#top", True),
        ("{url: {matches: /pricing}}", "https://shop.se/pricing/plans", False),
        ("{url: {matches: /}}", "https://shop.se", True),
        ("{url: {matches: /*/sizes}}", "/shoes/red/sizes", True),
        ('{url: {matches: "*shop.se/*"}}', "https://shop.se/a", True),
        ("{url: {matches: [/blog/*, /Pricing*]}}", "https://shop.se/pricing", True),
        ("{url: {matches: [/blog/*, /pricing]}}", "https://shop.se/pricing/plans", False),
        ('{url: {matches: "*.pdf"}}', "https://shop.se/a.pdf?x=1", False),
        ('{url: {matches: "/a*a"}}', "/a", False),
        ('{url: {matches: "/*b*b"}}', "/b", False),
    ],
)
def test_a_declared_type_decides_how_a_value_compares(
    where: str, value: object, holds: bool
) -> None:
    name = where[1:].partition(":")[0]

    assert one_holds(where, "page_viewed", **{name: value}) is holds


@pytest.mark.parametrize(
    ("where", "value", "holds"),
    [
        ("{n: 5}", 5.0, True),
        ("{n: 5}", "5", True),
        ("{n: 5}", "5.0", False),
        ("{n: {at_least: 3}}", 5, True),
        ("{n: {at_least: 3}}", "5", False),
        ("{n: {contains: 5}}", 5, False),
        ("{n: {contains: 5}}", "a5", True),
        ("{n: true}", True, True),
        ("{n: 1}", True, False),
        ("{n: {is_not: soon}}", 5, True),
        ("{n: {known: true}}", False, True),
        ("{n: {known: true}}", 10**61, True),
        ("{n: {at_least: 0}}", 10**61, False),
        ("{n: {known: false}}", {"a": 1}, True),
        ("{n: {at_least: soon_enough}}", 5, None),
    ],
)
def test_a_value_of_a_portals_own_kind_goes_by_its_json_type(
    where: str, value: object, holds: bool | None
) -> None:
    if holds is None:
        with pytest.raises(Exception, match='"soon_enough" is not a number'):
            one_holds(where, "custom.wish", n=value)
    else:
        assert one_holds(where, "custom.wish", n=value) is holds


def test_what_json_keeps_apart_stays_apart() -> None:
    events = [event("custom.wish", "2026-06-29", n=value) for value in (1, True, "1", 1.0, "true")]

    assert answer("{event: custom.wish, distinct: {of: n, exactly: 3}}", events)[0]


@pytest.mark.parametrize("broken", ["", "no json", "[1]", "5", '{"amount": 1', "[" * 9000])
def test_properties_that_are_no_json_object_are_no_properties(broken: str) -> None:
    sound = EventRow("x", "1", "purchase", 0, '{"amount": 12345678901234567.25, "n": NaN}')
    faulty = EventRow("x", "2", "purchase", 1, broken)

    total = "total: {of: amount, exactly: 12345678901234567.25}"

    assert answer(
        f"{{event: purchase, {total}, where: {{amount: {{known: true}}}}}}", [sound, faulty]
    )[0]
    assert answer("{event: purchase, where: {amount: {known: false}}}", [sound, faulty])[0]


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("is: SE", "se", (True, None)),
        ("is: SE", "no;se", (True, None)),
        ("is_not: SE", "no;se", (False, None)),
        ("in: [dk, SE]", "no;se", (True, None)),
        ("not_in: [dk, SE]", "no", (True, None)),
        ("contains: E", "no;se", (True, None)),
        ("is: SE", None, (False, None)),
        ("is_not: SE", "", (True, None)),
        ("not_in: [SE]", None, (True, None)),
        ("known: false", "", (True, None)),
        ("known: true", "x", (True, None)),
        ("known: false, is_not: x", None, (True, None)),
        ("at_least: 5, less_than: 6", "5.99", (True, None)),
        ("at_least: 5", "five", (False, None)),
        ("within: 2d", "2026-06-28", (False, None)),
        ("within: 2d", "2026-06-28T00:00:00.001Z", (True, "2026-06-30T00:00:00.001Z")),
        ("within: 2d", "2026-07-01", (False, "2026-07-01T00:00:00.000Z")),
        ("before: 2d", "2026-06-28", (True, None)),
        ("before: 2d", "2026-06-28T00:00:00.001Z", (False, "2026-06-30T00:00:00.001Z")),
        ("in_next: 2d", "2026-07-02", (True, "2026-07-02T00:00:00.000Z")),
        ("in_next: 2d", "2026-07-02T00:00:00.001Z", (False, "2026-06-30T00:00:00.001Z")),
        ("in_next: 2d", "2026-06-30", (False, None)),
        ("in_next: 2d", "1782864000000", (True, "2026-07-01T00:00:00.000Z")),
        ("within: 2d", "soon", (False, None)),
        ("in_next: 3d, within: 3d", "2026-07-01", (False, None)),
        ("within: 3d, before: 1d", "2026-06-29T12:00Z", (False, "2026-06-30T12:00:00.000Z")),
        ("within: 3d, before: 1d", "2026-06-28", (True, "2026-07-01T00:00:00.000Z")),
        ("within: 3d, before: 1d", "2026-06-27", (False, None)),
        ("is_not: x, within: 2d", None, (False, None)),
    ],
)
def test_a_contact_property_compares_as_it_is_written(
    condition: str, value: str | None, expected: tuple[bool, str | None]
) -> None:
    assert answer(f"{{property: land, {condition}}}", contact={"land": value}) == expected
