"""Sources that HubSpot gives contact by contact: event occurrences, communication preferences.

The past of everybody is read once, whoever was active last first. From then on each contact is
asked about the more often the later it was active, and at once when it did something else that
Segue heard of; all that within a share of the portal's calls.

Cursor: `walked` is the id up to which contacts are planned (None: to the end), `walked_at` when the
last walk ended, `awake` since when it is known who was active (ms both).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from integration.decide.pace import first_look, next_look, rest
from integration.errors import Invalid, NotFound, SegueError
from integration.flows.page import Page, cursor_of
from integration.flows.tools import Tools
from integration.hubspot.client import HubSpot
from integration.store import activity, contacts, reads, sync
from integration.store.reads import ContactRead
from integration.store.sync import Source
from mappings.instants import from_ms, to_ms
from mappings.model import Contact, Event, Lane
from mappings.occurrences import occurrence_events, occurrence_stem
from mappings.sources import Sources, consent_event

AT_ONCE: Final = 10  # contacts a page: what was read of a page is stored together
WALK: Final = 1000  # contacts planned at a time
WALK_AGAIN: Final = timedelta(hours=1)  # for contacts of whom nothing else was heard
OVERLAP: Final = timedelta(hours=1)  # HubSpot may show something late
NOTHING_DUE: Final = timedelta(seconds=5)
TOLD_OTHERWISE: Final = timedelta(hours=1)
# Who does one of these is likely to be on the website.
STIRRING: Final = frozenset({"email_clicked", "form_submitted", "cart_updated", "purchase"})


@dataclass(frozen=True, slots=True)
class _Read:
    """What one call brought of one contact; `after` is the cursor of what follows, if anything."""

    events: list[Event]
    records: int
    newest: datetime | None
    after: str | None
    stems: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whom to ask about: the contact, and how far it was read."""

    read: ContactRead
    contact: Contact | None


Ask = Callable[[HubSpot, Sources, _Asked], _Read]


def read_occurrences(tools: Tools, source: Source) -> Page:
    """Read the next contacts' page visits, views of forms and media, custom events."""
    return _read(tools, source, _occurrences)


def read_consents(tools: Tools, source: Source) -> Page:
    """Read what the next contacts said of each kind of e-mail, where e-mail events don't tell."""
    with tools.store.read() as connection:
        told = sync.is_read(connection, source.portal_id, "emails")
    if told:
        return Page(cursor_of(source), 0, last=True, rest=TOLD_OTHERWISE)
    return _read(tools, source, _consents)


def _consents(hub: HubSpot, _sources: Sources, asked: _Asked) -> _Read:
    email = asked.contact.text("email").strip().lower() if asked.contact else ""
    if not email:
        return _Read([], 0, None, None)
    found = hub.consent.changes(email)
    made = [event for each in found if (event := consent_event(each)) is not None]
    events = [replace(event, contact_id=asked.read.contact_id) for event in made]
    newest = max((event.at for event in events), default=None)
    return _Read(events, len(events), newest, None)


def _occurrences(hub: HubSpot, sources: Sources, asked: _Asked) -> _Read:
    one = asked.read
    since = one.through - OVERLAP if one.through else None
    found, after = hub.occurrences.page(one.contact_id, None, one.after, since)
    newest = max((each.occurred_at for each in found), default=None)
    events = [event for each in found for event in occurrence_events(sources, each)]
    stems = frozenset(occurrence_stem(each) for each in found)
    return _Read(events, len(found), newest, after, stems)


def _read(tools: Tools, source: Source, ask: Ask) -> Page:
    cursor, now = cursor_of(source), tools.now()
    if walk := _walk(tools, source, cursor, now):
        return walk
    first = source.finished_at is None
    with tools.store.read() as connection:
        where = (connection, source.portal_id)
        active = {} if first else activity.active_since(*where, STIRRING, _awake(cursor, now))
        woken = reads.stirred(*where, source.source, active)
        due = reads.due(*where, source.source, now, AT_ONCE)
        people = contacts.load(*where, [one.contact_id for one in due])
    cursor = cursor | {"awake": to_ms(now)}
    if woken:
        return Page(cursor, 0, last=not first, woken=woken, rest=timedelta(0))
    waiting = [
        _Asked(one, people.get(one.contact_id)) for one in due if not first or one.read_at is None
    ]
    if not waiting:
        return Page(cursor, 0, last=True, rest=NOTHING_DUE)
    sources = tools.sources_of(source.portal_id)
    hub = tools.hub(source.portal_id, Lane.BULK)
    read, found = _contacts((hub, sources, ask), waiting, now)
    return Page(
        cursor,
        sum(one.records for one in found),
        last=not first,
        events=tuple(event for one in found for event in one.events),
        stems=frozenset(stem for one in found for stem in one.stems),
        read=tuple(read),
        rest=None if first else rest(len(read)),
    )


def _awake(cursor: dict[str, Any], now: datetime) -> datetime:
    """Say since when somebody's doing may be news here: what is told late counts, too."""
    return from_ms(cursor.get("awake", to_ms(now))) - OVERLAP


def _walk(tools: Tools, source: Source, cursor: dict[str, Any], now: datetime) -> Page | None:
    """Plan the next contacts by id, with when each was last active; None once all are planned."""
    walked: int | None = cursor.get("walked", -1)
    if walked is None:
        if now - from_ms(cursor["walked_at"]) < WALK_AGAIN:
            return None
        walked = -1
    with tools.store.read() as connection:
        ids = contacts.live_ids_after(connection, source.portal_id, walked, WALK)
        active = activity.latest(connection, source.portal_id, ids)
    ended = {"walked": None, "walked_at": to_ms(now)}
    following = cursor | (ended if len(ids) < WALK else {"walked": ids[-1]})
    planned = tuple(
        ContactRead(one, first_look(now, active.get(one)), active.get(one)) for one in ids
    )
    return Page(following, 0, last=False, planned=planned)


def _contacts(
    how: tuple[HubSpot, Sources, Ask], due: list[_Asked], now: datetime
) -> tuple[list[ContactRead], list[_Read]]:
    """Read contacts one after the other; what was read stands when HubSpot refuses the next."""
    read: list[ContactRead] = []
    brought: list[_Read] = []
    hub, sources, ask = how
    for asked in due:
        one = asked.read
        try:
            found = ask(hub, sources, asked)
        except NotFound:  # gone from HubSpot: a webhook will tell, or has
            read.append(_ended(one, None, now))
            continue
        except Invalid:
            if one.after is None:
                raise
            # HubSpot's cursors don't live for ever: begin with this contact anew.
            read.append(replace(one, after=None, newest=None))
            continue
        except SegueError:
            if not read:
                raise
            break
        brought.append(found)
        newest = max((at for at in (one.newest, found.newest) if at), default=None)
        if found.after is None:
            read.append(_ended(one, newest, now))
        else:
            read.append(replace(one, after=found.after, newest=newest))
    return read, brought


def _ended(one: ContactRead, newest: datetime | None, now: datetime) -> ContactRead:
    """Say how far a contact was read whose reading came to its end, and when it is due again."""
    through = max((at for at in (one.through, newest) if at), default=None)
    active_at = max((at for at in (one.active_at, newest) if at), default=None)
    return ContactRead(one.contact_id, next_look(now, active_at), active_at, through, read_at=now)
