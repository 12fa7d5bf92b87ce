"""What a rule file says, as frozen values. Durations and instants are whole milliseconds.

The grammar of a condition, as the parser reads it:

    condition = event | ratio | property | {segment: KEY} | {stage: KEY}
              | {all: [condition, ...]} | {any: [condition, ...]} | {not: condition}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from mappings.catalogue import Catalogue


@dataclass(frozen=True)
class Comparison:
    """One operator with its operands as they were written: `in` has several, the others one."""

    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Where:
    """Comparisons on one property of an event; all must hold."""

    name: str
    tests: tuple[Comparison, ...]


@dataclass(frozen=True)
class Pattern:
    """Which events are meant: one of the kinds, and every `where` holds."""

    kinds: tuple[str, ...]
    where: tuple[Where, ...] = ()


@dataclass(frozen=True)
class Window:
    """When events count: `now - within < at <= now - before` and `start <= at < end`."""

    within: int | None = None
    before: int | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Sequel:
    """What must (`then`) or must not (`without`) follow an occurrence."""

    pattern: Pattern
    inside: int | None = None
    same: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bound:
    """`at_least`, `at_most`, `more_than`, `less_than` or `exactly` a number."""

    operator: str
    value: Decimal


@dataclass(frozen=True)
class Measure:
    """count, total, average, least, greatest, distinct or days; `of` names the property."""

    name: str
    of: str | None
    bounds: tuple[Bound, ...]


AT_LEAST_ONE = Measure("count", None, (Bound("at_least", Decimal(1)),))


@dataclass(frozen=True)
class EventCondition:
    """Something was done, so often or so much, in a window."""

    pattern: Pattern
    window: Window = Window()
    then: Sequel | None = None
    without: Sequel | None = None
    measure: Measure = AT_LEAST_ONE


@dataclass(frozen=True)
class RatioCondition:
    """The number of one kind of events over that of another, in one window."""

    of: Pattern
    to: Pattern
    window: Window
    bounds: tuple[Bound, ...]
    minimum: Decimal = Decimal(1)


@dataclass(frozen=True)
class PropertyCondition:
    """Comparisons on a contact property; all must hold. The last three read it as a date."""

    name: str
    tests: tuple[Comparison, ...]
    within: int | None = None
    before: int | None = None
    in_next: int | None = None


@dataclass(frozen=True)
class InSegment:
    """The contact is a member of the segment."""

    key: str


@dataclass(frozen=True)
class InStage:
    """The contact is in the lifecycle stage."""

    key: str


@dataclass(frozen=True)
class AllOf:
    """Every condition holds."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one condition holds."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    """The condition doesn't hold."""

    condition: "Condition"


Condition: TypeAlias = (
    EventCondition | RatioCondition | PropertyCondition | InSegment | InStage | AllOf | AnyOf | Not
)


@dataclass(frozen=True)
class ExampleEvent:
    """An event of an example: so long `ago` (negative: so long from now), or `at` an instant."""

    kind: str
    ago: int | None
    at: int | None
    properties: Mapping[str, object]
    id: str | None = None


@dataclass(frozen=True)
class ExampleDate:
    """A contact's date in an example: so long ago; negative: so long from now."""

    ago: int


@dataclass(frozen=True)
class Example:
    """A unit test of a rule: what was done, and what follows from it.

    `changes_in` is what `leaves_in` or `enters_in` said; with `never_changes` it said `never`.
    """

    given: tuple[ExampleEvent, ...]
    contact: Mapping[str, str | ExampleDate]
    expect: bool
    now: int | None = None
    changes_in: int | None = None
    never_changes: bool = False
    line: int = 0


@dataclass(frozen=True)
class Segment:
    """A segment: who belongs to it, and the examples that hold its rule to its word."""

    key: str
    name: str
    family: str
    description: str
    when: Condition
    examples: tuple[Example, ...] = ()
    source: str = field(default="", compare=False)


@dataclass(frozen=True)
class Stage:
    """A lifecycle stage. `hubspot` is the value of `lifecyclestage`; None writes nothing there."""

    key: str
    name: str
    when: Condition
    hubspot: str | None = None
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Lifecycle:
    """Stages looked at from the top: the first that holds is the contact's, else `otherwise`."""

    stages: tuple[Stage, ...]
    otherwise: str
    direction: str = "forward"
    source: str = field(default="", compare=False)


@dataclass(frozen=True)
class Enters:
    """When the contact enters the segment."""

    key: str


@dataclass(frozen=True)
class Leaves:
    """When the contact leaves the segment."""

    key: str


@dataclass(frozen=True)
class StageIs:
    """When the contact comes into the lifecycle stage."""

    key: str


@dataclass(frozen=True)
class Happens:
    """When an event of this kind comes to qualify. The condition has no window and no measure."""

    condition: EventCondition


Occasion: TypeAlias = Enters | Leaves | StageIs | Happens


@dataclass(frozen=True)
class Trigger:
    """When to enroll a contact into which workflow.

    `again` is the milliseconds after which the same contact may be enrolled anew: 0 always, None
    never. `control_percent` of the contacts are held out. `goal` has at most `within` as window.
    """

    key: str
    name: str
    on: Occasion
    workflow: str
    again: int | None = None
    consent: str | None = None
    priority: int = 0
    control_percent: Decimal = Decimal(0)
    goal: EventCondition | None = None


@dataclass(frozen=True)
class RuleBook:
    """All rules that are evaluated together. Every reference in it leads to something in it."""

    segments: Mapping[str, Segment]
    lifecycle: Lifecycle | None
    triggers: Mapping[str, Trigger]
    catalogue: Catalogue
