"""Property values as columns: each distinct value once, and for each event which one it has."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np

from integration.decide.kernel.courses import Bools, Ints
from mappings.catalogue import NUMBER_TYPES, OPEN_TYPE
from mappings.rules.values import fold, read_number

MISSING: Final = -1


class JsonNumber(str):
    """A number of JSON by its own text, so that no digit of it is lost."""

    __slots__ = ()


Word: TypeAlias = str | bool  # a JsonNumber is a str too
Identity: TypeAlias = tuple[str, str | Decimal]


@dataclass(frozen=True)
class Column:
    """One property: `words` are its distinct values, `codes` (m,) say which, MISSING for none.

    `type` is the property's type; with OPEN_TYPE each value goes by its own.
    """

    type: str
    codes: Ints
    words: tuple[Word, ...]

    @cached_property
    def texts(self) -> tuple[str | None, ...]:
        """Give each word as a folded text; None where it is to be read as a number."""
        if self.type in NUMBER_TYPES:
            return (None,) * len(self.words)
        exact = self.type == OPEN_TYPE
        return tuple(
            None if exact and isinstance(word, JsonNumber) else fold(_spelled(word))
            for word in self.words
        )

    @cached_property
    def numbers(self) -> tuple[Decimal | None, ...]:
        """Give each word as a number; None where it is none."""
        if self.type in NUMBER_TYPES:
            return tuple(read_number(_spelled(word)) for word in self.words)
        if self.type == OPEN_TYPE:
            return tuple(
                read_number(word) if isinstance(word, JsonNumber) else None for word in self.words
            )
        return (None,) * len(self.words)

    @cached_property
    def identities(self) -> tuple[Identity | None, ...]:
        """Give each word as what makes it equal to another; None where it has no value."""
        return tuple(
            ("number", number)
            if number is not None
            else ("text", text)
            if text is not None
            else None
            for text, number in zip(self.texts, self.numbers, strict=True)
        )

    def spread(self, of_words: Sequence[bool], of_missing: bool, rows: Ints) -> Bools:
        """Give for each row what its word has, and `of_missing` where it has none."""
        if not len(of_words):
            return np.full(len(rows), of_missing)
        table = np.array([*of_words, of_missing], dtype=np.bool_)
        return table[self.codes[rows]]  # MISSING is -1: the last of the table


def encode(values: Iterable[object], column_type: str) -> Column:
    """Make a column. Null, empty text, lists and mappings are no values."""
    keys = [value if value.__class__ is str else _key(value) for value in values]
    places: dict[object, int] = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    codes = np.fromiter(map(places.__getitem__, keys), dtype=np.int64, count=len(keys))
    present = [key for key in places if key is not None and key != ""]
    renumber = np.full(len(places) + 1, MISSING, dtype=np.int64)
    renumber[[places[key] for key in present]] = np.arange(len(present))
    words = tuple(key[1] if isinstance(key, tuple) else str(key) for key in present)
    return Column(column_type, renumber[codes], words)


def _spelled(word: Word) -> str:
    return ("true" if word else "false") if isinstance(word, bool) else word


def _key(value: object) -> tuple[type, Word] | None:
    """Tell apart what Python calls equal: `true`, 1, 1.0 and "1"."""
    if isinstance(value, bool):
        return bool, value
    if isinstance(value, int | float | Decimal | JsonNumber):
        return JsonNumber, JsonNumber(value)
    return None


_DECODER: Final = json.JSONDecoder(
    parse_int=JsonNumber, parse_float=JsonNumber, parse_constant=lambda _: None
)


def decode(texts: Sequence[str | Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Read the properties of events. What is no JSON object has no properties.

    All are read in one go, which is several times faster than one by one; only where that fails
    is each read alone.
    """
    if not set(map(type, texts)) <= {str}:
        return [_one(text) for text in texts]
    try:
        together = _DECODER.decode(f"[{','.join(texts)}]")  # type: ignore[arg-type] # all are str
    except (ValueError, RecursionError):
        return [_one(text) for text in texts]
    if len(together) != len(texts) or not set(map(type, together)) <= {dict}:
        return [_one(text) for text in texts]
    found: list[Mapping[str, Any]] = together
    return found


def cut(texts: Sequence[str], name: str) -> list[str | None] | None:
    """Give one property of many texts as the store writes them, or None where that isn't safe.

    Flat JSON objects of texts, with no blanks between and no escapes, needn't be read as JSON: the
    property stands between its own name and the next quotation mark. That is four times as fast.
    """
    whole = "\n".join(texts)
    if "\\" in whole or "[" in whole or whole.count("{") != len(texts):
        return None
    mark = f'"{name}":"'
    parts = [text.partition(mark) for text in texts]
    found = [rest.partition('"')[0] if here else None for _, here, rest in parts]
    # The name as another property's value, a name twice, a value that is no text: read as JSON.
    there = len(found) - found.count(None)
    return found if whole.count(f'"{name}"') == there else None


def _one(text: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(text, str):
        return text if isinstance(text, Mapping) else {}
    try:
        found = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
