"""The segment language read plainly: one contact, one rule, one instant at a time.

Written from the language's description alone, and from the rule as it stands in the file (a
mapping), not from what the parser makes of it. The kernel is held against it. It only keeps what
it has read once: which events of a contact fit a pattern at all, and what a text means as a number.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache, cached_property
from typing import Any

UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000}
DAY = UNITS["d"]
LAST = 253_402_300_799_999  # the end of the year 9999: what changes later counts as never changing
NUMERIC = {"number", "money", "seconds"}


@dataclass(frozen=True, eq=False)
class PlainEvent:
    """One event of the contact. `at` is epoch milliseconds."""

    id: str
    kind: str
    at: int
    properties: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class PlainContact:
    """All there is of one contact."""

    events: Sequence[PlainEvent]
    properties: Mapping[str, str | None]

    def timeline(self) -> list[PlainEvent]:
        """Two events with the same id are one event; the first that was read stands."""
        return self._timeline

    @cached_property
    def _timeline(self) -> list[PlainEvent]:
        first: dict[str, PlainEvent] = {}
        for event in self.events:
            first.setdefault(event.id, event)
        return list(first.values())


@dataclass
class PlainReader:
    """Reads rules. `types` gives the catalogue's property types, kind by kind."""

    types: Mapping[str, Mapping[str, str]]
    segments: Mapping[str, Any] = field(default_factory=dict)
    stages: Mapping[str, Any] = field(default_factory=dict)
    # What was read before. `rules` keeps them alive, so that an id stays one rule's own.
    rules: dict[int, Any] = field(default_factory=dict)
    fitting: dict[tuple[int, PlainEvent], bool] = field(default_factory=dict)
    following: dict[tuple[int, PlainEvent, PlainEvent], bool] = field(default_factory=dict)
    values: dict[tuple[PlainEvent, str], Fraction | str | None] = field(default_factory=dict)
    members: dict[tuple[str, PlainContact, int], bool] = field(default_factory=dict)

    def holds(self, rule: Mapping[str, Any], contact: PlainContact, now: int) -> bool:
        """Is the condition true of the contact at that instant?"""
        if "all" in rule:
            return all(self.holds(below, contact, now) for below in rule["all"])
        if "any" in rule:
            return any(self.holds(below, contact, now) for below in rule["any"])
        if "not" in rule:
            return not self.holds(rule["not"], contact, now)
        if "segment" in rule:
            return self.is_member(rule["segment"], contact, now)
        if "stage" in rule:
            return bool(self.stage(contact, now) == rule["stage"])
        if "property" in rule:
            return property_holds(rule, contact, now)
        existing = [event for event in contact.timeline() if event.at <= now]
        if "ratio" in rule:
            return self.ratio_holds(rule, existing, now)
        return self.event_holds(rule, existing, now)

    def is_member(self, key: str, contact: PlainContact, now: int) -> bool:
        """Is the contact in the segment?"""
        place = key, contact, now
        if place not in self.members:
            self.members[place] = self.holds(self.segments[key], contact, now)
        return self.members[place]

    def stage(self, contact: PlainContact, now: int) -> str | None:
        """The first stage that holds."""
        for key, when in self.stages.items():
            if self.holds(when, contact, now):
                return key
        return None

    def change(self, answer: Callable[[int], Any], instants: Iterable[int], now: int) -> int | None:
        """The first instant after now at which the answer is another, looked for at all of these.

        Each is looked at a millisecond before as well: there, nothing may have changed yet.
        """
        old = answer(now)
        for instant in sorted({at for at in instants if now < at <= LAST}):
            if instant - 1 > now and answer(instant - 1) != old:
                return instant - 1
            if answer(instant) != old:
                return instant
        return None

    # Event conditions

    def event_holds(self, rule: Mapping[str, Any], existing: list[PlainEvent], now: int) -> bool:
        qualifying = [
            event
            for event in self.matching(rule, existing)
            if in_window(event.at, rule, now) and self.sequels_hold(rule, event, existing, now)
        ]
        return self.measure_holds(rule, qualifying)

    def matching(self, pattern: Mapping[str, Any], existing: list[PlainEvent]) -> list[PlainEvent]:
        self.rules.setdefault(id(pattern), pattern)
        return [event for event in existing if self.fits(pattern, event)]

    def fits(self, pattern: Mapping[str, Any], event: PlainEvent) -> bool:
        place = id(pattern), event
        if place not in self.fitting:
            kinds = pattern["event"] if isinstance(pattern["event"], list) else [pattern["event"]]
            where = pattern.get("where", {})
            self.fitting[place] = event.kind in kinds and all(
                self.where_holds(event, name, tests) for name, tests in where.items()
            )
        return self.fitting[place]

    def sequels_hold(
        self, rule: Mapping[str, Any], a: PlainEvent, existing: list[PlainEvent], now: int
    ) -> bool:
        if "then" in rule and not self.is_followed(rule["then"], a, existing):
            return False
        if "without" not in rule:
            return True
        without = rule["without"]
        if self.is_followed(without, a, existing):
            return False
        return "inside" not in without or a.at + duration(without["inside"]) <= now

    def is_followed(
        self, sequel: Mapping[str, Any], a: PlainEvent, existing: list[PlainEvent]
    ) -> bool:
        return any(self.follows(sequel, a, b) for b in self.matching(sequel, existing))

    def follows(self, sequel: Mapping[str, Any], a: PlainEvent, b: PlainEvent) -> bool:
        place = id(sequel), a, b
        if place not in self.following:
            self.following[place] = (
                a.at < b.at
                and ("inside" not in sequel or b.at <= a.at + duration(sequel["inside"]))
                and all(self.alike(a, b, name) for name in sequel.get("same", []))
            )
        return self.following[place]

    def alike(self, a: PlainEvent, b: PlainEvent, name: str) -> bool:
        left, right = self.value(a, name), self.value(b, name)
        return left is not None and left == right

    def measure_holds(self, rule: Mapping[str, Any], qualifying: list[PlainEvent]) -> bool:
        for name in ("count", "days", "distinct", "total", "average", "least", "greatest"):
            if name in rule:
                break
        else:
            return len(qualifying) >= 1
        measure = rule[name]
        if name == "count":
            return within(Fraction(len(qualifying)), measure)
        if name == "days":
            return within(Fraction(len({event.at // DAY for event in qualifying})), measure)
        values = [self.value(event, measure["of"]) for event in qualifying]
        if name == "distinct":
            return within(Fraction(len({value for value in values if value is not None})), measure)
        numbers = [value for value in values if isinstance(value, Fraction)]
        if name == "total":
            return within(sum(numbers, Fraction(0)), measure)
        if not numbers:
            return False
        reduced = {
            "average": lambda: sum(numbers, Fraction(0)) / len(numbers),
            "least": lambda: min(numbers),
            "greatest": lambda: max(numbers),
        }
        return within(reduced[name](), measure)

    def ratio_holds(self, rule: Mapping[str, Any], existing: list[PlainEvent], now: int) -> bool:
        of, to = (
            sum(
                in_window(event.at, rule, now)
                for event in self.matching(rule["ratio"][side], existing)
            )
            for side in ("of", "to")
        )
        return to >= rule.get("minimum", 1) and within(Fraction(of, to), rule)

    # Values of events

    def value(self, event: PlainEvent, name: str) -> Fraction | str | None:
        """A value as it compares: a number, or a folded text; None where there is none."""
        if (event, name) not in self.values:
            self.values[event, name] = self.read(event, name)
        return self.values[event, name]

    def read(self, event: PlainEvent, name: str) -> Fraction | str | None:
        raw = event.properties.get(name)
        declared = "json" if event.kind.startswith("custom.") else self.types[event.kind].get(name)
        if raw is None or raw == "" or isinstance(raw, list | dict) or declared is None:
            return None
        if declared in NUMERIC:
            return None if isinstance(raw, bool) else number(raw)
        if declared == "json" and not isinstance(raw, str | bool):
            return number(raw)
        if isinstance(raw, bool):
            return "true" if raw else "false"
        return str(raw).casefold()

    def where_holds(self, event: PlainEvent, name: str, tests: Any) -> bool:
        if not isinstance(tests, dict):
            tests = {"is": tests}
        raw = event.properties.get(name)
        declared = event.kind.startswith("custom.") or name in self.types[event.kind]
        missing = raw is None or raw == "" or isinstance(raw, list | dict) or not declared
        value = self.value(event, name)
        return all(
            missing_holds(operator, operand) if missing else present_holds(operator, operand, value)
            for operator, operand in tests.items()
        )


def missing_holds(operator: str, operand: Any) -> bool:
    return operator in {"is_not", "not_in"} or (operator == "known" and operand is False)


def present_holds(operator: str, operand: Any, value: Fraction | str | None) -> bool:
    if operator == "known":
        return operand is True
    if value is None:  # something is there, but no number where one is asked for
        return False
    if isinstance(value, Fraction):
        return number_holds(operator, operand, value)
    wanted = [str(one).casefold() for one in (operand if isinstance(operand, list) else [operand])]
    tests: dict[str, Callable[[], bool]] = {
        "is": lambda: value in wanted,
        "in": lambda: value in wanted,
        "is_not": lambda: value not in wanted,
        "not_in": lambda: value not in wanted,
        "contains": lambda: wanted[0] in value,
        "starts_with": lambda: value.startswith(wanted[0]),
        "matches": lambda: any(globbed(pattern, value) for pattern in wanted),
    }
    return tests.get(operator, lambda: False)()


def number_holds(operator: str, operand: Any, value: Fraction) -> bool:
    wanted = [number(one) for one in (operand if isinstance(operand, list) else [operand])]
    if operator in {"is", "in"}:
        return value in wanted
    if operator in {"is_not", "not_in"}:
        return value not in wanted
    if operator in {"contains", "starts_with", "matches"}:
        return False
    return within(value, {operator: operand})


def globbed(pattern: str, text: str) -> bool:
    """A star stands for any text. A pattern of a path is held against the path of an address."""
    if pattern.startswith("/"):
        if "://" in text:
            rest = text.split("://", 1)[1]
            cut = min((rest.index(mark) for mark in "/?#" if mark in rest), default=len(rest))
            text = rest[cut:]
        for mark in "?#":
            text = text.split(mark, 1)[0]
        text = text or "/"
    fits = [True] + [False] * len(text)
    for sign in pattern:
        if sign == "*":
            for place in range(1, len(fits)):
                fits[place] = fits[place] or fits[place - 1]
        else:
            fits = [False] + [fits[place] and text[place] == sign for place in range(len(text))]
    return fits[-1]


# Contact properties


def property_holds(rule: Mapping[str, Any], contact: PlainContact, now: int) -> bool:
    value = contact.properties.get(rule["property"])
    operators = {operator: operand for operator, operand in rule.items() if operator != "property"}
    if value is None or value == "":
        return all(missing_holds(operator, operand) for operator, operand in operators.items())
    return all(
        property_test(operator, operand, value, now) for operator, operand in operators.items()
    )


def property_test(operator: str, operand: Any, value: str, now: int) -> bool:
    if operator == "known":
        return operand is True
    if operator in {"within", "before", "in_next"}:
        moment = instant(value)
        length = duration(operand)
        return (
            moment is not None
            and {
                "within": now - length < moment <= now,
                "before": moment <= now - length,
                "in_next": now < moment <= now + length,
            }[operator]
        )
    if operator in {"at_least", "at_most", "more_than", "less_than"}:
        read = number(value)
        return read is not None and within(read, {operator: operand})
    folded = [part.casefold() for part in [value, *value.split(";")]]
    wanted = [str(one).casefold() for one in (operand if isinstance(operand, list) else [operand])]
    if operator == "contains":
        return any(wanted[0] in part for part in folded)
    equal = any(part in wanted for part in folded)
    return equal if operator in {"is", "in"} else not equal


# Time and numbers


def in_window(at: int, rule: Mapping[str, Any], now: int) -> bool:
    if "within" in rule and not now - duration(rule["within"]) < at:
        return False
    if "before" in rule and not at <= now - duration(rule["before"]):
        return False
    if "from" in rule and not at >= (instant(rule["from"]) or 0):
        return False
    return not ("to" in rule and not at < (instant(rule["to"]) or 0))


@cache
def duration(text: str) -> int:
    return int(text[:-1]) * UNITS[text[-1]]


@cache
def instant(text: str) -> int | None:
    if text.lstrip("-").isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = int(
        (moment.replace(microsecond=0) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    )
    return seconds * 1000 + moment.microsecond // 1000


def number(raw: Any) -> Fraction | None:
    return numeral(str(raw).strip())


@cache
def numeral(text: str) -> Fraction | None:
    """A plain decimal of at most 60 characters."""
    if len(text) > 60 or not set(text) <= set("0123456789+-.eE"):
        return None
    try:
        return Fraction(Decimal(text))
    except InvalidOperation:
        return None


def within(value: Fraction, bounds: Mapping[str, Any]) -> bool:
    return all(
        meets(operator, value, numeral(str(bound)) or Fraction(0))
        for operator, bound in bounds.items()
        if operator in {"at_least", "at_most", "more_than", "less_than", "exactly"}
    )


def meets(operator: str, value: Fraction, bound: Fraction) -> bool:
    if operator == "at_least":
        return value >= bound
    if operator == "at_most":
        return value <= bound
    if operator == "more_than":
        return value > bound
    if operator == "less_than":
        return value < bound
    return value == bound
