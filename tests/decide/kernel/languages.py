"""Random rules over the whole language, and timelines that crowd the edges of their windows."""

import json
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.decide.kernel.plain_reading import PlainContact, PlainEvent, duration, instant

NOW = 1_782_777_600_000  # 2026-06-30T00:00:00Z
DURATIONS = ("45m", "4h", "1d", "2d", "7d", "2w", "30d")
INSTANTS = (
    "2026-06-01",
    "2026-06-23T00:00:00Z",
    "2026-06-29T22:00:00+02:00",
    "2026-07-02T12:00:00Z",
)
TYPES = {
    "purchase": {"order_id": "text", "amount": "money", "currency": "text", "products": "number"},
    "cart_updated": {"cart_id": "text", "amount": "money", "products": "number"},
    "email_opened": {"email": "text", "campaign": "text", "machine": "text"},
    "email_clicked": {"email": "text", "campaign": "text", "url": "url", "machine": "text"},
    "page_viewed": {"url": "url", "title": "text", "category": "text", "seconds": "seconds"},
}
KINDS = (*TYPES, "custom.wish")
TEXTS = ("a", "A", "b", "Åre", "åre", "x y", "5")
URLS = ("/pricing", "/pricing/x?y=1", "https://s.se/Pricing#top", "https://s.se", "/blog/a/b", "a")
GLOBS = ("/pricing*", "/*/b", "*pric*", "/", "/pricing", "*")
NUMBERS = ("0", "1", "5", "0.1", "0.2", "0.3", "10.05", "-2", "1e1", "5.0")
OPEN_VALUES = (5, 5.0, "5", True, "true", 0.1, "a", "A", None, "", [1], {"b": 1})
BOUNDS = (0, 1, 2, 3, 0.1, 0.3, 0.25, 5, 10.05)
MULTI = ("SE", "se;no", "NO", "", None, "5", "0.3", "x;y;z", "Åre")
DATES = (
    "2026-06-30",
    "2026-06-29T23:59:59.999Z",
    "2026-06-30T00:00:00.001Z",
    "2026-06-16",
    "2026-07-01",
    "2026-06-28",
    "2026-07-30T00:00:00+02:00",
    str(NOW + 86_400_000),
    "soon",
)
EMPTY: dict[str, Any] = {}


def bounds(numbers: tuple[float, ...] = BOUNDS) -> st.SearchStrategy[dict[str, Any]]:
    """One or two comparisons, or `exactly` alone."""
    number = st.sampled_from(numbers)
    one = st.sampled_from(["at_least", "at_most", "more_than", "less_than"])
    several = st.dictionaries(one, number, min_size=1, max_size=2)
    return several | st.builds(lambda bound: {"exactly": bound}, number)


