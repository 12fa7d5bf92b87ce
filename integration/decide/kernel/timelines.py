"""The timelines of contacts as columns, one set a kind of event, ordered by (contact, at)."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, pairwise, repeat
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np

from integration.decide.kernel.columns import MISSING, Column, cut, decode, encode
from integration.decide.kernel.courses import NOBODY, Bools, Ints, in_order
from integration.decide.kernel.lines import Lines

ContactId: TypeAlias = str | int
Text = TypeVar("Text", bound=Hashable)
Properties: TypeAlias = str | Mapping[str, Any]  # the text of a JSON object, or one read already

ContactProperties: TypeAlias = Mapping[str, str | None]
# An event as the store gives it: contact, id, kind, instant, properties, when it was learnt.
StoredRow: TypeAlias = tuple[int, str, str, int, str, int]


class EventRow(NamedTuple):
    """One event as it is stored. `at` is epoch milliseconds, UTC."""

    contact: ContactId
    id: str
    kind: str
    at: int
    properties: Properties


class Joined(NamedTuple):
    """All events of one contact, column by column: texts with one line an event, in one order.

    `at` and `known` (when each was learnt) are epoch milliseconds, UTC; `ids` and `known` may be
    left out where nobody asks for them.
    """

    contact: ContactId
    at: str
    kinds: str
    properties: str
    ids: str = ""
    known: str = ""

    @property
    def is_whole(self) -> bool:
        """Is each id one line? One that holds a line break can't be told from two."""
        return self.ids.count("\n") == self.kinds.count("\n")


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

    `ids` are those of the events, by row, and `known` the instants when they were learnt (epoch
    ms); empty where they were left out. Properties of events are decoded when a rule first asks
    for them, and kept.
    """

    contacts: tuple[ContactId, ...]
    kinds: Mapping[str, KindEvents]
    ids: Sequence[str] | Lines
    _properties: Sequence[Properties] | Lines
    _contact_properties: Mapping[Any, ContactProperties]
    _as_stored: bool = False  # are all properties texts, as the store writes them?
    _columns: dict[tuple[str, str], Column] = field(default_factory=dict)
    _contact_columns: dict[str, Column] = field(default_factory=dict)
    known: Ints = field(default_factory=lambda: NOBODY)

    @classmethod
    def of(
        cls,
        contacts: Sequence[ContactId],
        events: Iterable[EventRow] | Iterable[StoredRow],
        properties: Mapping[str, ContactProperties] | Mapping[int, ContactProperties],
        *,
        stored: bool = False,
    ) -> "Timelines":
        """Order events by kind, contact and instant.

        Of two events with the same id for one contact the first stands. `stored` says that the
        store gave the rows: it holds each event once, its properties as one text of flat JSON.
        Events of contacts that aren't listed are left out.
        """
        rows: Sequence[EventRow | StoredRow] = list(events)
        if not rows:
            return cls(tuple(contacts), {}, (), (), properties)
        # Column by column: `zip(*rows)` takes seven times as long on a million rows.
        ids = [row[1] for row in rows]
        contact = _indices(contacts, map(itemgetter(0), rows), len(rows))
        at = np.fromiter(map(itemgetter(3), rows), np.int64, len(rows))
        kept = np.flatnonzero(contact >= 0) if stored else _kept(contact, ids)
        parts = _by_kind(contact, at, [row[2] for row in rows], kept)
        texts = [row[4] for row in rows]
        known = np.array([row[5] for row in rows if len(row) == 6], dtype=np.int64)
        return cls(tuple(contacts), parts, ids, texts, properties, _as_stored=stored, known=known)

    @classmethod
    def of_joined(
        cls,
        contacts: Sequence[ContactId],
        joined: Sequence[Joined],
        properties: Mapping[str, ContactProperties] | Mapping[int, ContactProperties],
    ) -> "Timelines":
        """Do the same with events that come joined by contact, each event once.

        That costs a third of what a row for each event does.
        """
        if not joined:
            return cls(tuple(contacts), {}, (), (), properties)
        kinds = "\n".join(line.kinds for line in joined).split("\n")
        texts = Lines(line.properties for line in joined)
        named = bool(joined[0].known)
        ids = Lines(line.ids for line in joined) if named else ()
        known = _numbers(line.known for line in joined) if named else NOBODY
        at = _numbers(line.at for line in joined)
        owner = _indices(contacts, (line.contact for line in joined), len(joined))
        contact = np.repeat(owner, [line.kinds.count("\n") + 1 for line in joined])
        parts = _by_kind(contact, at, kinds, np.flatnonzero(contact >= 0))
        return cls(tuple(contacts), parts, ids, texts, properties, _as_stored=True, known=known)

    def where(self, kept: Mapping[str, Bools]) -> "Timelines":
        """Give the same with only these events of these kinds, and no contact properties."""
        kinds = {}
        for name, keep in kept.items():
            of = self.kind(name)
            kinds[name] = KindEvents(of.contact[keep], of.at[keep], of.row[keep])
        columns = {
            (name, key): Column(column.type, column.codes[kept[name]], column.words)
            for (name, key), column in self._columns.items()
            if name in kept
        }
        return replace(
            self, kinds=kinds, _contact_properties={}, _columns=columns, _contact_columns={}
        )

    @property
    def size(self) -> int:
        """The number of events."""
        return sum(len(events.at) for events in self.kinds.values())

    def kind(self, name: str) -> KindEvents:
        """Give the events of one kind."""
        return self.kinds.get(name, _NO_EVENTS)

    def column(self, kind: str, name: str, column_type: str) -> Column:
        """Give a property of a kind's events, in their order."""
        if (kind, name) not in self._columns:
            self.decode(kind, {name: column_type})
        return self._columns[kind, name]

    def decode(self, kind: str, types: Mapping[str, str]) -> None:
        """Decode several properties of a kind in one reading, each distinct text once."""
        wanted = {name: word for name, word in types.items() if (kind, name) not in self._columns}
        if not wanted:
            return
        distinct, which = _distinct(self._texts(self.kind(kind).row))
        for name, column_type, values in self._values(distinct, wanted):
            column = encode(values, column_type)
            self._columns[kind, name] = Column(column_type, column.codes[which], column.words)

    def _texts(self, rows: Ints) -> Sequence[Properties]:
        texts = self._properties
        if isinstance(texts, Lines):
            return texts.several(rows)
        return [texts[row] for row in rows.tolist()]

    def _values(
        self, texts: Sequence[Properties], types: Mapping[str, str]
    ) -> Iterator[tuple[str, str, Iterable[object]]]:
        decoded: Sequence[Mapping[str, Any]] | None = None
        for name, column_type in types.items():
            values: Iterable[object] | None = None
            if self._as_stored:
                values = cut([text for text in texts if isinstance(text, str)], name)
            if values is None:
                decoded = decode(texts) if decoded is None else decoded
                values = (one.get(name) for one in decoded)
            yield name, column_type, values

    def recent(self, kind: str, types: Mapping[str, str], since: int | None) -> dict[str, Column]:
        """Give properties of a kind's events, MISSING for events at `since` (epoch ms) or before.

        None means all. They aren't kept: what is asked next may look further back.
        """
        events = self.kind(kind)
        late = np.arange(len(events.at)) if since is None else np.flatnonzero(events.at > since)
        distinct, which = _distinct(self._texts(events.row[late]))
        found = {}
        for name, column_type, values in self._values(distinct, types):
            column = encode(values, column_type)
            codes = np.full(len(events.at), MISSING, dtype=np.int64)
            codes[late] = column.codes[which]
            found[name] = Column(column_type, codes, column.words)
        return found

    def contact_column(self, name: str) -> Column:
        """Give a contact property, in the order of the contacts."""
        if name not in self._contact_columns:
            of = self._contact_properties
            nothing: ContactProperties = {}
            values = (of.get(contact, nothing).get(name) for contact in self.contacts)
            self._contact_columns[name] = encode(values, "text")
        return self._contact_columns[name]


