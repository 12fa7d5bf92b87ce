"""Logging: JSON lines, without secrets, bodies and personal values."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def lines(code: str) -> list[dict[str, Any]]:
    """Run code after logging was set up; read what it logged."""
    ended = subprocess.run(
        [sys.executable, "-c", f"from console import logs\nlogs.configure()\n{code}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == ""
    return [json.loads(line) for line in ended.stderr.splitlines()]


def test_what_segue_logs_is_one_object_a_line() -> None:
    (line,) = lines("import structlog; structlog.get_logger('x').info('portal ö', portal_id=7)")

    assert (line["event"], line["portal_id"], line["level"]) == ("portal ö", 7, "info")
    assert line["at"].endswith("Z")


def test_what_libraries_log_looks_the_same() -> None:
    (line,) = lines("import logging; logging.getLogger('waitress').warning('queue is %d', 3)")

    assert (line["event"], line["level"], line["logger"]) == ("queue is 3", "warning", "waitress")


def test_an_error_comes_with_its_traceback_in_the_same_line() -> None:
    (line,) = lines(
        "import structlog\n"
        "try: 1 / 0\n"
        "except ZeroDivisionError: structlog.get_logger('x').exception('broke')"
    )

    assert "ZeroDivisionError" in line["exception"]


def test_secrets_and_bodies_are_hidden_even_where_someone_logs_them() -> None:
    (line,) = lines(
        "import structlog; structlog.get_logger('x').info('e', access_token='a1', body=b'b2',"
        " client_secret='c3', Authorization='Bearer d4', code='e5', portal_id=6)"
    )

    assert not {"a1", "b2", "c3", "e5"} & set(map(str, line.values()))
    assert "d4" not in json.dumps(line)
    assert line["portal_id"] == 6


def test_the_words_of_an_error_are_not_logged_as_they_may_quote_a_value() -> None:
    (line,) = lines(
        "import structlog\n"
        "try:\n"
        "    try: int('zq7marker')\n"
        "    except ValueError as error: raise KeyError('zq7marker') from error\n"
        "except KeyError: structlog.get_logger('x').exception('broke')"
    )

    assert "zq7marker" not in json.dumps(line)
    assert "ValueError" in line["exception"]
    assert "KeyError" in line["exception"]
    assert 'File "<string>", line 6' in line["exception"]


def test_of_hubspots_errors_the_marks_are_logged_not_the_words() -> None:
    (line,) = lines(
        "import structlog\n"
        "from integration.errors import Fault, Invalid, PortalDisconnected\n"
        "try:\n"
        "    try: raise Invalid(Fault(400, 'zq7marker is wrong', 'VALIDATION_ERROR'))\n"
        "    except Invalid as error: raise PortalDisconnected from error\n"
        "except Exception: structlog.get_logger('x').exception('broke')"
    )

    assert "zq7marker" not in json.dumps(line)
    assert "HTTP 400, VALIDATION_ERROR" in line["exception"]
    assert "the portal is disconnected".lower() in line["exception"].lower()


def test_what_the_database_says_of_a_lock_is_logged() -> None:
    (line,) = lines(
        "import sqlite3, structlog\n"
        "try: raise sqlite3.OperationalError('database is locked')\n"
        "except Exception: structlog.get_logger('x').exception('broke')"
    )

    assert "database is locked" in line["exception"]


def test_addresses_are_hidden_wherever_they_stand() -> None:
    (line,) = lines(
        "import structlog; structlog.get_logger('x').info('anna@example.com wrote',"
        " reason='to <Anna.B+c@mail.example.org>, or ?email=anna%40example.com&x=1',"
        " at_all='a @ b')"
    )

    assert line["event"] == "(hidden) wrote"
    assert line["reason"] == "to <(hidden)>, or ?email=(hidden)&x=1"
    assert line["at_all"] == "a @ b"
