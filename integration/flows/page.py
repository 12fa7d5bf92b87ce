"""What one page of a source brought, and where the next begins."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from integration.flows.reading import ObjectsRead, read_contacts
from integration.flows.tools import Tools
from integration.store import contacts, sync
from integration.store.reads import ContactRead
from integration.store.reconciliations import Report
from integration.store.sync import Source
from integration.store.timeline import Stray
from mappings.model import ContactRecord, Event, Lane, Message


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of a source brought, and where the next begins.

    `stems` name records that never change: what they became by other patterns is no more. Where
    contacts are read one by one: `planned` are to be read if they weren't known, `woken` did
    something, `read` is how far contacts were read. After a page with a `rest` the source rests.
    """

    cursor: dict[str, Any]
    records: int
    last: bool
    contacts: tuple[ContactRecord, ...] = ()
    events: tuple[Event, ...] = ()
    addressed: tuple[Stray, ...] = ()
    total: int | None = None  # records of the whole source, where its first page knows it
    # Of changes found out by looking: what webhooks would have told, and what belongs to it.
    messages: tuple[Message, ...] = ()
    objects: ObjectsRead | None = None
    late: bool = False  # nobody looked for long: more may be missing than changes show
    report: Report | None = None  # of a reconciliation that is through
    stems: frozenset[str] = frozenset()
    planned: tuple[ContactRead, ...] = ()
    woken: Mapping[int, datetime] = field(default_factory=dict)
    read: tuple[ContactRead, ...] = ()
    rest: timedelta | None = None


def cursor_of(source: Source) -> dict[str, Any]:
    """Read how far a source was read: the source's own words, nothing at its beginning."""
    return json.loads(source.cursor) if source.cursor else {}


def strangers(tools: Tools, portal_id: int, ids: set[int]) -> list[ContactRecord]:
    """Read the contacts that were created after the contacts' own pages were read.

    While those are read, whoever isn't known yet will be.
    """
    with tools.store.read() as connection:
        if not sync.is_through(connection, portal_id, "contacts"):
            return []
        unknown = ids - contacts.known(connection, portal_id, ids)
    return list(read_contacts(tools, portal_id, unknown, Lane.BULK).values())
