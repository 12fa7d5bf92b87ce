"""Each portal's rule book: what ships, with what the portal has of its own."""

import hashlib
import json
import threading
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from integration.store import rules
from integration.store.rules import Recount
from mappings.catalogue import Catalogue
from mappings.rules import Files, Own, RuleBook, build_book, properties_used

MOST_KEPT = 200  # compiled books; a portal has two while its rules change
NOTHING_OWN = Own()


@dataclass(frozen=True, slots=True)
class PortalRules:
    """The rules of a portal.

    `book` is what the portal wants; while its rules change, contacts that the change hasn't
    reached stand on `before`.
    """

    book: RuleBook
    before: RuleBook
    recount: Recount

    def of(self, number: int) -> RuleBook:
        """Give the book of one of the two versions."""
        return self.before if number == self.recount.version else self.book

    @property
    def properties(self) -> frozenset[str]:
        """Give the contact properties that either book looks at."""
        return properties_used(self.book) | properties_used(self.before)


class Books:
    """Compiles the rules of portals, each state of them once.

    `files` are the rules that ship with this Segue (name, text).
    """

    def __init__(self, files: Files, catalogue: Catalogue) -> None:
        self.files = files
        self.fingerprint = fingerprint(files)
        self.catalogue = catalogue
        self._kept: dict[tuple[str, str], RuleBook] = {}
        self._lock = threading.Lock()
        self.shipped = self.compiled(files, NOTHING_OWN)

    def compiled(self, files: Files, own: Own) -> RuleBook:
        """Give the book of shipped files with a portal's own.

        Raises RuleFaults where they don't go together.
        """
        key = (fingerprint(files), rules.write_own(own))
        with self._lock:
            kept = self._kept.get(key)
        if kept is None:
            kept = build_book(files, own, self.catalogue)
            with self._lock:
                while len(self._kept) >= MOST_KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = kept
        return kept

    def of(self, connection: Connection, portal_id: int) -> PortalRules:
        """Give a portal's rules as they stand."""
        recount = rules.recount(connection, portal_id)
        if recount is None:
            nothing = Recount(0, None, -1, 0, 0, 0, None, None)
            return PortalRules(self.shipped, self.shipped, nothing)
        before = self._version(connection, portal_id, recount.version)
        if recount.target is None:
            return PortalRules(before, before, recount)
        return PortalRules(self._version(connection, portal_id, recount.target), before, recount)

    def _version(self, connection: Connection, portal_id: int, number: int) -> RuleBook:
        found = rules.version(connection, portal_id, number)
        if found is None:
            return self.shipped
        return self.compiled(self.files_of(connection, found.shipped), found.own)

    def files_of(self, connection: Connection, shipped: str) -> Files:
        """Give the files of a fingerprint: this Segue's, or those of an earlier one."""
        if shipped == self.fingerprint:
            return self.files
        return rules.files(connection, shipped) or self.files


def fingerprint(files: Files) -> str:
    """Tell one set of rule files from another."""
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()[:16]
