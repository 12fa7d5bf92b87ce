"""Contacts: unique addresses, the forward-only lifecycle stage, privacy deletion."""

from __future__ import annotations

from datetime import datetime

from sandbox.clock import to_wire
from sandbox.context import Context
from sandbox.errors import conflict, invalid
from sandbox.happening import SYSTEM, USER, Author
from sandbox.properties.book import PropertyBook

from .record import Record
from .store import ObjectStore, Values
from .types import ObjectType

_STAGE = "lifecyclestage"


class ContactStore(ObjectStore):
    """The contacts of a portal."""

    def __init__(
        self, kind: ObjectType, book: PropertyBook, context: Context, first_id: int
    ) -> None:
        super().__init__(kind, book, context, first_id)
        self.blocked: set[str] = set()
        self._holders: dict[str, str] = {}

    def by_email(self, address: str, secondary: bool = True) -> Record | None:
        """Find a live contact by its address; with `secondary`, by its other ones too."""
        address = address.strip().lower()
        record = self.records.get(self._holders.get(address, ""))
        if record and not secondary and record.properties.get("email") != address:
            return None
        return record

    def find(self, record_id: str, id_property: str | None = None) -> Record | None:
        """Find a contact by id, primary `email`, or another unique property."""
        if id_property == "email":
            return self.by_email(record_id, secondary=False)
        return super().find(record_id, id_property)

    def get(self, record_id: str, id_property: str | None = None, archived: bool = False) -> Record:
        """Find a live (or archived) contact; a secondary address will do here."""
        if id_property == "email" and not archived and (found := self.by_email(record_id)):
            return found
        return super().get(record_id, id_property, archived)

    def check(self, properties: Values, record: Record | None) -> dict[str, str]:
        """Settle a write; raise the 409 when another contact has the address."""
        settled = super().check(properties, record)
        address = settled.get("email", "")
        holder = self._holders.get(address)
        if holder and (record is None or holder != record.id):
            raise conflict(f"Contact already exists. Existing ID: {holder}")
        if address in self.blocked:
            raise invalid(f"{address} was deleted for privacy and can't be used again")
        return settled

    def forget(self, record: Record, author: Author = USER) -> None:
        """Delete a contact and all that was known of it, for privacy; nothing brings it back."""
        self.tell("privacyDeletion", record, author, {})
        if record.archived_at is None:
            self.tell("deletion", record, author, {})
        self.remove(record)
        for old_id in [old for old, new in self.merged_into.items() if new == record.id]:
            del self.merged_into[old_id]
            self.before_merge.pop(old_id, None)

    def drop_address(self, record_id: str, address: str, author: Author = USER) -> Record:
        """Take a secondary address off a contact, as a person can: a new one may have it then."""
        record = self.get(record_id)
        kept = [each for each in self.addresses(record)[1:] if each != address]
        self.release(record)
        now = self.context.now()
        record.put("hs_additional_emails", ";".join(kept), now, author)
        self._stamp(record, now)
        self.occupy(record)
        self._tell_changes(record, ["hs_additional_emails"], now, author)
        return record

    def addresses(self, record: Record) -> list[str]:
        """List a contact's addresses, the primary one first."""
        other = record.properties.get("hs_additional_emails", "").split(";")
        return [a for a in (record.properties.get("email", ""), *other) if a]

    def _put(
        self, record: Record, name: str, value: str, when_and_who: tuple[datetime, Author]
    ) -> bool:
        if name == _STAGE and self._is_backward(record, value):
            return False
        if name == "email":
            self._holders.pop(record.properties.get("email", ""), None)
        changed = super()._put(record, name, value, when_and_who)
        if name == "email" and value:
            self._holders[value] = record.id
        if changed and name == _STAGE and value:
            self._note_stage(record, value, when_and_who[0])
        return changed

    def _is_backward(self, record: Record, value: str) -> bool:
        """Tell whether HubSpot would silently ignore this write: only clearing goes back."""
        old = record.properties.get(_STAGE, "")
        if not old or not value:
            return False
        options = sorted(self.book.definitions[_STAGE].options, key=lambda o: o.display_order)
        order = {option.value: place for place, option in enumerate(options)}
        return order.get(value, 0) < order.get(old, 0)

    def _note_stage(self, record: Record, stage: str, at: datetime) -> None:
        name = f"hs_lifecyclestage_{stage}_date"
        if self.book.live(name):
            record.put(name, to_wire(at), at, SYSTEM)

    def occupy(self, record: Record) -> None:
        """Take a contact's addresses; raise the 409 when another one has them."""
        for address in self.addresses(record):
            if self._holders.get(address, record.id) != record.id:
                raise conflict(f"Contact already exists. Existing ID: {self._holders[address]}")
        for address in self.addresses(record):
            self._holders[address] = record.id

    def release(self, record: Record) -> None:
        """Give a contact's addresses up."""
        for address in self.addresses(record):
            if self._holders.get(address) == record.id:
                del self._holders[address]
