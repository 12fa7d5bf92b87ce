"""Who was seen to have which e-mail address, and when: events told by an address go by it.

A sighting stays when the contact has the address no longer: what was done by it then was theirs.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import chunks, insert
from integration.store.tables import addresses
from mappings.model import Sighting


def see(connection: Connection, portal_id: int, sightings: Iterable[Sighting]) -> None:
    """Remember sightings."""
    rows = [
        {"portal_id": portal_id, "contact_id": one.contact_id, "email": one.email, "since": one.at}
        for one in sightings
    ]
    for part in chunks(rows, 1000):
        connection.execute(insert(connection, addresses).on_conflict_do_nothing(), part)


def of(connection: Connection, portal_id: int, emails: Iterable[str]) -> list[Sighting]:
    """Read all sightings of addresses (lower case)."""
    found: list[Sighting] = []
    for part in chunks(sorted(set(emails))):
        query = sa.select(addresses.c.contact_id, addresses.c.email, addresses.c.since).where(
            addresses.c.portal_id == portal_id, addresses.c.email.in_(part)
        )
        found += [Sighting(*row) for row in connection.execute(query)]
    return found


def of_contacts(connection: Connection, portal_id: int, ids: Iterable[int]) -> list[Sighting]:
    """Read all sightings of contacts, oldest first."""
    found: list[Sighting] = []
    for part in chunks(sorted(set(ids))):
        query = sa.select(addresses.c.contact_id, addresses.c.email, addresses.c.since).where(
            addresses.c.portal_id == portal_id, addresses.c.contact_id.in_(part)
        )
        found += [Sighting(*row) for row in connection.execute(query)]
    return sorted(found, key=lambda one: (one.at, one.contact_id, one.email))
