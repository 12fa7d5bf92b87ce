"""The nouns of erasing: who goes, and what is known of how far it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Whom:
    """A person as the data names them: all ids, also merged ones, and addresses (lower case)."""

    ids: tuple[int, ...]
    emails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure of one contact, or of all that is known of a portal, and how far it came.

    `state`: waiting (until `due_at`), due (rows go, or deliveries are gone through), swept (no row
    has any of it), done (no byte has). `mark` names the contact by its salted hash; `whom` is
    known only until deliveries were gone through. `counts` are rows removed, by table.
    """

    portal_id: int
    id: str
    what: str  # contact, portal
    asked_by: str  # hubspot, command, uninstall
    asked_at: datetime
    state: str
    due_at: datetime
    mark: str = ""
    whom: Whom | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    total: int = 0
    removed_at: datetime | None = None
    done_at: datetime | None = None
    report: str | None = None
