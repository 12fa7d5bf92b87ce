"""Which records are associated with which, kept in both directions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox.context import Context
from sandbox.happening import USER, Author, Happening

from .kinds import CATEGORY, Direction

Key = tuple[str, str]


@dataclass
class AssociationBook:
    """Associations of one portal. A key is (type id, record id); values keep their order."""

    context: Context
    _links: dict[Key, dict[Key, None]] = field(default_factory=dict)

    def link(self, direction: Direction, from_id: str, to_id: str, author: Author = USER) -> bool:
        """Associate two records, and tell both sides; say whether they weren't before."""
        start = (direction.from_kind.type_id, from_id)
        end = (direction.to_kind.type_id, to_id)
        if end in self._links.get(start, {}):
            return False
        self._links.setdefault(start, {})[end] = None
        self._links.setdefault(end, {})[start] = None
        self._tell_both(direction, (from_id, to_id), author, removed=False)
        return True

    def unlink(self, direction: Direction, from_id: str, to_id: str, author: Author = USER) -> bool:
        """Undo an association, and tell both sides; say whether there was one."""
        start = (direction.from_kind.type_id, from_id)
        end = (direction.to_kind.type_id, to_id)
        if end not in self._links.get(start, {}):
            return False
        del self._links[start][end]
        del self._links[end][start]
        self._tell_both(direction, (from_id, to_id), author, removed=True)
        return True

    def of(self, type_id: str, record_id: str, to_type_id: str) -> list[str]:
        """List the ids of the records of one kind that a record is associated with."""
        linked = self._links.get((type_id, record_id), {})
        return [id_ for kind, id_ in linked if kind == to_type_id]

    def move(self, type_id: str, old_id: str, new_id: str) -> None:
        """Give one record's associations to another, as a merge does."""
        for end in self._links.pop((type_id, old_id), {}):
            del self._links[end][type_id, old_id]
            self._links[end][type_id, new_id] = None
            self._links.setdefault((type_id, new_id), {})[end] = None

    def ends(self, type_id: str, record_id: str) -> list[Key]:
        """List all that a record is associated with."""
        return list(self._links.get((type_id, record_id), {}))

    def part(self, type_id: str, ids: tuple[str, str], ends: Iterable[Key]) -> None:
        """Give some of the first record's associations to the second, as an undone merge does."""
        first, second = ids
        for end in ends:
            if end in self._links.get((type_id, first), {}):
                del self._links[type_id, first][end]
                del self._links[end][type_id, first]
                self._links[end][type_id, second] = None
                self._links.setdefault((type_id, second), {})[end] = None

    def drop(self, type_id: str, record_id: str) -> None:
        """Forget a record's associations, as a privacy deletion does."""
        for end in self._links.pop((type_id, record_id), {}):
            del self._links[end][type_id, record_id]

    def _tell_both(
        self, direction: Direction, ids: tuple[str, str], author: Author, *, removed: bool
    ) -> None:
        for way, (from_id, to_id) in ((direction, ids), (direction.back, ids[::-1])):
            details = {
                "associationType": way.name,
                "associationTypeId": way.type_id,
                "associationCategory": CATEGORY,
                "fromObjectId": int(from_id),
                "fromObjectTypeId": way.from_kind.type_id,
                "toObjectId": int(to_id),
                "toObjectTypeId": way.to_kind.type_id,
                "associationRemoved": removed,
                "isPrimaryAssociation": False,
            }
            happening = Happening(
                "associationChange",
                way.from_kind.type_id,
                from_id,
                self.context.now(),
                author,
                details,
            )
            self.context.tell(happening)
