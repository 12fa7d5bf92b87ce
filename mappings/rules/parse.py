"""From the text of rule files to a rule book, with every fault of every file at once."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from mappings.catalogue import Catalogue
from mappings.rules.drafts import (
    Opened,
    link,
    open_file,
    read_file,
    redrafted,
    settings_said_twice,
    unused_settings,
)
from mappings.rules.faults import Fault, RuleFaults
from mappings.rules.nodes import RuleBook


def parse(text: str, source: str, catalogue: Catalogue, beside: RuleBook | None = None) -> RuleBook:
    """Read one rule file. It may also use the rules and settings of the book `beside` it.

    Raises RuleFaults with all faults of the file. The book holds the file's own rules; `combine`
    it with the one beside it to evaluate it.
    """
    return _read([open_file(text, source, catalogue)], catalogue, beside)


def load_files(paths: Iterable[Path], catalogue: Catalogue) -> RuleBook:
    """Read several rule files as one book; references may lead from one to another.

    Raises RuleFaults with all faults of all files; OSError where a file can't be read.
    """
    return _read([_opened(path, catalogue) for path in paths], catalogue, None)


def _opened(path: Path, catalogue: Catalogue) -> Opened:
    try:
        return open_file(read_text(path), str(path), catalogue)
    except RuleFaults as refusal:
        return Opened(str(path), {}, {}, refusal.faults)


def read_text(path: Path) -> str:
    """Read the text of a rule file. Raises RuleFaults where it is none; OSError."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RuleFaults([Fault(str(path), line, "", "not UTF-8 text")]) from error


def _read(files: Sequence[Opened], catalogue: Catalogue, beside: RuleBook | None) -> RuleBook:
    own = {key: setting for opened in files for key, setting in opened.settings.items()}
    known = {**(beside.settings if beside else {}), **own}
    drafts = [read_file(opened, known, catalogue) for opened in files]
    faults = settings_said_twice(files) + unused_settings(files, files)
    return link(drafts, own, catalogue, beside, faults)


def combine(*books: RuleBook) -> RuleBook:
    """Put books together.

    Raises RuleFaults where two of them say the same key, and where a reference leads nowhere or in
    a circle.
    """
    if not books:
        raise ValueError("no book to combine")
    settings = {key: setting for book in books for key, setting in book.settings.items()}
    faults = [
        Fault(setting.source, 0, f"settings.{key}", "said twice")
        for place, book in enumerate(books)
        for key, setting in book.settings.items()
        if any(key in other.settings for other in books[:place])
    ]
    return link([redrafted(book) for book in books], settings, books[0].catalogue, None, faults)
