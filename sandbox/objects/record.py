"""One CRM record: its values, their history, and what search knows of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox import facts
from sandbox.clock import to_wire
from sandbox.happening import Author


@dataclass(frozen=True)
class Version:
    """A value that a property had, since when and by whom."""

    value: str
    at: datetime
    author: Author

    def to_json(self) -> dict[str, object]:
        """Write the version as `propertiesWithHistory` does."""
        body: dict[str, object] = {
            "value": self.value,
            "timestamp": to_wire(self.at),
            "sourceType": self.author.change_source,
            "sourceId": self.author.source_id,
        }
        if self.author.source_id.startswith("userId:"):
            body["updatedByUserId"] = int(self.author.source_id.removeprefix("userId:"))
        return body


@dataclass
class Record:
    """A contact, deal, order... `history` holds each property's versions, newest first."""

    id: str
    created_at: datetime
    updated_at: datetime
    properties: dict[str, str] = field(default_factory=dict)
    history: dict[str, list[Version]] = field(default_factory=dict)
    archived_at: datetime | None = None
    merges: int = 0
    _indexed: dict[str, str] | None = None
    _to_index: list[tuple[datetime, dict[str, str]]] = field(default_factory=list)

    def put(self, name: str, value: str, at: datetime, author: Author) -> bool:
        """Set one value and remember the version; tell whether it changed."""
        if self.properties.get(name, "") == value:
            return False
        self.properties[name] = value
        versions = self.history.setdefault(name, [])
        versions.insert(0, Version(value, at, author))
        # A write with an older instant (data loaded from the past) takes its place by time.
        versions.sort(key=lambda version: version.at, reverse=True)
        del versions[facts.HISTORY_MAX :]
        return True

    def index(self, now: datetime, visible_at: datetime) -> None:
        """Let search see the present values from `visible_at` on."""
        self.indexed(now)
        self._to_index.append((visible_at, dict(self.properties)))

    def indexed(self, now: datetime) -> dict[str, str] | None:
        """Return the values that search knows at that instant, or None if it knows nothing."""
        while self._to_index and self._to_index[0][0] <= now:
            self._indexed = self._to_index.pop(0)[1]
        return self._indexed
