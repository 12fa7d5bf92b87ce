"""Other events that a proposal's words would fit as well: it must work with them too."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from integration.decide.explaining.ground import Ground
from integration.decide.explaining.samples import deeds_of, is_numeric
from integration.decide.explaining.story import Act, Deed, Doing
from mappings.catalogue import Catalogue
from mappings.rules import Condition, EventCondition
from mappings.rules.nodes import Where

_MUCH: Final = "1000000000"


def variants(ground: Ground, condition: Condition, doing: Doing) -> Iterator[Doing]:
    """Give the proposal with events that also fit another pattern of the rule, or hold much."""
    catalogue = ground.book.catalogue
    for place, act in enumerate(doing.acts):
        fixed = {act.distinct, *(name for each in doing.acts for name in each.same)}
        for twist in _twists(ground, condition, act):
            deeds = [_twisted(catalogue, act, deed, twist, fixed) for deed in act.examples]
            whole = tuple(deed for deed in deeds if deed is not None)
            if len(whole) == act.number:
                other = replace(act, examples=whole)
                yield replace(doing, acts=(*doing.acts[:place], other, *doing.acts[place + 1 :]))


@dataclass(frozen=True, slots=True)
class _Twist:
    """Further demands on an event, and values that it shall have."""

    where: tuple[Where, ...]
    given: dict[str, object]


def _twists(ground: Ground, condition: Condition, act: Act) -> Iterator[_Twist]:
    kind, found = act.pattern.kinds[0], ground.reach(condition)
    for pattern in found.patterns:
        if kind in pattern.kinds and not set(pattern.where) <= set(act.pattern.where):
            yield _Twist(pattern.where, {})
    for leaf in found.leaves:
        name = leaf.measure.of if isinstance(leaf, EventCondition) else None
        if name and is_numeric(ground.book.catalogue, kind, name):
            yield _Twist((), {name: _MUCH})


def _twisted(
    catalogue: Catalogue, act: Act, deed: Deed, twist: _Twist, fixed: set[str]
) -> Deed | None:
    kept = {name: value for name, value in deed.properties.items() if name in fixed}
    where = (*act.pattern.where, *twist.where)
    return deeds_of(catalogue, deed.kind, where, twist.given | kept)
