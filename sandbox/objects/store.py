"""The records of one type in one portal."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.clock import to_wire
from sandbox.context import Context
from sandbox.errors import not_found
from sandbox.happening import SYSTEM, USER, Author, Happening
from sandbox.pipelines.book import Pipeline
from sandbox.properties import values
from sandbox.properties.book import PropertyBook

from .record import Record
from .types import ObjectType

Values = Mapping[str, object]


@dataclass(frozen=True)
class Before:
    """A record as it was before a merge, with what it was linked with and what it had seen."""

    record: Record
    ends: tuple[tuple[str, str], ...]
    occurrences: tuple[str, ...]


class ObjectStore:
    """Create, change, archive and find records, as HubSpot would, and tell what happened.

    Every writer takes the `author` of the change and, for loading the past, the instant `at`.
    Callers hold the sandbox's lock.
    """

    def __init__(
        self,
        kind: ObjectType,
        book: PropertyBook,
        context: Context,
        first_id: int,
        pipelines: Sequence[Pipeline] = (),
    ) -> None:
        self.kind = kind
        self.book = book
        self.context = context
        self.pipelines = pipelines
        self.records: dict[str, Record] = {}
        self.merged_into: dict[str, str] = {}
        self.before_merge: dict[str, Before] = {}
        self._ids: list[int] = []
        self._next_id = first_id

    def create(
        self, properties: Values, author: Author = USER, at: datetime | None = None
    ) -> Record:
        """Create a record; raise ApiError for values or conflicts that HubSpot refuses."""
        settled = self._complete(self.check(properties, None))
        at = at or self.context.now()
        record = self._insert(at)
        for name, value in settled.items():
            if value:
                self._put(record, name, value, (at, author))
        self._stamp(record, at)
        self._tell("creation", record, at, author)
        if self.context.settings.changes_on_creation:
            self._tell_changes(record, [n for n, v in settled.items() if v], at, author)
        return record

    def update(
        self, record_id: str, properties: Values, author: Author = USER, at: datetime | None = None
    ) -> Record:
        """Change a live record; values that are the same already change and tell nothing."""
        record = self.get(record_id)
        settled = self.check(properties, record)
        at = at or self.context.now()
        changed = [n for n, v in settled.items() if self._put(record, n, v, (at, author))]
        if changed:
            self._stamp(record, at)
            self._tell_changes(record, changed, at, author)
        return record

    def calculate(
        self, record_id: str, properties: Mapping[str, str], at: datetime | None = None
    ) -> Record:
        """Set values that HubSpot itself calculates: read-only ones too, and without webhooks."""
        record = self.get(record_id)
        at = at or self.context.now()
        changed = [record.put(name, value, at, SYSTEM) for name, value in properties.items()]
        if any(changed):
            self._stamp(record, at)
        return record

    def archive(self, record_id: str, author: Author = USER) -> None:
        """Archive a live record; raise the 404 otherwise."""
        record = self.get(record_id)
        record.archived_at = self.context.now()
        self.release(record)
        self._tell("deletion", record, record.archived_at, author)

    def restore(self, record_id: str, author: Author = USER) -> Record:
        """Bring an archived record back, as a person can within 90 days."""
        record = self.get(record_id, archived=True)
        now = self.context.now()
        self.occupy(record)
        record.archived_at = None
        self._stamp(record, now)
        self._tell("restore", record, now, author)
        return record

    def remove(self, record: Record) -> None:
        """Take a record out for good, without telling anybody."""
        self.release(record)
        del self.records[record.id]
        self._ids.remove(int(record.id))

    def adopt(self, record: Record) -> None:
        """Take in a record that has an id already."""
        self.records[record.id] = record
        insort(self._ids, int(record.id))

    def find(self, record_id: str, id_property: str | None = None) -> Record | None:
        """Find a record by its id, or by a property with unique values; no merged ids."""
        if id_property is None or id_property == "hs_object_id":
            return self.records.get(record_id)
        definition = self.book.live(id_property)
        if definition is None or not definition.has_unique_value:
            return None
        live = (r for r in self.records.values() if r.archived_at is None)
        return next((r for r in live if r.properties.get(id_property) == record_id), None)

    def get(self, record_id: str, id_property: str | None = None, archived: bool = False) -> Record:
        """Find a live (or archived) record, the survivor for a merged id; raise the 404."""
        record = self.find(self.merged_into.get(record_id, record_id), id_property)
        if record is None or (record.archived_at is not None) != archived:
            raise not_found("Object not found.  objectId are usually numeric.")
        return record

    def page(self, after: int, archived: bool = False) -> Iterator[Record]:
        """Go through live (or archived) records in order of id, beginning after one."""
        for number in self._ids[bisect_right(self._ids, after) :]:
            record = self.records[str(number)]
            if (record.archived_at is not None) == archived:
                yield record

    def check(self, properties: Values, record: Record | None) -> dict[str, str]:
        """Settle the values of a write to a record (None: a new one) without writing anything."""
        settled = values.settle(self.book, properties)
        refused = [r for name, value in settled.items() if (r := self._fault(name, value, record))]
        if refused:
            raise values.refuse(refused)
        return settled

    def new_id(self) -> str:
        """Take the next id."""
        taken = self._next_id
        self._next_id += 1
        return str(taken)

    def reindex(self, record: Record, at: datetime) -> None:
        """Let search see the record's present values after the index lag."""
        record.index(self.context.now(), at + self.context.settings.index_lag)

    def tell(self, action: str, record: Record, author: Author, details: Values) -> None:
        """Tell of something that happened now to a record."""
        happening = Happening(
            action, self.kind.type_id, record.id, self.context.now(), author, details
        )
        self.context.tell(happening)

    def _insert(self, at: datetime) -> Record:
        record = Record(self.new_id(), at, at)
        self.adopt(record)
        for name in {"hs_object_id", "hs_createdate", self.kind.created}:
            if self.book.live(name):
                value = record.id if name == "hs_object_id" else to_wire(at)
                record.put(name, value, at, SYSTEM)
        return record

    def _complete(self, settled: dict[str, str]) -> dict[str, str]:
        """Put a new record of a type with pipelines into a pipeline and a stage."""
        if self.kind.pipeline is None:
            return settled
        pipeline_name, stage_name = self.kind.pipeline
        if settled.get(stage_name) and not settled.get(pipeline_name):
            return {pipeline_name: self._pipeline_of(settled[stage_name]).id, **settled}
        if self.kind.plural in ("orders", "tickets") and not settled.get(stage_name):
            first = self.pipelines[0]
            return {pipeline_name: first.id, stage_name: first.stages[0].id, **settled}
        return settled

    def _pipeline_of(self, stage_id: str) -> Pipeline:
        return next(p for p in self.pipelines if any(s.id == stage_id for s in p.stages))

    def _fault(self, name: str, value: str, record: Record | None) -> values.RefusedError | None:
        definition = self.book.definitions[name]
        if value and definition.has_unique_value:
            holder = self.find(value, name)
            if holder and holder is not record:
                message = f"Cannot set {name}={value}. {holder.id} already has that value."
                return values.RefusedError(name, "CONFLICTING_UNIQUE_VALUE", message)
        allowed = self._pipeline_values(name)
        if value and allowed is not None and value not in allowed:
            message = f"{value} was not one of the allowed options: {list(allowed)}"
            return values.RefusedError(name, "INVALID_OPTION", message, allowed)
        return None

    def _pipeline_values(self, name: str) -> tuple[str, ...] | None:
        if self.kind.pipeline is None or name not in self.kind.pipeline:
            return None
        if name == self.kind.pipeline[0]:
            return tuple(p.id for p in self.pipelines)
        return tuple(stage.id for p in self.pipelines for stage in p.stages)

    def _put(
        self, record: Record, name: str, value: str, when_and_who: tuple[datetime, Author]
    ) -> bool:
        if value.startswith(";") and self.book.definitions[name].is_multiple:
            value = values.append(record.properties.get(name, ""), value)
        if not record.put(name, value, *when_and_who):
            return False
        if self.kind.plural == "deals" and name == "dealstage":
            self._judge_deal(record, value, when_and_who[0])
        if self.kind.plural == "tickets" and name == "hs_pipeline_stage":
            self._judge_ticket(record, value, when_and_who[0])
        return True

    def _judge_ticket(self, record: Record, stage_id: str, at: datetime) -> None:
        """Date the closing; a ticket that is opened again has no such date any more."""
        closed = any(s.id == stage_id and s.is_closed for p in self.pipelines for s in p.stages)
        record.put("closed_date", to_wire(at) if closed else "", at, SYSTEM)

    def _judge_deal(self, record: Record, stage_id: str, at: datetime) -> None:
        stages = [s for p in self.pipelines for s in p.stages if s.id == stage_id]
        closed = any(s.is_closed for s in stages)
        won = any(s.is_won for s in stages)
        record.put("hs_is_closed", "true" if closed else "false", at, SYSTEM)
        record.put("hs_is_closed_won", "true" if won else "false", at, SYSTEM)
        record.put("hs_is_closed_lost", "true" if closed and not won else "false", at, SYSTEM)

    def _stamp(self, record: Record, at: datetime) -> None:
        record.updated_at = max(record.updated_at, at)
        record.properties[self.kind.modified] = to_wire(record.updated_at)
        self.reindex(record, at)

    def occupy(self, record: Record) -> None:
        """Take what only one live record may have (see ContactStore)."""

    def release(self, record: Record) -> None:
        """Give it up again."""

    def _tell(self, action: str, record: Record, at: datetime, author: Author) -> None:
        self.context.tell(Happening(action, self.kind.type_id, record.id, at, author))

    def _tell_changes(
        self, record: Record, names: Sequence[str], at: datetime, author: Author
    ) -> None:
        for name in names:
            details = {"propertyName": name, "propertyValue": record.properties[name]}
            happening = Happening(
                "propertyChange", self.kind.type_id, record.id, at, author, details
            )
            self.context.tell(happening)
