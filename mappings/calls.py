"""The collector's calls as nouns, and what any of them may be at most.

They are those of the Segment tracking API: https://segment.com/docs/connections/spec/common/.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from mappings.values import clean

BATCH: Final = "batch"
TYPES: Final = frozenset({"track", "page", "screen", "identify", "group", "alias"})
LARGEST_CALL: Final = 32 * 1024  # bytes, as Segment takes
LARGEST_BATCH: Final = 500 * 1024
LONGEST_ADDRESS: Final = 320
LONGEST_MARK: Final = 200  # PostgreSQL's indexes take no name of any length
_ADDRESS: Final = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that a site or app tells.

    `id` is stable: the same call sent twice has the same id. `name` is a track's event, a page's
    or screen's name, a group's or an alias's other id. Ids and addresses are "" where there are
    none; `email` is in lower case. `properties` of identify and group calls are their traits.
    """

    type: str
    id: str
    at: datetime
    anonymous_id: str
    user_id: str
    email: str
    contact_id: int | None
    name: str
    properties: Mapping[str, Any] = field(repr=False)
    context: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unread:
    """A call that can't be read: itself, as a request of its own would bring it, and why."""

    type: str
    body: bytes = field(repr=False)
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was in a request. `refused` calls had no consent: of them nothing but the count."""

    calls: tuple[Call, ...]
    unread: tuple[Unread, ...]
    refused: int


@dataclass(frozen=True, slots=True)
class Request:
    """A request to the collector: which call its path names, its JSON, when it came.

    `name` tells it from every other; calls without a messageId are named by it.
    """

    type: str
    body: bytes = field(repr=False)
    received_at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Terms:
    """How calls are read: `consent` is the category that must be agreed to ("" for any)."""

    consent: str
    contact_ids: frozenset[str]
    nobody: frozenset[str]


def read_json(body: bytes) -> Any:
    """Read JSON. Raises ValueError or RecursionError."""
    return _DECODER.decode(body.decode())


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def address(value: Any) -> str:
    """Read an e-mail address, in lower case; "" where it is none."""
    spelled = clean(value).strip().lower() if isinstance(value, str) else ""
    is_one = len(spelled) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(spelled)
    return spelled if is_one else ""


def shortened(name: str) -> str:
    """Give a name that an index takes: itself, or its digest where it is very long."""
    return name if len(name) <= LONGEST_MARK else digest(name.encode("utf-8", "replace"))


def digest(*parts: bytes) -> str:
    """Name something by what it holds."""
    return hashlib.sha256(b"\x1f".join(parts)).hexdigest()[:32]
