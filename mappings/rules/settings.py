"""Reads the settings of rule files: values with names, which rules mention instead of numbers.

settings: {NAME: {default: VALUE, description: TEXT}}
"""

from typing import Final

from mappings.rules.document import Entry, Listing, Scalar
from mappings.rules.keys import each_key
from mappings.rules.nodes import Setting
from mappings.rules.reader import Reader
from mappings.rules.spelling import KINDS, kind_of, spelled

_SETTING: Final = ("default", "description")


def read_settings(reader: Reader, entry: Entry) -> dict[str, Setting | None]:
    """Read the settings of a file; None for one that is faulty, but known all the same."""
    return {key: _setting(reader, key, below) for key, below in each_key(reader, entry, "settings")}


def _setting(reader: Reader, key: str, entry: Entry) -> Setting | None:
    table = reader.table(entry, _SETTING, "a setting")
    if table is None or not reader.require(table, ("default",), "a setting"):
        return None
    description = reader.maybe(table, "description", Reader.text) or ""
    below = table.items["default"]
    if not isinstance(below, Scalar | Listing):
        reader.fault(below, f"a default is one of: {', '.join(KINDS.values())}")
        return None
    kind = kind_of(below)
    default = spelled(kind, below)
    if default is None:
        shown = f'"{below.text}"' if isinstance(below, Scalar) else "this"
        reader.fault(below, f"{shown} is not {KINDS[kind]}")
        return None
    return Setting(key, kind, default, default, description, reader.source)