def _numbers(texts: Iterable[str]) -> Ints:
    return np.fromstring("\n".join(texts), dtype=np.int64, sep="\n")


def _indices(contacts: Sequence[ContactId], named: Iterable[ContactId], count: int) -> Ints:
    """Give each contact's place among those listed, -1 for one that isn't."""
    index = {contact: place for place, contact in enumerate(contacts)}
    return np.fromiter(map(index.get, named, repeat(-1)), np.int64, count)


def _distinct(texts: Sequence[Properties]) -> tuple[Sequence[Properties], Ints]:
    """Give each distinct text once, and which of them each is. What is read already stays as is."""
    if not set(map(type, texts)) <= {str}:
        return texts, np.arange(len(texts))
    return _numbered(texts)


def _numbered(texts: Sequence[Text]) -> tuple[list[Text], Ints]:
    """Give each distinct text once, by its first place, and which of them each is."""
    places: defaultdict[Text, int] = defaultdict(count().__next__)
    which = np.fromiter(map(places.__getitem__, texts), np.int64, len(texts))
    return list(places), which


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
    if not len(kept):
        return {}
    names, code = _numbered(kinds)
    if len(kept) < len(kinds):
        contact, at, code = contact[kept], at[kept], code[kept]
    # Rows come by contact: once they are ordered by kind as well, little is left to sort.
    by_kind = np.argsort(code.astype(np.min_scalar_type(len(names))), kind="stable")
    group = code * (int(contact.max()) + 1) + contact
    order = by_kind[in_order(group[by_kind], at[by_kind])]
    contact, at, kept, code = contact[order], at[order], kept[order], code[order]
    bounds = np.searchsorted(code, np.arange(len(names) + 1)).tolist()
    return {
        name: KindEvents(contact[start:end], at[start:end], kept[start:end])
        for name, (start, end) in zip(names, pairwise(bounds), strict=True)
        if start < end
    }
