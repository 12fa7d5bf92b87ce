"""Remove what is kept of a person, or of a portal, from every table there is.

Which tables those are, the tables themselves say: whatever has a `contact_id` or an `email` is of
a person, whatever has a `portal_id` is of a portal. The few that name people in another way are
`OTHERWISE`; `NOBODYS` name nobody. A table that is in none of them fails the tests.
"""

from collections import Counter
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store import claims, reconciliations
from integration.store.engine import chunks
from integration.store.tables import metadata, recounts
from mappings.privacy import Whom

OTHERWISE: Final = {
    "inbox": "deliveries: what they say of a person is cut out",
    "heard": "digests that begin with the contact's",
    "claims": "ids in a list: taken out",
    "reconciliations": "ids among the samples: taken out",
    "visitors": "by marks: devices and users of a site that are the person's",
    "visits": "by the same marks",
    "calls": "requests of sites that couldn't be read: those that hold an address go",
    "recounts": "the id a change of rules has reached: moved back by one",
}
NOBODYS: Final = {
    "portals": "accounts and their tokens",
    "inbox_portals": "which delivery spoke of which account",
    "salts": "random numbers",
    "tombstones": "salted hashes: they keep what was erased from coming back",
    "erasures": "reports; whom they are about only until deliveries were gone through",
    "retention": "how long events are kept",
    "write_keys": "digests of keys",
    "source_versions": "patterns",
    "journal": "how far the journal was read",
    "collected": "numbers",
    "segments": "lists of segments, not who is in them",
    "shipped_rules": "rules",
    "rule_versions": "rules",
    "sizes": "numbers",
    "proofs": "numbers",
    "workflows": "names of workflows",
    "sync": "how far sources were read",
    "budgets": "numbers of calls",
}
# Of a portal these go last: without them the rest could be brought back meanwhile.
_LAST: Final = ("tombstones", "salts", "portals")
_KEPT: Final = "erasures"


def of_people() -> list[sa.Table]:
    """Give the tables whose rows are of one person each."""
    return [t for t in metadata.sorted_tables if "contact_id" in t.c or "email" in t.c]


def remove(connection: Connection, portal_id: int, whom: Whom) -> dict[str, int]:
    """Delete all rows of a person; give how many, by table."""
    counts: Counter[str] = Counter()
    for table in of_people():
        for name, values in (("contact_id", list(whom.ids)), ("email", list(whom.emails))):
            if name not in table.c:
                continue
            for part in chunks(values):
                mine = sa.and_(table.c.portal_id == portal_id, table.c[name].in_(part))
                counts[table.name] += connection.execute(sa.delete(table).where(mine)).rowcount
    claims.forget(connection, portal_id, whom.ids)
    reconciliations.forget(connection, portal_id, whom.ids)
    reached = sa.and_(recounts.c.portal_id == portal_id, recounts.c.cursor.in_(whom.ids))
    connection.execute(sa.update(recounts).where(reached).values(cursor=recounts.c.cursor - 1))
    return {name: number for name, number in sorted(counts.items()) if number}


def rows_of(
    connection: Connection, portal_id: int, whom: Whom
) -> dict[str, list[dict[str, object]]]:
    """Read all rows of a person, by table."""
    found: dict[str, list[dict[str, object]]] = {}
    for table in of_people():
        which = [
            table.c[name].in_(list(values))
            for name, values in (("contact_id", whom.ids), ("email", whom.emails))
            if name in table.c
        ]
        query = sa.select(table).where(table.c.portal_id == portal_id, sa.or_(*which))
        rows = connection.execute(query.order_by(*table.primary_key.columns))
        found[table.name] = [dict(row._mapping) for row in rows]
    return found


def of_portals() -> list[str]:
    """Name the tables that have rows of a portal, in the order in which they are emptied."""
    every = [t.name for t in metadata.sorted_tables if "portal_id" in t.c and t.name != _KEPT]
    return [*(name for name in every if name not in _LAST), *_LAST]


def count_all(connection: Connection, portal_id: int) -> int:
    """Count the rows of a portal in all tables."""
    total = 0
    for name in of_portals():
        table = metadata.tables[name]
        mine = sa.select(sa.func.count()).select_from(table).where(table.c.portal_id == portal_id)
        total += connection.scalar(mine) or 0
    return total


def remove_some(connection: Connection, portal_id: int, name: str, limit: int) -> int:
    """Delete some rows of a portal from a table; give how many."""
    table = metadata.tables[name]
    key = list(table.primary_key.columns)
    some = sa.select(*key).where(table.c.portal_id == portal_id).limit(limit)
    return connection.execute(sa.delete(table).where(sa.tuple_(*key).in_(some))).rowcount
