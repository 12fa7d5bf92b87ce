"""What all tests share: a database of either engine, and a house on it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.databases import empty_database, fresh_database, furnish, postgresql
from tests.house import House, open_house

# How quick the machine is decides over no test.
settings.register_profile("any", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any")

# Where `rich` is installed, structlog draws tracebacks with everything around them: for seconds.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=True),
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server for the whole run."""
    with postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with today's schema and nothing in it: the test runs once on each engine."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/segue.db"
        furnish(url)
        return url
    server = request.getfixturevalue("postgresql_server")
    return fresh_database(server, f"t{uuid.uuid4().hex}")


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database in which there is nothing at all, on either engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/bare.db"
    server = request.getfixturevalue("postgresql_server")
    return empty_database(server, f"t{uuid.uuid4().hex}")


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """A Segue beside a stand-in HubSpot with an empty portal, not installed yet."""
    made = open_house(database_url)
    yield made
    made.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say over how many (contact, rule) pairs the drivers agreed with the plain reading."""
    counts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        counts.update({name: value for name, value in report.user_properties if "pairs" in name})
    for name, number in sorted(counts.items()):
        terminalreporter.write_line(f"{name}: {number:,}")
