"""Windows, followers, measures and ratios at their edges."""

import pytest

from integration.decide.kernel import NEVER, EventRow, Timelines
from integration.decide.kernel.occurrences import Scene, choose, next_after
from mappings.rules.nodes import Pattern, Sequel, Window
from tests.decide.kernel.asking import CATALOGUE, answer, event, ms

NOON = "2026-06-29T12:00:00Z"


def amounts(*values: object) -> list[EventRow]:
    return [event("purchase", f"2026-06-2{day}", amount=value) for day, value in enumerate(values)]


@pytest.mark.parametrize(
    ("at", "condition", "expected"),
    [
        # before: an event exactly D old is in, and comes in at that instant
        ("2026-06-23", "{event: purchase, before: 7d}", (True, None)),
        (
            "2026-06-23T00:00:00.001Z",
            "{event: purchase, before: 7d}",
            (False, "2026-06-30T00:00:00.001Z"),
        ),
        # both together: out at within, in at before
        (
            "2026-06-23",
            "{event: purchase, within: 14d, before: 7d}",
            (True, "2026-07-07T00:00:00.000Z"),
        ),
        ("2026-06-16", "{event: purchase, within: 14d, before: 7d}", (False, None)),
        ("2026-06-25", "{event: purchase, within: 7d, before: 14d}", (False, None)),
        # from is in, to is out; neither moves
        ("2026-06-23", "{event: purchase, from: 2026-06-23}", (True, None)),
        ("2026-06-22T23:59:59.999Z", "{event: purchase, from: 2026-06-23}", (False, None)),
        ("2026-06-23", "{event: purchase, to: 2026-06-23}", (False, None)),
        ("2026-06-22T23:59:59.999Z", "{event: purchase, to: 2026-06-23}", (True, None)),
        (
            "2026-06-23T01:00:00Z",
            '{event: purchase, from: "2026-06-23T03:00:00+02:00"}',
            (True, None),
        ),
        # what is still to come doesn't exist yet, and will
        ("2026-06-30T00:00:00.001Z", "{event: purchase}", (False, "2026-06-30T00:00:00.001Z")),
        ("2026-06-30", "{event: purchase, within: 45m}", (True, "2026-06-30T00:45:00.000Z")),
        (
            "2026-07-01",
            "{event: purchase, count: {at_most: 0}}",
            (True, "2026-07-01T00:00:00.000Z"),
        ),
    ],
)
def test_an_event_counts_in_its_window_alone(
    at: str, condition: str, expected: tuple[bool, str | None]
) -> None:
    assert answer(condition, [event("purchase", at)]) == expected


FOLLOWED = "{event: email_opened, then: {event: email_clicked, inside: 6h, same: [email]}}"
UNFOLLOWED = "{event: email_opened, without: {event: email_clicked, inside: 6h, same: [email]}}"
CLICKS = "{of: {event: email_clicked}, to: {event: email_delivered}}"
NEVER_FOLLOWED = "{event: email_opened, without: {event: email_clicked}}"


@pytest.mark.parametrize(
    ("clicked_at", "condition", "expected"),
    [
        ("2026-06-29T18:00:00Z", FOLLOWED, (True, None)),
        ("2026-06-29T18:00:00.001Z", FOLLOWED, (False, None)),
        ("2026-06-29T12:00:00Z", FOLLOWED, (False, None)),
        ("2026-06-29T12:00:00.001Z", FOLLOWED, (True, None)),
        ("2026-06-29T18:00:00Z", UNFOLLOWED, (False, None)),
        ("2026-06-29T18:00:00.001Z", UNFOLLOWED, (True, None)),
        ("2026-06-29T12:00:00Z", UNFOLLOWED, (True, None)),
        ("2026-06-29T12:00:00Z", NEVER_FOLLOWED, (True, None)),
        ("2026-06-29T12:00:00.001Z", NEVER_FOLLOWED, (False, None)),
        ("2026-07-04T00:00:00Z", NEVER_FOLLOWED, (True, "2026-07-04T00:00:00.000Z")),
    ],
)
def test_a_follower_is_strictly_later_and_at_most_so_much_later(
    clicked_at: str, condition: str, expected: tuple[bool, str | None]
) -> None:
    events = [
        event("email_clicked", clicked_at, email="W1"),
        event("email_opened", NOON, email="w1"),
    ]

    assert answer(condition, events) == expected


