"""A contact with a marker in every field, and where in the files of a database it still stands."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sandbox import acts
from sandbox.happening import USER
from sandbox.marketing.acts import submit_form
from sandbox.marketing.model import Form
from sandbox.objects import types
from sandbox.objects.merge import merge
from tests.flows.entries import body, change
from tests.house import NOON, House

MARKER = "zq7marker"
ADDRESS = f"{MARKER}@example.com"
SECOND = f"{MARKER}.second@example.org"


def live_a_life(house: House) -> str:
    """Let a contact with the marker do all there is to do, beside others; give its id."""
    portal = house.portal
    house.add_workflow("Abandoned cart")
    for place in range(20):
        portal.contacts.create({"email": f"p{place}@example.com", "country": "SE"})
    marked = portal.contacts.create({"email": ADDRESS, "firstname": MARKER, "country": "SE"}).id
    twin = portal.contacts.create({"email": SECOND, "lastname": MARKER}).id
    portal.marketing.forms["f-1"] = Form("f-1", "Newsletter", ("email",), NOON)
    house.install()
    for turn in range(3):
        house.clock.advance(timedelta(seconds=1))
        portal.contacts.update(marked, {"firstname": f"{MARKER} {turn}", "country": "SE"})
    acts.place_order(portal, twin, {"hs_total_price": "7", "hs_order_name": MARKER})
    acts.fill_cart(portal, marked, {"hs_total_price": "9", "hs_cart_name": MARKER})
    submit_form(portal, "f-1", {"email": SECOND}, f"https://x.de/{MARKER}", house.clock.now())
    house.settle()
    house.pass_time(timedelta(hours=5))
    survivor = merge(portal, types.CONTACT, (marked, twin), USER).id
    house.settle()
    return survivor


def bury_a_delivery(house: House, contact_id: str, other: str) -> None:
    """Let a delivery that speaks of two contacts be given up."""
    said = body(
        change(NOON + timedelta(hours=6), contact_id, "firstname", f"{MARKER} dead"),
        change(NOON + timedelta(hours=6), other, "country", "DE"),
    )
    with house.segue.store.write() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO inbox (received_at, body, state, due_at, attempts, reason, messages,"
                " heard_before, skipped) VALUES (0, :body, 'dead', 0, 0, :reason, 0, 0, 0)"
            ),
            {"body": said, "reason": f"HubSpot refused {ADDRESS}"},
        )


def files_with(house: House, *needles: str) -> list[str]:
    """Name the files of a house's database in which any of these texts stands."""
    return files_of_engine_with(house.segue.store.engine, *needles)


def files_of_engine_with(engine: sa.Engine, *needles: str) -> list[str]:
    """Name the files of a database in which any of these texts stands, in whatever case."""
    found = []
    for path in _files(engine):
        try:
            held = path.read_bytes().lower()
        except FileNotFoundError:  # a table's old file, gone meanwhile
            continue
        found += [str(path) for needle in needles if needle.lower().encode() in held]
    return found


def _files(engine: sa.Engine) -> list[Path]:
    """List a database's files: of SQLite the log too; of PostgreSQL the data folder without its
    log, which holds what was written for as long as backups and replicas may need it."""
    if engine.dialect.name == "sqlite":
        path = Path(str(engine.url.database))
        return sorted(path.parent.glob(f"{path.name}*"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
        folder: Any = connection.scalar(sa.text("SHOW data_directory"))
        number = connection.scalar(
            sa.text("SELECT oid FROM pg_database WHERE datname = current_database()")
        )
    return [path for path in (Path(folder) / "base" / str(number)).rglob("*") if path.is_file()]
