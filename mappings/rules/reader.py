"""Reads entries of a rule file as the values they should be, and collects what is wrong."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from mappings.catalogue import Catalogue
from mappings.rules.document import Entry, Listing, Scalar, Table
from mappings.rules.faults import Fault, nearest
from mappings.rules.values import read_duration, read_instant, read_number

_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Reference:
    """A mention of a segment or stage. `owner` is what it stands in; None in a trigger."""

    sort: str
    key: str
    owner: tuple[str, str] | None
    fault: Fault


class Reader:
    """The reading of one file. Every method notes a fault and gives None where a value is wrong."""

    def __init__(self, source: str, catalogue: Catalogue) -> None:
        self.source = source
        self.catalogue = catalogue
        self.faults: list[Fault] = []
        self.references: list[Reference] = []
        self.declared: set[tuple[str, str]] = set()  # also what turned out to be faulty
        self.owner: tuple[str, str] | None = None

    def fault(self, entry: Entry, message: str) -> None:
        """Note what is wrong with an entry."""
        self.faults.append(Fault(self.source, entry.line, entry.path, message))

    def key_fault(self, table: Table, key: str, message: str) -> None:
        """Note what is wrong with a key of a mapping."""
        path = f"{table.path}.{key}" if table.path else key
        self.faults.append(Fault(self.source, table.lines[key], path, message))

    def refer(self, sort: str, entry: Entry) -> str | None:
        """Read a mention of a segment or stage; linking sees whether it is there."""
        key = self.text(entry)
        if key is not None:
            missing = Fault(self.source, entry.line, entry.path, f'unknown {sort} "{key}"')
            self.references.append(Reference(sort, key, self.owner, missing))
        return key

    def table(self, entry: Entry, allowed: Collection[str], what: str) -> Table | None:
        """Read a mapping that may have these keys; a key that it may not have is a fault."""
        found = self.any_table(entry, what)
        if found is not None:
            for key in found.items:
                if key not in allowed:
                    hint = nearest(key, allowed)
                    self.key_fault(found, key, f'unknown key "{key}" in {what}{hint}')
        return found

    def any_table(self, entry: Entry, what: str) -> Table | None:
        """Read a mapping with whatever keys."""
        if isinstance(entry, Table):
            return entry
        self.fault(entry, f"{what} must be a mapping")
        return None

    def require(self, table: Table, keys: Iterable[str], what: str) -> bool:
        """Note the keys that the mapping lacks; say whether it has them all."""
        lacking = [key for key in keys if key not in table.items]
        for key in lacking:
            self.fault(table, f'{what} needs "{key}"')
        return not lacking

    def maybe(
        self, table: Table, key: str, read: Callable[["Reader", Entry], _Read]
    ) -> _Read | None:
        """Read the value of a key where the mapping has it."""
        return read(self, table.items[key]) if key in table.items else None

    def items(self, entry: Entry, what: str) -> list[Entry] | None:
        """Read a list with at least one element."""
        if isinstance(entry, Listing) and entry.items:
            return entry.items
        self.fault(entry, f"{what} must be a list of at least one")
        return None

    def scalar(self, entry: Entry, what: str) -> Scalar | None:
        """Read a single value that is there. All single values of a rule are read here."""
        if isinstance(entry, Scalar) and not entry.is_null:
            return entry
        self.fault(entry, f"expected {what}")
        return None

    def text(self, entry: Entry, what: str = "a text") -> str | None:
        """Read a text that isn't empty."""
        found = self.scalar(entry, what)
        if found is not None and not found.text.strip():
            self.fault(entry, f"expected {what}")
            return None
        return found.text if found else None

    def number(self, entry: Entry) -> Decimal | None:
        """Read a decimal number, exactly."""
        found = self.scalar(entry, "a number")
        if found is None:
            return None
        value = read_number(found.text)
        if value is None:
            self.fault(entry, f'"{found.text}" is not a number')
        return value

    def whole(self, entry: Entry, least: int) -> int | None:
        """Read a whole number that is at least so much."""
        value = self.number(entry)
        if value is None:
            return None
        if value != value.to_integral_value() or value < least:
            self.fault(entry, f"expected a whole number of at least {least}")
            return None
        return int(value)

    def flag(self, entry: Entry) -> bool | None:
        """Read true or false."""
        found = self.scalar(entry, "true or false")
        if found is not None and found.flag is None:
            self.fault(entry, f'"{found.text}" is neither true nor false')
        return found.flag if found else None

    def duration(self, entry: Entry) -> int | None:
        """Read a duration as milliseconds."""
        found = self.scalar(entry, "a duration such as 45m, 3h, 30d or 2w")
        if found is None:
            return None
        length = read_duration(found.text)
        if length is None:
            self.fault(entry, f'"{found.text}" is not a duration such as 45m, 3h, 30d or 2w')
        return length

    def instant(self, entry: Entry) -> int | None:
        """Read an instant as epoch milliseconds."""
        found = self.scalar(entry, "an instant such as 2026-06-30T00:00:00Z")
        if found is None:
            return None
        at = read_instant(found.text)
        if at is None:
            self.fault(entry, f'"{found.text}" is not an instant such as 2026-06-30T00:00:00Z')
        return at

    def choice(self, entry: Entry, known: Collection[str], what: str) -> str | None:
        """Read one of the known words."""
        word = self.text(entry, what)
        if word is not None and word not in known:
            hint = nearest(word, known) or f"; known are {', '.join(sorted(known))}"
            self.fault(entry, f'unknown {what} "{word}"{hint}')
            return None
        return word
