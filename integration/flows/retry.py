"""Try again what was given up, because a person says that its cause is gone."""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from integration.flows.tools import Tools
from integration.store import calls, inbox, outbox, overview, portals, segments


@dataclass(frozen=True, slots=True)
class Revived:
    """How much is due again."""

    deliveries: int = 0
    items: int = 0
    lists: int = 0

    @property
    def total(self) -> int:
        """All of it together."""
        return self.deliveries + self.items + self.lists


def try_again(tools: Tools, portal_id: int) -> Revived:
    """Make a portal's dead deliveries and dead items due again, and its paused lists open."""
    with tools.store.write() as connection:
        dead = overview.dead_deliveries(connection, portal_id)
        deliveries = sum(inbox.revive(connection, tools.now(), each) for each in dead)
        deliveries += calls.revive(connection, portal_id, tools.now())
        return _revive(connection, tools, portal_id, deliveries)


def try_everything_again(tools: Tools) -> Revived:
    """Do the same in all portals, and for deliveries that nobody could read."""
    with tools.store.write() as connection:
        total = Revived(deliveries=inbox.revive(connection, tools.now()))
        for portal in portals.every(connection):
            told = calls.revive(connection, portal.portal_id, tools.now())
            one = _revive(connection, tools, portal.portal_id, told)
            total = Revived(
                total.deliveries + one.deliveries, total.items + one.items, total.lists + one.lists
            )
    return total


def _revive(connection: Connection, tools: Tools, portal_id: int, deliveries: int) -> Revived:
    """Wake what was given up; Segue's properties are made whole again first."""
    known = segments.lists(connection, portal_id).values()
    paused = sum(1 for each in known if each.state == "stuck")
    segments.unstick(connection, portal_id)
    portals.set_prepared(connection, portal_id, "")
    items = outbox.revive(connection, portal_id, tools.now())
    return Revived(deliveries, items, paused)
