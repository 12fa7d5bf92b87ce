"""Work grows with what changed, never with portal size: no query reads through a big table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from integration.flows import health, proof, tokens
from sandbox import acts
from sandbox.happening import USER
from sandbox.objects import types
from sandbox.objects.merge import merge
from tests.flows.collecting import allow, identify, tell, track
from tests.house import House, open_house

# One row a portal, or a few: these may be read through.
SMALL = {"portals", "sync", "budgets", "segments", "workflows", "alembic_version"}
# Once an install; once a first sync; and for the overview page.
ONCE = ("INSERT INTO due", "SELECT count(*) AS count_1 \nFROM contacts")


@contextmanager
def listening(engine: sa.Engine) -> Iterator[dict[str, Any]]:
    """Gather the statements that an engine runs, with the values of one run of each."""
    heard: dict[str, Any] = {}

    def hear(
        _connection: object,
        _cursor: object,
        statement: str,
        values: Any,
        _context: object,
        many: bool,
    ) -> None:
        heard.setdefault(statement, values[0] if many else values)

    sa.event.listen(engine, "before_cursor_execute", hear)
    yield heard
    sa.event.remove(engine, "before_cursor_execute", hear)


def scanned(engine: sa.Engine, statement: str, values: Any) -> set[str]:
    """Name the tables that SQLite would read through for a statement."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    return {row[3].split()[1] for row in rows if row[3].startswith("SCAN ")}


def test_no_step_of_the_main_job_reads_through_a_big_table(tmp_path: Any) -> None:
    """Architecture: nobody is scanned; a tick takes what is due."""
    house = open_house(f"sqlite:///{tmp_path}/segue.db")
    house.add_workflow("Abandoned cart")

    with listening(house.segue.store.engine) as heard:
        go_through_everything(house)

    big = {
        (statement, table)
        for statement, values in heard.items()
        if statement.split()[0] in ("SELECT", "UPDATE", "DELETE") and not statement.startswith(ONCE)
        for table in scanned(house.segue.store.engine, statement, values)
        if table not in SMALL
    }
    house.close()
    assert len(heard) > 50
    assert big == set()


def go_through_everything(house: House) -> None:
    """Install, sync, hear of every kind of thing, let time pass, lose the connection."""
    portal = house.portal
    people = [portal.contacts.create({"email": f"p{n}@example.com"}).id for n in range(5)]
    acts.place_order(portal, people[0], {"hs_total_price": "5"}, [{"quantity": "1"}])
    house.install()
    acts.fill_cart(portal, people[1], {"hs_total_price": "5"})
    acts.place_order(portal, people[2], {"hs_total_price": "5"})
    portal.contacts.update(people[1], {"country": "SE"})
    allow(house)
    tell(house, track("Feature Used", anonymousId="a-1"), track("Nonsense", userId=""))
    tell(house, identify("p1@example.com", anonymousId="a-1", userId="u-1"))
    house.pass_time(timedelta(hours=5))
    merge(portal, types.CONTACT, (people[1], people[2]), USER)
    house.settle()
    portal.contacts.archive(people[3])
    portal.forget(people[4])
    house.post(b"no JSON")
    house.pass_time(timedelta(days=8))
    tokens.renew_expiring(house.segue.keeper)
    for live in proof.to_prove(house.segue.tools):
        proof.run_portal(house.segue.tools, live)
        health.measure(house.segue.tools, live)
