"""HubSpot's `propertiesWithHistory` -> the versions of properties, oldest first.

HubSpot writes them newest first and keeps a bounded number of each.
"""

from collections.abc import Mapping
from typing import Any

from mappings.model import History, Versions
from mappings.values import Unreadable, happened, id_of, text_of


def versions(said: Any) -> dict[str, Versions]:
    """Read the versions of each property. One without a readable instant is left out."""
    if said is None:
        return {}
    if not isinstance(said, Mapping):
        raise Unreadable("propertiesWithHistory: not an object")
    return {str(name): _versions(rows) for name, rows in said.items()}


def _versions(rows: Any) -> Versions:
    read = []
    for row in rows if isinstance(rows, list) else ():
        try:
            read.append((text_of(row.get("value")), happened(row.get("timestamp"))))
        except (AttributeError, Unreadable):
            continue
    # The order on the wire breaks ties: what is written first came last.
    read.reverse()
    return tuple(sorted(read, key=lambda version: version[1]))


def contact_history(said: Any) -> History:
    """Read a contact's history."""
    if not isinstance(said, Mapping):
        raise Unreadable("not an object")
    return History(id_of(said.get("id")), versions(said.get("propertiesWithHistory")))
