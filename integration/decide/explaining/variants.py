"""Other events that a proposal's words would fit as well: it must work with them too."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from integration.decide.explaining.ground import Ground
from integration.decide.explaining.samples import deeds_of, is_numeric
from integration.decide.explaining.story import Act, Deed, Doing
from mappings.rules import Condition, EventCondition
from mappings.rules.nodes import Where

_MUCH: Final = "1000000000"


def variants(ground: Ground, condition: Condition, doing: Doing) -> Iterator[Doing]:
    """Give the proposal with events that also fit another pattern of the rule, or hold much."""
    for place, act in enumerate(doing.acts):
        fixed = {act.distinct, *(name for each in doing.acts for name in each.same)}
        for more, extra in _twists(ground, condition, act):
            deeds = [_twisted(ground, act, deed, more, extra, fixed) for deed in act.examples]
            whole = tuple(deed for deed in deeds if deed is not None)
            if len(whole) == act.number:
                other = replace(act, examples=whole)
                yield replace(doing, acts=(*doing.acts[:place], other, *doing.acts[place + 1 :]))


def _twists(
    ground: Ground, condition: Condition, act: Act
) -> Iterator[tuple[tuple[Where, ...], dict[str, object]]]:
    kind, found = act.pattern.kinds[0], ground.reach(condition)
    for pattern in found.patterns:
        if kind in pattern.kinds and not set(pattern.where) <= set(act.pattern.where):
            yield pattern.where, {}
    for leaf in found.leaves:
        name = leaf.measure.of if isinstance(leaf, EventCondition) else None
        if name and kind in leaf.pattern.kinds and is_numeric(ground.book.catalogue, kind, name):
            yield leaf.pattern.where, {name: _MUCH}


def _twisted(
    ground: Ground,
    act: Act,
    deed: Deed,
    more: tuple[Where, ...],
    extra: dict[str, object],
    fixed: set[str],
) -> Deed | None:
    kept = {name: value for name, value in deed.properties.items() if name in fixed}
    return deeds_of(ground.book.catalogue, deed.kind, (*act.pattern.where, *more), extra | kept)
