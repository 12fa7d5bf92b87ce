"""What a portal can set about its sources: patterns by name (data/sources.yml, `patterns`).

A pattern is a glob as in rules; one that begins with "not " takes out what it fits. Those of
changes and events say "WHAT is KIND".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, TypeAlias

from mappings.catalogue import Catalogue
from mappings.rules.faults import nearest
from mappings.rules.values import fold, glob

# What a portal has set: patterns by name.
Set: TypeAlias = Mapping[str, tuple[str, ...]]

NOT: Final = "not "
LONGEST: Final = 500  # characters of a pattern
MOST: Final = 200  # patterns of a name
_IS: Final = " is "


class Sort(StrEnum):
    """What patterns are held against."""

    PAGES = "pages"  # the address of a page
    FORMS = "forms"  # a form's name or id
    DEALS = "deals"  # PIPELINE/STAGE; PIPELINE/@won too, where HubSpot counts the deal as won
    CHANGES = "changes"  # a contact property, PROPERTY or PROPERTY=VALUE
    EVENTS = "events"  # a custom event's name


ASSIGNING: Final = frozenset({Sort.CHANGES, Sort.EVENTS})


@dataclass(frozen=True, slots=True)
class Pattern:
    """One thing a portal can set: what it is now, and what it is by default."""

    name: str
    of: Sort
    description: str
    default: tuple[str, ...]
    value: tuple[str, ...]


Patterns: TypeAlias = Mapping[str, Pattern]


class PatternFaults(Exception):
    """Patterns can't be used; `faults` holds all that is wrong with them."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def read_patterns(said: Mapping[str, Mapping[str, Any]]) -> dict[str, Pattern]:
    """Read the patterns that ship."""
    read = {}
    for name, entry in said.items():
        value = tuple(entry["default"])
        read[name] = Pattern(name, Sort(entry["of"]), entry["description"], value, value)
    return read


def with_set(patterns: Patterns, own: Set) -> dict[str, Pattern]:
    """Give the patterns with what a portal has set; what is no pattern (any more) counts for
    nothing."""
    return {
        name: replace(one, value=own[name]) if name in own else one
        for name, one in patterns.items()
    }


def check(patterns: Patterns, own: Set, catalogue: Catalogue) -> None:
    """Hold what a portal sets against what can be set. Raises PatternFaults with all faults."""
    faults: list[str] = []
    for name, value in own.items():
        if name not in patterns:
            faults.append(f"{name}: there are no such patterns{nearest(name, patterns)}")
            continue
        if len(value) > MOST:
            faults.append(f"{name}: more than {MOST} patterns")
        for text in value:
            fault = _fault(patterns[name].of, text, catalogue)
            faults += [f'{name}: "{text}" {fault}'] if fault else []
    if faults:
        raise PatternFaults(faults)


def _fault(of: Sort, text: str, catalogue: Catalogue) -> str:
    """Say what is wrong with a pattern; nothing where it is well."""
    if not text.strip() or text != text.strip() or text == NOT.strip():
        return "says nothing, or has spaces around it"
    if len(text) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if of is Sort.DEALS and "/" not in text:
        return "is not PIPELINE/STAGE, such as default/closedwon or */@won"
    if of not in ASSIGNING:
        return ""
    what, found, kind = text.rpartition(_IS)
    if not found or not what.strip():
        return 'does not say "WHAT is KIND"'
    if not catalogue.knows(kind):
        return f'names the unknown event kind "{kind}"{nearest(kind, catalogue.kinds)}'
    return ""


@lru_cache(maxsize=16_384)
def fits(patterns: tuple[str, ...], *texts: str) -> bool:
    """Does any of the texts fit any of the patterns, and none of them one with "not "?

    Cached: the same pages, forms and stages come again and again.
    """
    folded = [fold(text) for text in texts]
    wanted, unwanted = _tests(patterns)
    return any(test(text) for test in wanted for text in folded) and not any(
        test(text) for test in unwanted for text in folded
    )


@lru_cache(maxsize=1024)
def _tests(
    patterns: tuple[str, ...],
) -> tuple[list[Callable[[str], bool]], list[Callable[[str], bool]]]:
    wanted = [glob(one) for one in patterns if not one.startswith(NOT)]
    unwanted = [glob(one.removeprefix(NOT)) for one in patterns if one.startswith(NOT)]
    return wanted, unwanted


def assigned(patterns: tuple[str, ...], *texts: str) -> list[str]:
    """Give the kinds that "WHAT is KIND" patterns say of these texts, each once, in order."""
    kinds = []
    for one in patterns:
        what, _, kind = one.rpartition(_IS)
        if fits((what,), *texts):
            kinds.append(kind)
    return list(dict.fromkeys(kinds))
