"""A portal's rules with rule files that aren't saved: what would be if they were."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from integration.flows.books import NOTHING_OWN
from integration.flows.rules import NoSuchPortal
from integration.flows.tools import Tools
from integration.store import portals, rules
from mappings.rules import RuleBook


@dataclass(frozen=True, slots=True)
class Unsaved:
    """The whole book, and the keys of what the unsaved files say (of all, without such files)."""

    book: RuleBook
    segments: tuple[str, ...]
    triggers: tuple[str, ...]
    has_lifecycle: bool


def unsaved(tools: Tools, portal_id: int, files: Mapping[str, str]) -> Unsaved:
    """Give a portal's book as it would be with these files (name, text) among its own.

    A file takes the place of an own one of that name. Raises NoSuchPortal; RuleFaults where the
    files don't go with the rest.
    """
    with tools.store.read() as connection:
        if portals.get(connection, portal_id) is None:
            raise NoSuchPortal
        last = rules.latest(connection, portal_id)
        shipped = tools.books.files_of(connection, last.shipped) if last else tools.books.files
    own = last.own if last else NOTHING_OWN
    book = tools.books.compiled(shipped, replace(own, files={**own.files, **files}))
    return said_by(book, files)


def said_by(book: RuleBook, sources: Mapping[str, str]) -> Unsaved:
    """Say which rules of a book come from these files; without any, all of them."""

    def is_meant(source: str) -> bool:
        return not sources or source in sources

    return Unsaved(
        book,
        tuple(key for key, one in book.segments.items() if is_meant(one.source)),
        tuple(key for key, one in book.triggers.items() if is_meant(one.source)),
        book.lifecycle is not None and is_meant(book.lifecycle.source),
    )
