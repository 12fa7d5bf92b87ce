"""Logging: one JSON object a line on standard error, without secrets, bodies and personal values.

People are in it by HubSpot's ids alone. What an exception says may quote a value, so of most only
the type and the lines of code are logged.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Final

import structlog

from integration.errors import HubSpotError, SegueError

SECRET_WORDS: Final = ("secret", "token", "authorization", "cookie", "password", "signature")
BODIES: Final = frozenset({"body", "payload", "code", "state_given"})
HIDDEN: Final = "(hidden)"
# Enough to find whatever looks like an address, also within a web address.
ADDRESS: Final = re.compile(r"[^\s\"'<>()=:;,/?&]+(?:@|%40)[^\s\"'<>()=:;,/?&]+\.\w+")
# They would log every tick of the worker.
QUIET: Final = ("apscheduler", "alembic", "urllib3", "werkzeug", "waitress.queue")


def configure(level: int = logging.INFO) -> None:
    """Send what Segue and its libraries log to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper("iso", utc=True, key="at"),
        structlog.processors.ExceptionRenderer(tell),
        hide_secrets,
        hide_addresses,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def hide_secrets(
    _logger: Any, _method: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Hide what is named like a secret or a body: a second wall behind not logging it."""
    for name in entry:
        if name.lower() in BODIES or any(word in name.lower() for word in SECRET_WORDS):
            entry[name] = HIDDEN
    return entry


def hide_addresses(
    _logger: Any, _method: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Hide e-mail addresses in whatever is said: a second wall behind not logging them."""
    for name, value in entry.items():
        if isinstance(value, str) and ("@" in value or "%40" in value):
            entry[name] = ADDRESS.sub(HIDDEN, value)
    return entry


ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


def tell(exc_info: ExcInfo) -> str:
    """Write an exception with its causes: the lines of code it came by, and what may be said."""
    parts: list[str] = []
    error: BaseException | None = exc_info[1]
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{lines}{_said(error)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\nafter which:\n\n".join(reversed(parts))


def _said(error: BaseException) -> str:
    """Give an exception's type, and its words where they can quote nobody's values."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if isinstance(error, HubSpotError):
        return f"{name}: HTTP {error.status}, {error.category}, {error.correlation_id}"
    if isinstance(error, OSError):
        return f"{name}: {error.strerror}"
    if isinstance(error, SegueError) or name.endswith(".OperationalError"):
        return f"{name}: {str(error).splitlines()[0] if str(error) else ''}"
    return name
