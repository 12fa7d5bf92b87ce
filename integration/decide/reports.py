"""Reports of erasures: what was removed where, signed so that nobody can change them unseen."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

from mappings.instants import to_ms
from mappings.privacy import Erasure

KIND: Final = "segue erasure report"
VERSION: Final = 1
SIGNATURE: Final = "signature"
_PREFIX: Final = "hmac-sha256:"
_KEPT: Final = {
    "contact": "salted hashes of its ids and addresses, so that nothing late brings it back",
    "portal": "this report alone",
}


def report_of(erasure: Erasure, how: Mapping[str, Any]) -> dict[str, Any]:
    """Say what was removed where and when; nothing in it is of a person."""
    return {
        "report": KIND,
        "version": VERSION,
        "erasure": erasure.id,
        "portal": erasure.portal_id,
        "what": erasure.what,
        "mark": erasure.mark,
        "asked_by": erasure.asked_by,
        "asked_at_ms": to_ms(erasure.asked_at),
        "rows_removed": dict(sorted(erasure.counts.items())),
        "rows_removed_at_ms": None if erasure.removed_at is None else to_ms(erasure.removed_at),
        "bytes": dict(how),
        "bytes_removed_at_ms": None if erasure.done_at is None else to_ms(erasure.done_at),
        "kept": _KEPT[erasure.what],
    }


def signed(report: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Give a report with its signature: HMAC-SHA256 of all else in it, keys in order."""
    bare = {name: value for name, value in report.items() if name != SIGNATURE}
    return {**bare, SIGNATURE: _PREFIX + _sign(bare, key)}


def is_genuine(report: Mapping[str, Any], key: str) -> bool:
    """Was it signed with this key, and is every word of it as it was then?"""
    given = report.get(SIGNATURE)
    wanted = str(signed(report, key)[SIGNATURE])
    return isinstance(given, str) and hmac.compare_digest(given.encode(), wanted.encode())


def _sign(report: Mapping[str, Any], key: str) -> str:
    text = json.dumps(report, sort_keys=True, separators=(",", ":"))
    return hmac.new(key.encode(), f"{KIND}\n{text}".encode(), hashlib.sha256).hexdigest()
