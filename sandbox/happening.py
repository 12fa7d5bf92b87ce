"""What happens in a portal, before anyone has been told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from . import facts


@dataclass(frozen=True)
class Author:
    """Who makes a change, in the words of webhooks and property histories."""

    change_source: str
    source_id: str

    @classmethod
    def of_app(cls, app_id: int) -> Author:
        """Name the app whose token wrote."""
        return cls("INTEGRATION", str(app_id))


USER = Author("CRM_UI", f"userId:{facts.USER_ID}")
SYSTEM = Author("CALCULATED", "hubspot")


@dataclass(frozen=True)
class Happening:
    """One change to one record.

    `action` is the second half of a subscription type (`creation`, `propertyChange`...);
    `details` are the fields that this action adds to the message, by their names on the wire.
    """

    action: str
    type_id: str
    object_id: str
    at: datetime
    author: Author
    details: Mapping[str, object] = field(default_factory=dict)


Tell = Callable[[Happening], None]
