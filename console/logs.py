"""Logging: one JSON object a line on standard error, without secrets and without bodies."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

SECRET_WORDS: Final = ("secret", "token", "authorization", "cookie", "password", "signature")
BODIES: Final = frozenset({"body", "payload", "code", "state_given"})
HIDDEN: Final = "(hidden)"
# They would log every tick of the worker.
QUIET: Final = ("apscheduler", "alembic", "urllib3", "werkzeug", "waitress.queue")


def configure(level: int = logging.INFO) -> None:
    """Send what Segue and its libraries log to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper("iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        hide_secrets,
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
