"""The leaf conditions of rules as a person would write them in SQL, for DuckDB and for SQLite.

What a rule asks of an event's property is a column here: in DuckDB a real one, typed and folded
beforehand, in SQLite what it takes out of the JSON. Only truth at one instant is asked for; when
it changes next, which the kernel gives as well, would take far more SQL.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mappings.catalogue import NUMBER_TYPES, Catalogue
from mappings.rules import (
    AllOf,
    AnyOf,
    Condition,
    EventCondition,
    InSegment,
    InStage,
    Not,
    PropertyCondition,
    RatioCondition,
    RuleBook,
)
from mappings.rules.nodes import Bound, Measure, Pattern, Sequel, Where, Window

_COMPARE: Final = {
    "at_least": ">=",
    "at_most": "<=",
    "more_than": ">",
    "less_than": "<",
    "exactly": "=",
}
_DAY: Final = 86_400_000
_MEASURES: Final = {
    "count": "count(*)",
    "total": "coalesce(sum({of}), 0)",
    "average": "avg({of})",
    "least": "min({of})",
    "greatest": "max({of})",
    "distinct": "count(DISTINCT {of})",
    "days": f'count(DISTINCT a."at" // {_DAY})',
}


class Unspoken(ValueError):
    """This condition has no SQL here."""


@dataclass(frozen=True)
class Spelling:
    """How an engine names events, its division of whole numbers, and an event's property."""

    events: str
    contacts: str
    whole: str
    of: Callable[[str, str], str]  # (alias, property) -> expression


def duckdb_column(name: str) -> str:
    """Name the column of a property."""
    return f"p_{name}"


DUCKDB: Final = Spelling(
    "events", "contacts", "//", lambda alias, name: f"{alias}.{duckdb_column(name)}"
)


def sqlite(portal_id: int) -> Spelling:
    """Spell for Segue's own tables in SQLite."""
    return Spelling(
        f"(SELECT * FROM events WHERE portal_id = {portal_id})",
        f"(SELECT contact_id FROM contacts WHERE portal_id = {portal_id} AND state = 'live')",
        "/",
        lambda alias, name: f"lower(json_extract({alias}.properties, '$.{name}'))",
    )


