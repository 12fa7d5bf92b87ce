"""What an explanation says, as frozen values: a tree that mirrors the rule's conditions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from mappings.rules.nodes import Bound, Pattern, PropertyCondition


@dataclass(frozen=True, slots=True)
class Evidence:
    """An event that bears on a condition.

    `properties` are those that the condition looks at. `counts_from` is set for one that waits:
    it comes to count then, if nothing that the rule rules out comes first. `until` is when it
    stops to count by itself (None: never).
    """

    id: str
    kind: str
    at: datetime
    source: str
    properties: Mapping[str, str]
    until: datetime | None
    counts_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A measure's value now against its bounds.

    `value` is None where there is none (a mean of nothing); of a ratio `part` over `whole`, with
    the least `whole` that is asked for.
    """

    measure: str
    of: str
    value: Fraction | None
    bounds: tuple[Bound, ...]
    part: int = 0
    whole: int = 0
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """A contact property: its value ("" where there is none), and when HubSpot changed it."""

    name: str
    value: str
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Deed:
    """An event that may yet be done."""

    kind: str
    properties: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Act:
    """So many events of a pattern to be done; `examples` is one event for each.

    `step` counts up where one thing must follow another, strictly later. `distinct` names a
    property of which each event must bring a new value; `daily`: each on a day (UTC) of its own;
    `same` names properties that must equal those of the step before.
    """

    number: int
    pattern: Pattern
    examples: tuple[Deed, ...]
    step: int = 0
    distinct: str = ""
    daily: bool = False
    same: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """A contact property to become such that a condition on it holds, or doesn't.

    `example` is a value that would do; None: no value.
    """

    condition: PropertyCondition
    holds: bool
    example: str | None


@dataclass(frozen=True, slots=True)
class Doing:
    """What to do that flips an answer, and when.

    Done together at any instant after now (or from `start` on, where it is set) and before
    `before`, it flips the answer, at once or `wait` ms later if nothing else happens meanwhile;
    one event less doesn't. Steps follow within a millisecond, and `daily` ones on one day after
    the other, the first within these limits.
    """

    acts: tuple[Act, ...] = ()
    edits: tuple[Edit, ...] = ()
    wait: int = 0
    start: datetime | None = None
    before: datetime | None = None

    @property
    def effort(self) -> int:
        """Count what is to be done."""
        return len(self.edits) + sum(act.number for act in self.acts)


@dataclass(frozen=True, slots=True)
class Node:
    """One condition of a rule for one contact.

    `sort` is event, ratio, property, segment, stage, all, any or not; `key` names what a segment
    or stage node refers to. `since` is when the answer became what it is; None: it always was.
    With `at_least` it is since then or longer: what a property was before isn't known. `until`
    is when the answer changes by itself; None: never. `doings` would change it, nearest first.
    `evidence` counts now, newest first; `waiting` doesn't yet.
    """

    sort: str
    key: str
    words: str
    holds: bool
    since: datetime | None
    at_least: bool
    until: datetime | None
    reading: Reading | None = None
    held: Held | None = None
    evidence: tuple[Evidence, ...] = ()
    waiting: tuple[Evidence, ...] = ()
    doings: tuple[Doing, ...] = ()
    parts: tuple["Node", ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a contact is, or isn't, in one segment or lifecycle stage at an instant."""

    sort: str  # segment or stage
    key: str
    name: str
    at: datetime
    node: Node
