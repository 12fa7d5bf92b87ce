"""From the text of rule files to a rule book, with every fault of every file at once."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mappings.catalogue import Catalogue
from mappings.rules.document import Entry, NotYaml, Scalar, read_document
from mappings.rules.faults import Fault, RuleFaults
from mappings.rules.links import circles, references_of, unknown_references
from mappings.rules.nodes import Lifecycle, RuleBook, Segment, Trigger
from mappings.rules.reader import Reader, Reference
from mappings.rules.sections import read_lifecycle, read_segments, read_triggers

VERSION: Final = "1"
_TOP: Final = ("version", "segments", "lifecycle", "triggers")
_DATA = Path(__file__).parent.parent / "data"


@dataclass(frozen=True)
class _Draft:
    """What one file says, before its references are followed."""

    source: str
    segments: Mapping[str, Segment]
    lifecycle: Lifecycle | None
    triggers: Mapping[str, Trigger]
    declared: Set[tuple[str, str]]
    references: Sequence[Reference]
    faults: Sequence[Fault]


def parse(text: str, source: str, catalogue: Catalogue, beside: RuleBook | None = None) -> RuleBook:
    """Read one rule file. References may also lead into the book `beside` it.

    Raises RuleFaults with all faults of the file. The book holds the file's own rules; `combine`
    it with the one beside it to evaluate it.
    """
    return _link([_draft(text, source, catalogue)], catalogue, beside)


def load_files(
    paths: Iterable[Path], catalogue: Catalogue, beside: RuleBook | None = None
) -> RuleBook:
    """Read several rule files as one book; references may lead from one to another.

    They may also lead into the book `beside` them, which stays out of what is given.

    Raises RuleFaults with all faults of all files; OSError where a file can't be read.
    """
    drafts = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            fault = Fault(str(path), 0, "", "not UTF-8 text")
            raise RuleFaults([fault]) from error
        drafts.append(_draft(text, str(path), catalogue))
    return _link(drafts, catalogue, beside)


def combine(*books: RuleBook) -> RuleBook:
    """Put books together.

    Raises RuleFaults where two of them say the same key, and where a reference leads nowhere or in
    a circle.
    """
    if not books:
        raise ValueError("no book to combine")
    return _link([_redrafted(book) for book in books], books[0].catalogue, None)


def _redrafted(book: RuleBook) -> _Draft:
    parts = book.segments, book.lifecycle, book.triggers
    return _Draft("", *parts, _declared(book), references_of(book), ())


def shipped(catalogue: Catalogue) -> RuleBook:
    """Read the rules that ship."""
    paths = [
        *sorted((_DATA / "segments").glob("*.yml")),
        _DATA / "lifecycle.yml",
        _DATA / "triggers.yml",
    ]
    return load_files(paths, catalogue)


def _draft(text: str, source: str, catalogue: Catalogue) -> _Draft:
    try:
        root, faults = read_document(text, source)
    except NotYaml as error:
        return _Draft(source, {}, None, {}, set(), (), [error.fault])
    reader = Reader(source, catalogue)
    reader.faults.extend(faults)
    sections = _sections(reader, root)
    segments = read_segments(reader, sections["segments"]) if "segments" in sections else {}
    lifecycle = read_lifecycle(reader, sections["lifecycle"]) if "lifecycle" in sections else None
    triggers = read_triggers(reader, sections["triggers"]) if "triggers" in sections else {}
    return _Draft(
        source,
        segments,
        lifecycle,
        triggers,
        reader.declared,
        reader.references,
        reader.faults,
    )


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


def _link(drafts: Sequence[_Draft], catalogue: Catalogue, beside: RuleBook | None) -> RuleBook:
    faults = [fault for draft in drafts for fault in draft.faults]
    faults += _said_twice(drafts)
    segments = {key: value for draft in drafts for key, value in draft.segments.items()}
    triggers = {key: value for draft in drafts for key, value in draft.triggers.items()}
    lifecycle = next((draft.lifecycle for draft in drafts if draft.lifecycle), None)
    references = [reference for draft in drafts for reference in draft.references]
    declared = {name for draft in drafts for name in draft.declared} | _declared(beside)
    faults += unknown_references(references, declared)
    faults += circles(
        references,
        {**(beside.segments if beside else {}), **segments},
        lifecycle or (beside.lifecycle if beside else None),
    )
    if faults:
        raise RuleFaults(faults)
    return RuleBook(segments, lifecycle, triggers, catalogue)


def _declared(book: RuleBook | None) -> set[tuple[str, str]]:
    if book is None:
        return set()
    stages = book.lifecycle.stages if book.lifecycle else ()
    return {("segment", key) for key in book.segments} | {("stage", one.key) for one in stages}


def _said_twice(drafts: Sequence[_Draft]) -> list[Fault]:
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
