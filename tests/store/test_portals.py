"""Portals, how far they were read, what they spent, and the engine under it all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from integration.store import budgets, portals, sync
from integration.store.budgets import Spent
from integration.store.engine import Store, normal_url
from integration.store.inbox import Claim
from integration.store.portals import NewTokens
from integration.store.sync import Source
from integration.store.vault import Vault, WrongKey
from mappings.model import Account, PortalState

NOON = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PORTAL = 62_515_001
ACCOUNT = Account(PORTAL, "Europe/Berlin", "EUR", "app.hubspot.com")


@pytest.fixture
def installed(store: Store) -> Store:
    with store.write() as connection:
        tokens = NewTokens("a1", "r1", NOON + 1800 * SECOND)
        portals.install(connection, ACCOUNT, tokens, ("oauth",), NOON)
    return store


def test_a_second_install_takes_the_firsts_place(installed: Store) -> None:
    """Failure mode 8: new tokens, a new version of them, and the reason of the past is gone."""
    with installed.write() as connection:
        assert portals.disconnect(connection, PORTAL, 1, "revoked")
        assert portals.expiring(connection, NOON + timedelta(days=1)) == []
        newer = NewTokens("a2", "r2", NOON + 3600 * SECOND)
        portals.install(connection, ACCOUNT, newer, ("oauth", "forms"), NOON + SECOND)

        held, portal = portals.tokens(connection, PORTAL), portals.get(connection, PORTAL)

    assert held is not None
    assert portal is not None
    assert (held.access, held.refresh, held.version) == ("a2", "r2", 2)
    assert (portal.state, portal.reason) == (PortalState.INSTALLING, "")
    assert portal.scopes == {"oauth", "forms"}
    assert portal.installed_at == NOON


def test_a_portal_moves_only_from_where_it_is(installed: Store) -> None:
    """Two workers at one portal: the later one's old knowledge moves nothing."""
    with installed.write() as connection:
        assert portals.move(connection, PORTAL, PortalState.INSTALLING, PortalState.SYNCING)
        assert not portals.move(connection, PORTAL, PortalState.INSTALLING, PortalState.SYNCING)
        portals.set_reason(connection, PORTAL, "look here")
        assert portals.disconnect(connection, PORTAL, 1, "revoked")
        portals.set_reason(connection, PORTAL, "look here")

        [portal] = portals.every(connection, PortalState.DISCONNECTED)

    assert portal.reason == "revoked"


def test_one_refreshes_a_token_at_a_time(installed: Store) -> None:
    """Failure mode 6: a lease on the version; after a failure nobody asks for a while."""
    span = (NOON, NOON + 30 * SECOND)
    with installed.write() as connection:
        assert portals.claim_refresh(connection, PORTAL, 1, "a", span)
        assert not portals.claim_refresh(connection, PORTAL, 1, "b", span)
        portals.put_off_refresh(connection, PORTAL, "b", NOON)
        assert not portals.claim_refresh(connection, PORTAL, 1, "b", span)
        portals.put_off_refresh(connection, PORTAL, "a", NOON + 10 * SECOND)
        later = (NOON + 10 * SECOND, NOON + 40 * SECOND)
        assert portals.claim_refresh(connection, PORTAL, 1, "b", later)

        fresh = NewTokens("a2", "r2", NOON + 3600 * SECOND)
        assert portals.finish_refresh(connection, PORTAL, 1, fresh)
        assert not portals.finish_refresh(connection, PORTAL, 1, NewTokens("a0", "r0", NOON))
        assert portals.claim_refresh(connection, PORTAL, 2, "c", span)
        assert not portals.claim_refresh(connection, PORTAL, 1, "d", span)


def claim(store: Store, lease: str, now: datetime) -> Source | None:
    with store.write() as connection:
        return sync.claim(connection, Claim(lease, now, now + 60 * SECOND))


