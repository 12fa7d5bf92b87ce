"""After an outage of any length nothing is missing: all is as if it had never been."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from integration.store import reconciliations, tables
from sandbox import facts
from tests.flows.entries import rows
from tests.flows.outages import Outage, with_journal
from tests.house import HUB_ID, open_house


def lived(url: str, days: float, *, up: bool, journal: bool) -> dict[str, Any]:
    """Live some days on an empty database; give what they come to."""
    house = open_house(url)
    if journal:
        with_journal(house)
    try:
        life = Outage(house)
        life.begin()
        life.live(days, up=up)
        assert [row.state for row in rows(house, tables.inbox) if row.state != "done"] == []
        return life.outcome()
    finally:
        house.close()


@lru_cache(maxsize=2)
def undisturbed(days: float) -> dict[str, Any]:
    """Live the days with Segue up all the time."""
    with TemporaryDirectory() as folder:
        return lived(f"sqlite:///{folder}/segue.db", days, up=True, journal=False)


def test_the_days_show_what_they_shall() -> None:
    outcome = undisturbed(2)

    assert outcome["states"] == {
        "anna": "live",
        "bert": "archived",
        "cleo": "live",
        "dora": "live",
        "emil": "merged",
        "fred": "erased",
        "gina": "live",
        "hugo": "live",
        "ines": "live",
    }
    assert outcome["members"] == outcome["listed"]
    assert outcome["members"]["swedes"] == ["cleo", "dora", "gina", "hugo", "ines"]
    assert outcome["members"]["buyers"] == ["anna", "cleo", "hugo"]
    kinds = {name: [kind for *_, kind in line] for name, line in outcome["timelines"].items()}
    assert sorted(kinds["dora"]) == [
        "cart_updated",
        "cart_updated",
        "form_submitted",
        "resource_downloaded",
    ]
    assert "stage_changed" in kinds["cleo"]
    assert kinds["anna"].count("cart_updated") == 2
    assert kinds["emil"] == kinds["fred"] == []


@pytest.mark.parametrize("journal", [True, False])
@pytest.mark.parametrize("days", [2, 5])
def test_an_outage_leaves_no_trace(tmp_path: Path, days: float, journal: bool) -> None:
    """(28, 29) HubSpot gave its webhooks up after a day, and after three forgot its journal."""
    outcome = lived(f"sqlite:///{tmp_path}/segue.db", days, up=False, journal=journal)

    assert outcome == undisturbed(days)


def test_an_outage_leaves_no_trace_on_the_other_engine(database_url: str) -> None:
    """(28, 29)"""
    assert lived(database_url, 5, up=False, journal=True) == undisturbed(5)


def test_what_hubspot_does_meanwhile_is_as_strict_as_it_is(tmp_path: Path) -> None:
    """The outage is one: each webhook was tried eleven times, in vain."""
    house = open_house(f"sqlite:///{tmp_path}/segue.db")
    life = Outage(house)
    life.begin()
    before = len(house.sandbox.webhooks.deliveries)
    house.deliver_to = lambda *_: 503
    house.portal.contacts.update(life.ids["anna"], {"country": "NO"})
    for _ in range(30):
        house.clock.advance(facts.WEBHOOK_RETRIES[5])
        house.hear()

    tried = house.sandbox.webhooks.deliveries[before:]
    assert [each.status for each in tried] == [503] * 11
    assert house.sandbox.webhooks.retries == []
    house.close()


def test_a_life_without_outages_is_found_in_order(tmp_path: Path) -> None:
    """The daily comparison reports nothing where webhooks came through."""
    house = open_house(f"sqlite:///{tmp_path}/segue.db")
    life = Outage(house)
    life.begin()
    life.live(2, up=True)

    with house.segue.store.read() as connection:
        reports = reconciliations.latest(connection, HUB_ID, 9)

    assert [report.found for report in reports] == [{}, {}]
    assert reports[0].there == reports[0].here == 6
    house.close()


def test_after_the_outage_the_report_says_what_was_missed(tmp_path: Path) -> None:
    house = open_house(f"sqlite:///{tmp_path}/segue.db")
    life = Outage(house)
    life.begin()
    life.live(2, up=False)

    with house.segue.store.read() as connection:
        report = reconciliations.latest(connection, HUB_ID, 9)[0]

    assert {word: report.found.get(word) for word in ("deleted", "erased", "merged")} == {
        "deleted": 1,
        "erased": 1,
        "merged": 1,
    }
    assert report.samples["deleted"] == [int(life.ids["bert"])]
    house.close()
