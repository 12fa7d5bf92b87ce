"""`segue keys`: write keys as the admin of a portal makes, sees and revokes them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from console.commands.keys import group
from integration import wiring
from integration.flows import collect
from integration.settings import read
from integration.store import calls, keys
from integration.store.calls import Arrived
from tests.console.test_settings import GOOD
from tests.flows.desk import ANNA, PORTAL, opened


@pytest.fixture
def url(database_url: str) -> str:
    """A database with one portal and one contact. The commands live by the real clock."""
    with opened(database_url) as desk:
        desk.contact(ANNA, email="anna@example.com")
    return database_url


def run(url: str, *words: str) -> Result:
    return CliRunner().invoke(group, words, env={**GOOD, "DATABASE_URL": url})


def made(url: str, *words: str) -> tuple[str, str]:
    """Make a key; give it and its id."""
    ended = run(url, "add", *words)
    assert ended.exit_code == 0, ended.output
    lines = ended.output.splitlines()
    return lines[2].strip(), lines[0].split("(")[1].split(")")[0]


def take_in(url: str, key: str, *items: object) -> None:
    """Let a batch come with a key, and be taken in."""
    segue = wiring.build(read({**GOOD, "DATABASE_URL": url}))
    body = json.dumps({"batch": items}).encode()
    with segue.store.write() as connection:
        found = keys.find(connection, key)
        assert found is not None
        came = Arrived(found.portal_id, found.key_id, "batch", body, segue.tools.now())
        calls.put(connection, [came])
    collect.run(segue.tools)
    segue.store.engine.dispose()


def test_a_key_is_shown_once_and_says_what_it_is_for(url: str) -> None:
    ended = run(url, "add", "Shop", "--origin", "https://Shop.example/", "--consent", "Analytics")

    lines = ended.output.splitlines()
    key = lines[2].strip()
    assert len(key) == 32
    assert lines[4:] == [
        "SDKs send to https://segue.example with it. Pages that may use it: https://shop.example.",
        "Keeps only calls that agree to “Analytics”.",
    ]
    assert key not in run(url, "list").output
    assert key not in run(url, "list", "--json").output


def test_the_list_says_what_came_with_each_key(url: str) -> None:
    shop, shop_id = made(url, "Shop", "--origin", "*")
    _, idle_id = made(url, "Backend")
    track = {"type": "track", "event": "Feature Used", "messageId": "m"}
    take_in(
        url,
        shop,
        {**track, "userId": "anna@example.com"},
        {**track, "anonymousId": "a-1"},
        {**track, "userId": "u", "context": {"consent": False}},
        {"type": "track", "userId": "u"},
    )

    shown = json.loads(run(url, "list", "--json").output)
    page = run(url, "list").output

    assert (shown["portal"], shown["requests_waiting"]) == (PORTAL, 0)
    assert shown["events_without_a_name"] == 1
    numbers = [
        (key["id"], key["taken"], key["refused"], key["unreadable"]) for key in shown["keys"]
    ]
    assert sorted(numbers) == sorted([(shop_id, 2, 1, 1), (idle_id, 0, 0, 0)])
    assert shown["unreadable"] == [
        {"key": shop_id, "reason": "a track call without an event name", "calls": 1}
    ]
    assert f"1 call of key {shop_id}: a track call without an event name" in page
    row = next(line for line in page.splitlines() if line.startswith(shop_id))
    assert row.split()[1:7] == ["Shop", "*", "any", "2", "1", "1"]


def test_a_revoked_key_stays_in_the_list(url: str) -> None:
    _, key_id = made(url, "Shop")

    assert run(url, "revoke", key_id).output == (
        f"Revoked: the write key {key_id} opens nothing any more.\n"
    )
    again = run(url, "revoke", key_id)

    assert again.exit_code == 2
    assert f"there is no key {key_id} in use" in again.output
    assert json.loads(run(url, "list", "--json").output)["keys"][0]["revoked_at"]


def test_nothing_is_made_of_what_is_no_origin(url: str) -> None:
    ended = run(url, "add", "Shop", "--origin", "shop.example")

    assert ended.exit_code == 2
    assert "'shop.example' is no origin" in ended.output
    assert "There is no write key yet" in run(url, "list").output


def test_without_a_subcommand_it_still_makes_a_key_for_tokens() -> None:
    ended = CliRunner().invoke(group, [])

    Fernet(ended.output.strip())