def test_each_source_is_read_by_one_and_to_its_end_once(store: Store) -> None:
    """Sources are read side by side; what is read to its end is read no more."""
    with store.write() as connection:
        sync.begin(connection, PORTAL, ["contacts", "orders", "emails"], NOON)
        sync.begin(connection, PORTAL, ["contacts", "orders", "emails"], NOON)
    first = claim(store, "a", NOON)
    assert first is not None
    assert (first.source, first.state, first.started_at) == ("contacts", "running", NOON)
    beside = [claim(store, lease, NOON) for lease in ("b", "c", "d")]
    assert [one and one.source for one in beside] == ["orders", "emails", None]
    with store.write() as connection:
        for one, lease in zip(beside, "bc", strict=False):
            assert one is not None
            sync.put_off(connection, one, lease, NOON, (False, ""))

    with store.write() as connection:
        assert sync.advance(connection, first, "a", '{"after": "7"}', (100, None))
        assert not sync.advance(connection, first, "b", '{"after": "8"}', (100, None))
        sync.finish(connection, first, "a", NOON, None)
        assert not sync.first_pass_done(connection, PORTAL)
    second = claim(store, "a", NOON)
    assert second is not None
    assert second.source == "orders"
    with store.write() as connection:
        sync.switch_off(connection, second, "a", "no scope")
    third = claim(store, "a", NOON)
    assert third is not None
    with store.write() as connection:
        sync.advance(connection, third, "a", "{}", (5, None))
        sync.finish(connection, third, "a", NOON, NOON + 60 * SECOND)
        assert sync.first_pass_done(connection, PORTAL)
    assert claim(store, "a", NOON + 59 * SECOND) is None

    again = claim(store, "a", NOON + 60 * SECOND)
    assert again is not None
    assert (again.source, again.state, again.records) == ("emails", "done", 5)
    with store.write() as connection:
        sync.advance(connection, again, "a", "{}", (9, None))
        sync.put_off(connection, again, "a", NOON + 90 * SECOND, (True, "HubSpot failed"))
        every = sync.every(connection, PORTAL)
    assert [(one.records, one.attempts, one.reason) for one in every] == [
        (100, 0, ""),
        (0, 0, "no scope"),
        (5, 1, "HubSpot failed"),
    ]


def test_after_an_install_every_source_begins_again(store: Store) -> None:
    """Failure mode 8: also those that were off, and those that failed often."""
    with store.write() as connection:
        sync.begin(connection, PORTAL, ["contacts"], NOON)
    held = claim(store, "a", NOON)
    assert held is not None
    with store.write() as connection:
        sync.put_off(connection, held, "a", NOON, (True, "HubSpot failed"))
        sync.restart(connection, PORTAL, NOON + SECOND)
        assert not sync.advance(connection, held, "a", "{}", (1, None))

    begun = claim(store, "b", NOON + SECOND)

    assert begun is not None
    assert (begun.cursor, begun.records, begun.attempts, begun.reason) == ("", 0, 0, "")
    assert begun.started_at == NOON + SECOND


def test_a_budget_is_kept_as_it_was_saved(store: Store) -> None:
    spent = Spent(((1, 2), (1_782_864_000_000, 7)), 1_782_864_000_123)
    with store.write() as connection:
        assert budgets.load(connection, PORTAL, "general") == Spent((), 0)
        budgets.save(connection, PORTAL, "general", spent)
        budgets.save(connection, PORTAL, "general", spent)

        assert budgets.load(connection, PORTAL, "general") == spent
        assert budgets.load(connection, PORTAL, "search") == Spent((), 0)


def break_half_way(store: Store) -> None:
    with store.write() as connection:
        portals.set_reason(connection, PORTAL, "half done")
        raise ZeroDivisionError


def test_a_write_that_breaks_leaves_nothing(installed: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        break_half_way(installed)

    with installed.read() as connection:
        portal = portals.get(connection, PORTAL)
    assert portal is not None
    assert portal.reason == ""


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:///x.db", "sqlite:///x.db"),
    ],
)
def test_a_url_of_any_host_names_the_driver(given: str, used: str) -> None:
    """Heroku and others say `postgres://`."""
    assert normal_url(given) == used


def test_a_key_that_is_gone_is_named() -> None:
    """Failure mode 7: what can't be opened waits; it isn't lost."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    locked = Vault([old]).lock("na1-secret")

    assert "na1-secret" not in locked
    assert Vault([new, old]).unlock(locked) == "na1-secret"
    with pytest.raises(WrongKey, match="TOKEN_KEYS"):
        Vault([new]).unlock(locked)
