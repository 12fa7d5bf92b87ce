"""Who has, or had, which e-mail address, by all that is known now."""

from collections.abc import Iterable

from sqlalchemy.engine import Connection

from integration.decide.addresses import Holders
from integration.store import addresses, contacts


def holders(connection: Connection, portal_id: int, emails: Iterable[str]) -> Holders:
    """Read who had which of these addresses (lower case) when."""
    sightings = addresses.of(connection, portal_id, emails)
    known = {one.contact_id for one in sightings}
    return Holders(sightings, contacts.survivors(connection, portal_id, known))


def holder_of(connection: Connection, portal_id: int, email: str) -> int | None:
    """Find who has an address (lower case), or had it last; None where nobody ever did."""
    return holders(connection, portal_id, {email}).last(email)


def living(connection: Connection, portal_id: int, emails: Iterable[str]) -> dict[str, int]:
    """Find who has addresses (lower case), of those who live themselves or in another."""
    wanted = set(emails)
    found = holders(connection, portal_id, wanted)
    last = {email: who for email in wanted if (who := found.last(email)) is not None}
    homes = contacts.survivors(connection, portal_id, last.values())
    live = contacts.live(connection, portal_id, {homes.get(who, who) for who in last.values()})
    return {email: who for email, who in last.items() if homes.get(who, who) in live}
