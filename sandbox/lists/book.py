"""The lists of one portal and who is on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sandbox import facts
from sandbox.clock import to_wire
from sandbox.context import Context
from sandbox.errors import ApiError, invalid
from sandbox.happening import USER, Happening
from sandbox.objects import types

PROCESSING_TYPES = ("MANUAL", "SNAPSHOT", "DYNAMIC")


@dataclass(frozen=True)
class Membership:
    """Since when a record is on a list: for the first time, and this time."""

    first_added_at: datetime
    last_added_at: datetime


@dataclass
class CrmList:
    """A list; `members` holds record ids in the order in which they joined."""

    id: str
    name: str
    type_id: str
    processing_type: str
    created_at: datetime
    updated_at: datetime
    version: int = 1
    filter_branch: Mapping[str, object] | None = None
    deleted_at: datetime | None = None
    members: dict[str, Membership] = field(default_factory=dict)
    was_added_at: dict[str, datetime] = field(default_factory=dict)
    edits: list[datetime] = field(default_factory=list)

    def to_json(self, size: int) -> dict[str, object]:
        """Write the list as the lists API does."""
        body: dict[str, object] = {
            "listId": self.id,
            "listVersion": self.version,
            "name": self.name,
            "objectTypeId": self.type_id,
            "processingType": self.processing_type,
            "processingStatus": "COMPLETE",
            "createdAt": to_wire(self.created_at),
            "updatedAt": to_wire(self.updated_at),
            "filtersUpdatedAt": to_wire(self.created_at),
            "createdById": str(facts.USER_ID),
            "updatedById": str(facts.USER_ID),
            "size": size,
        }
        if self.deleted_at:
            body["deletedAt"] = to_wire(self.deleted_at)
        return body


@dataclass
class ListBook:
    """All lists, deleted ones among them.

    `exists` tells whether a live record of a type has an id; `on_added` hears of every record
    that joins a list, so that workflows can react.
    """

    context: Context
    exists: Callable[[str, str], bool]
    on_added: Callable[[str, list[str]], None]
    lists: dict[str, CrmList] = field(default_factory=dict)
    next_id: int = facts.FIRST_LIST_ID

    def create(
        self,
        name: str,
        processing_type: str = "MANUAL",
        type_id: str = types.CONTACT.type_id,
        filter_branch: Mapping[str, object] | None = None,
    ) -> CrmList:
        """Create a list; raise the 400 for a name that is taken or a type that isn't one."""
        if processing_type not in PROCESSING_TYPES:
            raise invalid(f"{processing_type} is not a processing type")
        if processing_type == "DYNAMIC" and filter_branch is None:
            raise invalid("A DYNAMIC list needs a filterBranch", "ILS.MISSING_FILTERS")
        check_filters(filter_branch)
        types.find(type_id)
        self._check_name(name, type_id)
        now = self.context.now()
        made = CrmList(str(self.next_id), name, type_id, processing_type, now, now)
        made.filter_branch = filter_branch
        self.next_id += 1
        self.lists[made.id] = made
        return made

    def find(self, list_id: str) -> CrmList | None:
        """Find a list that isn't deleted."""
        known = self.lists.get(list_id)
        return known if known and known.deleted_at is None else None

    def get(self, list_id: str) -> CrmList:
        """Find a list that isn't deleted; raise the 404 otherwise."""
        known = self.find(list_id)
        if known is None:
            raise unknown(list_id)
        return known

    def by_name(self, type_id: str, name: str) -> CrmList | None:
        """Find a live list by name; capitals make no difference."""
        wanted = name.casefold()
        live = (k for k in self.lists.values() if k.deleted_at is None and k.type_id == type_id)
        return next((known for known in live if known.name.casefold() == wanted), None)

    def rename(self, list_id: str, name: str) -> CrmList:
        """Give a list another name."""
        known = self.get(list_id)
        if known.name.casefold() != name.casefold():
            self._check_name(name, known.type_id)
        known.name = name
        self._edited(known)
        return known

    def set_filters(self, list_id: str, filter_branch: Mapping[str, object]) -> CrmList:
        """Replace the filters of an active list."""
        known = self.get(list_id)
        if known.processing_type != "DYNAMIC":
            raise invalid("Only DYNAMIC lists have filters to update", "ILS.NOT_DYNAMIC")
        check_filters(filter_branch)
        known.filter_branch = filter_branch
        self._edited(known)
        return known

    def delete(self, list_id: str) -> None:
        """Delete a list; it can come back for 90 days."""
        self.get(list_id).deleted_at = self.context.now()

    def restore(self, list_id: str) -> None:
        """Bring a deleted list back; raise the 404 after 90 days, the 400 for a taken name."""
        known = self.lists.get(list_id)
        if known is None:
            raise unknown(list_id)
        if known.deleted_at is None:
            return
        if self.context.now() - known.deleted_at > facts.RESTORABLE:
            raise unknown(list_id)
        self._check_name(known.name, known.type_id)
        known.deleted_at = None

    def add(self, list_id: str, record_ids: Iterable[str]) -> tuple[list[str], list[str]]:
        """Add records; return the ids that were added and those that don't exist."""
        known = self._writable(list_id)
        now = self.context.now()
        added: list[str] = []
        missing: list[str] = []
        for record_id in dict.fromkeys(record_ids):
            if not self.exists(known.type_id, record_id):
                missing.append(record_id)
            elif record_id not in known.members:
                first = known.was_added_at.setdefault(record_id, now)
                known.members[record_id] = Membership(first, now)
                added.append(record_id)
        self._tell(known, added, is_member=True)
        if added:
            known.edits.append(now)
            self.on_added(list_id, added)
        return added, missing

    def remove(self, list_id: str, record_ids: Iterable[str]) -> tuple[list[str], list[str]]:
        """Take records off; return the ids that were taken off and those that don't exist."""
        known = self._writable(list_id)
        removed: list[str] = []
        missing: list[str] = []
        for record_id in dict.fromkeys(record_ids):
            if not self.exists(known.type_id, record_id):
                missing.append(record_id)
            elif known.members.pop(record_id, None):
                removed.append(record_id)
        self._tell(known, removed, is_member=False)
        if removed:
            known.edits.append(self.context.now())
        return removed, missing

    def members(self, known: CrmList) -> list[str]:
        """List the live records on a list, in the order in which they joined."""
        return [id_ for id_ in known.members if self.exists(known.type_id, id_)]

    def of(self, type_id: str, record_id: str) -> list[CrmList]:
        """List the live lists that a record is on."""
        lists = (k for k in self.lists.values() if k.deleted_at is None and k.type_id == type_id)
        return [known for known in lists if record_id in known.members]

    def move(self, type_id: str, old_id: str, new_id: str) -> None:
        """Put the survivor of a merge where the other one was."""
        for known in self.of(type_id, old_id):
            membership = known.members.pop(old_id)
            known.members.setdefault(new_id, membership)

    def drop(self, type_id: str, record_id: str) -> None:
        """Forget a record's memberships, as a privacy deletion does."""
        for known in self.lists.values():
            if known.type_id == type_id:
                known.members.pop(record_id, None)
                known.was_added_at.pop(record_id, None)

    def _writable(self, list_id: str) -> CrmList:
        known = self.get(list_id)
        if known.processing_type == "DYNAMIC":
            message = f"List {list_id} is DYNAMIC: its memberships can't be changed by hand."
            raise invalid(message, "ILS.LIST_NOT_MANUAL_OR_SNAPSHOT")
        return known

    def _tell(self, known: CrmList, record_ids: Iterable[str], *, is_member: bool) -> None:
        """Tell who joined or left: only the journal has a subscription for it."""
        for record_id in record_ids:
            details = {"listId": known.id, "added": is_member}
            now = self.context.now()
            self.context.tell(
                Happening("listMembership", known.type_id, record_id, now, USER, details)
            )

    def _edited(self, known: CrmList) -> None:
        known.version += 1
        known.updated_at = self.context.now()

    def _check_name(self, name: str, type_id: str) -> None:
        if not name.strip():
            raise invalid("Some required fields were not set: [name]")
        if self.by_name(type_id, name):
            message = f"A list with the name '{name}' already exists."
            raise invalid(message, "ILS.DUPLICATE_LIST_NAMES")


def check_filters(branch: Mapping[str, object] | None) -> None:
    """Refuse filters whose root isn't an OR branch with AND children."""
    if branch is None:
        return
    children = branch.get("filterBranches")
    if branch.get("filterBranchType") != "OR" or not isinstance(children, list):
        raise invalid("The root filterBranch must be an OR branch", "ILS.INVALID_FILTER_BRANCH")
    if any(child.get("filterBranchType") != "AND" for child in children):
        raise invalid("An OR branch must have AND children", "ILS.INVALID_FILTER_BRANCH")


def unknown(list_id: str) -> ApiError:
    """Build the 404 for a list that isn't there."""
    extra = {"subCategory": "ILS.LIST_NOT_FOUND", "context": {"listId": [list_id]}}
    return ApiError(404, f"List does not exist with ID {list_id}.", "OBJECT_NOT_FOUND", extra)