@pytest.mark.parametrize("of_click", [{"email": "w2"}, {}, {"email": ""}, {"email": None}])
def test_a_follower_that_lacks_the_same_value_is_none(of_click: dict[str, object]) -> None:
    events = [
        event("email_opened", NOON, email="w1"),
        event("email_opened", NOON),
        event("email_clicked", "2026-06-29T13:00Z", **of_click),
    ]

    assert answer(FOLLOWED, events) == (False, None)
    assert answer(UNFOLLOWED.replace("}}", "}, count: {exactly: 2}}"), events)[0]


@pytest.mark.parametrize("far", [2**40, 2**61])
def test_a_follower_is_found_however_far_apart_events_lie(far: int) -> None:
    pages, orders = (-far - 1, -far, 0, far), (-far, far)
    rows = [EventRow(each, f"p{at}", "page_viewed", at, {}) for each in range(2) for at in pages]
    rows += [EventRow(each, f"o{at}", "purchase", at, {}) for each in range(2) for at in orders]
    scene = Scene(Timelines.of(range(2), rows, {}), CATALOGUE, 0)

    viewed = choose(scene, Pattern(("page_viewed",)), Window())
    found = next_after(scene, viewed, Sequel(Pattern(("purchase",))))

    assert found.tolist() == [-far, far, far, NEVER] * 2


def test_a_wait_holds_an_event_back_until_it_is_over() -> None:
    events = [event("email_opened", "2026-06-29T20:00Z", email="w1")]

    held_back = answer(UNFOLLOWED, events)
    a_moment_before = answer(UNFOLLOWED, events, now="2026-06-30T01:59:59.999Z")
    over = answer(UNFOLLOWED, events, now="2026-06-30T02:00Z")

    assert held_back == a_moment_before == (False, "2026-06-30T02:00:00.000Z")
    assert over == (True, None)


def test_then_and_without_of_one_rule_must_both_hold() -> None:
    rule = (
        "{event: cart_updated, then: {event: checkout_started, inside: 1h, same: [cart_id]},"
        " without: {event: purchase, inside: 4h}}"
    )
    cart = event("cart_updated", "2026-06-29T12:00Z", cart_id="c")
    checkout = event("checkout_started", "2026-06-29T12:30Z", cart_id="C")
    purchase = event("purchase", "2026-06-29T15:00Z")

    assert answer(rule, [cart]) == (False, None)
    assert answer(rule, [cart, checkout]) == (True, None)
    assert answer(rule, [cart, checkout, purchase]) == (False, None)


@pytest.mark.parametrize(
    ("measure", "values", "holds"),
    [
        ("total: {of: amount, at_least: 0.3}", ("0.1", 0.2), True),
        ("total: {of: amount, exactly: 0.3}", ("0.1", 0.1, "0.10"), True),
        ("total: {of: amount, more_than: 0.3}", ("0.1", 0.2), False),
        ("total: {of: amount, exactly: 0}", (), True),
        ("total: {of: amount, exactly: 5}", ("5", "five", "", None, True), True),
        (
            "total: {of: amount, exactly: 12345678901234567890.01}",
            ("12345678901234567890", "0.01"),
            True,
        ),
        # Two of them are one more than 64 bits hold.
        ("total: {of: amount, at_least: 5}", ("4611686018427387904", "4611686018427387904"), True),
        ("total: {of: amount, less_than: -5}", (-3, "-2.01"), True),
        ("average: {of: amount, exactly: 0.3}", ("0.1", "0.5"), True),
        ("average: {of: amount, less_than: 0.34}", (0, 0, 1), True),
        ("average: {of: amount, at_most: 0.333333333333}", (0, 0, 1), False),
        ("average: {of: amount, at_most: 100}", ("five",), False),
        ("average: {of: amount, at_least: 0}", (), False),
        ("least: {of: amount, exactly: 0.1}", (0.1, 5), True),
        ("least: {of: amount, at_least: 0.1, less_than: 1}", (0.1, 5), True),
        ("least: {of: amount, more_than: 0.1}", (0.1, 5), False),
        ("least: {of: amount, at_most: 0.1}", (0.1, 5), True),
        ("least: {of: amount, at_most: 5}", (), False),
        ("greatest: {of: amount, exactly: 5}", (0.1, 5), True),
        ("greatest: {of: amount, at_most: 5}", (0.1, 5), True),
        ("greatest: {of: amount, less_than: 5}", (0.1, 5), False),
        ("greatest: {of: amount, more_than: 4.99, at_least: 5}", (0.1, 5), True),
        ("greatest: {of: amount, at_least: 0}", ("five",), False),
        ("distinct: {of: amount, exactly: 2}", (5, "5.00", "5e0", 6, None), True),
        ("distinct: {of: amount, exactly: 0}", (), True),
        ("count: {exactly: 0}", (), True),
        ("count: {more_than: 1, less_than: 3}", (1, 1), True),
        ("days: {exactly: 3}", (1, 1, 1), True),
        ("days: {exactly: 0}", (), True),
    ],
)
def test_a_measure_is_exact(measure: str, values: tuple[object, ...], holds: bool) -> None:
    assert answer(f"{{event: purchase, {measure}}}", amounts(*values)) == (holds, None)


