"""`segue rules` as a CRM admin sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.commands.rules import rules
from integration import wiring
from integration.flows import recount
from integration.settings import read
from tests.console.test_settings import GOOD
from tests.flows.desk import PORTAL, opened, prepare

VIP = "version: 1\nsegments:\n  vips:\n    name: The best\n    when: {event: purchase}\n"


@pytest.fixture
def url(database_url: str) -> str:
    """A database with one portal. The commands live by the real clock and the rules that ship."""
    with opened(database_url):
        pass
    return database_url


def run(url: str, *words: str) -> Result:
    return CliRunner().invoke(rules, words, env={**GOOD, "DATABASE_URL": url})


def work(url: str) -> None:
    segue = wiring.build(read({**GOOD, "DATABASE_URL": url}))
    prepare(segue.tools)
    while recount.run(segue.tools):
        prepare(segue.tools)
    segue.store.engine.dispose()


def shown(url: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(run(url, "show", "--json").output)
    return found


def test_a_setting_is_changed_shown_and_taken_back(url: str) -> None:
    assert "cart_wait" in run(url, "show").output

    changed = run(url, "set", "cart_wait", "6h", "--by", "anna@example.com")

    assert changed.exit_code == 0, changed.output
    assert changed.output.splitlines() == [
        "Version 2: cart_wait: its default -> 6h.",
        "A worker looks at everybody by it in the background: see `segue rules show`.",
    ]
    assert "On version 1: everybody stands on it." in run(url, "show").output
    work(url)
    page = run(url, "show").output.splitlines()
    assert page[0] == "On version 2: everybody stands on it."
    line = next(line for line in page if line.startswith("cart_wait "))
    assert line.split()[:3] == ["cart_wait", "6h", "4h"]

    assert run(url, "reset", "cart_wait").exit_code == 0
    line = next(line for line in run(url, "show").output.splitlines() if line[:10] == "cart_wait ")
    assert line.split()[1] == "4h"


def test_a_rule_file_is_added_replaced_and_removed(url: str, tmp_path: Path) -> None:
    file = tmp_path / "vip.yml"
    file.write_text(VIP, encoding="utf-8")

    added = run(url, "add", str(file))
    assert "Version 2: added the rule file vip.yml." in added.output
    assert shown(url)["files"] == {"vip.yml": VIP}
    file.write_text(VIP.replace("best", "very best"), encoding="utf-8")
    assert "replaced the rule file vip.yml" in run(url, "add", str(file)).output
    assert "vip.yml  5 lines" in run(url, "show").output
    assert "removed the rule file vip.yml" in run(url, "remove", "vip.yml").output
    assert shown(url)["files"] == {}


def test_a_segment_is_switched_off_and_on(url: str) -> None:
    off = run(url, "off", "segments.form_abandoners")
    assert off.exit_code == 0, off.output
    assert "Its list in HubSpot stays there" in off.output
    assert "Switched off: segments.form_abandoners" in run(url, "show").output
    assert run(url, "on", "segments.form_abandoners").exit_code == 0
    assert shown(url)["off"] == []


def test_the_log_says_who_changed_what_and_undo_takes_it_back(url: str) -> None:
    run(url, "set", "cart_wait", "6h", "--by", "anna@example.com")
    run(url, "set", "cart_wait", "8h", "--by", "bert@example.com")

    assert run(url, "undo", "2", "--by", "cleo@example.com").exit_code == 0

    page = run(url, "log").output
    told = [line.split()[0] + " " + " ".join(line.split()[2:]) for line in page.splitlines()[3:]]
    assert told == [
        "4 cleo@example.com went back to version 2",
        "3 bert@example.com cart_wait: 6h -> 8h",
        "2 anna@example.com cart_wait: its default -> 6h",
        "1 Segue took up the rules that ship with Segue",
    ]
    versions = json.loads(run(url, "log", "--json").output)
    assert [(each["version"], each["before"], each["after"]) for each in versions][1:3] == [
        (3, "6h", "8h"),
        (2, None, "6h"),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["set", "cart_wait", "soon"], '"soon" is not a duration such as 45m, 3h, 30d or 2w'),
        (["set", "cart_wat", "6h"], 'unknown setting; did you mean "cart_wait"?'),
        (["off", "segments.cart_abandoner"], 'did you mean "cart_abandoners"?'),
        (["off", "segments.churn_risk_"], "did you mean"),
        (["reset", "cart_wait"], "It is so already: nothing was changed."),
        (["remove", "nothing.yml"], "It is so already: nothing was changed."),
        (["undo", "7"], "never had that version"),
        (["set", "cart_wait", "6h", "--portal", "404"], "404 hasn't installed Segue"),
    ],
)
def test_what_cant_be_done_is_said_and_changes_nothing(
    url: str, words: list[str], said: str
) -> None:
    result = run(url, *words)

    assert result.exit_code == 2
    assert said in result.output + result.stderr
    assert len(json.loads(run(url, "log", "--json").output)) <= 1


def test_a_faulty_file_is_refused_with_every_fault(url: str, tmp_path: Path) -> None:
    file = tmp_path / "faulty.yml"
    file.write_text("segments:\n  x: {when: {event: purchse}}\n  y: {wen: {}}\n", encoding="utf-8")

    result = run(url, "add", str(file))

    assert result.exit_code == 2
    assert 'faulty.yml:2: segments.x.when.event: unknown event kind "purchse"' in result.stderr
    assert "faulty.yml:3: segments.y" in result.stderr


def test_progress_is_told_while_a_change_goes_through(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recount, "CHUNK", 1)
    with opened(url) as desk:
        desk.time.at = wiring.now()
        desk.contact(1, 2, 3)
        desk.look()
    run(url, "set", "cart_wait", "6h")
    segue = wiring.build(read({**GOOD, "DATABASE_URL": url}))
    recount.run(segue.tools)
    prepare(segue.tools)
    recount.run(segue.tools)

    page = run(url, "show").output.splitlines()[0]

    assert page == (
        "Changing from version 1 to 2: 1 of 3 contacts looked at, 0 memberships changed."
    )
    assert shown(url)["changing_to"] == 2
    segue.store.engine.dispose()


def test_the_account_is_the_only_one_there_is(url: str) -> None:
    assert json.loads(run(url, "show", "--json").output)["portal"] == PORTAL
