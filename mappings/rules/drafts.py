"""Rule files one by one: opened, then read, then linked into one book."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final, TypeAlias

from mappings.catalogue import Catalogue
from mappings.rules.document import Entry, Listing, NotYaml, Scalar, Table, read_document
from mappings.rules.faults import Fault, RuleFaults
from mappings.rules.links import circles, references_of, unknown_references
from mappings.rules.nodes import Lifecycle, RuleBook, Segment, Setting, Trigger
from mappings.rules.reader import Reader, Reference
from mappings.rules.sections import read_lifecycle, read_segments
from mappings.rules.settings import read_settings
from mappings.rules.spelling import names_setting
from mappings.rules.triggers import read_triggers

VERSION: Final = "1"
_TOP: Final = ("version", "settings", "segments", "lifecycle", "triggers")

# By name; None where what is said of one is faulty, which is told once and not at every mention.
Settings: TypeAlias = Mapping[str, Setting | None]


@dataclass(frozen=True)
class Opened:
    """A file as a tree, with the settings that it declares."""

    source: str
    sections: Mapping[str, Entry]
    settings: Settings
    faults: Sequence[Fault]


@dataclass(frozen=True)
class Draft:
    """What one file says, before its references are followed."""

    source: str
    segments: Mapping[str, Segment]
    lifecycle: Lifecycle | None
    triggers: Mapping[str, Trigger]
    declared: Set[tuple[str, str]]
    references: Sequence[Reference]
    faults: Sequence[Fault]


def open_file(text: str, source: str, catalogue: Catalogue) -> Opened:
    """Read the text of a rule file as a tree, and its settings."""
    try:
        root, faults = read_document(text, source)
    except NotYaml as error:
        return Opened(source, {}, {}, [error.fault])
    reader = Reader(source, catalogue)
    reader.faults.extend(faults)
    sections = _sections(reader, root)
    settings = read_settings(reader, sections["settings"]) if "settings" in sections else {}
    return Opened(source, sections, settings, reader.faults)


def _sections(reader: Reader, root: Entry) -> Mapping[str, Entry]:
    if isinstance(root, Scalar) and root.is_null:
        return {}
    table = reader.table(root, _TOP, "a rule file")
    if table is None:
        return {}
    version = table.items.get("version")
    if version is not None:
        number = reader.text(version, "a version")
        if number not in {None, VERSION}:
            reader.fault(version, f'unknown version "{number}"; this is version {VERSION}')
    return table.items


def read_file(opened: Opened, settings: Settings, catalogue: Catalogue) -> Draft:
    """Read what a file says; it may mention these settings."""
    reader = Reader(opened.source, catalogue, settings)
    below = opened.sections
    segments = read_segments(reader, below["segments"]) if "segments" in below else {}
    lifecycle = read_lifecycle(reader, below["lifecycle"]) if "lifecycle" in below else None
    triggers = read_triggers(reader, below["triggers"]) if "triggers" in below else {}
    return Draft(
        opened.source,
        segments,
        lifecycle,
        triggers,
        reader.declared,
        reader.references,
        [*opened.faults, *reader.faults],
    )


def settings_said_twice(files: Iterable[Opened]) -> list[Fault]:
    """Give a fault for each setting that another of the files declares as well."""
    faults = []
    first: dict[str, str] = {}
    for opened in files:
        for key in opened.settings:
            if key in first:
                faults.append(_of_setting(opened, key, f"said twice, also in {first[key]}"))
            first.setdefault(key, opened.source)
    return faults


def unused_settings(files: Sequence[Opened], among: Iterable[Opened]) -> list[Fault]:
    """Give a fault for each setting of the files that no rule `among` these mentions."""
    used: set[str] = set()
    for opened in among:
        for name, section in opened.sections.items():
            if name != "settings":
                used |= _mentioned(section)
    return [
        _of_setting(opened, key, "no rule uses this setting")
        for opened in files
        for key, setting in opened.settings.items()
        if key not in used and setting is not None
    ]


def _mentioned(entry: Entry) -> set[str]:
    """Give the settings that are mentioned anywhere in it."""
    if isinstance(entry, Scalar):
        return set()
    below = entry.items if isinstance(entry, Listing) else list(entry.items.values())
    found = {name for each in below for name in _mentioned(each)}
    named = entry.items["setting"] if names_setting(entry) else None
    return found | {named.text} if isinstance(named, Scalar) else found


def _of_setting(opened: Opened, key: str, message: str) -> Fault:
    table = opened.sections["settings"]
    line = table.lines[key] if isinstance(table, Table) else 0
    return Fault(opened.source, line, f"settings.{key}", message)


def redrafted(book: RuleBook) -> Draft:
    """Give a book that was read before as a draft."""
    parts = book.segments, book.lifecycle, book.triggers
    return Draft("", *parts, declared_in(book), references_of(book), ())


def declared_in(book: RuleBook | None) -> set[tuple[str, str]]:
    """Give the segments and stages of a book, as their sorts and keys."""
    if book is None:
        return set()
    stages = book.lifecycle.stages if book.lifecycle else ()
    return {("segment", key) for key in book.segments} | {("stage", one.key) for one in stages}


def link(
    drafts: Sequence[Draft],
    settings: Settings,
    catalogue: Catalogue,
    beside: RuleBook | None = None,
    faults: Sequence[Fault] = (),
) -> RuleBook:
    """Make one book of drafts. Raises RuleFaults with the faults given and all there are."""
    found = [*faults, *(fault for draft in drafts for fault in draft.faults)]
    found += _said_twice(drafts)
    segments = {key: value for draft in drafts for key, value in draft.segments.items()}
    triggers = {key: value for draft in drafts for key, value in draft.triggers.items()}
    lifecycle = next((draft.lifecycle for draft in drafts if draft.lifecycle), None)
    references = [reference for draft in drafts for reference in draft.references]
    declared = {name for draft in drafts for name in draft.declared} | declared_in(beside)
    found += unknown_references(references, declared)
    found += circles(
        references,
        {**(beside.segments if beside else {}), **segments},
        lifecycle or (beside.lifecycle if beside else None),
    )
    if found:
        raise RuleFaults(found)
    known = {key: setting for key, setting in settings.items() if setting is not None}
    return RuleBook(segments, lifecycle, triggers, catalogue, known)


def _said_twice(drafts: Sequence[Draft]) -> list[Fault]:
    faults = []
    first: dict[tuple[str, str], str] = {}
    for draft in drafts:
        named = [("segments", key) for key in draft.segments]
        named += [("triggers", key) for key in draft.triggers]
        named += [("lifecycle", "")] if draft.lifecycle else []
        for section, key in named:
            path = f"{section}.{key}".rstrip(".")
            if (section, key) in first:
                where = first[section, key]
                also = f"said twice, also in {where}" if where else "said twice"
                faults.append(Fault(draft.source, 0, path, also))
            first.setdefault((section, key), draft.source)
    return faults