def test_days_are_calendar_days_of_utc() -> None:
    events = [event("page_viewed", at) for at in ("2026-06-28T23:59:59.999Z", "2026-06-29T00:00Z")]
    events.append(event("page_viewed", "2026-06-29T23:59Z"))

    two_days = answer("{event: page_viewed, within: 7d, days: {exactly: 2}}", events)

    assert two_days == (True, "2026-07-05T23:59:59.999Z")


def test_a_distinct_value_lasts_as_long_as_any_event_has_it() -> None:
    events = [
        event("product_viewed", "2026-06-25", product_id="P1"),
        event("product_viewed", "2026-06-26", product_id="p2"),
        event("product_viewed", "2026-06-28", product_id="p1"),
    ]

    both = answer(
        "{event: product_viewed, within: 7d, distinct: {of: product_id, at_least: 2}}", events
    )

    assert both == (True, "2026-07-03T00:00:00.000Z")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("at_least: 0.5", (True, "2026-07-02T00:00:00.000Z")),
        ("more_than: 0.5", (False, None)),
        ("exactly: 0.5, minimum: 2", (True, "2026-07-02T00:00:00.000Z")),
        ("at_least: 0, minimum: 3", (False, None)),
        ("at_most: 0.4", (False, "2026-07-02T00:00:00.000Z")),
    ],
)
def test_a_ratio_is_count_over_count(rule: str, expected: tuple[bool, str | None]) -> None:
    events = [
        event("email_clicked", "2026-06-25"),
        event("email_delivered", "2026-06-27"),
        event("email_delivered", "2026-06-28"),
    ]

    assert answer(f"{{ratio: {CLICKS}, within: 7d, {rule}}}", events) == expected


def test_a_third_is_compared_without_rounding() -> None:
    events = [event("email_clicked", "2026-06-25")]
    events += [event("email_delivered", f"2026-06-2{day}") for day in (6, 7, 8)]
    ratio = f"{{ratio: {CLICKS}, at_least: 0.33333333333333333333}}"

    assert answer(ratio, events) == (True, None)
    assert answer(ratio.replace("3333}", "3334}"), events) == (False, None)


def test_kinds_of_a_list_count_together_and_keep_their_own_properties() -> None:
    events = [
        event("purchase", "2026-06-25", amount="10"),
        event("cart_updated", "2026-06-26", amount="5", cart_id="c"),
        event("page_viewed", "2026-06-27", amount="100"),
    ]

    rule = "{event: [purchase, cart_updated, page_viewed], total: {of: amount, exactly: 15}}"

    assert answer(rule, events) == (True, None)


def test_the_first_read_of_two_events_with_one_id_stands() -> None:
    first = EventRow("x", "same", "purchase", ms("2026-06-29"), {"amount": 1})
    second = EventRow("x", "same", "refund", ms("2026-06-28"), {"amount": 2})

    assert answer("{event: [purchase, refund], total: {of: amount, exactly: 1}}", [first, second])[
        0
    ]
    assert answer("{event: [purchase, refund], total: {of: amount, exactly: 2}}", [second, first])[
        0
    ]


def test_an_answer_that_flips_and_flips_back_at_one_instant_does_not_change() -> None:
    events = [event("purchase", "2026-06-23"), event("purchase", "2026-06-29")]
    one_then_two_then_one = (
        "{any: [{event: purchase, within: 14d, before: 7d, count: {exactly: 1}},"
        " {event: purchase, within: 14d, before: 7d, count: {exactly: 2}}]}"
    )

    # 06-23 counts from 06-30 to 07-07, 06-29 from 07-06 to 07-13
    assert answer(one_then_two_then_one, events) == (True, "2026-07-13T00:00:00.000Z")
