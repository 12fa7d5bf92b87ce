"""The timelines of contacts as columns, one set a kind of event, ordered by (contact, at)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from integration.decide.kernel.columns import Column, decode, encode
from integration.decide.kernel.courses import NOBODY, Ints

ContactId: TypeAlias = str | int
Properties: TypeAlias = str | Mapping[str, Any]  # the text of a JSON object, or one read already

ContactProperties: TypeAlias = Mapping[str, str | None]


class EventRow(NamedTuple):
    """One event as it is stored. `at` is epoch milliseconds, UTC."""

    contact: ContactId
    id: str
    kind: str
    at: int
    properties: Properties


@dataclass(frozen=True)
class KindEvents:
    """All events of one kind, (m,) each: contact index, instant, position among all rows read."""

    contact: Ints
    at: Ints
    row: Ints


_NO_EVENTS = KindEvents(NOBODY, NOBODY, NOBODY)


@dataclass(frozen=True)
class Timelines:
    """What some contacts did, and their properties. A contact is known by its index throughout.

    Properties of events are decoded when a rule first asks for them, and kept.
    """

    contacts: tuple[ContactId, ...]
    kinds: Mapping[str, KindEvents]
    ids: Sequence[str]
    _properties: Sequence[Properties]
    _contact_properties: Mapping[Any, ContactProperties]
    _columns: dict[tuple[str, str], Column] = field(default_factory=dict)
    _contact_columns: dict[str, Column] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        contacts: Sequence[ContactId],
        events: Iterable[EventRow],
        properties: Mapping[str, ContactProperties] | Mapping[int, ContactProperties],
    ) -> "Timelines":
        """Order events by kind, contact and instant.

        Of two events with the same id for one contact the first stands. Events of contacts that
        aren't listed are left out. Rows that come ordered by (contact, at) cost the least.
        """
        rows = list(events)
        index = {contact: place for place, contact in enumerate(contacts)}
        if not rows:
            return cls(tuple(contacts), {}, (), (), properties)
        # Column by column: `zip(*rows)` takes seven times as long on a million rows.
        of_contact = (row.contact for row in rows)
        ids = [row.id for row in rows]
        contact = np.fromiter(map(index.get, of_contact, repeat(-1)), np.int64, len(rows))
        at = np.fromiter((row.at for row in rows), np.int64, len(rows))
        parts = _by_kind(contact, at, [row.kind for row in rows], _kept(contact, ids))
        return cls(tuple(contacts), parts, ids, [row.properties for row in rows], properties)

    def kind(self, name: str) -> KindEvents:
        """Give the events of one kind."""
        return self.kinds.get(name, _NO_EVENTS)

    def column(self, kind: str, name: str, column_type: str) -> Column:
        """Give a property of a kind's events, in their order."""
        if (kind, name) not in self._columns:
            self.decode(kind, {name: column_type})
        return self._columns[kind, name]

    def decode(self, kind: str, types: Mapping[str, str]) -> None:
        """Decode several properties of a kind in one reading."""
        wanted = {name: word for name, word in types.items() if (kind, name) not in self._columns}
        if not wanted:
            return
        texts = self._properties
        decoded = decode([texts[row] for row in self.kind(kind).row.tolist()])
        for name, column_type in wanted.items():
            self._columns[kind, name] = encode((one.get(name) for one in decoded), column_type)

    def contact_column(self, name: str) -> Column:
        """Give a contact property, in the order of the contacts."""
        if name not in self._contact_columns:
            of = self._contact_properties
            nothing: ContactProperties = {}
            values = (of.get(contact, nothing).get(name) for contact in self.contacts)
            self._contact_columns[name] = encode(values, "text")
        return self._contact_columns[name]


def _kept(contact: Ints, ids: Sequence[str]) -> Ints:
    """Give the rows that stand: of listed contacts, and the first of each (contact, id)."""
    listed = contact >= 0
    if len(set(ids)) < len(ids):
        first: dict[tuple[int, str], int] = {}
        for row, name in enumerate(zip(contact.tolist(), ids, strict=True)):
            first.setdefault(name, row)
        standing = np.zeros(len(ids), dtype=np.bool_)
        standing[list(first.values())] = True
        listed &= standing
    return np.flatnonzero(listed)


def _by_kind(contact: Ints, at: Ints, kinds: Sequence[str], kept: Ints) -> dict[str, KindEvents]:
    names = {name: place for place, name in enumerate(dict.fromkeys(kinds))}
    small = np.int16 if len(names) < 2**15 else np.int64  # numpy sorts 16 bits by radix
    code = np.fromiter(map(names.__getitem__, kinds), small, len(kinds))[kept]
    contact, at = contact[kept], at[kept]
    same = contact[1:] == contact[:-1]
    if not bool(np.all((contact[1:] > contact[:-1]) | (same & (at[1:] >= at[:-1])))):
        order = np.lexsort((at, contact))
        contact, at, code, kept = contact[order], at[order], code[order], kept[order]
    order = np.argsort(code, kind="stable")
    bounds = np.searchsorted(code[order], np.arange(len(names) + 1))
    parts = {}
    for name, place in names.items():
        rows = order[bounds[place] : bounds[place + 1]]
        if len(rows):
            parts[name] = KindEvents(contact[rows], at[rows], kept[rows])
    return parts
