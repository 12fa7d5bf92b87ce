"""The answers that batches share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .clock import to_wire

Json = dict[str, Any]


def complete(
    results: Sequence[Json], errors: Sequence[Json], now: datetime, created: bool = False
) -> tuple[Json, int]:
    """Answer a batch: 200 (201 for creations), or 207 when some inputs failed."""
    answer: Json = {
        "status": "COMPLETE",
        "results": list(results),
        "startedAt": to_wire(now),
        "completedAt": to_wire(now),
    }
    if errors:
        return {**answer, "numErrors": len(errors), "errors": list(errors)}, 207
    return answer, 201 if created else 200


def missing_error(message: str, ids: Sequence[str], category: str = "OBJECT_NOT_FOUND") -> Json:
    """Write one entry of a 207's `errors`, naming the inputs that it is about."""
    return {
        "status": "error",
        "category": category,
        "message": message,
        "context": {"ids": list(ids)},
        "errors": [],
        "links": {},
    }
