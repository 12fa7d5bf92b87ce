"""YAML as a tree that knows its lines. It never builds objects, and `no` and `on` stay words."""

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml

from mappings.rules.faults import Fault

_DEEPEST: Final = 200
_QUICK: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, five times as fast


@dataclass(frozen=True)
class Scalar:
    """A text as it was written; `plain` where no quotes stood around it."""

    line: int
    path: str
    text: str
    plain: bool

    @property
    def is_null(self) -> bool:
        """Was nothing written, or the word for nothing?"""
        return self.plain and self.text in {"", "~", "null", "Null", "NULL"}

    @property
    def flag(self) -> bool | None:
        """True and false as YAML 1.2 has them; None where it is neither."""
        return {"true": True, "false": False}.get(self.text.lower()) if self.plain else None


@dataclass(frozen=True)
class Listing:
    """A list."""

    line: int
    path: str
    items: list["Entry"] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """A mapping; `lines` says where each key stands."""

    line: int
    path: str
    items: dict[str, "Entry"] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


Entry: TypeAlias = Scalar | Listing | Table


class NotYaml(Exception):
    """The text is no YAML that a rule file may hold."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


def read_document(text: str, source: str) -> tuple[Entry, list[Fault]]:
    """Read one YAML document and the faults of its mappings (keys that stand twice).

    Raises NotYaml where the text can't be read at all: syntax, anchors, tags, absurd nesting.
    """
    try:
        builder = _built(text, source, _QUICK)
    except yaml.YAMLError:  # libyaml says what is wrong in other words: let the slow one say it
        try:
            builder = _built(text, source, yaml.SafeLoader)
        except yaml.YAMLError as error:
            fault = Fault(source, _line_of(error, text), "", f"not YAML: {_reason(error)}")
            raise NotYaml(fault) from error
    return builder.root, builder.faults


def _built(text: str, source: str, loader: Any) -> "_Builder":
    builder = _Builder(source)
    for event in yaml.parse(text, Loader=loader):
        builder.take(event)
    return builder


def _line_of(error: yaml.YAMLError, text: str) -> int:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return int(mark.line) + 1
    place = getattr(error, "position", 0)  # of a character that YAML doesn't take
    return text.count("\n", 0, place) + 1


def _reason(error: yaml.YAMLError) -> str:
    reason = getattr(error, "problem", None) or getattr(error, "reason", None)
    return str(reason) if reason else "it can't be read"


_NO_KEY: Final = Scalar(0, "", "", plain=True)  # none has been read for the next value


class _Builder:
    """Puts the parser's events together; keeps its own stack, so that depth costs no recursion."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.faults: list[Fault] = []
        self.root: Entry = Scalar(1, "", "", plain=True)
        self._open: list[Listing | Table] = []
        self._keys: list[Scalar] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._start_document(line)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.AliasEvent):
            self._refuse(line, "no aliases: name a segment and refer to it with `segment: key`")
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()

    def _start_document(self, line: int) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(line, "a rule file holds one document")

    def _refuse(self, line: int, message: str) -> None:
        raise NotYaml(Fault(self.source, line, self._path(), message))

    def _plain_only(self, event: yaml.NodeEvent, line: int) -> None:
        if event.anchor is not None:
            self._refuse(line, "no anchors: name a segment and refer to it with `segment: key`")
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            self._refuse(line, f"no tags: {tag}")

    def _start(self, event: yaml.CollectionStartEvent, line: int) -> None:
        self._plain_only(event, line)
        if len(self._open) >= _DEEPEST:
            self._refuse(line, f"nested more than {_DEEPEST} deep")
        if self._wants_key():
            self._refuse(line, "a key must be a word")
        line, path = self._place(line)
        opened: Listing | Table = (
            Table(line, path) if isinstance(event, yaml.MappingStartEvent) else Listing(line, path)
        )
        self._put(opened)
        self._open.append(opened)
        self._keys.append(_NO_KEY)

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        self._plain_only(event, line)
        plain = not event.style
        if self._wants_key():
            self._key(Scalar(line, self._path(), event.value, plain))
            return
        line, path = self._place(line)
        self._put(Scalar(line, path, event.value, plain))

    def _wants_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1], Table) and self._keys[-1] is _NO_KEY

    def _key(self, key: Scalar) -> None:
        table = self._open[-1]
        if isinstance(table, Table) and key.text in table.items:
            path = f"{table.path}.{key.text}" if table.path else key.text
            first = table.lines[key.text]
            message = f'the key "{key.text}" stands twice, first in line {first}'
            self.faults.append(Fault(self.source, key.line, path, message))
        self._keys[-1] = key

    def _path(self) -> str:
        return self._open[-1].path if self._open else ""

    def _place(self, line: int) -> tuple[int, str]:
        """Say where the next value stands: a value of a mapping stands where its key does."""
        if not self._open:
            return line, ""
        parent = self._open[-1]
        if isinstance(parent, Listing):
            return line, f"{parent.path}[{len(parent.items)}]"
        key = self._keys[-1]
        return key.line, f"{parent.path}.{key.text}" if parent.path else key.text

    def _put(self, entry: Entry) -> None:
        if not self._open:
            self.root = entry
            return
        parent = self._open[-1]
        if isinstance(parent, Listing):
            parent.items.append(entry)
            return
        key = self._keys[-1]
        parent.items.setdefault(key.text, entry)
        parent.lines.setdefault(key.text, key.line)
        self._keys[-1] = _NO_KEY
