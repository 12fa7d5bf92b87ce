"""The kinds of behaviour that rules may speak of, read from data/events.yml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

TEXT_TYPES: Final = frozenset({"text", "url"})
NUMBER_TYPES: Final = frozenset({"number", "money", "seconds"})
OPEN_TYPE: Final = "json"  # of custom.* properties: each value's own JSON type decides

_CUSTOM = re.compile(r"custom\.[A-Za-z0-9_][A-Za-z0-9_.-]*")
_EVENTS = Path(__file__).parent / "data" / "events.yml"


@dataclass(frozen=True)
class Kind:
    """A kind of behaviour: its typed properties, and a line that completes "The contact ..."."""

    name: str
    properties: Mapping[str, str]
    line: str


@dataclass(frozen=True)
class Catalogue:
    """All kinds that the portal knows. Kinds named `custom.*` are always welcome."""

    kinds: Mapping[str, Kind]

    def knows(self, kind: str) -> bool:
        """Is it a kind of this catalogue, or a well-named kind of the portal's own?"""
        return kind in self.kinds or is_custom(kind)

    def type_of(self, kind: str, name: str) -> str | None:
        """Give the type of a kind's property; None where the kind has no such property."""
        known = self.kinds.get(kind)
        if known is None:
            return OPEN_TYPE if is_custom(kind) else None
        return known.properties.get(name)

    def line(self, kind: str) -> str:
        """Give the words that complete "The contact ..."."""
        known = self.kinds.get(kind)
        return known.line if known else f"did {kind.removeprefix('custom.').replace('_', ' ')}"


def is_custom(kind: str) -> bool:
    """Is it the name of a portal's own kind?"""
    return _CUSTOM.fullmatch(kind) is not None


def load_catalogue() -> Catalogue:
    """Read the catalogue that ships."""
    document = yaml.safe_load(_EVENTS.read_text(encoding="utf-8"))
    return Catalogue(
        {
            name: Kind(name, dict(entry["properties"]), entry["line"])
            for name, entry in document["kinds"].items()
        }
    )
