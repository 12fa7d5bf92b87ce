"""Whatever order HubSpot tells of contacts' lives in: the same contacts in the end.

Failure modes 19, 28, 29, 30, 31 and 32. HubSpot gives no order and repeats itself; what it tells
by an address comes minutes after what it tells by an id. So everything that can happen to a few
contacts within six steps is told in other orders, some of it twice, and the end must be that of
the plain play (`playing`), which knows one order only.
"""

from __future__ import annotations

from itertools import islice, permutations
from pathlib import Path
from random import Random

import pytest

from tests.flows.desk import Desk, opened, workflow
from tests.flows.playing import FIRST, NEW, SECOND, Deed, played, stories
from tests.flows.playing import a_story as by_chance
from tests.flows.telling import RULES, Telling

QUICK = 8
MANY = 1500
MINUTES = tuple[int, ...]


OUT, BACK = Deed("merge", FIRST, SECOND), Deed("unmerge", FIRST)
# Stories that chance finds seldom, in the orders that make them hard.
HARD: tuple[tuple[tuple[Deed, ...], tuple[MINUTES, ...]], ...] = (
    # A deletion is told while the contact is still one with another, before its return is.
    ((OUT, BACK, Deed("archive", FIRST)), ((1, 3, 2), (3, 1, 2), (3, 2, 1))),
    # A return is told before the merge that it undoes.
    ((Deed("order", FIRST), OUT, BACK), ((3, 2, 1), (1, 3, 2), (2, 3, 1))),
    # What was done before a merge is told before it, and not looked at.
    ((Deed("order", FIRST), Deed("mail", FIRST), OUT), ((1, 2, 3), (2, 3, 1), (3, 1, 2))),
    # What is done by an address while two are one goes with whose the address is.
    ((OUT, Deed("mail", FIRST), BACK), ((2, 1, 3), (3, 1, 2), (1, 3, 2))),
    # Bought while it was deleted, or just before: also where that is told after its return.
    (
        (Deed("archive", FIRST), Deed("restore", FIRST), Deed("order", FIRST)),
        ((1, 3, 2), (3, 1, 2)),
    ),
    (
        (Deed("order", FIRST), Deed("archive", FIRST), Deed("restore", FIRST)),
        ((2, 3, 1), (3, 1, 2)),
    ),
    (
        (Deed("archive", FIRST), Deed("order", FIRST), Deed("restore", FIRST)),
        ((2, 1, 3), (1, 3, 2)),
    ),
    # All of a contact's life is told after its end, the return first.
    (
        (
            Deed("create", NEW),
            Deed("merge", NEW, SECOND),
            Deed("unmerge", NEW),
            Deed("archive", NEW),
        ),
        ((3, 2, 4, 1), (4, 3, 2, 1), (2, 4, 3, 1)),
    ),
    # Who was merged into somebody goes along with them, there and back.
    (
        (
            Deed("order", SECOND),
            Deed("create", NEW),
            Deed("merge", SECOND, FIRST),
            Deed("merge", FIRST, NEW),
            Deed("unmerge", FIRST),
        ),
        ((5, 4, 3, 2, 1), (3, 4, 1, 5, 2), (1, 4, 3, 5, 2)),
    ),
)


def held(desk: Desk, story: tuple[Deed, ...], order: MINUTES) -> None:
    """Tell a story in an order, at one go and with looks in between; hold both to the play."""
    world = played(story)
    in_order = Telling(desk, story)
    in_order.tell(range(1, len(story) + 1))
    expected = in_order.seen()
    assert expected["timelines"] == world.timelines(), story
    live = {who for who, (state, _) in expected["states"].items() if state == "live"}
    assert live == set(world.live), story
    assert expected["countries"] == {who: one.country for who, one in sorted(world.live.items())}
    assert expected["members"] == expected["lists"] == sorted(members(world.timelines(), expected))

    for look in (False, True):
        telling = Telling(desk, story)
        telling.tell(order, look)
        seen = telling.seen()
        for name in ("countries", "timelines", "members", "lists"):
            assert seen[name] == expected[name], (name, look, story, order)
        assert lively(seen["states"]) == lively(expected["states"]), (look, story, order)
        if not look:
            assert seen["enrolled"] == expected["enrolled"], (story, order)


def lively(states: dict[int, tuple[str, int]]) -> dict[int, int]:
    """Whom any id leads to, where that one lives."""
    return {
        who: final for who, (_, final) in states.items() if states.get(final, ("",))[0] == "live"
    }


def members(
    timelines: dict[int, list[str]], seen: dict[str, dict[int, str]]
) -> set[tuple[int, str]]:
    """Who belongs where, by the rules read plainly."""
    kinds = {"order": "buyers", "mail": "readers"}
    did = {(who, kinds[name.split(":")[0]]) for who, line in timelines.items() for name in line}
    return did | {(who, "swedes") for who, one in seen["countries"].items() if one == "SE"}


def an_order(length: int, chance: Random) -> MINUTES:
    """Any order of all, up to two of them told again."""
    told = [*range(1, length + 1), *chance.choices(range(1, length + 1), k=chance.randrange(3))]
    chance.shuffle(told)
    return tuple(told)


def test_any_order_ends_in_the_same_contacts(database_url: str) -> None:
    """Failure modes 28 to 32: stories of six steps by chance."""
    with opened(database_url, RULES) as desk:
        desk.workflows(workflow("Welcome"))
        for seed in range(QUICK):
            chance = Random(seed)
            held(desk, by_chance(6, chance), an_order(6, chance))


def test_hard_orders_end_in_the_same_contacts(tmp_path: Path) -> None:
    """Failure modes 19, 28, 29 and 32."""
    with opened(f"sqlite:///{tmp_path}/segue.db", RULES) as desk:
        desk.workflows(workflow("Welcome"))
        for story, orders in HARD:
            for order in orders:
                held(desk, story, order)


@pytest.mark.slow
def test_all_orders_of_all_stories_of_three_steps(tmp_path: Path) -> None:
    """Failure modes 28 to 32: nothing left to chance."""
    with opened(f"sqlite:///{tmp_path}/segue.db", RULES) as desk:
        desk.workflows(workflow("Welcome"))
        for story in stories(3):
            for order in islice(permutations((1, 2, 3)), 1, None):
                held(desk, story, order)


@pytest.mark.slow
def test_many_orders_of_many_stories(database_url: str) -> None:
    """Failure modes 28 to 32."""
    with opened(database_url, RULES) as desk:
        desk.workflows(workflow("Welcome"))
        for seed in range(1000, 1000 + MANY):
            chance = Random(seed)
            length = chance.randrange(4, 7)
            held(desk, by_chance(length, chance), an_order(length, chance))
