"""Reads entries of a rule file as the values they should be, and collects what is wrong."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar

from mappings.catalogue import Catalogue
from mappings.rules.document import Entry, Listing, Scalar, Table
from mappings.rules.faults import Fault, nearest
from mappings.rules.nodes import Setting
from mappings.rules.spelling import KINDS, NAMES, entry_of, in_words, names_setting
from mappings.rules.values import read_duration, read_instant, read_number

TEXT: Final = ("text",)

_Read = TypeVar("_Read")
_BRACED: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Reference:
    """A mention of a segment or stage. `owner` is what it stands in, as its sort and key."""

    sort: str
    key: str
    owner: tuple[str, str]
    fault: Fault


class Reader:
    """The reading of one file. Every method notes a fault and gives None where a value is wrong.

    `settings` are those that may be mentioned; one that is faulty itself has None for a value.
    """

    def __init__(
        self,
        source: str,
        catalogue: Catalogue,
        settings: Mapping[str, Setting | None] | None = None,
    ) -> None:
        self.source = source
        self.catalogue = catalogue
        self.settings = settings or {}
        self.faults: list[Fault] = []
        self.references: list[Reference] = []
        self.declared: set[tuple[str, str]] = set()  # also what turned out to be faulty
        self.owner: tuple[str, str] = ("", "")
        self._plain = False

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

    @contextmanager
    def plain(self) -> Iterator[None]:
        """Let no settings be mentioned meanwhile: examples hold them to their defaults."""
        self._plain = True
        yield
        self._plain = False

    def settled(self, entry: Entry, kinds: Collection[str]) -> Entry | None:
        """Put its value in the place of a mentioned setting, which must be of one of the kinds.

        Whatever mentions no setting is given as it is.
        """
        if not names_setting(entry):
            return entry
        table = self.table(entry, ("setting",), "a mention of a setting")
        name = self.text(table.items["setting"], "a setting's name") if table else None
        if name is None:
            return None
        if self._plain:
            self.fault(entry, "an example says its values plainly, without settings")
        elif name not in self.settings:
            self.fault(entry, f'unknown setting "{name}"{nearest(name, self.settings)}')
        elif (setting := self.settings[name]) is not None:
            if setting.kind in kinds:
                return entry_of(setting, entry)
            wanted = " or ".join(KINDS[kind] for kind in kinds)
            asked = f"here belongs {wanted}" if kinds else "here no setting can stand"
            is_one = f"{NAMES[setting.kind]} ({setting.value})"
            self.fault(entry, f'the setting "{name}" is {is_one}; {asked}')
        return None

    def described(self, entry: Entry) -> str | None:
        """Read a sentence for people; settings named in braces come out with their values."""
        text = self.text(entry)
        for name in dict.fromkeys(_BRACED.findall(text or "")):
            if name not in self.settings:
                hint = nearest(name, self.settings)
                self.fault(entry, f'unknown setting "{name}" in braces{hint}')
        return _BRACED.sub(self._value_in_words, text) if text is not None else None

    def _value_in_words(self, braced: re.Match[str]) -> str:
        setting = self.settings.get(braced[1])
        return in_words(setting) if setting else braced[0]

    def items(self, entry: Entry, what: str) -> list[Entry] | None:
        """Read a list with at least one element."""
        found = self.settled(entry, ("list",))
        if isinstance(found, Listing) and found.items:
            return found.items
        if found is not None:
            self.fault(entry, f"{what} must be a list of at least one")
        return None

    def scalar(self, entry: Entry, what: str, kinds: Collection[str] = TEXT) -> Scalar | None:
        """Read a single value that is there, or a setting of one of these kinds for it.

        All single values of a rule are read here.
        """
        found = self.settled(entry, kinds)
        if isinstance(found, Scalar) and not found.is_null:
            return found
        if found is not None:
            self.fault(entry, f"expected {what}")
        return None

    def text(self, entry: Entry, what: str = "a text", kinds: Collection[str] = TEXT) -> str | None:
        """Read a text that isn't empty."""
        found = self.scalar(entry, what, kinds)
        if found is not None and not found.text.strip():
            self.fault(entry, f"expected {what}")
            return None
        return found.text if found else None

    def number(self, entry: Entry) -> Decimal | None:
        """Read a decimal number, exactly."""
        found = self.scalar(entry, "a number", ("number",))
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
        found = self.scalar(entry, "true or false", ())
        if found is not None and found.flag is None:
            self.fault(entry, f'"{found.text}" is neither true nor false')
        return found.flag if found else None

    def duration(self, entry: Entry) -> int | None:
        """Read a duration as milliseconds."""
        found = self.scalar(entry, KINDS["duration"], ("duration",))
        if found is None:
            return None
        length = read_duration(found.text)
        if length is None:
            self.fault(entry, f'"{found.text}" is not {KINDS["duration"]}')
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
