"""Real purchases: the CDNOW sample through `segue evaluate` and through a plain script."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner

from console.commands.evaluate import evaluate

RULES = """
segments:
  frequent: {when: {event: purchase, within: 90d, count: {at_least: 3}}}
  spenders: {when: {event: purchase, within: 90d, total: {of: amount, at_least: 100}}}
  lapsed: {when: {all: [{event: purchase}, {not: {event: purchase, within: 180d}}]}}
"""
DAY = timedelta(days=1)
LATER = "1998-08-15T00:00:00.000Z"
EDGE = timedelta(milliseconds=1)
Purchases = dict[str, list[tuple[datetime, Decimal]]]


@pytest.fixture(scope="module")
def purchases() -> Purchases:
    text = resources.files("sandbox.data").joinpath("CDNOW_sample.txt").read_text("ascii")
    found: Purchases = defaultdict(list)
    for line in text.splitlines():
        _, customer, day, _, dollars = line.split()
        at = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
        found[customer].append((at, Decimal(dollars)))
    return found


@pytest.fixture(scope="module")
def files(purchases: Purchases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cdnow")
    (folder / "rules.yml").write_text(RULES, encoding="utf-8")
    lines = [
        json.dumps(
            {
                "id": f"{customer}/{number}",
                "contact": customer,
                "event": "purchase",
                "at": at.isoformat(),
                "properties": {"amount": str(dollars)},
            }
        )
        for customer, bought in purchases.items()
        for number, (at, dollars) in enumerate(bought)
    ]
    (folder / "events.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def plain_counts(purchases: Purchases, now: datetime) -> dict[str, int]:
    counts = {"frequent": 0, "spenders": 0, "lapsed": 0}
    for bought in purchases.values():
        recent = [dollars for at, dollars in bought if now - 90 * DAY < at <= now]
        counts["frequent"] += len(recent) >= 3
        counts["spenders"] += sum(recent) >= 100
        before = [at for at, _ in bought if at <= now]
        counts["lapsed"] += bool(before) and max(before) <= now - 180 * DAY
    return counts


def engine_counts(files: Path, now: datetime) -> dict[str, int]:
    arguments = ["--rules", f"{files}/rules.yml", "--events", f"{files}/events.jsonl"]
    result = CliRunner().invoke(evaluate, [*arguments, "--at", now.isoformat(), "--json"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.output)
    assert answer["contacts"] == 2357
    return {key: len(segment["members"]) for key, segment in answer["segments"].items()}


@pytest.mark.parametrize("day", ["1997-05-15", "1997-10-01", "1998-06-30"])
def test_counts_agree_with_a_plain_script_at_both_edges(
    purchases: Purchases, files: Path, day: str
) -> None:
    """Purchases are at midnight: at midnight some are exactly 90 days old, and so just out."""
    now = datetime.fromisoformat(day).replace(tzinfo=UTC)

    seen = [engine_counts(files, instant) for instant in (now - EDGE, now, now + EDGE)]

    assert seen == [plain_counts(purchases, instant) for instant in (now - EDGE, now, now + EDGE)]
    assert seen[0] != seen[1]
    assert min(seen[1]["frequent"], seen[1]["spenders"]) > 0


def test_entries_and_exits_come_when_they_were_foretold(files: Path) -> None:
    now, later = datetime(1998, 6, 30, tzinfo=UTC), datetime.fromisoformat(LATER)

    def members(at: datetime) -> dict[str, dict[str, str | None]]:
        arguments = ["--rules", f"{files}/rules.yml", "--events", f"{files}/events.jsonl"]
        result = CliRunner().invoke(evaluate, [*arguments, "--at", at.isoformat(), "--json"])
        return {key: one["members"] for key, one in json.loads(result.output)["segments"].items()}

    foretold = {
        key: {contact for contact, until in one.items() if until is None or until > LATER}
        for key, one in members(now).items()
    }
    found = members(later)

    assert foretold["frequent"] == set(found["frequent"])
    assert foretold["spenders"] == set(found["spenders"])
