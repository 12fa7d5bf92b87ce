"""After an outage of any length nothing is missing: all is as if it had never been."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from integration.store import reconciliations, tables
from integration.store.reconciliations import Report
from sandbox import facts
from tests.flows.entries import rows
from tests.flows.outages import Outage, with_journal
from tests.house import HUB_ID, open_house


@dataclass(frozen=True)
class Lived:
    """What some days come to, and what the comparisons with HubSpot reported, newest first."""

    outcome: dict[str, Any]
    reports: list[Report]
    ids: dict[str, str]


def lived(url: str, days: float, *, up: bool, journal: bool) -> Lived:
    """Live some days on an empty database."""
    house = open_house(url)
    if journal:
        with_journal(house)
    try:
        life = Outage(house)
        life.begin()
        life.live(days, up=up)
        assert [row.state for row in rows(house, tables.inbox) if row.state != "done"] == []
        with house.segue.store.read() as connection:
            reports = reconciliations.latest(connection, HUB_ID, 9)
        return Lived(life.outcome(), reports, life.ids)
    finally:
        house.close()


@lru_cache(maxsize=2)
def undisturbed(days: float) -> Lived:
    """Live the days with Segue up all the time."""
    with TemporaryDirectory() as folder:
        return lived(f"sqlite:///{folder}/segue.db", days, up=True, journal=False)


def test_the_days_show_what_they_shall() -> None:
    outcome = undisturbed(2).outcome

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
    assert kinds["emil"] == ["purchase"]  # his own, should the merge be undone
    assert "purchase" in kinds["anna"]
    assert kinds["fred"] == []


def test_where_webhooks_come_through_the_comparison_finds_nothing() -> None:
    reports = undisturbed(2).reports

    assert reports
    assert [report.found for report in reports] == [{}] * len(reports)
    assert reports[0].there == reports[0].here > 0


@pytest.mark.parametrize(("days", "journal"), [(2, True), (5, False)])
def test_an_outage_leaves_no_trace(tmp_path: Path, days: float, journal: bool) -> None:
    """(28, 29) HubSpot gave its webhooks up after a day, and after three forgot its journal."""
    found = lived(f"sqlite:///{tmp_path}/segue.db", days, up=False, journal=journal)

    assert found.outcome == undisturbed(days).outcome


def test_an_outage_leaves_no_trace_on_either_engine(database_url: str) -> None:
    """(28, 29) And the report names what was missed, but for what the journal still told."""
    found = lived(database_url, 5, up=False, journal=True)

    assert found.outcome == undisturbed(5).outcome
    assert {word: found.reports[0].found.get(word) for word in ("deleted", "merged")} == {
        "deleted": 1,
        "merged": 1,
    }
    assert found.reports[0].samples["deleted"] == [int(found.ids["bert"])]


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