@dataclass(frozen=True)
class Writer:
    """Writes conditions of a book for an engine, at an instant in ms."""

    book: RuleBook
    spelling: Spelling
    now: int

    def segment(self, key: str) -> str:
        """Write the one query that finds a segment's members."""
        holds = self._holds(self.book.segments[key].when)
        return f"SELECT contact_id FROM {self.spelling.contacts} c WHERE {holds}"

    def leaf(self, leaf: Condition) -> str:
        """Write the query that finds the contacts of whom a leaf condition holds."""
        if isinstance(leaf, EventCondition):
            return self._event(leaf)
        if isinstance(leaf, RatioCondition):
            return self._ratio(leaf)
        raise Unspoken(f"{type(leaf).__name__} has no SQL here")

    def _holds(self, condition: Condition) -> str:
        if isinstance(condition, AllOf | AnyOf):
            word = " AND " if isinstance(condition, AllOf) else " OR "
            return "(" + word.join(self._holds(below) for below in condition.conditions) + ")"
        if isinstance(condition, Not):
            return f"NOT {self._holds(condition.condition)}"
        if isinstance(condition, InSegment):
            return self._holds(self.book.segments[condition.key].when)
        if isinstance(condition, InStage | PropertyCondition):
            raise Unspoken(f"{type(condition).__name__} has no SQL here")
        return f"contact_id IN ({self.leaf(condition)})"

    def _event(self, leaf: EventCondition) -> str:
        parts = [self._pattern("a", leaf.pattern), self._window("a", leaf.window)]
        if leaf.then is not None:
            parts.append(f"EXISTS ({self._sequel(leaf.then)})")
        if leaf.without is not None:
            parts.append(f"NOT EXISTS ({self._sequel(leaf.without)})")
            if leaf.without.inside is not None:
                parts.append(f'a."at" + {leaf.without.inside} <= {self.now}')
        value, guard = self._measure(leaf.measure, leaf.pattern)
        found = (
            f"SELECT a.contact_id FROM {self.spelling.events} a "
            f"WHERE {' AND '.join(filter(None, parts))} GROUP BY a.contact_id"
        )
        asked = " AND ".join(self._bound(value, bound) for bound in leaf.measure.bounds)
        if _holds_of_none(leaf.measure):
            return (
                f"SELECT contact_id FROM {self.spelling.contacts} n WHERE contact_id NOT IN "
                f"({found} HAVING NOT ({asked}))"
            )
        return f"{found} HAVING {asked}{guard}"

    def _measure(self, measure: Measure, pattern: Pattern) -> tuple[str, str]:
        of = ""
        if measure.of is not None:
            of = self.spelling.of("a", measure.of)
            if measure.name != "distinct" or _is_number(self.book.catalogue, pattern, measure.of):
                of = self._number(of)
        value = _MEASURES[measure.name].format(of=of).replace("//", self.spelling.whole)
        return value, ""

    def _number(self, value: str) -> str:
        if self.spelling is DUCKDB:
            return f"TRY_CAST({value} AS DECIMAL(18, 4))"
        return f"CAST({value} AS REAL)"

    def _ratio(self, leaf: RatioCondition) -> str:
        kinds = Pattern(tuple(dict.fromkeys((*leaf.of.kinds, *leaf.to.kinds))))
        parts = [self._pattern("a", kinds), self._window("a", leaf.window)]
        of, to = (
            f"count(CASE WHEN {self._pattern('a', side)} THEN 1 END)" for side in (leaf.of, leaf.to)
        )
        asked = " AND ".join(self._bound(of, bound, times=to) for bound in leaf.bounds)
        return (
            f"SELECT a.contact_id FROM {self.spelling.events} a "
            f"WHERE {' AND '.join(filter(None, parts))} GROUP BY a.contact_id "
            f"HAVING {to} >= {leaf.minimum} AND {asked}"
        )

    def _sequel(self, sequel: Sequel) -> str:
        parts = ["b.contact_id = a.contact_id", self._pattern("b", sequel.pattern)]
        parts += ['b."at" > a."at"', f'b."at" <= {self.now}']
        if sequel.inside is not None:
            parts.append(f'b."at" <= a."at" + {sequel.inside}')
        for name in sequel.same:
            parts.append(f"{self.spelling.of('b', name)} = {self.spelling.of('a', name)}")
        return f"SELECT 1 FROM {self.spelling.events} b WHERE {' AND '.join(parts)}"

    def _pattern(self, alias: str, pattern: Pattern) -> str:
        kinds = ", ".join(_text(kind) for kind in pattern.kinds)
        wheres = [self._where(alias, pattern, where) for where in pattern.where]
        return " AND ".join([f"{alias}.kind IN ({kinds})", *wheres])

    def _where(self, alias: str, pattern: Pattern, where: Where) -> str:
        value = self.spelling.of(alias, where.name)
        is_number = _is_number(self.book.catalogue, pattern, where.name)
        tests = [
            _test(self._number(value) if is_number else value, test.operator, test.values)
            for test in where.tests
        ]
        return " AND ".join(tests)

    def _window(self, alias: str, window: Window) -> str:
        limits = [f'{alias}."at" <= {self.now - (window.before or 0)}']
        if window.within is not None:
            limits.append(f'{alias}."at" > {self.now - window.within}')
        if window.start is not None:
            limits.append(f'{alias}."at" >= {window.start}')
        if window.end is not None:
            limits.append(f'{alias}."at" < {window.end}')
        return " AND ".join(limits)

    def _bound(self, value: str, bound: Bound, times: str = "") -> str:
        by = f" * {times}" if times else ""
        return f"{value} {_COMPARE[bound.operator]} {bound.value}{by}"


def _holds_of_none(measure: Measure) -> bool:
    """Does the measure hold of no event at all?"""
    if measure.name in {"average", "least", "greatest"}:
        return False
    holds = {
        "at_least": lambda bound: bound <= 0,
        "at_most": lambda bound: bound >= 0,
        "more_than": lambda bound: bound < 0,
        "less_than": lambda bound: bound > 0,
        "exactly": lambda bound: bound == 0,
    }
    return all(holds[bound.operator](bound.value) for bound in measure.bounds)


def _is_number(catalogue: Catalogue, pattern: Pattern, name: str) -> bool:
    types = {catalogue.type_of(kind, name) for kind in pattern.kinds} - {None}
    return bool(types) and types <= set(NUMBER_TYPES)


def _test(value: str, operator: str, values: tuple[str, ...]) -> str:
    if operator in _COMPARE:
        return f"{value} {_COMPARE[operator]} {values[0]}"
    listed = ", ".join(_text(each.lower()) for each in values)
    one = values[0].lower()
    spelled = {
        "is": f"{value} IN ({listed})",
        "in": f"{value} IN ({listed})",
        "is_not": f"({value} IS NULL OR {value} NOT IN ({listed}))",
        "not_in": f"({value} IS NULL OR {value} NOT IN ({listed}))",
        "contains": f"{value} LIKE {_text(f'%{one}%')}",
        "starts_with": f"{value} LIKE {_text(f'{one}%')}",
        "matches": "(" + " OR ".join(_glob(value, each.lower()) for each in values) + ")",
        "known": f"{value} IS {'NOT ' if one == 'true' else ''}NULL",
    }
    return spelled[operator]


def _glob(value: str, pattern: str) -> str:
    """Hold a pattern that begins with / against the path: all addresses here begin with https."""
    if pattern.startswith("/"):
        value = f"substr({value}, instr(substr({value}, 9), '/') + 8)"
    return f"{value} GLOB {_text(pattern)}"


def _text(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"
