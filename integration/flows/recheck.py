"""Hold all of a portal against HubSpot once a day, and put right what differs.

1. All contacts are listed, page by page in order of id, and held against those known here: ids
there and not here, here and not there, values that differ. 2. After whoever isn't listed any more
HubSpot is asked. 3. Orders, deals and carts that changed since the last time are read again. What
was found goes the same way as webhooks do; a report of it is kept.

Everything is in the cursor: a pass goes on where it was, whatever dies meanwhile.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from integration.flows import whereabouts
from integration.flows.changes import OVERLAP, WATCHED, read_changed
from integration.flows.page import Page, cursor_of
from integration.flows.reading import contact_properties, read_contacts
from integration.flows.tools import Tools
from integration.store import contacts, sync
from integration.store.reconciliations import Report
from integration.store.sync import Source
from mappings.instants import from_ms, to_ms
from mappings.model import Contact, ContactRecord, ContactState, Lane, Message, ObjectType
from mappings.words import MODIFIED_AT

NAME: Final = "reconcile"
OBJECTS: Final = tuple(name for name, kind in WATCHED.items() if kind is not ObjectType.CONTACT)
FIRST_LOOK_BACK: Final = timedelta(days=7)
LAST_ID: Final = 2**63 - 1
SAMPLES: Final = 10
# HubSpot forgets few at once. Of more than these Segue believes the report, not the forgetting.
FEW_GONE: Final = 20
SHARE_GONE: Final = 0.01
NOT_COMPARED: Final = frozenset({MODIFIED_AT[ObjectType.CONTACT], "hs_object_id"})


@dataclass(frozen=True, slots=True)
class _Compared:
    """A page of contacts held against those known here."""

    found: dict[str, list[int]]
    missing: list[int]
    here: int


def read_recheck(tools: Tools, source: Source) -> Page:
    """Read the next page of a reconciliation.

    Cursor: `started` (ms), `part` (contacts, then an object's watch), `after` HubSpot's cursor,
    `listed` the last id compared, `ask` ids to ask after, `found` and `samples` of differences,
    `there` and `here` counts, `checked` when the pass before began (ms).
    """
    cursor = _begun(cursor_of(source), tools.now())
    if cursor["ask"]:
        return _ask_after(tools, source, cursor)
    if cursor["part"] == "contacts":
        return _contacts(tools, source, cursor)
    return _objects(tools, source, cursor)


def _begun(cursor: dict[str, Any], now: datetime) -> dict[str, Any]:
    if "part" in cursor:
        return cursor
    return {
        "checked": cursor.get("checked", to_ms(now - FIRST_LOOK_BACK)),
        "started": to_ms(now),
        "part": "contacts",
        "after": None,
        "listed": 0,
        "behind": 0,
        "ask": [],
        "found": {},
        "samples": {},
        "there": 0,
        "here": 0,
    }


def _contacts(tools: Tools, source: Source, cursor: dict[str, Any]) -> Page:
    hub = tools.hub(source.portal_id, Lane.REPAIR)
    names = contact_properties(tools, source.portal_id)
    records, after = hub.contacts.page(cursor["after"], names)
    compared = _compare(tools, source.portal_id, records, (cursor["listed"], after is None))
    ids = [record.contact_id for record in records]
    following = _counted(cursor, compared.found) | {
        "after": after,
        "listed": max([cursor["listed"], *ids]),
        "ask": compared.missing,
        "there": cursor["there"] + len(records),
        "here": cursor["here"] + compared.here,
        "part": "contacts" if after is not None else OBJECTS[0],
    }
    return Page(following, len(records), False, tuple(records))


def _compare(
    tools: Tools, portal_id: int, records: list[ContactRecord], place: tuple[int, bool]
) -> _Compared:
    """Hold a page against the contacts here; `place` is the id before it, and is it the last.

    HubSpot lists by id. Where a page doesn't, whoever isn't in it can't be told.
    """
    before, is_last = place
    ids = [record.contact_id for record in records]
    in_order = all(one < two for one, two in zip((before, *ids), ids, strict=False))
    end = LAST_ID if is_last else max([before, *ids])
    with tools.store.read() as connection:
        stored = contacts.load(connection, portal_id, ids)
        live = contacts.live_between(connection, portal_id, before, end)
    found: dict[str, list[int]] = {}
    for record in records:
        # What changed just now is on its way here by a webhook.
        word = _difference(record, stored.get(record.contact_id))
        if word and record.updated_at < tools.now() - OVERLAP:
            found.setdefault(word, []).append(record.contact_id)
    missing = sorted(set(live) - set(ids)) if in_order else []
    return _Compared(found, missing, len(live))


def _difference(record: ContactRecord, known: Contact | None) -> str:
    if known is None:
        return "unknown"
    if known.state is not ContactState.LIVE:
        return "restored" if known.state is ContactState.ARCHIVED else ""
    names = record.properties.keys() - NOT_COMPARED
    differs = any(known.text(name) != (record.properties[name] or "") for name in names)
    return "changed" if differs else ""


def _ask_after(tools: Tools, source: Source, cursor: dict[str, Any]) -> Page:
    """Find out what became of contacts that aren't listed any more."""
    some, rest = (
        cursor["ask"][: whereabouts.MOST_AT_ONCE],
        cursor["ask"][whereabouts.MOST_AT_ONCE :],
    )
    answer = whereabouts.ask(tools, source.portal_id, some)
    believed = _believed(tools, source.portal_id, cursor, len(answer.gone))
    forgotten = [
        whereabouts.erasure(source.portal_id, each, tools.now())
        for each in (answer.gone if believed else ())
    ]
    messages = (*answer.messages, *forgotten)
    found = _by_action(messages)
    if not believed:
        found["doubtful"] = list(answer.gone)
    following = _counted(cursor, found) | {"ask": rest}
    return Page(following, 0, False, answer.living, messages=messages)


def _believed(tools: Tools, portal_id: int, cursor: dict[str, Any], more: int) -> bool:
    """Say whether so many contacts may be gone for good: forgetting can't be undone."""
    gone: int = cursor["found"].get("erased", 0) + cursor["found"].get("doubtful", 0) + more
    with tools.store.read() as connection:
        known = contacts.live_count(connection, portal_id)
    return gone <= max(FEW_GONE, int(known * SHARE_GONE))


def _by_action(messages: tuple[Message, ...]) -> dict[str, list[int]]:
    words = {"deletion": "deleted", "privacyDeletion": "erased", "merge": "merged"}
    found: dict[str, list[int]] = {}
    for message in messages:
        ids = message.merged_ids or (message.object_id or 0,)
        found.setdefault(words[message.action], []).extend(ids)
    return found


def _objects(tools: Tools, source: Source, cursor: dict[str, Any]) -> Page:
    """Read the next page of orders, deals or carts that changed since the last reconciliation."""
    part = cursor["part"]
    kind = WATCHED[part]
    since = from_ms(cursor["checked"]) - OVERLAP
    hub = tools.hub(source.portal_id, Lane.REPAIR)
    if not _may_read(tools, source.portal_id, part):
        return _next_part(cursor, Page({}, 0, True), tools.now())
    found = hub.search.changed(kind, (since, from_ms(cursor["started"])), cursor["behind"])
    ids = list(found.at)
    objects, messages = read_changed(tools, (source.portal_id, Lane.REPAIR), kind, ids)
    linked = {
        contact_id
        for record in objects.records
        for contact_id in record.associated.get(ObjectType.CONTACT, ())
    }
    with tools.store.read() as connection:
        unknown = linked - contacts.known(connection, source.portal_id, linked)
    people = read_contacts(tools, source.portal_id, unknown, Lane.REPAIR).values()
    page = Page({}, len(ids), False, tuple(people), messages=messages, objects=objects)
    if found.is_last:
        return _next_part(cursor, page, tools.now())
    return _with(page, cursor | {"behind": ids[-1]})


def _may_read(tools: Tools, portal_id: int, part: str) -> bool:
    """Say whether the portal lets its objects of a kind be read."""
    with tools.store.read() as connection:
        return sync.state_of(connection, portal_id, part) not in ("off", None)


def _next_part(cursor: dict[str, Any], page: Page, now: datetime) -> Page:
    place = OBJECTS.index(cursor["part"]) + 1
    if place < len(OBJECTS):
        return _with(page, cursor | {"part": OBJECTS[place], "behind": 0})
    report = Report(
        started_at=from_ms(cursor["started"]),
        finished_at=now,
        there=cursor["there"],
        here=cursor["here"],
        found=cursor["found"],
        samples=cursor["samples"],
    )
    return _with(page, {"checked": cursor["started"]}, report)


def _with(page: Page, cursor: dict[str, Any], report: Report | None = None) -> Page:
    return replace(page, cursor=cursor, last=report is not None, report=report)


def _counted(cursor: dict[str, Any], found: dict[str, list[int]]) -> dict[str, Any]:
    """Add differences to those found so far, with some of their ids."""
    counts, samples = dict(cursor["found"]), dict(cursor["samples"])
    for word, ids in found.items():
        if ids:
            counts[word] = counts.get(word, 0) + len(ids)
            samples[word] = [*samples.get(word, []), *ids][:SAMPLES]
    return cursor | {"found": counts, "samples": samples}
