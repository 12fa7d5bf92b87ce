"""Tombstones: who was erased, known again by salted hashes alone.

Of a contact's ids and addresses nothing is kept but HMAC-SHA256 by its portal's secret salt. Who
has the hashes without the salt can't tell whose they are; who has both can only try out guesses.
The salt goes with the portal's data, and then nobody can.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import chunks, insert
from integration.store.tables import salts, tombstones

_Key = TypeVar("_Key", int, str)


def bury(
    connection: Connection, portal_id: int, ids: Iterable[int], emails: Iterable[str], at: datetime
) -> int:
    """Remember contacts and addresses (lower case) as erased; give how many marks are new.

    Whoever was erased twice, was so at the later instant.
    """
    salt = _salt(connection, portal_id) or _new_salt(connection, portal_id)
    marks = [_mark(salt, _contact(each)) for each in sorted(set(ids))]
    marks += [_mark(salt, _address(each)) for each in sorted(set(emails))]
    fresh = len(marks) - len(_standing(connection, portal_id, marks))
    statement = insert(connection, tombstones)
    later = statement.excluded.erased_at > tombstones.c.erased_at
    statement = statement.on_conflict_do_update(
        index_elements=["portal_id", "mark"],
        set_={"erased_at": statement.excluded.erased_at},
        where=later,
    )
    rows = [{"portal_id": portal_id, "mark": mark, "erased_at": at} for mark in sorted(marks)]
    if rows:
        connection.execute(statement, rows)
    return fresh


def of_contacts(connection: Connection, portal_id: int, ids: Iterable[int]) -> dict[int, datetime]:
    """Find which of these contacts were erased, and when."""
    named = {each: _contact(each) for each in ids}
    return _found(connection, portal_id, named)


def of_addresses(
    connection: Connection, portal_id: int, emails: Iterable[str]
) -> dict[str, datetime]:
    """Find which of these addresses (lower case) belonged to somebody who was erased, and when."""
    named = {each: _address(each) for each in emails}
    return _found(connection, portal_id, named)


def mark_of(connection: Connection, portal_id: int, contact_id: int) -> str:
    """Give a contact's mark in hex: what a report calls it by. Empty where nobody was erased."""
    salt = _salt(connection, portal_id)
    return _mark(salt, _contact(contact_id)).hex() if salt else ""


def _found(
    connection: Connection, portal_id: int, named: dict[_Key, bytes]
) -> dict[_Key, datetime]:
    salt = _salt(connection, portal_id) if named else None
    if salt is None:
        return {}
    whose = {_mark(salt, name): key for key, name in named.items()}
    standing = _standing(connection, portal_id, list(whose))
    return {whose[mark]: at for mark, at in standing.items()}


def _standing(connection: Connection, portal_id: int, marks: list[bytes]) -> dict[bytes, datetime]:
    found: dict[bytes, datetime] = {}
    for part in chunks(marks):
        query = sa.select(tombstones.c.mark, tombstones.c.erased_at).where(
            tombstones.c.portal_id == portal_id, tombstones.c.mark.in_(part)
        )
        found |= {bytes(mark): at for mark, at in connection.execute(query)}
    return found


def _salt(connection: Connection, portal_id: int) -> bytes | None:
    found = connection.scalar(sa.select(salts.c.salt).where(salts.c.portal_id == portal_id))
    return None if found is None else bytes(found)


def _new_salt(connection: Connection, portal_id: int) -> bytes:
    """Make a portal's salt; of two who do so at once the first one's stands."""
    values = {"portal_id": portal_id, "salt": secrets.token_bytes(32)}
    connection.execute(insert(connection, salts).values(values).on_conflict_do_nothing())
    found = _salt(connection, portal_id)
    if found is None:
        raise LookupError("a salt was made and isn't there")
    return found


def _mark(salt: bytes, name: bytes) -> bytes:
    return hmac.new(salt, name, hashlib.sha256).digest()


def _contact(contact_id: int) -> bytes:
    return b"contact:%d" % contact_id


def _address(email: str) -> bytes:
    return b"address:" + email.encode("utf-8", "surrogatepass")
