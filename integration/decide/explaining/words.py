"""What would flip an answer, and a measure against its bounds, in English."""

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from typing import Final

from integration.decide.explaining.story import Act, Doing, Edit, Reading
from mappings.catalogue import Catalogue
from mappings.rules.explain import (
    bounds_in_words,
    duration_in_words,
    pattern_in_words,
    property_in_words,
)

_PLACES: Final = 4  # of a mean or a ratio, as it is shown; it is compared without rounding


def reading_in_words(reading: Reading) -> str:
    """Write `1 of at least 3`; of a ratio both counts too."""
    bounds = bounds_in_words(reading.bounds)
    if reading.measure == "ratio":
        counts = f"{reading.part} to {reading.whole}"
        if reading.whole < reading.minimum:
            return f"{counts}, counted from {reading.minimum} of the latter on"
        return f"{counts}: {number_in_words(reading.value)} of {bounds}"
    return f"{_measure(reading)}{number_in_words(reading.value)} of {bounds}"


def _measure(reading: Reading) -> str:
    name = reading.of.replace("_", " ")
    named = {"distinct": f"different values of {name}: ", "days": "days: ", "count": ""}
    return named.get(reading.measure, f"{reading.measure} {name}: ")


def number_in_words(value: Fraction | None) -> str:
    """Write a number as a decimal, a long one rounded and marked so; `none` for none."""
    if value is None:
        return "none"
    for places in range(_PLACES + 1):
        if (value * 10**places).denominator == 1:
            return f"{float(value):.{places}f}" if places else str(value.numerator)
    return f"about {float(value):.{_PLACES}f}"


def doing_in_words(doing: Doing, catalogue: Catalogue, moment: Callable[[datetime], str]) -> str:
    """Say what to do and when; `moment` writes an instant."""
    steps: dict[int, list[str]] = {}
    for act in doing.acts:
        steps.setdefault(act.step, []).append(_act(act, catalogue))
    words = [", then ".join(" and ".join(acts) for _, acts in sorted(steps.items()))]
    words += [_edit(edit) for edit in doing.edits]
    said = " and ".join(word for word in words if word)
    if doing.start is not None:
        said += f", from {moment(doing.start)} on"
    if doing.before is not None:
        first = "the first of them " if any(_spread(act) for act in doing.acts) else ""
        said += f", {first}before {moment(doing.before)}"
    if doing.wait:
        said += f", and then {duration_in_words(doing.wait)} with nothing else"
    return said


def _spread(act: Act) -> bool:
    return act.daily and act.number > 1


def _act(act: Act, catalogue: Catalogue) -> str:
    words = pattern_in_words(act.pattern, catalogue)
    if act.same:
        words += f" with the same {' and '.join(name.replace('_', ' ') for name in act.same)}"
    if act.distinct:
        name = act.distinct.replace("_", " ")
        return f"{act.number} more with another {name}{' each' * (act.number > 1)}: {words}"
    if act.daily:
        days = "another day" if act.number == 1 else f"{act.number} more days, day after day"
        return f"on {days}: {words}"
    return f"{act.number} more: {words}"


def _edit(edit: Edit) -> str:
    words = property_in_words(edit.condition)
    return f"the property becomes: {words}" if edit.holds else f"no longer: {words}"
