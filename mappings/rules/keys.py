"""Reads mappings from keys that the author chose: segments, stages, triggers and settings."""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from mappings.rules.document import Entry, Scalar
from mappings.rules.reader import Reader

_Made = TypeVar("_Made")

_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")


def each_key(reader: Reader, entry: Entry, what: str) -> Iterator[tuple[str, Entry]]:
    """Give each key with what stands under it; a key that is none is a fault."""
    table = None if is_nothing(entry) else reader.any_table(entry, what)
    for key, below in table.items.items() if table else ():
        if _KEY.fullmatch(key) is None:
            reader.fault(below, f'"{key}" is not a key: letters, digits, _ and - only')
        yield key, below


def read_each(
    reader: Reader, entry: Entry, what: str, read: Callable[[Reader, str, Entry], _Made | None]
) -> dict[str, _Made]:
    """Read what stands under each key; what turns out to be faulty is left out."""
    made = ((key, read(reader, key, below)) for key, below in each_key(reader, entry, what))
    return {key: one for key, one in made if one is not None}


def is_nothing(entry: Entry) -> bool:
    """Was nothing written there?"""
    return isinstance(entry, Scalar) and entry.is_null


def titled(key: str) -> str:
    """Give a key in words, for what has no name of its own."""
    return key.replace("_", " ").replace("-", " ").strip().capitalize() or key
