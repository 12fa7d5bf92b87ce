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


def seen_with(connection: Connection, portal_id: int, ids: list[int]) -> set[str]:
    """Find all addresses that contacts were ever seen with."""
    found: set[str] = set()
    for part in chunks(ids):
        query = sa.select(addresses.c.email).where(
            addresses.c.portal_id == portal_id, addresses.c.contact_id.in_(part)
        )
        found.update(connection.scalars(query))
    return found


def forget(connection: Connection, portal_id: int, ids: list[int]) -> None:
    """Delete what is known of contacts' addresses."""
    for part in chunks(ids):
        connection.execute(
            sa.delete(addresses).where(
                addresses.c.portal_id == portal_id, addresses.c.contact_id.in_(part)
            )
        )
