"""Whose an event is that was told by an e-mail address: pure.

It is of whoever had the address at the event's instant, as far as sightings say. An address that
moves on to another contact takes nothing of its past along, and one that nobody has any more goes
on naming who had it last.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from mappings.model import Sighting


class Holders:
    """Who had which address when, by all sightings of it. Merges: `finals` (old id -> new)."""

    def __init__(self, sightings: Iterable[Sighting], finals: Mapping[int, int]) -> None:
        self._finals = finals
        self._seen: dict[str, list[tuple[datetime, int]]] = {}
        for one in sorted(sightings, key=lambda one: (one.at, one.contact_id)):
            self._seen.setdefault(one.email, []).append((one.at, one.contact_id))

    def at(self, email: str, at: datetime) -> int | None:
        """Name who had an address at an instant: who had it before, else who was first seen with
        it. None for an address that nobody was ever seen with."""
        seen = self._seen.get(email)
        if not seen:
            return None
        place = bisect_right(seen, at, key=lambda one: one[0])
        return seen[max(place - 1, 0)][1]

    def last(self, email: str) -> int | None:
        """Name who was last seen with an address."""
        seen = self._seen.get(email)
        return seen[-1][1] if seen else None

    def passed_on(self, email: str, ids: Collection[int]) -> datetime | None:
        """Say when an address went from the last of some contacts to somebody else; None where
        nobody else has had it since."""
        after: datetime | None = None
        for at, contact_id in self._seen.get(email, ()):
            if contact_id in ids:
                after = None
            elif after is None:
                after = at
        return after

    def everyone(self, email: str) -> set[int]:
        """Name all who were ever seen with an address."""
        return {contact_id for _, contact_id in self._seen.get(email, ())}

    def is_news(self, one: Sighting) -> bool:
        """Say whether a sighting tells anything: not where a contact is read that had it anyway.

        A merged contact's address, read of the survivor, stays the merged one's: it leads to the
        survivor as long as they are one, and is their own again if they part. The survivor may be
        read before the merge is told: then it is the reading that says whom it took in.
        """
        holder = self.at(one.email, one.at)
        if holder is None or not one.by_reading:
            return True
        same = self._final(holder) == self._final(one.contact_id)
        return not (same or holder in one.absorbed)

    def _final(self, contact_id: int) -> int:
        return self._finals.get(contact_id, contact_id)
