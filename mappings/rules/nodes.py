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
class TriggerExample:
    """A unit test of a trigger: what was done, and whom that enrolls when.

    `enrolls` says how many milliseconds before `now` each enrollment took place, the latest first;
    `enrolls_in` in how many the next one does by itself, with `never_enrolls` it said `never`.
    `goal_reached` is of the last enrollment; None where the example says nothing of it.
    """

    given: tuple[ExampleEvent, ...]
    contact: Mapping[str, str | ExampleDate]
    enrolls: tuple[int, ...]
    now: int | None = None
    enrolls_in: int | None = None
    never_enrolls: bool = False
    goal_reached: bool | None = None
    line: int = 0


@dataclass(frozen=True)
class Setting:
    """A value that rules mention by name, so that it can be changed without editing them.

    `kind` is duration, number, text or list. `default` and `value` are spelled as in a rule file,
    only that a text stands without quotes: `4h`, `12`, `Welcome`, `[/a*, /b*]`.
    """

    key: str
    kind: str
    default: str
    value: str
    description: str = ""
    source: str = field(default="", compare=False)


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
    description: str = ""


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
    `edits` says whom only the edit of a rule moved: `ignore` lets them be, `enroll` enrolls them.
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
    description: str = ""
    family: str = "custom"
    edits: str = "ignore"
    examples: tuple[TriggerExample, ...] = ()
    source: str = field(default="", compare=False)


@dataclass(frozen=True)
class RuleBook:
    """All rules that are evaluated together. Every reference in it leads to something in it.

    What the rules mention of `settings` stands in them already.
    """

    segments: Mapping[str, Segment]
    lifecycle: Lifecycle | None
    triggers: Mapping[str, Trigger]
    catalogue: Catalogue
    settings: Mapping[str, Setting] = field(default_factory=dict)
