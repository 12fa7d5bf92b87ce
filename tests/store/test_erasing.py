"""What names people in another way than by a row of their own."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from integration.store import claims, erasing
from integration.store.engine import Store
from integration.store.inbox import Claim
from integration.store.tables import recounts
from mappings.privacy import Whom
from tests.house import NOON

PORTAL = 62_515_001


def test_claims_and_the_place_a_recount_has_reached_forget_who_is_erased(store: Store) -> None:
    """The place moves back by one: nobody stands there any more, so it means the same."""
    with store.write() as connection:
        for portal_id in (PORTAL, PORTAL + 1):
            connection.execute(
                sa.insert(recounts).values(portal_id=portal_id, version=1, target=2, cursor=7)
            )
        claims.put(connection, PORTAL, Claim("a", NOON, NOON + timedelta(1)), [7, 8])

        assert erasing.remove(connection, PORTAL, Whom((7,))) == {}

        assert claims.mine(connection, PORTAL, "a") == frozenset({8})
        reached = sa.select(recounts.c.portal_id, recounts.c.cursor)
        assert sorted(map(tuple, connection.execute(reached))) == [(PORTAL, 6), (PORTAL + 1, 7)]
