"""Random rules over the whole language, as the mappings that stand in a rule file."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final, TypeAlias

from tests.proof.palette import NUMERIC, Palette, types_of, written

Rule: TypeAlias = dict[str, Any]

TEXTS: Final = ("a", "A", "b", "Åre", "åRE", "Straße", "STRASSE", "x y", "5", "true", "no")
URLS: Final = (
    "/pricing",
    "/pricing/x?y=1",
    "https://s.se/Pricing#top",
    "https://s.se",
    "https://s.se?next=/blog",
    "/blog/a/b",
    "a",
    "/a*b",
)
GLOBS: Final = ("/pricing*", "/*/b", "*pric*", "/", "/pricing", "*", "https://*", "*a*", "/a?b")
PIECES: Final = ("re", "Å", "y", "s", "/", "blog")
OPERANDS: Final = (0, 1, 5, 0.1, "0.3", "10", "5.0", "1e1", -2, "4611686018427387904")
SIZES: Final = (0, 1, 2, 3, 0.1, 0.3, 0.25, 5, "10.05", -2) * 2
BOUNDS: Final = (*SIZES, "4611686018427387904", "1e30")
COUNTS: Final = (0, 1, 1, 1, 2, 2, 3, 1.5)
SHARES: Final = (0, 0.25, 0.5, 0.5, 1, 1, 1.5, "0.3333333333333333333")
ORDER: Final = ("at_least", "at_most", "more_than", "less_than")
EQUALITY: Final = ("is", "is_not", "in", "not_in")
TEXTUAL: Final = ("contains", "starts_with", "matches")
WINDOW: Final = ("within", "before", "from", "to")
COUNTING: Final = ("count", "days", "distinct")
SUMMING: Final = ("total", "average", "least", "greatest")
LANDS: Final = ("SE", "no", "5", "x;y;z", "åre", "e", True, "y", "STRASSE")
DATED: Final = ("within", "before", "in_next")


class Writer:
    """Writes rules out of one palette by the throws of `chance`."""

    def __init__(self, chance: Random, palette: Palette) -> None:
        self.chance = chance
        self.palette = palette
        # Where every condition has a window, the worker reads no more than the windows hold.
        self.always_within = self._one_in(3)

    def condition(self, references: Sequence[Rule] = (), depth: int = 0) -> Rule:
        """Write any condition; `references` may stand in it too."""
        throw = self.chance.random()
        if depth < 4 and throw < (0.4 if depth else 0.3):
            return self._combination(references, depth)
        leaves: list[Callable[[], Rule]] = [self.event] * 6 + [self.ratio] * 2
        leaves += [self.property] * 2
        if references:
            leaves += [lambda: dict(self.chance.choice(references))] * 4
        return self.chance.choice(leaves)()

    def deep(self, references: Sequence[Rule]) -> Rule:
        """Write a condition that nests as deep as is allowed, 20."""
        rule = self.event()
        for _ in range(19):
            word = self.chance.choice(("all", "any", "not", "not"))
            rule = {word: rule if word == "not" else [rule, *self._seldom(references)]}
        return rule

    def _seldom(self, references: Sequence[Rule]) -> list[Rule]:
        return [dict(self.chance.choice(references))] if references and self._one_in(6) else []

    def _combination(self, references: Sequence[Rule], depth: int) -> Rule:
        word = self.chance.choice(("all", "any", "not"))
        below = [
            self.condition(references, depth + 1) for _ in range(self.chance.choice((1, 2, 2, 3)))
        ]
        return {word: below[0] if word == "not" else below}

    # Events

    def event(self, followed: bool = False) -> Rule:
        """Write an event condition; a `followed` one asks for what comes after."""
        rule = self._pattern()
        kinds = kinds_of(rule)
        rule |= self._window()
        if followed or self._one_in(3):
            words = self.chance.choice((["then"], ["without"], ["without"], ["then", "without"]))
            rule |= {word: self._sequel(kinds) for word in words}
        if not self._one_in(4):
            rule |= self._measure(kinds)
        return rule

    def ratio(self) -> Rule:
        """Write a ratio condition."""
        rule: Rule = {"ratio": {"of": self._pattern(), "to": self._pattern()}}
        rule |= self._window() | self._bounds(
            (0, 0.25, 0.5, 0.5, 1, 1, 1.5, "0.3333333333333333333")
        )
        if self._one_in(2):
            rule["minimum"] = self.chance.randrange(1, 4)
        return rule

    def _pattern(self) -> Rule:
        several = self._one_in(3)
        kinds = [self.chance.choice(self.palette.kinds) for _ in range(2 if several else 1)]
        rule: Rule = {"event": kinds if several or self._one_in(8) else kinds[0]}
        if self._one_in(5):
            names = self._some(names_of(kinds), 2)
            rule["where"] = {name: self._test(kinds, name) for name in names}
        return rule

    def _window(self) -> Rule:
        if not self._one_in(3):
            return {"within": self._length()}
        words = [word for word in WINDOW if self._one_in(3)]
        words += ["within"] if self.always_within and "within" not in words else []
        return {
            word: self._length()
            if word in {"within", "before"}
            else written(self.chance, self.chance.choice(self.palette.instants))
            for word in words
        }

    def _sequel(self, kinds: Sequence[str]) -> Rule:
        rule = self._pattern()
        if not self._one_in(3):
            rule["inside"] = self._length()
        shared = sorted({*names_of(kinds)} & {*names_of(kinds_of(rule))})
        if shared and self._one_in(2):
            rule["same"] = self._some(shared, 2)
        return rule

    def _measure(self, kinds: Sequence[str]) -> Rule:
        numeric = [
            name
            for name in names_of(kinds)
            if {types_of(kind).get(name) for kind in kinds} & {*NUMERIC, "json"}
        ]
        word = self.chance.choice(("count", *COUNTING, *(SUMMING if numeric else ())))
        measure = self._bounds(COUNTS if word in COUNTING else BOUNDS)
        if word in {"count", "days"}:
            return {word: measure}
        of = self.chance.choice(names_of(kinds) if word == "distinct" else numeric)
        return {word: {"of": of} | measure}

    def _bounds(self, numbers: Sequence[Any]) -> Rule:
        if self._one_in(4):
            return {"exactly": self.chance.choice(numbers)}
        words = self._some(ORDER, 2) if self._one_in(3) else [self.chance.choice(ORDER)]
        return {word: self.chance.choice(numbers) for word in words}

    # Values of events and of contacts

    def _test(self, kinds: Sequence[str], name: str) -> Any:
        types = {types_of(kind)[name] for kind in kinds if name in types_of(kind)}
        if "json" in types:
            return self._number_test() if self._one_in(2) else self._text_test((*TEXTS, "5"))
        if types & NUMERIC:
            return self._number_test()
        return self._text_test(URLS if "url" in types else TEXTS)

    def _text_test(self, values: Sequence[str]) -> Any:
        return self._operators(values, (*EQUALITY, *TEXTUAL, "known"))

    def _number_test(self) -> Any:
        return self._operators(OPERANDS, (*EQUALITY, *ORDER, "known"))

    def _operators(self, values: Sequence[Any], words: Sequence[str]) -> Any:
        if self._one_in(3):
            return self.chance.choice(values)
        return {word: self._operand(word, values) for word in self._some(words, 2)}

    def _operand(self, word: str, values: Sequence[Any]) -> Any:
        if word == "known":
            return self._one_in(2)
        if word in {"in", "not_in"}:
            return [self.chance.choice(values) for _ in range(self.chance.randrange(1, 4))]
        if word == "matches":
            return self.chance.choice(GLOBS)
        if word in ORDER:
            return self.chance.choice(OPERANDS)
        if word in TEXTUAL:
            return self.chance.choice((*values, *PIECES))
        return self.chance.choice(values)

    def property(self) -> Rule:
        """Write a condition on a contact property: of a text, of a number, or of a date."""
        name = self.chance.choice(("land", "land", "due", "due", "size"))
        words: Sequence[str] = (*EQUALITY, "contains", "known", *ORDER)
        if name == "due":
            words = DATED if self._one_in(2) else (*DATED, *words)
        operators = {
            word: self._length() if word in DATED else self._operand(word, LANDS)
            for word in self._some(words, 2)
        }
        return {"property": name} | operators

    # Throws

    def _one_in(self, number: int) -> bool:
        return self.chance.randrange(number) == 0

    def _length(self) -> str:
        return self.chance.choice(self.palette.lengths)

    def _some(self, words: Sequence[str], most: int) -> list[str]:
        found = [self.chance.choice(words) for _ in range(self.chance.randrange(1, most + 1))]
        return list(dict.fromkeys(found))


def kinds_of(pattern: Rule) -> list[str]:
    """Give the kinds that a pattern names."""
    kinds = pattern["event"]
    return kinds if isinstance(kinds, list) else [kinds]


def names_of(kinds: Sequence[str]) -> list[str]:
    """Give the properties that any of the kinds has."""
    return sorted({name for kind in kinds for name in types_of(kind)})


def some_document(chance: Random, palette: Palette) -> Rule:
    """Write a rule file: segments that refer to one another, mostly with a lifecycle."""
    writer = Writer(chance, palette)
    segments: dict[str, Rule] = {}
    for place in range(chance.randrange(4, 9)):
        known = [{"segment": key} for key in segments]
        segments[f"s{place}"] = {"when": writer.condition(known)}
    segments["followed"] = {"when": writer.event(followed=True)}
    known = [{"segment": key} for key in segments]
    document: Rule = {"version": 1, "segments": segments}
    if chance.randrange(8):
        number = chance.choice((1, 2, 3, 3, 4, 12))
        stages = {f"t{place}": {"when": writer.condition(known)} for place in range(number)}
        document["lifecycle"] = {"stages": stages, "otherwise": {"name": "Visitor"}}
        known += [{"stage": key} for key in stages]
    segments["last"] = {"when": writer.condition(known)}
    segments["deep"] = {"when": writer.deep(known)}
    order = list(segments)
    chance.shuffle(order)  # references lead forward and back in the file
    return document | {"segments": {key: segments[key] for key in order}}