def text_tests(values: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """A bare value or operators on a text."""
    one = st.sampled_from(values)
    glob = st.sampled_from(GLOBS)
    operators = {
        "is": one,
        "is_not": one,
        "in": st.lists(one, min_size=1, max_size=3),
        "not_in": st.lists(one, min_size=1, max_size=3),
        "contains": one,
        "starts_with": one,
        "matches": glob | st.lists(glob, min_size=1, max_size=3),
        "known": st.booleans(),
    }
    return one | _some(operators)


def number_tests() -> st.SearchStrategy[Any]:
    """A bare value or operators on a number."""
    one = st.sampled_from([0, 1, 5, 0.1, "0.3", 10])
    operators = {
        "is": one,
        "is_not": one,
        "in": st.lists(one, min_size=1, max_size=3),
        "not_in": st.lists(one, min_size=1, max_size=3),
        "at_least": one,
        "at_most": one,
        "more_than": one,
        "less_than": one,
        "known": st.booleans(),
    }
    return one | _some(operators)


def _some(operators: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    def chosen(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({name: operators[name] for name in names})

    names = st.lists(st.sampled_from(sorted(operators)), min_size=1, max_size=2, unique=True)
    return names.flatmap(chosen)


def tests_of(kinds: list[str], name: str) -> st.SearchStrategy[Any]:
    """Tests that suit a property, by its types among the kinds."""
    declared = {TYPES[kind][name] for kind in kinds if kind in TYPES and name in TYPES[kind]}
    if any(kind.startswith("custom.") for kind in kinds):
        return text_tests(("a", "5", "true")) | number_tests()
    if declared & {"money", "number", "seconds"}:
        return number_tests()
    return text_tests(URLS) if "url" in declared else text_tests(TEXTS)


def _names(kinds: list[str]) -> list[str]:
    named = {name for kind in kinds for name in TYPES.get(kind, {"n": "json", "amount": "json"})}
    return sorted(named)


@st.composite
def patterns(draw: st.DrawFn) -> dict[str, Any]:
    """`event` and sometimes `where`."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True))
    event: Any = kinds[0] if len(kinds) == 1 and draw(st.booleans()) else kinds
    pattern: dict[str, Any] = {"event": event}
    if draw(st.integers(0, 3)) == 0:
        names = draw(st.lists(st.sampled_from(_names(kinds)), min_size=1, max_size=2, unique=True))
        pattern["where"] = {name: draw(tests_of(kinds, name)) for name in names}
    return pattern


def windows() -> st.SearchStrategy[dict[str, Any]]:
    """Any part of a window."""
    return st.fixed_dictionaries(
        {},
        optional={
            "within": st.sampled_from(DURATIONS),
            "before": st.sampled_from(DURATIONS),
            "from": st.sampled_from(INSTANTS),
            "to": st.sampled_from(INSTANTS),
        },
    )


def short_windows() -> st.SearchStrategy[dict[str, Any]]:
    """Mostly the window that rules have most."""
    within = st.sampled_from(DURATIONS).map(lambda length: {"within": length})
    return st.one_of(within, within, windows())


def _kinds(pattern: dict[str, Any]) -> list[str]:
    kinds = pattern["event"]
    return kinds if isinstance(kinds, list) else [kinds]


@st.composite
def sequels(draw: st.DrawFn, kinds: list[str]) -> dict[str, Any]:
    """What follows."""
    sequel = draw(patterns())
    if draw(st.integers(0, 3)):
        sequel["inside"] = draw(st.sampled_from(DURATIONS))
    shared = sorted(set(_names(kinds)) & set(_names(_kinds(sequel))))
    if draw(st.booleans()) and shared:
        same = st.lists(st.sampled_from(shared), min_size=1, max_size=2, unique=True)
        sequel["same"] = draw(same)
    return sequel


@st.composite
def measures(draw: st.DrawFn, kinds: list[str]) -> dict[str, Any]:
    """One measure."""
    names = _names(kinds)
    numeric = [
        name
        for name in names
        if any(
            TYPES.get(kind, {name: "json"}).get(name) in {"money", "number", "seconds", "json"}
            for kind in kinds
        )
    ]
    sorts = ["count", "count", "days", "distinct"]
    sorts += ["total", "average", "least", "greatest"] if numeric else []
    sort = draw(st.sampled_from(sorts))
    counting = sort in {"count", "days", "distinct"}
    measure = draw(bounds((0, 1, 1, 2, 2, 3)) if counting else bounds())
    if sort == "distinct":
        measure = {"of": draw(st.sampled_from(names)), **measure}
    elif sort not in {"count", "days"}:
        measure = {"of": draw(st.sampled_from(numeric)), **measure}
    return {sort: measure}


@st.composite
def event_conditions(draw: st.DrawFn, followed: bool = False) -> dict[str, Any]:
    """Event conditions of every make; `followed` ones ask for what comes after."""
    rule = draw(patterns())
    kinds = _kinds(rule)
    rule.update(draw(short_windows()))
    if followed or draw(st.integers(0, 2)) == 0:
        rule[draw(st.sampled_from(["then", "without"]))] = draw(sequels(kinds))
    if not followed and draw(st.integers(0, 3)):
        rule.update(draw(measures(kinds)))
    return rule


@st.composite
def ratio_conditions(draw: st.DrawFn) -> dict[str, Any]:
    """Ratio conditions."""
    rule: dict[str, Any] = {"ratio": {"of": draw(patterns()), "to": draw(patterns())}}
    rule.update(draw(short_windows()))
    rule.update(draw(bounds((0, 0.25, 0.5, 1, 1.5))))
    if draw(st.booleans()):
        rule["minimum"] = draw(st.integers(1, 3))
    return rule


@st.composite
def property_conditions(draw: st.DrawFn) -> dict[str, Any]:
    """Conditions on contact properties, of a text and of a date."""
    if draw(st.booleans()):
        span = st.sampled_from(DURATIONS)
        return {"property": "due", **draw(_some({"within": span, "before": span, "in_next": span}))}
    one = st.sampled_from(["SE", "no", "5", "x;y;z", "åre", "e"])
    size = st.sampled_from([0, 0.3, 5])
    operators: dict[str, st.SearchStrategy[Any]] = {
        "is": one,
        "is_not": one,
        "in": st.lists(one, min_size=1, max_size=3),
        "not_in": st.lists(one, min_size=1, max_size=3),
        "contains": one,
        "known": st.booleans(),
        **dict.fromkeys(("at_least", "at_most", "more_than", "less_than"), size),
    }
    return {"property": "land", **draw(_some(operators))}


def conditions(references: tuple[dict[str, str], ...] = ()) -> st.SearchStrategy[dict[str, Any]]:
    """Conditions, combined a few levels deep; `references` may stand in them too."""
    leaves = st.one_of(
        event_conditions(),
        event_conditions(),
        event_conditions(),
        ratio_conditions(),
        property_conditions(),
        *([st.sampled_from(references).map(dict)] if references else []),
    )

    def combined(below: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        several = st.lists(below, min_size=1, max_size=3)
        return st.one_of(
            several.map(lambda all_of: {"all": all_of}),
            several.map(lambda any_of: {"any": any_of}),
            below.map(lambda other: {"not": other}),
        )

    return st.recursive(leaves, combined, max_leaves=4)


def instants_of(rule: Any) -> set[int]:
    """All durations of a rule (as milliseconds) that stand anywhere in it."""
    if isinstance(rule, dict):
        own = {
            duration(value)
            for key, value in rule.items()
            if key in {"within", "before", "inside", "in_next"} and isinstance(value, str)
        }
        return own.union(*(instants_of(value) for value in rule.values()))
    if isinstance(rule, list):
        return set().union(*(instants_of(value) for value in rule)) if rule else set()
    return set()


def changes_possible(rules: Any, contact: PlainContact) -> set[int]:
    """Every instant at which any of the rules could change for the contact."""
    lengths = {0, *instants_of(rules)}
    dates = [instant(value) for value in contact.properties.values() if value]
    moments = [event.at for event in contact.events] + [at for at in dates if at is not None]
    return {at + sign * length for at in moments for length in lengths for sign in (1, -1)}


def kinds_of(rule: Any) -> list[str]:
    """All event kinds that stand anywhere in a rule."""
    if isinstance(rule, list):
        return [kind for below in rule for kind in kinds_of(below)]
    if not isinstance(rule, dict):
        return []
    own = _kinds(rule) if "event" in rule else []
    return own + [kind for below in rule.values() for kind in kinds_of(below)]


def crowd(chance: Random, rules: Any, size: int) -> list[PlainContact]:
    """Contacts whose events crowd the edges of the rules' windows, a millisecond to each side."""
    lengths = sorted(instants_of(rules)) or [3_600_000]
    kinds = kinds_of(rules) or list(KINDS)
    return [_contact(chance, lengths, kinds) for _ in range(size)]


def _contact(chance: Random, lengths: list[int], kinds: list[str]) -> PlainContact:
    events: list[PlainEvent] = []
    for place in range(chance.randrange(12)):
        base = NOW if not events or chance.random() < 0.5 else chance.choice(events).at
        at = base + chance.choice(lengths) * chance.choice([-1, -1, -1, 0, 1])
        if chance.random() < 0.4:  # not on the edge of now, but soon to be on one
            at += chance.choice([-1, 1]) * chance.choice(lengths)
        kind = chance.choice(kinds if chance.random() < 0.9 else KINDS)
        again = bool(events) and chance.random() < 0.06
        name = events[-1].id if again else f"e{place}"
        at += chance.choice([-1, 0, 0, 1])
        events.append(PlainEvent(name, kind, at, _properties(chance, kind)))
    values = {"land": chance.choice(MULTI), "due": chance.choice(DATES)}
    return PlainContact(
        events, {name: value for name, value in values.items() if chance.random() < 0.8}
    )


def _properties(chance: Random, kind: str) -> dict[str, Any]:
    """Properties of an event: mostly there, sometimes missing, sometimes of the wrong make."""
    types = TYPES.get(kind, {"n": "json", "amount": "json"})
    return {name: _value(chance, make) for name, make in types.items() if chance.random() < 0.8}


def _value(chance: Random, make: str) -> Any:
    if make == "json":
        return chance.choice(OPEN_VALUES)
    if make in {"text", "url"}:
        return chance.choice(TEXTS if make == "text" else URLS)
    if chance.random() < 0.1:
        return chance.choice(["five", "", True, None])
    numeral = chance.choice(NUMBERS)
    return numeral if chance.random() < 0.5 else json.loads(numeral)
