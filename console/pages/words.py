"""The plain words for what Segue keeps as states and keys."""

from typing import Final

from mappings.model import PortalState
from mappings.rules import Enters, Happens, Leaves, RuleBook, StageIs, Trigger

STATES: Final = {
    PortalState.INSTALLING: (
        "Preparing",
        "Segue is setting up its contact properties in HubSpot. This takes a minute.",
    ),
    PortalState.SYNCING: (
        "Reading the past",
        "Segue is reading what your contacts did so far. Nothing is written to HubSpot until "
        "everything is read.",
    ),
    PortalState.COUNTING: (
        "Counting",
        "Everything is read. Segue is working out who is in which segment; the lists in HubSpot "
        "follow right after.",
    ),
    PortalState.LIVE: (
        "Live",
        "Segue hears what your contacts do and keeps their segments in HubSpot up to date.",
    ),
    PortalState.DISCONNECTED: (
        "Disconnected",
        "Segue can't reach this HubSpot account. What is waiting is kept, and goes on once the "
        "app is installed again.",
    ),
}

SOURCE_NAMES: Final = {
    "contacts": "Contacts",
    "orders": "Orders",
    "deals": "Deals",
    "carts": "Carts",
    "emails": "Marketing e-mail events",
    "forms": "Form submissions",
    "subscriptions": "Subscriptions (paid plans)",
    "meetings": "Meetings",
    "calls": "Calls",
    "tickets": "Tickets",
    "webinars": "Webinars and other marketing events",
    "history": "History of lifecycle stages",
    "occurrences": "Page visits and custom events",
    "consents": "E-mail preferences",
}

SYNC_STATES: Final = {
    "waiting": "waits its turn",
    "running": "being read",
    "again": "tries again",
    "done": "read",
    "off": "left out",
}

DELIVERY_STATES: Final = {
    "due": "waiting",
    "put_off": "put off",
    "done": "taken in",
    "dead": "given up",
}


def occasion(trigger: Trigger, book: RuleBook) -> str:
    """Say when a trigger enrolls."""
    on = trigger.on
    if isinstance(on, Enters):
        return f"When a contact enters “{segment_name(on.key, book)}”"
    if isinstance(on, Leaves):
        return f"When a contact leaves “{segment_name(on.key, book)}”"
    if isinstance(on, StageIs):
        return f"When a contact becomes “{_stage_name(on.key, book)}”"
    return f"When a contact {_doing(on, book)}"


def segment_name(key: str, book: RuleBook) -> str:
    """Give a segment's name, or its key where the rules no longer have it."""
    segment = book.segments.get(key)
    return segment.name if segment else key


def trigger_name(key: str, book: RuleBook) -> str:
    """Give a trigger's name, or its key where the rules no longer have it."""
    trigger = book.triggers.get(key)
    return trigger.name if trigger else key


def _stage_name(key: str, book: RuleBook) -> str:
    stages = book.lifecycle.stages if book.lifecycle else ()
    return next((stage.name for stage in stages if stage.key == key), key)


def _doing(on: Happens, book: RuleBook) -> str:
    return " or ".join(book.catalogue.line(kind) for kind in on.condition.pattern.kinds)
